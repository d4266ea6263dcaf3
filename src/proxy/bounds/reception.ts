import type net from 'node:net';
import type { Notice } from '../../block-page/notice.ts';
import type { DecisionLog } from '../../decision-log/record.ts';
import { identify } from '../../identity/identify.ts';
import type { ReachedLimit } from '../../policy/reached-limit.ts';
import type { PolicyStore } from '../../policy-store/store.ts';
import { breakOff } from '../client-socket.ts';
import { type ClientBounds, createClientLimits, type Visit } from './client-limits.ts';
import type { Limits } from './limits.ts';
import { createRefusals } from './refusals.ts';

/** Receives the connections of all listeners, counts them until they close, and turns away what goes beyond a limit. */
export type Reception = {
  /**
   * Counts a connection in until it closes. One too many is kept for a moment, so that its first request can be
   * answered with the reason; when too many of these are kept already it is reset.
   */
  welcome(socket: net.Socket, client: string): void;
  /** The answer to a request, or to one for a tunnel, that goes beyond a limit; undefined when it may go on. */
  turnAway(socket: net.Socket, asks: 'request' | 'tunnel'): Notice | undefined;
  /** Whether the connection is one too many, and nothing on it will be served. */
  isTurnedAway(socket: net.Socket): boolean;
  /** Ends its work; the refusals that the log was not told of yet are written. */
  close(): void;
};

type Guest =
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
  const guests = new WeakMap<net.Socket, Guest>();
  let turnedAway = 0;
  const maxTurnedAway = Math.min(MAX_TURNED_AWAY, bounds.connections); // where descriptors are few, so are these
  const upkeep = setInterval(() => {
    limits.sweep();
    refusals.tell();
  }, UPKEEP_MS).unref();

  const noteRefusal = (socket: net.Socket, client: string, limit: ReachedLimit): Notice => {
    const running = policies.current();
    const { department } = identify({ client, listenerPort: socket.localPort }, running);
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
    guests.set(socket, { kind: 'turned-away', notice });
    const deadline = setTimeout(() => breakOff(socket), bounds.lingerMs);
    socket.once('close', () => {
      clearTimeout(deadline);
      turnedAway -= 1;
    });
  };
  return {
    welcome(socket, client) {
      const entered = isShortOfMemory() ? undefined : limits.enter(client);
      if (entered?.ok) {
        const visit = entered.value;
        guests.set(socket, { kind: 'received', client, visit });
        socket.once('close', visit.leave);
      } else keepForAnswer(socket, noteRefusal(socket, client, entered?.error ?? 'memoryMb'));
    },
    turnAway(socket, asks) {
      const guest = guests.get(socket);
      if (guest === undefined) socket.destroy(); // it was not counted in, which no listener leaves out
      if (guest?.kind !== 'received') return guest?.notice;
      const { client, visit } = guest;
      const limit = visit.request() ?? (asks === 'tunnel' ? visit.tunnel() : undefined);
      return limit === undefined ? undefined : noteRefusal(socket, client, limit);
    },
    isTurnedAway: (socket) => guests.get(socket)?.kind === 'turned-away',
    close() {
      clearInterval(upkeep);
      refusals.close();
    },
  };
}
