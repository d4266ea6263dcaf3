import net from 'node:net';
import type { ProxyError } from '../../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import { destroySelf } from '../client-socket.ts';

/** How long an attempt goes on alone before the next begins beside it (RFC 8305 section 5). */
const ATTEMPT_DELAY_MS = 250;

/** Attempts for one connection, over both families: a name with more addresses than that gains nothing by them. */
const MAX_ATTEMPTS = 10;

/**
 * A connection to one of the checked addresses, and to no other, or why there is none. Attempts begin one after the
 * other and go on side by side; the first to connect is taken and the others end (RFC 8305). All of them end when the
 * client leaves. The connection allows half-close.
 */
export function dial(
  addresses: readonly string[],
  port: number,
  deadlineMs: number,
  client: net.Socket,
): Promise<Result<net.Socket, ProxyError>> {
  if (client.destroyed) return Promise.resolve(fail('connection_terminated'));
  return new Promise((resolve) => {
    const waiting = inTurns(addresses).slice(0, MAX_ATTEMPTS);
    const running = new Set<net.Socket>();
    const failures: ProxyError[] = [];
    let pause: NodeJS.Timeout | undefined;

    const settle = (result: Result<net.Socket, ProxyError>): void => {
      clearTimeout(deadline);
      clearTimeout(pause);
      client.off('close', onClientClose);
      waiting.length = 0;
      for (const attempt of running) attempt.destroy();
      running.clear();
      resolve(result);
    };
    const begin = (): void => {
      clearTimeout(pause);
      const host = waiting.shift();
      if (host === undefined) return;
      if (waiting.length > 0) pause = setTimeout(begin, ATTEMPT_DELAY_MS);
      const attempt = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
      running.add(attempt);
      const onError = (error: NodeJS.ErrnoException): void => {
        if (!running.delete(attempt)) return;
        failures.push(dialError(error));
        if (waiting.length > 0) begin();
        else if (running.size === 0) settle(fail(mostTelling(failures)));
      };
      attempt.on('error', onError);
      attempt.once('connect', () => {
        running.delete(attempt);
        // A late error must not go unhandled; and what is here is not to be held on to for as long as the connection.
        attempt.on('error', destroySelf).off('error', onError);
        settle(succeed(attempt));
      });
    };
    const onClientClose = (): void => settle(fail('connection_terminated'));
    const deadline = setTimeout(() => settle(fail('connection_timeout')), deadlineMs);
    client.on('close', onClientClose);
    begin();
    if (running.size === 0) settle(fail('destination_unavailable'));
  });
}

/** The families in turns, beginning with the first address's, so that a broken one costs one attempt (RFC 8305 section 4). */
export function inTurns(addresses: readonly string[]): string[] {
  if (addresses.length < 2) return [...addresses]; // as most names have it
  const families = Map.groupBy(addresses, (address) => net.isIP(address));
  const [first = [], second = []] = families.values();
  return Array.from({ length: Math.max(first.length, second.length) }, (_, index) => [
    ...first.slice(index, index + 1),
    ...second.slice(index, index + 1),
  ]).flat();
}

/** Of several failures the one that got furthest: an address that refuses is there, one without a route may be. */
function mostTelling(failures: readonly ProxyError[]): ProxyError {
  return TELLING.find((error) => failures.includes(error)) ?? 'destination_unavailable';
}

const TELLING: readonly ProxyError[] = [
  'connection_refused',
  'connection_terminated',
  'connection_timeout',
  'connection_limit_reached',
  'destination_unavailable',
];

/** A failure to connect, in the words of RFC 9209 section 2.3. */
function dialError(error: NodeJS.ErrnoException): ProxyError {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection_refused';
    case 'ETIMEDOUT':
      return 'connection_timeout';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EACCES': // a route or a packet filter of this machine forbids it
    case 'EPERM':
      return 'destination_unavailable';
    case 'EMFILE':
    case 'ENFILE':
      return 'connection_limit_reached'; // by the limit of open files, which passes by itself
    default:
      return 'connection_terminated';
  }
}
