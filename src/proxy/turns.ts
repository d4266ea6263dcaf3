import type { ServerResponse } from 'node:http';
import type net from 'node:net';

/** A client that pipelines more than this without reading answers is not a browser. */
const MAX_WAITING = 64;

/**
 * Pipelined requests one after the other: to work on them at once could change what they do, unless all are safe
 * (RFC 9112 section 9.3.2), and would let one connection ask for any amount of work.
 */
export type Turns = {
  /** Runs `work` when every earlier response of the connection is over; false when too many wait already. */
  take(socket: net.Socket, response: ServerResponse, work: () => void): boolean;
  isBusy(socket: net.Socket): boolean;
};

export function createTurns(): Turns {
  const waitingBySocket = new WeakMap<net.Socket, (() => void)[]>();
  return {
    take(socket, response, work) {
      const waiting = waitingBySocket.get(socket);
      if (waiting !== undefined && waiting.length >= MAX_WAITING) return false;
      response.once('close', () => {
        if (socket.destroyed) {
          waitingBySocket.delete(socket); // nobody is left to answer
          return;
        }
        const next = waitingBySocket.get(socket)?.shift();
        if (next === undefined) waitingBySocket.delete(socket);
        else next();
      });
      if (waiting !== undefined) waiting.push(work);
      else {
        waitingBySocket.set(socket, []);
        work();
      }
      return true;
    },
    isBusy: (socket) => waitingBySocket.has(socket),
  };
}
