import type net from 'node:net';
import type { NextHopConnection } from '../http/wire/next-hop-connection.ts';

/** How many idle connections there may be: as many as a browser opens to one host, and in all. */
const MAX_OF_CLIENT = 6;
const MAX_IN_ALL = 512;

/** Many origins close idle connections after 5 s (Apache's default); to leave before them spares a retry. */
const IDLE_CONNECTION_MS = 4_000;

/** How often those are looked for that have been idle for long enough. */
const SWEEP_MS = 500;

/** The connections that are idle between two requests, each for the client's connection that it served. */
export type IdleConnections = {
  /**
   * `leadsTo` tells where the connection leads. Beyond a bound, the client's or that of all, the one that has been idle
   * for longest is closed.
   */
  add(connection: NextHopConnection, client: net.Socket, leadsTo: string): void;
  /** One of the client's connections that lead there, to carry a request again; undefined when there is none. */
  take(client: net.Socket, leadsTo: string): NextHopConnection | undefined;
  close(): void;
};

type Idle = {
  readonly connection: NextHopConnection;
  readonly client: net.Socket;
  readonly leadsTo: string;
  readonly untilMs: number;
};

/** A client may ask as many origins as it likes: each would hold a descriptor here until its idle connection ends. */
export function createIdleConnections(maxOfClient = MAX_OF_CLIENT, maxInAll = MAX_IN_ALL): IdleConnections {
  const all = new Set<Idle>(); // the oldest first
  const ofClient = new WeakMap<net.Socket, Idle[]>(); // the oldest first
  let sweep: NodeJS.Timeout | undefined;

  const remove = (idle: Idle): void => {
    idle.connection.onEnd = undefined;
    all.delete(idle);
    const own = ofClient.get(idle.client);
    own?.splice(own.indexOf(idle), 1);
  };
  const closeIdle = (idle: Idle | undefined): void => {
    if (idle === undefined) return;
    remove(idle);
    idle.connection.destroy();
  };
  const closeOverdue = (): void => {
    const now = performance.now();
    for (const idle of [...all]) if (idle.untilMs <= now) closeIdle(idle);
    if (all.size > 0) return;
    clearInterval(sweep);
    sweep = undefined;
  };
  return {
    add(connection, client, leadsTo) {
      const keptMs = Math.min(IDLE_CONNECTION_MS, connection.keptForMs);
      const idle: Idle = { connection, client, leadsTo, untilMs: performance.now() + keptMs };
      const own = ofClient.get(client) ?? [];
      own.push(idle);
      ofClient.set(client, own);
      all.add(idle);
      connection.onEnd = () => remove(idle);
      sweep ??= setInterval(closeOverdue, SWEEP_MS).unref();
      if (own.length > maxOfClient) closeIdle(own[0]);
      if (all.size > maxInAll) closeIdle(firstOf(all));
    },
    take(client, leadsTo) {
      const idle = ofClient.get(client)?.findLast((one) => one.leadsTo === leadsTo);
      if (idle === undefined) return undefined;
      remove(idle);
      return idle.connection.isOpen ? idle.connection : undefined;
    },
    close() {
      for (const idle of [...all]) closeIdle(idle);
      closeOverdue();
    },
  };
}

const firstOf = <T>([first]: Iterable<T>): T | undefined => first;
