import type net from 'node:net';
import type { Limits } from '../bounds/limits.ts';
import { linesOf, type RawHeaders } from '../http/headers.ts';
import { authorityOf } from '../http/target.ts';
import { NextHopConnection } from '../http/wire/next-hop-connection.ts';
import { createIdleConnections } from './idle-connections.ts';
import type { Opener } from './opener.ts';
import type { Parent } from './parent.ts';
import type { Destination } from './route.ts';

/** One request on its way out. */
export type UpstreamRequest = {
  /** The client's connection: only its own requests share connections. */
  readonly client: net.Socket;
  readonly destination: Destination;
  readonly method: string;
  /** The origin-form target, as the client wrote it. */
  readonly path: string;
  readonly headers: RawHeaders;
};

/** A connection on which a request can begin; without a parent it leads to the origin. */
export type Upstream = { readonly connection: NextHopConnection; readonly parent: Parent | undefined };

/** Connections to origins and parents, and those of them that are idle between two requests. */
export type Upstreams = {
  /** A connection by which a request of the same client has gone already, if there is one that is idle. */
  idle(request: UpstreamRequest): Upstream | undefined;
  /** A connection that has just been opened. After `exchangeIdleMs` without a byte its exchange hears of it. */
  opened(socket: net.Socket, parent: Parent | undefined): Upstream;
  /** Its exchange is over: it waits for the next request that may go by it. */
  keep(upstream: Upstream, request: UpstreamRequest): void;
  close(): void;
};

/** A response's head is bounded like a request's. */
export function createUpstreams(
  opener: Opener,
  bounds: Pick<Limits, 'exchangeIdleMs' | 'maxHeaderBytes'>,
): Upstreams {
  const idle = createIdleConnections();
  return {
    idle(request) {
      const hop = opener.firstHop(request.destination);
      const parent = hop === 'direct' ? undefined : hop;
      const connection = idle.take(request.client, whereTo(request, parent));
      return connection && { connection, parent };
    },
    opened: (socket, parent) => ({ connection: new NextHopConnection(socket, bounds), parent }),
    keep({ connection, parent }, request) {
      idle.add(connection, request.client, whereTo(request, parent));
    },
    close: idle.close,
  };
}

/** The head of the request as it goes to the parent or the origin, to its empty line. */
export function requestHead(request: UpstreamRequest, parent: Parent | undefined): string {
  const { method, path, headers } = request;
  const target = parent === undefined ? path : absoluteForm(request);
  return `${method} ${target} HTTP/1.1\r\n${linesOf(headers)}${linesOf(credentialsFor(parent, request))}\r\n`;
}

/**
 * Ours, which a client must not see: a TRACE goes without, for its last recipient, which may be the parent, sends back the
 * fields that it received (RFC 9110 section 9.3.8). A parent that insists on them then refuses it.
 */
const credentialsFor = (parent: Parent | undefined, { method }: UpstreamRequest): RawHeaders =>
  method === 'TRACE' ? [] : (parent?.credentials ?? []);

/** For a proxy (RFC 9112 section 3.2.2); `OPTIONS *` is for it an `OPTIONS` of no path (section 3.2.4). */
const absoluteForm = ({ destination, path }: UpstreamRequest): string =>
  `http://${authorityOf(destination)}${path === '*' ? '' : path}`;

/**
 * A connection is reused only for requests of the client's connection that it was made for, to a parent or to the same
 * checked addresses: an origin may have authenticated the connection (NTLM, Negotiate), and would take anybody's next
 * request for that person's.
 */
function whereTo({ destination: { addresses, port } }: UpstreamRequest, parent: Parent | undefined): string {
  if (parent !== undefined) return `by ${numberOf(parent)}`;
  const servers = addresses.length === 1 ? addresses[0] : [...addresses].sort().join(' '); // name servers rotate
  return `${servers}:${port}`;
}

let numbered = 0;
const numbers = new WeakMap<Parent, number>();

function numberOf(parent: Parent): number {
  const number = numbers.get(parent) ?? ++numbered;
  numbers.set(parent, number);
  return number;
}
