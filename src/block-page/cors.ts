import type { BlockReason } from '../policy/decide.ts';
import { FORMATS, type Format } from './format.ts';
import type { Notice } from './notice.ts';
import type { Wishes } from './wishes.ts';

/**
 * A script of a website that asks for something of another one. Its browser lets it read an answer only with leave
 * (Fetch Standard, "HTTP-CORS protocol"), and before what no plain page can send it asks for that leave: a preflight.
 */
export type Asker = { readonly origin: string; readonly preflight: Preflight | undefined };
type Preflight = { readonly method: string; readonly fields: string | undefined };

/** The incident code, where scripts can read it. */
export const INCIDENT_FIELD = 'Postern-Incident';

/** What a browser makes of a script's origin (RFC 6454 section 6.2); hidden ones are `null`. */
const ORIGIN = /^(?:null|[a-z][a-z\d+.-]{0,31}:\/\/[\w.:[\]-]{1,260})$/;
const METHOD = /^[!#$%&'*+.^_`|~\w-]{1,32}$/;
const FIELD_NAMES = /^[!#$%&'*+.^`|~\w, -]{1,1024}$/;

/** The website whose script asks; undefined where none does, or a browser follows a link or sends a form. */
export function askerIn(wishes: Wishes): Asker | undefined {
  const { origin } = wishes;
  if (origin === undefined || wishes['sec-fetch-mode'] === 'navigate' || !ORIGIN.test(origin))
    return undefined;
  return { origin, preflight: preflightIn(wishes) };
}

function preflightIn(wishes: Wishes): Preflight | undefined {
  const method = wishes['access-control-request-method'];
  if (wishes.method !== 'OPTIONS' || method === undefined || !METHOD.test(method)) return undefined;
  const fields = wishes['access-control-request-headers'];
  return { method, fields: fields !== undefined && FIELD_NAMES.test(fields) ? fields : undefined };
}

/**
 * Whether any website may read an answer: that a policy blocks a site, and the incident code. Of what fails nothing is
 * told, nor of names that lead to internal addresses: a website could find out what there is behind the gateway. Nor
 * does it read what tells of the reader.
 */
export function mayBeRead({ subject }: Notice, format: Format): boolean {
  return subject.kind === 'blocked' && isByPolicy(subject.reason) && !FORMATS[format].tellsOfReader;
}

function isByPolicy({ code }: BlockReason): boolean {
  switch (code) {
    case 'rule':
    case 'default':
    case 'department-unknown':
    case 'port-forbidden':
    case 'address-literal':
      return true;
    case 'address-forbidden':
    case 'proxy-loop':
    case 'own-site': // which tells other sites nothing
    case 'not-tls': // this and what follows ends a tunnel, and is no answer
    case 'client-hello-unreadable':
    case 'sni-missing':
    case 'sni-mismatch':
    case 'ech-forbidden':
      return false;
  }
}

/** The leave to read this answer. It is the same with cookies and without, so who sent some may read it too. */
export const leaveToRead = ({ origin }: Asker): readonly string[] => [
  'Access-Control-Allow-Origin',
  origin,
  'Access-Control-Allow-Credentials',
  'true',
  'Access-Control-Expose-Headers',
  INCIDENT_FIELD,
];

/**
 * The leave to send what a preflight asks for, which gets the answer to read. It is given in the site's name, and the
 * browser may hold the request back until the site is open again: so none to send cookies, none to reach a private
 * network, and none to be kept.
 */
export const leaveToSend = (origin: string, { method, fields }: Preflight): readonly string[] => [
  'Access-Control-Allow-Origin',
  origin,
  'Access-Control-Allow-Methods',
  method,
  ...(fields === undefined ? [] : ['Access-Control-Allow-Headers', fields]),
  'Access-Control-Max-Age',
  '0',
];
