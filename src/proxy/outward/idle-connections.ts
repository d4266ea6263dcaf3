import type net from 'node:net';

/** How many idle connections there may be: as many as a browser opens to one host, and in all. */
const MAX_OF_CLIENT = 6;
const MAX_IN_ALL = 512;

/** The connections that are idle between two requests, each known by the client's connection that it serves. */
export type IdleConnections = {
  /** Beyond a bound, the client's or that of all, the connection that has been idle for longest is closed. */
  add(socket: net.Socket, client: net.Socket): void;
  /** It carries a request again. */
  take(socket: net.Socket): void;
};

/** A client may ask as many origins as it likes: each would hold a descriptor here until its idle connection ends. */
export function createIdleConnections(maxOfClient = MAX_OF_CLIENT, maxInAll = MAX_IN_ALL): IdleConnections {
  const clients = new Map<net.Socket, net.Socket>(); // by idle socket, the oldest first
  const idleOf = new Map<net.Socket, Set<net.Socket>>(); // by client, the oldest first
  const remove = (socket: net.Socket): void => {
    const client = clients.get(socket);
    if (client === undefined) return;
    clients.delete(socket);
    const own = idleOf.get(client);
    own?.delete(socket);
    if (own?.size === 0) idleOf.delete(client);
  };
  /** `close` comes only in the next turn: what is closed counts no more from now on. */
  const closeOldest = ([oldest]: Iterable<net.Socket>): void => {
    if (oldest === undefined) return;
    take(oldest);
    oldest.destroy();
  };
  function onClose(this: net.Socket): void {
    remove(this);
  }
  const take = (socket: net.Socket): void => {
    socket.off('close', onClose);
    remove(socket);
  };
  return {
    take,
    add(socket, client) {
      const own = idleOf.get(client) ?? new Set();
      idleOf.set(client, own.add(socket));
      clients.set(socket, client);
      socket.once('close', onClose);
      if (own.size > maxOfClient) closeOldest(own);
      if (clients.size > maxInAll) closeOldest(clients.keys());
    },
  };
}
