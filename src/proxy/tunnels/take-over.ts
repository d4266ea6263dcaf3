import net from 'node:net';

/** What a socket of Node's has under it, as far as it takes to have it read elsewhere. */
type Handle = { readonly useUserBuffer?: (buffer: Uint8Array) => void };

/** Reads into memory of its own, which it names anew before each read. False stops reading until `resume`. */
export type Reader = {
  readonly buffer: () => Uint8Array;
  readonly callback: (length: number, filled: Uint8Array) => boolean;
};

/** A connection that is read by the reader from now on. `unread` is what had been read before and nobody has taken yet. */
export type TakenOver = { readonly unread: Buffer | undefined };

/**
 * Has a TCP connection read into memory of ours, in the socket that it came in. Node offers that for connections that
 * are made (`onread` of `net.connect`), and not for those that are accepted, which are half of every tunnel; and it is
 * to be said before anything is read. So this does what the constructor of a socket does with `onread`. It rests on
 * things that have no public name: `_handle` with its `useUserBuffer`, and the three symbols under which a socket keeps
 * what it was told of `onread`.
 *
 * Undefined for whatever is not a plain TCP connection at rest, such as one that speaks TLS, and where Node has come to
 * be made otherwise: such a socket is to be read as any other.
 */
export function takeOver(socket: net.Socket, reader: Reader): TakenOver | undefined {
  const handle = (socket as unknown as { readonly _handle: Handle | null })._handle;
  if (places === undefined || handle === null || !isAtRest(socket) || !isTcp(handle)) return undefined;
  const unread = socket.readableLength > 0 ? (socket.read() as Buffer) : undefined;
  const buffer = reader.buffer();
  handle.useUserBuffer(buffer);
  const kept = socket as unknown as Record<symbol, unknown>;
  kept[places.buffer] = buffer;
  kept[places.nextBuffer] = reader.buffer;
  kept[places.callback] = reader.callback;
  socket.setTimeout(0);
  return { unread };
}

/** Where a socket keeps what `onread` says; undefined where it does not do so under these names. */
const places = findPlaces();

function findPlaces() {
  const symbols = Object.getOwnPropertySymbols(new net.Socket());
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, nextBuffer, callback] = [named('kBuffer'), named('kBufferGen'), named('kBufferCb')];
  if (buffer === undefined || nextBuffer === undefined || callback === undefined) return undefined;
  return { buffer, nextBuffer, callback };
}

const isAtRest = (socket: net.Socket): boolean =>
  !socket.destroyed && !socket.connecting && !socket.writableEnded && socket.writableLength === 0;

/** TLS has a handle of its own, with the same methods. */
const isTcp = (handle: Handle): handle is Required<Handle> =>
  handle.constructor.name === 'TCP' && typeof handle.useUserBuffer === 'function';
