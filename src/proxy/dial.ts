import net from 'node:net';
import type { ProxyError } from '../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../policy/result.ts';

/**
 * How long one address of several is given before the next is tried. Node ends an attempt when it starts the next, so
 * this must outlast a lost SYN and its repetition after a second (RFC 6298 section 2).
 */
const ATTEMPT_MS = 2_500;

/**
 * Options that make `net.connect` dial the checked addresses and no others, families in turn: the resolver it would ask
 * is this list.
 */
export function pinnedTo(addresses: readonly string[]): {
  autoSelectFamily: true;
  autoSelectFamilyAttemptTimeout: number;
  lookup: net.LookupFunction;
} {
  const answers = addresses.map((address) => ({ address, family: net.isIP(address) }));
  return {
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    lookup: (_hostname, options, callback) => {
      const [first] = answers;
      if (options.all) process.nextTick(callback, null, answers);
      else process.nextTick(callback, null, first?.address, first?.family);
    },
  };
}

/** The name under which `pinnedTo` addresses are dialled; never resolved, and never an address itself. */
export const PINNED_HOST = 'pinned.invalid';

/** A connection to one of the addresses, or why there is none. Ends at once when the client leaves. */
export function dial(
  addresses: readonly string[],
  port: number,
  deadlineMs: number,
  client: net.Socket,
): Promise<Result<net.Socket, ProxyError>> {
  return new Promise((resolve) => {
    const upstream = net.connect({
      host: PINNED_HOST,
      port,
      allowHalfOpen: true,
      noDelay: true,
      ...pinnedTo(addresses),
    });
    const giveUp = (error: ProxyError): void => {
      finish();
      upstream.destroy();
      resolve(fail(error));
    };
    const onConnect = (): void => {
      finish();
      resolve(succeed(upstream));
    };
    const onError = (error: NodeJS.ErrnoException): void => giveUp(dialError(error));
    const onClientClose = (): void => giveUp('connection_terminated');
    const deadline = setTimeout(giveUp, deadlineMs, 'connection_timeout');
    const finish = (): void => {
      clearTimeout(deadline);
      upstream.off('connect', onConnect);
      client.off('close', onClientClose);
    };
    upstream.once('connect', onConnect);
    upstream.on('error', onError); // stays, so that a late error never goes unhandled
    client.once('close', onClientClose);
  });
}

/** A failure to connect, in the words of RFC 9209 section 2.3. */
export function dialError(error: NodeJS.ErrnoException): ProxyError {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection_refused';
    case 'ETIMEDOUT':
    case 'ERR_SOCKET_CONNECTION_TIMEOUT':
      return 'connection_timeout';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'destination_unavailable';
    case 'EMFILE':
    case 'ENFILE':
      return 'proxy_internal_error';
    default:
      return 'connection_terminated';
  }
}
