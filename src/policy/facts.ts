import type { Host } from './host.ts';
import type { RequestUrl } from './policy.ts';

/** How the request came in; `tls` is a ClientHello in a tunnel that says something else than its CONNECT. */
export type Via = 'http' | 'connect' | 'websocket' | 'tls';

/** What is known of one request when it is decided. */
export type Facts = {
  /** When it was asked, in milliseconds since the epoch. */
  readonly time: number;
  /** Undefined when no department claims the client: such a request is blocked. */
  readonly department: string | undefined;
  readonly user?: string;
  readonly groups?: readonly string[];
  /** The client's address, IPv4-mapped IPv6 already turned into IPv4. */
  readonly client: string;
  readonly via: Via;
  readonly method: string;
  readonly host: Host;
  /** What the host's name resolved to; absent before it is looked up. */
  readonly addresses?: readonly string[];
  readonly port: number;
  /** The server name in a ClientHello: canonical, or as it was sent where it is no host name. */
  readonly sni?: string;
  /** The path without its query: queries carry what people typed. Absent for a tunnel. */
  readonly path?: string;
};

/** The request a browser makes through a proxy for a URL: a tunnel for `https:` and `wss:`, else the request itself. */
export function factsOfUrl(
  url: RequestUrl,
  who: Pick<Facts, 'time' | 'department' | 'user' | 'groups' | 'client' | 'addresses'>,
): Facts {
  const { host, port, path } = url;
  switch (url.scheme) {
    case 'https':
    case 'wss':
      return { ...who, via: 'connect', method: 'CONNECT', host, port };
    case 'http':
      return { ...who, via: 'http', method: 'GET', host, port, path };
    case 'ws':
      return { ...who, via: 'websocket', method: 'GET', host, port, path };
  }
}
