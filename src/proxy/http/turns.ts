import type { IncomingMessage, ServerResponse } from 'node:http';
import type net from 'node:net';

/** A client that pipelines more than this without reading answers is not a browser. */
const MAX_WAITING = 64;

/**
 * Pipelined requests one after the other: to work on them at once could change what they do, unless all are safe
 * (RFC 9112 section 9.3.2), and would let one connection ask for any amount of work.
 */
export type Turns = {
  /**
   * Runs `work` when every earlier response of the connection is over, or the client is gone; false when too many wait
   * already.
   */
  take(request: IncomingMessage, response: ServerResponse, work: () => void): boolean;
  /** Runs `work` when every response of the connection so far is over, as the last thing on it. */
  takeLast(socket: net.Socket, work: () => void): void;
  /** The request whose response is not over yet; undefined on an idle connection. */
  current(socket: net.Socket): IncomingMessage | undefined;
  /** Whether the request that was read last has more of its body to come, answered or not. */
  isAmidBody(socket: net.Socket): boolean;
};

type Line = { current: IncomingMessage; readonly waiting: (() => void)[]; isClosed: boolean };

export function createTurns(): Turns {
  const lines = new WeakMap<net.Socket, Line>();
  const lastRead = new WeakMap<net.Socket, IncomingMessage>();
  const goOn = (socket: net.Socket, { shouldKeepAlive }: ServerResponse): void => {
    const line = lines.get(socket);
    const next = line?.waiting.shift();
    if (line !== undefined && (!shouldKeepAlive || !socket.writable)) {
      line.isClosed = true;
      const left = [next, ...line.waiting.splice(0)];
      // Its last response said that it closes: what waits is not worked on (RFC 9112 section 9.6). It may be what a
      // refused message hides in its body. But what a client asked before it left was asked, and must not go unlogged.
      if (shouldKeepAlive && socket.destroyed) for (const work of left) work?.();
    } else if (next === undefined) lines.delete(socket);
    else next();
  };
  return {
    take(request, response, work) {
      const { socket } = request;
      lastRead.set(socket, request);
      const line = lines.get(socket);
      if (line?.isClosed) return true; // what follows the last request is not read (RFC 9112 section 9.6)
      if (line !== undefined && line.waiting.length >= MAX_WAITING) {
        line.isClosed = true; // told once
        return false;
      }
      response.once('close', () => goOn(socket, response));
      if (line === undefined) {
        // Node loses what follows an upgrade that it does not make in the same segment: nothing more is read then.
        lines.set(socket, { current: request, waiting: [], isClosed: request.headers.upgrade !== undefined });
        work();
      } else
        line.waiting.push(() => {
          line.current = request;
          work();
        });
      return true;
    },
    takeLast(socket, work) {
      const line = lines.get(socket);
      line?.waiting.push(work);
      if (line !== undefined) line.isClosed = true;
    },
    current: (socket) => lines.get(socket)?.current,
    isAmidBody: (socket) => lastRead.get(socket)?.complete === false,
  };
}
