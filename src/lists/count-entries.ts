import type { Host } from '../policy/host.ts';
import { parseDomainPattern } from '../policy/matching/domain-pattern.ts';
import { hasPlainName } from '../policy/matching/host-list-name.ts';
import { parseHostPattern } from '../policy/matching/host-pattern.ts';
import { parseNetwork } from '../policy/network.ts';
import { suffixParts } from '../policy/public-suffix.ts';
import { withoutComment } from './plain.ts';

/** How many lines of a list hold an entry, and how many cannot be read: with one of those the list cannot be used. */
export type EntryCount = {
  readonly entries: number;
  readonly unreadable: number;
  readonly firstUnreadable?: { readonly line: number; readonly text: string };
};

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** What the policies read of one line, in bytes. */
const MAX_LINE_BYTES = 4096;
const MAX_SHOWN_BYTES = 80;

/** Counts the lines of a list file as the policies read them. */
export function countEntries(bytes: Buffer): EntryCount {
  let entries = 0;
  let unreadable = 0;
  let firstUnreadable: EntryCount['firstUnreadable'];
  let start = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? BYTE_ORDER_MARK.length : 0;
  for (let line = 1; start < bytes.length; line++) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const next = feed === -1 ? bytes.length : feed;
    const end = next > start && bytes[next - 1] === CARRIAGE_RETURN ? next - 1 : next;
    const said = whatIsSaid(bytes, start, end);
    if (said === 'entry') entries += 1;
    if (said === 'unreadable') {
      unreadable += 1;
      firstUnreadable ??= {
        line,
        text: bytes.toString('utf8', start, Math.min(end, start + MAX_SHOWN_BYTES)),
      };
    }
    start = next + 1;
  }
  return { entries, unreadable, ...(firstUnreadable === undefined ? {} : { firstUnreadable }) };
}

function whatIsSaid(bytes: Buffer, start: number, end: number): 'entry' | 'nothing' | 'unreadable' {
  if (hasPlainName(bytes, start, end)) {
    const name = bytes.toString('latin1', start, end) as Host;
    return suffixParts(name).isPublicSuffix ? 'unreadable' : 'entry';
  }
  if (end - start > MAX_LINE_BYTES) return 'unreadable';
  const entry = withoutComment(bytes.toString('utf8', start, end));
  if (entry === '') return 'nothing';
  return isEntry(entry) ? 'entry' : 'unreadable';
}

/** Digits with a slash, or with two colons: neither is in a domain. */
const NETWORK = /^[0-9a-f.:]+\/\d*$|^[0-9a-f]*:[0-9a-f:]*:[0-9a-f.:]*$/i;

function isEntry(text: string): boolean {
  if (text.startsWith('/'))
    return text.length > 2 && text.endsWith('/') && parseHostPattern(text.slice(1, -1)).ok;
  return NETWORK.test(text) ? parseNetwork(text).ok : parseDomainPattern(text).ok;
}
