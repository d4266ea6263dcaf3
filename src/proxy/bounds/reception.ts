import type net from 'node:net';
import type { Notice } from '../../block-page/notice.ts';
import type { DecisionLog } from '../../decision-log/record.ts';
import { identify } from '../../identity/identify.ts';
import type { ReachedLimit } from '../../policy/reached-limit.ts';
import { fail, type Result } from '../../policy/result.ts';
import type { PolicyStore } from '../../policy-store/store.ts';
import { breakOff, createSocketNote, listenerPort, transportOf } from '../client-socket.ts';
import { type ClientBounds, createClientLimits, type Visit } from './client-limits.ts';
import type { Limits } from './limits.ts';
import { createRefusals } from './refusals.ts';

/** Receives the connections of all listeners, counts them until they close, and turns away what goes beyond a limit. */
export type Reception = {
  /**
   * Counts a connection in before it has come as far as HTTP; one too many is reset. `client` is undefined while it is
   * not known whose it is. False when it was turned away.
   */
  arrive(socket: net.Socket, peer: string, client: string | undefined): boolean;
  /**
   * Counts a connection in until it closes. One too many is kept for a moment, so that its first request can be
   * answered with the reason; when too many of these are kept already it is reset. One that arrived as this client's
   * is counted already.
   */
  welcome(socket: net.Socket, client: string): void;
  /** The answer to a request, or to one for a tunnel, that goes beyond a limit; undefined when it may go on. */
  turnAway(socket: net.Socket, asks: 'request' | 'tunnel'): Notice | undefined;
  /** Whether the connection is one too many, and nothing on it will be served. */
  isTurnedAway(socket: net.Socket): boolean;
  /** Whether a certificate may be signed for the client of a connection; when it may, it is counted. */
  maySign(socket: net.Socket): boolean;
  /** Whether what a client did wrong has a line of its own; beyond its rate of requests it is counted as refused. */
  mayBeTold(socket: net.Socket, client: string): boolean;
  /** Connections and tunnels at this moment. */
  count(): { readonly connections: number; readonly tunnels: number };
  /** Ends its work; the refusals that the log was not told of yet are written. */
  close(): void;
};

type Guest =
  /** Not at HTTP yet. */
  | { readonly kind: 'arriving'; readonly client: string | undefined; readonly visit: Visit }
  | { readonly kind: 'received'; readonly client: string; readonly visit: Visit }
  | { readonly kind: 'turned-away'; readonly notice: Notice };

/** Connections that wait for their refusal at one time. */
const MAX_TURNED_AWAY = 256;

/** How often what is due is looked after. */
const UPKEEP_MS = 10_000;

export function createReception(
  bounds: ClientBounds & Pick<Limits, 'lingerMs'>,
  log: DecisionLog,
  policies: PolicyStore,
  isShortOfMemory: () => boolean,
): Reception {
  const limits = createClientLimits(bounds, () => performance.now());
  const refusals = createRefusals(log, Date.now);
  const guests = createSocketNote<Guest>('guest'); // by the TCP connection
  let turnedAway = 0;
  const maxTurnedAway = Math.min(MAX_TURNED_AWAY, bounds.connections); // where descriptors are few, so are these
  const upkeep = setInterval(() => {
    limits.sweep();
    refusals.tell();
  }, UPKEEP_MS).unref();

  const noteRefusal = (socket: net.Socket, client: string, limit: ReachedLimit): Notice => {
    const running = policies.current();
    const { department } = identify({ client, listenerPort: listenerPort(socket) }, running);
    const { code } = refusals.note({ client, department, limit });
    return {
      code,
      time: Date.now(),
      host: undefined,
      client,
      department: department === undefined ? undefined : running.departments.get(department),
      subject: { kind: 'limited', limit },
    };
  };
  const keepForAnswer = (socket: net.Socket, notice: Notice): void => {
    if (turnedAway >= maxTurnedAway) {
      breakOff(socket);
      return;
    }
    turnedAway += 1;
    guests.set(transportOf(socket), { kind: 'turned-away', notice });
    const deadline = setTimeout(() => breakOff(socket), bounds.lingerMs);
    socket.once('close', () => {
      clearTimeout(deadline);
      turnedAway -= 1;
    });
  };
  const enter = (client: string | undefined): Result<Visit, ReachedLimit> =>
    isShortOfMemory() ? fail('memoryMb') : limits.enter(client);
  return {
    arrive(socket, peer, client) {
      const entered = enter(client);
      if (entered.ok) {
        guests.set(socket, { kind: 'arriving', client, visit: entered.value });
        socket.on('close', entered.value.leave);
      } else {
        noteRefusal(socket, client ?? peer, entered.error);
        breakOff(socket);
      }
      return entered.ok;
    },
    welcome(socket, client) {
      const transport = transportOf(socket);
      const arrived = guests.get(transport);
      if (arrived?.kind === 'arriving' && arrived.client === client) {
        guests.set(transport, { kind: 'received', client, visit: arrived.visit });
        return;
      }
      if (arrived?.kind === 'arriving') arrived.visit.leave(); // it is somebody's now
      const entered = enter(client);
      if (entered.ok) {
        guests.set(transport, { kind: 'received', client, visit: entered.value });
        socket.on('close', entered.value.leave);
      } else keepForAnswer(socket, noteRefusal(socket, client, entered.error));
    },
    turnAway(socket, asks) {
      const guest = guests.get(transportOf(socket));
      if (guest?.kind === 'turned-away') return guest.notice;
      if (guest?.kind !== 'received') {
        socket.destroy(); // it was not counted in, which no listener leaves out
        return undefined;
      }
      const { client, visit } = guest;
      const limit = visit.request() ?? (asks === 'tunnel' ? visit.tunnel() : undefined);
      return limit === undefined ? undefined : noteRefusal(socket, client, limit);
    },
    isTurnedAway: (socket) => guests.get(transportOf(socket))?.kind === 'turned-away',
    maySign(socket) {
      const guest = guests.get(transportOf(socket));
      return guest?.kind === 'received' && guest.visit.certificate();
    },
    mayBeTold(socket, client) {
      const limit = limits.spend(client);
      if (limit !== undefined) noteRefusal(socket, client, limit);
      return limit === undefined;
    },
    count() {
      const { connections, tunnels } = limits.count();
      return { connections, tunnels };
    },
    close() {
      clearInterval(upkeep);
      refusals.close();
    },
  };
}
