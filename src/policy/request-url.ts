import { type Host, parseHost } from './host.ts';
import type { RequestUrl } from './policy.ts';
import { fail, type Result, succeed } from './result.ts';

type Fault = { readonly problem: string; readonly hint: string };

/** RFC 3986 section 3.2 without user information; the port is undefined when it is absent or empty. */
export type Authority = { readonly host: Host; readonly port: number | undefined };

const DEFAULT_PORTS = { http: 80, ws: 80, https: 443, wss: 443 } as const;
const URL_FORM = /^(?<scheme>https?|wss?):\/\/(?<authority>[^/?#]*)(?<rest>.*)$/is;
const BRACKETED = /^\[[^\]]*\](?=:|$)/;
const PORT = /^\d{1,5}$/;

/** `https://chat.deepseek.com/a?b` → its host, port and path; the text a person or a policy test writes. */
export function parseRequestUrl(text: string): Result<RequestUrl, Fault> {
  const url = URL_FORM.exec(text)?.groups;
  if (url === undefined)
    return fail({
      problem: `\`${text}\` is not a URL`,
      hint: 'write it whole, with http, https, ws or wss: https://chat.deepseek.com/',
    });
  const scheme = (url.scheme ?? '').toLowerCase() as RequestUrl['scheme'];
  const authority = parseAuthority(url.authority ?? '');
  if (!authority.ok)
    return fail({ problem: `\`${text}\`: ${authority.error.problem}`, hint: authority.error.hint });
  const { host, port = DEFAULT_PORTS[scheme] } = authority.value;
  const path = (url.rest ?? '').replace(/[?#].*$/s, '');
  return succeed({ text, scheme, host, port, path: path === '' ? '/' : path });
}

/** `www.example.org:8443`; a port out of range is refused, not taken modulo 65536. */
export function parseAuthority(text: string): Result<Authority, Fault> {
  if (text.includes('@'))
    return fail({
      problem: 'the authority carries user information',
      hint: 'write the host without `user@`',
    });
  const end = hostEnd(text);
  const host = parseHost(text.slice(0, end));
  if (!host.ok) return host;
  const portText = text.slice(end + 1);
  if (portText === '') return succeed({ host: host.value, port: undefined });
  const port = PORT.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535)
    return fail({ problem: 'the port is not valid', hint: 'it is a number from 1 to 65535' });
  return succeed({ host: host.value, port });
}

/** Where the host ends: at the first colon that is not within its brackets, else where the text does. */
function hostEnd(text: string): number {
  const bracketed = text.startsWith('[') ? (BRACKETED.exec(text)?.[0].length ?? 0) : 0;
  const colon = text.indexOf(':', bracketed);
  return colon === -1 ? text.length : colon;
}
