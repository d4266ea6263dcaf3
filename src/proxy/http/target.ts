import { type Host, OWN_HOST } from '../../policy/host.ts';
import { parseAuthority } from '../../policy/request-url.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import type { Refusal } from './refusal.ts';

/** Where a request wants to go. */
export type Target = { readonly host: Host; readonly port: number };

/** The target of a plain request, and the bytes that go on to the origin as they came. */
export type ForwardTarget = Target & {
  /** The origin-form: path and query, untouched, since `URL` would rewrite them. */
  readonly originForm: string;
  readonly path: string;
};

const ABSOLUTE_FORM = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)(?<rest>[^#]*)$/i;

/** authority-form, `host:port` (RFC 9112 section 3.2.3). */
export function parseConnectTarget(text: string): Result<Target, Refusal> {
  const authority = parseAuthority(text);
  if (!authority.ok) return refuse(authority.error.problem);
  const { host, port } = authority.value;
  return port === undefined ? refuse('CONNECT needs a port') : succeed({ host, port });
}

/**
 * What a browser fetches from the proxy's own port before it has a proxy. It may know that port by any name, so whatever
 * `Host` says it is a visit to the proxy's own site.
 */
const BEFORE_PROXY: ReadonlySet<string> = new Set(['/proxy.pac', '/wpad.dat']);

/** absolute-form with the `http` scheme (RFC 9112 section 3.2.2), or the origin-form of a file of our own. */
export function parseForwardTarget(text: string, method: string): Result<ForwardTarget, Refusal> {
  if (text.startsWith('/') || text === '*') return parseOriginForm(text);
  const form = ABSOLUTE_FORM.exec(text)?.groups;
  if (form === undefined) return refuse('the request target is not an absolute URL');
  const scheme = form.scheme?.toLowerCase();
  if (scheme !== 'http' && scheme !== 'ws')
    return refuse(
      scheme === 'https' ? 'https goes through CONNECT' : `\`${scheme}:\` URLs are not forwarded`,
    );
  const authority = parseAuthority(form.authority ?? '');
  if (!authority.ok) return refuse(authority.error.problem);
  const { host, port = 80 } = authority.value;
  const rest = form.rest ?? '';
  return succeed({
    host,
    port,
    originForm: originForm(rest, method),
    path: pathOf(rest) || '/',
  });
}

function parseOriginForm(text: string): Result<ForwardTarget, Refusal> {
  const path = pathOf(text);
  return BEFORE_PROXY.has(path)
    ? succeed({ host: OWN_HOST, port: 80, originForm: text, path })
    : fail({ status: 421, problem: 'this is a proxy: it takes absolute URLs and CONNECT' });
}

const pathOf = (target: string): string => target.replace(/\?.*$/s, '');

/** An `OPTIONS` for no path is for the server as a whole: `*` to the last hop (RFC 9112 section 3.2.4). */
function originForm(rest: string, method: string): string {
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}

/** The target as the origin knows it: the port is named unless it is http's own (RFC 9110 section 7.2). */
export function authorityOf({ host, port }: Target): string {
  return port === 80 ? host : `${host}:${port}`;
}

const refuse = (problem: string): Result<never, Refusal> => fail({ status: 400, problem });
