import type net from 'node:net';
import { createRoster } from './roster.ts';

/** Servers and the client connections they opened, so that a stop can wait for some and end the others. */
export type Drainable = { drain(deadlineMs: number): Promise<void> };

/** How often to look for connections that have become idle, in ms. */
const SWEEP_MS = 50;

/** Connections that one server may have waiting to be accepted: what Node asks of the kernel where nobody says it. */
const BACKLOG = 511;

/**
 * Takes no new connection from `drain` on, beside those that the kernel has let in already; lets running requests and
 * tunnels end, and ends the rest at the deadline. `isIdle` tells of a connection on which no request is under way.
 */
export function drainable(
  servers: readonly net.Server[],
  isIdle: (socket: net.Socket) => boolean,
): Drainable {
  const connections = createRoster<net.Socket>();
  let accepted = 0;
  for (const server of servers)
    server.on('connection', (socket) => {
      accepted += 1;
      socket.on('close', connections.enter(socket));
    });
  /** To close a server resets whoever the kernel has let in and nobody has accepted: a few at each turn are. */
  const acceptWaiting = async (): Promise<void> => {
    for (let turn = 0; turn < BACKLOG; turn++) {
      const before = accepted;
      await polled();
      if (accepted === before) return;
    }
  };
  return {
    async drain(deadlineMs) {
      await acceptWaiting();
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      const sweep = setInterval(() => {
        for (const socket of connections.all()) if (isIdle(socket)) socket.destroy();
      }, SWEEP_MS);
      const deadline = setTimeout(() => {
        for (const socket of connections.all()) socket.destroy();
      }, deadlineMs);
      await Promise.all(closed);
      // A server has closed a moment before its last requests hear that their client is gone.
      await Promise.all(
        connections.all().map((socket) => new Promise((resolve) => socket.once('close', resolve))),
      );
      clearInterval(sweep);
      clearTimeout(deadline);
    },
  };
}

/** Comes back when the event loop has looked for what came in: between two immediates it does so once. */
const polled = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(() => resolve())));
