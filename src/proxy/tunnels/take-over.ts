import net from 'node:net';
import { noteTakenOver } from '../client-socket.ts';

/** What a socket of Node's has under it, as far as it takes to hand it on. */
type Handle = {
  reading: boolean;
  readStop(): number;
  readonly useUserBuffer?: unknown;
};

type Owner = { _handle: Handle | null };

/** A connection in another socket. `unread` is what had been read from it before and nobody has taken yet. */
export type TakenOver = { readonly socket: net.Socket; readonly unread: Buffer | undefined };

/**
 * Takes a TCP connection out of the socket that it came in, and puts it into one that reads into memory of ours.
 * Node offers that for connections that are made (`onread` of `net.connect`), and not for those that are accepted, which
 * are half of every tunnel. It rests on three things
 * that have no public name: `_handle` of a socket, `handle` of the constructor's options, and `readStop` between them.
 *
 * Undefined for whatever is not a plain TCP connection at rest, such as one that speaks TLS, and where Node has come to
 * be made otherwise: such a socket is to be read as any other. The socket that a connection was taken out of goes on
 * standing for it to those who count, watch or end it: either is destroyed with the other.
 */
export function takeOver(from: net.Socket, onread: net.OnReadOpts): TakenOver | undefined {
  const owner = from as unknown as Owner;
  const handle = owner._handle;
  if (handle === null || !isAtRest(from) || !isTcp(handle)) return undefined;
  const unread = from.readableLength > 0 ? (from.read() as Buffer) : undefined; // which may read on: so first
  handle.reading = false;
  handle.readStop();
  owner._handle = null;
  noteTakenOver(from);
  const options = { handle, allowHalfOpen: true, onread } as unknown as net.SocketConstructorOpts;
  const socket = new net.Socket(options);
  from.setTimeout(0);
  from.once('close', () => socket.destroy());
  socket.once('close', () => from.destroy());
  return { socket, unread };
}

const isAtRest = (socket: net.Socket): boolean =>
  !socket.destroyed && !socket.connecting && !socket.writableEnded && socket.writableLength === 0;

/** TLS has a handle of its own, with the same methods. */
const isTcp = (handle: Handle): boolean =>
  handle.constructor.name === 'TCP' &&
  typeof handle.readStop === 'function' &&
  typeof handle.useUserBuffer === 'function';
