/** What the load asks for: the same of every proxy. */

/** A name that proxies find in their hosts file, at 127.0.0.1. */
export const ORIGIN_NAME = 'origin.bench.example';

/** Another one, which is blocked and let through again by turns. */
export const RELOADED_NAME = 'reloaded.bench.example';

/** In every reply that is right: of the origin, and in each proxy's block page. */
export const ORIGIN_MARKER = 'the-origin-of-the-bench';
export const BLOCK_MARKER = 'blocked-by-the-policy-of-the-bench';

const BODY_BYTES = 1_024;
/** What the origin answers, over plain HTTP and in a tunnel. */
export const ORIGIN_BODY = `${ORIGIN_MARKER} `.repeat(BODY_BYTES).slice(0, BODY_BYTES);

const BLOCKED_DOMAINS = 100;
/** Of one length each, so that the pages about them have one too. */
export const blockedDomains: readonly string[] = Array.from(
  { length: BLOCKED_DOMAINS },
  (_, number) => `blocked-${String(number).padStart(2, '0')}.bench.example`,
);

/** As many as have a certificate before the measuring begins. */
export const warmHosts: readonly string[] = blockedDomains.slice(0, 10);

/** What is asked for as a browser does, so that the page comes as HTML in English. */
export const BROWSER_FIELDS = {
  accept: 'text/html,application/xhtml+xml',
  'accept-language': 'en',
  'user-agent': 'bench',
} as const;

/** How much one bulk tunnel carries. */
export const BULK_BYTES = 64 * 2 ** 20;
export const GIGABYTE = 1e9;

/** The path of a body of so many bytes. */
export const bodyPath = (bytes: number): string => `/bodies/${bytes}`;

/** The ports of the origins, all on 127.0.0.1. */
export type OriginPorts = {
  /** nginx: `/1k` is `ORIGIN_BODY`. */
  readonly http: number;
} & NodePorts;

/** Of `children/tunnel-origin.ts`: what is behind tunnels, once a ClientHello has come, and one for plain HTTP. */
export type NodePorts = {
  /** Sends `ORIGIN_BODY`, and leaves the connection open. */
  readonly exchange: number;
  /** Sends `BULK_BYTES`, and ends. */
  readonly down: number;
  /** Sends as many bytes of the pattern as the line after the ClientHello says, and ends. */
  readonly sized: number;
  /** Takes `BULK_BYTES`, sends `ORIGIN_BODY` when they were the right ones, and ends. */
  readonly up: number;
  /** Over plain HTTP: the bytes of the pattern that `bodyPath` names. */
  readonly bodies: number;
};
