/**
 * URLs that a page may link to. Everything else, such as `javascript:`, comes back undefined and is shown as text. All
 * of these are ASCII without spaces, quotes or angle brackets, fit for an attribute and for a `Link` header.
 */

const MAIL_ADDRESS = /^[^\s@]{1,64}@[^\s@]{1,255}$/;
const PHONE_NUMBER = /^\+?[\d().\s-]{3,30}$/;

/** The URL in canonical form when it is `http:` or `https:`; ASCII, as the URL Standard serialises it. */
export function webLink(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return undefined;
  return parsed.href.replace(/["'<>\\^`{|}]/g, percentEncode);
}

/** `mailto:` (RFC 6068), with a subject when there is one. */
export function mailLink(address: string, subject?: string): string | undefined {
  if (!MAIL_ADDRESS.test(address)) return undefined;
  const recipient = address.split('@').map(percentEncode).join('@');
  return `mailto:${recipient}${subject === undefined ? '' : `?subject=${percentEncode(subject)}`}`;
}

/** `tel:` (RFC 3966), without the separators people write. */
export function phoneLink(phone: string): string | undefined {
  if (!PHONE_NUMBER.test(phone) || !/\d/.test(phone)) return undefined;
  return `tel:${phone.replace(/[^+\d]/g, '')}`;
}

/** What is the same in every part of a URL (RFC 3986 section 2.3): nearly every host, and every incident code. */
const UNRESERVED = /^[\w.~-]*$/;

/** RFC 3986: `encodeURIComponent` leaves the apostrophe, and throws at a lone surrogate. */
export const percentEncode = (text: string): string =>
  UNRESERVED.test(text) ? text : encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27');
