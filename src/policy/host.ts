import { MAX_LABEL_LENGTH, MAX_NAME_LENGTH } from './name-limits.ts';
import { addressBytes } from './network.ts';
import { fail, type Result, succeed } from './result.ts';

declare const canonical: unique symbol;

/**
 * A canonical host: a lower-case A-label name without its root dot (`chat.deepseek.com`), a dotted-decimal IPv4
 * address (`127.0.0.1`) or a bracketed IPv6 address (`[::1]`), as in RFC 3986 section 3.2.2. Only `parseHost` makes
 * one, so that what is matched, logged and dialled is one and the same string.
 */
export type Host = string & { readonly [canonical]: 'Host' };

/**
 * The proxy's own site. Nobody can own this name in the DNS (`internal` is reserved for private use), and it is neither
 * looked up nor forwarded: the proxy answers for it itself, whatever policies say.
 */
export const OWN_HOST = 'postern.internal' as Host;

export type HostFault = { readonly problem: string; readonly hint: string };

const CONTROL_OR_SPACE = /[\u0000-\u0020\u007f]/;
const DELIMITER = /[/?#\\]/;
const BRACKETED_IPV6 = /^\[[0-9a-fA-F:.]+\]$/;
const CANONICAL_NAME = /^[a-z0-9._-]+$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/**
 * Text → `Host`. Case, one trailing dot, percent-encoding, IDNA (UTS 46 by the URL Standard's host parser) and every
 * spelling of an IPv4 address (`0x7f.1`, `2130706433`, `①②⑦.⓪.⓪.①`) come out as one form. Whatever could be read in
 * two ways (control bytes, user information, a port, an empty label) is refused rather than repaired.
 */
export function parseHost(text: string): Result<Host, HostFault> {
  if (isPlainName(text)) return succeed(ownCopy(text) as Host);
  if (text === '') return refuse('the host is empty', 'name a host, such as www.example.org');
  if (CONTROL_OR_SPACE.test(text))
    return refuse('the host holds a control character or a space', 'remove it');
  if (text.includes('@'))
    return refuse('the host carries user information', 'write the host alone, without `user@`');
  if (DELIMITER.test(text))
    return refuse('the host holds a URL delimiter', 'write the host alone, without a path');
  if (text.startsWith('[')) return parseIpv6(text);
  if (text.includes(':'))
    return refuse('the host holds a colon', 'write the host without a port, and an IPv6 address in brackets');
  const parsed = urlHost(text);
  if (parsed === undefined) return refuse('the host is not a valid name or address', 'check its spelling');
  return checkName(parsed.endsWith('.') ? parsed.slice(0, -1) : parsed);
}

/** Labels of a canonical name, the last of which does not begin like part of an address. */
const PLAIN_NAME = /^(?:[a-z0-9_-]{1,63}\.)*[a-z_-][a-z0-9_-]{0,62}$/;

/** What nearly every client writes, and the URL Standard's parser would return unchanged, in seven to nine times the time. */
const isPlainName = (text: string): boolean =>
  text.length <= MAX_NAME_LENGTH && PLAIN_NAME.test(text) && !text.includes('xn--'); // A-labels must be decoded

/**
 * The host as a string of its own. One cut out of a longer text is but a view of it in V8: each of its characters takes
 * longer to read, and what remembers the host would keep the whole of a request target.
 */
const ownCopy = (plain: string): string => plain.toLowerCase();

/** The address inside an address literal (`127.0.0.1`, `::1`), or undefined for a name. */
export function addressLiteral(host: Host): string | undefined {
  // Nearly every name is told from an address by its last character.
  const last = host.charCodeAt(host.length - 1);
  if (last === CLOSING_BRACKET) return host.slice(1, -1);
  return last >= DIGIT_ZERO && last <= DIGIT_NINE && IPV4.test(host) ? host : undefined;
}

const CLOSING_BRACKET = 0x5d;
const DIGIT_ZERO = 0x30;
const DIGIT_NINE = 0x39;

function parseIpv6(text: string): Result<Host, HostFault> {
  const parsed = BRACKETED_IPV6.test(text) ? urlHost(text) : undefined;
  if (parsed === undefined)
    return refuse('the host is not a valid IPv6 address', 'write it in brackets, such as [2001:db8::1]');
  // An IPv4-mapped address is dialled as the IPv4 address it carries, so that is what it is decided as.
  const bytes = addressBytes(parsed.slice(1, -1));
  return succeed((bytes?.length === 4 ? bytes.join('.') : parsed) as Host);
}

function checkName(name: string): Result<Host, HostFault> {
  if (name.length > MAX_NAME_LENGTH) return refuse('the host is longer than 253 characters', 'shorten it');
  if (!CANONICAL_NAME.test(name))
    return refuse('the host holds a character no host name has', 'use letters, digits, `-`, `_` and dots');
  for (const label of name.split('.')) {
    if (label === '') return refuse('the host has an empty label', 'remove the extra dot');
    if (label.length > MAX_LABEL_LENGTH)
      return refuse('a label of the host is longer than 63 characters', 'shorten it');
  }
  return succeed(name as Host);
}

/** The URL Standard's host parser is the one browsers use: to see what they see, ask it. */
function urlHost(text: string): string | undefined {
  return URL.parse(`http://${text}/`)?.hostname;
}

const refuse = (problem: string, hint: string): Result<Host, HostFault> => fail({ problem, hint });
