import net from 'node:net';

/** Something that is known of connections. */
export type SocketNote<T> = {
  get(socket: net.Socket): T | undefined;
  set(socket: net.Socket, value: T): void;
};

/**
 * Keeps what is known of a connection in its socket, and so for as long as that. A `WeakMap` would say the same, but its
 * tables are looked through by each collection of garbage, and connections come and go by the thousand.
 */
export function createSocketNote<T>(what: string): SocketNote<T> {
  const key = Symbol(what);
  type Noted = { [key]?: T };
  return {
    get: (socket) => (socket as Noted)[key],
    set(socket, value) {
      (socket as Noted)[key] = value;
    },
  };
}

/**
 * Takes over a client's connection that has left its HTTP server (CONNECT, an upgrade). `head` is what the client sent
 * before it had our answer: it is held back until somebody may read it. An error ends it, as before.
 */
export function holdClient(client: net.Socket, head: Buffer): void {
  if (head.length > 0) client.unshift(head);
  client.read(0); // keeps the kernel's read going, so that a reset is noticed while we wait
}

/**
 * While a tunnel is being opened, whoever ends its side without having said anything has left: no tunnel could carry a
 * word of it. The connection is closed then, which ends all that waits for it. What a client said before its end stays
 * held, and may be all that it has to say. Gives what ends the watch.
 */
export function leaveAtEnd(client: net.Socket): () => void {
  const leave = (): void => void client.destroy();
  client.on('end', leave); // which comes when nothing is held before it
  if (client.readableEnded) leave();
  return () => client.off('end', leave);
}

/** For `error`: no closure, which would hold on to what it was made in for as long as the connection is there. */
export function destroySelf(this: net.Socket): void {
  this.destroy();
}

/** RST rather than FIN: a FIN would say that the transfer is complete. */
export function breakOff(socket: net.Socket): void {
  // While a FIN is pending the kernel refuses the reset, and Node would lose the handle without closing it.
  if (socket.writableEnded) socket.destroy();
  else if (!socket.destroyed) transportOf(socket).resetAndDestroy();
}

/**
 * The TCP connection under a client's connection, which may speak TLS: that alone can be reset, and it alone is known
 * from the first moment on. Node keeps it in `_parent`, walks that itself, and has no public name for it.
 */
export function transportOf(socket: net.Socket): net.Socket {
  const { _parent } = socket as { readonly _parent?: net.Socket | null };
  return _parent instanceof net.Socket ? transportOf(_parent) : socket;
}

/**
 * Reads on until the client closes too (RFC 9112 section 9.6): to close with bytes unread would reset the connection,
 * and the answer could be lost on its way.
 */
export function closeAfterReading(socket: net.Socket, lingerMs: number): void {
  if (socket.closed) return; // and will not say so again
  const deadline = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(deadline));
  socket.resume();
}

const ports = createSocketNote<number>('listener port');

/** The port that a connection came in by. Asked for once it is kept: of one that is closed it could not be told. */
export function listenerPort(socket: net.Socket): number | undefined {
  const known = ports.get(socket);
  if (known !== undefined) return known;
  const { localPort } = socket;
  if (localPort !== undefined) ports.set(socket, localPort);
  return localPort;
}
