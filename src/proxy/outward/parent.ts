import type net from 'node:net';
import tls from 'node:tls';
import { addressLiteral, type Host } from '../../policy/host.ts';
import type { ProxyError } from '../../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import type { RawHeaders } from '../http/headers.ts';
import { dial } from './dial.ts';
import type { Resolve } from './dns/resolve.ts';
import type { Egress } from './egress.ts';

/** A proxy through which requests go on. */
export type Parent = {
  /** `parent.example:3128`: what it is called in the log and by `postern status`. */
  readonly name: string;
  readonly host: Host;
  readonly port: number;
  /** `Proxy-Authorization` with our credentials, for this proxy alone; empty without any. */
  readonly credentials: RawHeaders;
  /** Undefined when it is spoken to in the clear. */
  readonly secureContext: tls.SecureContext | undefined;
};

export type ParentSettings = {
  readonly url: { readonly scheme: 'http' | 'https'; readonly host: Host; readonly port: number };
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM certificates of the only CAs that are trusted; undefined: those that Node trusts. */
  readonly ca?: string | undefined;
};

export function createParent({ url, username, password, ca }: ParentSettings): Parent {
  const { scheme, host, port } = url;
  return {
    name: `${host}:${port}`,
    host,
    port,
    credentials: username === undefined ? [] : ['Proxy-Authorization', basic(username, password ?? '')],
    secureContext:
      scheme === 'http'
        ? undefined
        : tls.createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) }),
  };
}

/** RFC 7617 section 2, in UTF-8. */
const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

export type Reaching = {
  readonly resolve: Resolve;
  readonly egress: Egress;
  /** For TCP to connect, and then for TLS to be agreed on. */
  readonly dialMs: number;
};

/**
 * A connection to a parent. Its address may be internal, as most parents' are; only ourselves it must not be. Ends at
 * once when the client leaves.
 */
export async function reachParent(
  parent: Parent,
  client: net.Socket,
  { resolve, egress, dialMs }: Reaching,
): Promise<Result<net.Socket, ProxyError>> {
  const resolved = await unlessGone(client, resolve(parent.host));
  if (!resolved.ok) return resolved;
  const addresses = resolved.value.filter((address) => !egress.isOwnListener(address, parent.port));
  if (addresses.length === 0) return fail('proxy_loop_detected');
  const connected = await dial(addresses, parent.port, dialMs, client);
  return connected.ok && parent.secureContext !== undefined
    ? secure(connected.value, parent, parent.secureContext, dialMs, client)
    : connected;
}

/** What comes of the work, unless the client leaves before: the work itself goes on, for whoever else waits for it. */
async function unlessGone<T>(
  client: net.Socket,
  work: Promise<Result<T, ProxyError>>,
): Promise<Result<T, ProxyError>> {
  if (client.destroyed) return fail('connection_terminated');
  let onClose = (): void => {};
  const gone = new Promise<Result<T, ProxyError>>((resolve) => {
    onClose = () => resolve(fail('connection_terminated'));
    client.once('close', onClose);
  });
  return Promise.race([work, gone]).finally(() => client.off('close', onClose));
}

/** TLS over a connection to a parent, whose certificate must be for its name (RFC 9110 section 4.3.4). */
function secure(
  carrier: net.Socket,
  { host }: Parent,
  secureContext: tls.SecureContext,
  deadlineMs: number,
  client: net.Socket,
): Promise<Result<net.Socket, ProxyError>> {
  const literal = addressLiteral(host);
  const secured = tls.connect({
    socket: carrier,
    secureContext,
    host: literal ?? host,
    ...(literal === undefined ? { servername: host } : {}), // SNI holds no addresses (RFC 6066 section 3)
    rejectUnauthorized: true, // said, because an environment variable can change the default
    ALPNProtocols: ['http/1.1'],
  });
  return new Promise((resolve) => {
    const settle = (result: Result<net.Socket, ProxyError>): void => {
      clearTimeout(deadline);
      client.off('close', onClientClose);
      if (!result.ok) secured.destroy();
      resolve(result);
    };
    const onClientClose = (): void => settle(fail('connection_terminated'));
    const deadline = setTimeout(() => settle(fail('connection_timeout')), deadlineMs);
    client.once('close', onClientClose);
    secured.once('secureConnect', () => settle(succeed(secured)));
    secured.once('close', () => settle(fail('connection_terminated')));
    // Stays, so that a late error never goes unhandled.
    secured.on('error', (error: NodeJS.ErrnoException) => settle(fail(tlsError(error, secured))));
    if (client.destroyed) onClientClose();
  });
}

/** A handshake that failed, in the words of RFC 9209 section 2.3. */
function tlsError({ code = '' }: NodeJS.ErrnoException, secured: tls.TLSSocket): ProxyError {
  if (secured.authorizationError) return 'tls_certificate_error'; // types say Error, and it is null before there is one
  if (code.startsWith('ERR_SSL_') && code.includes('ALERT')) return 'tls_alert_received';
  return code.startsWith('ERR_SSL_') || code === 'EPROTO' ? 'tls_protocol_error' : 'connection_terminated';
}
