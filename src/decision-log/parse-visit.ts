import { type Result, succeed } from '../policy/result.ts';
import { type Fields, fieldsOf, isAddress, isPlain, missing, timeOf } from './parse-line.ts';
import type { UnseenCause } from './record.ts';

/** What one line of the log says of block pages over TLS. A blocked CONNECT and its ending have the same `id`. */
export type VisitEntry =
  | {
      readonly kind: 'blocked-connect';
      readonly id: string;
      readonly time: number;
      readonly department: string | undefined;
      readonly client: string;
    }
  | { readonly kind: 'page-ending'; readonly id: string; readonly ending: VisitEnding }
  /** So many lines are missing here. */
  | { readonly kind: 'gap'; readonly lines: number }
  | { readonly kind: 'other' };

/**
 * What a visit tells of the client's trust in the CA: it asked for the page under our certificate, it refused that, it
 * did neither, or it was shown none.
 */
export type VisitEnding = 'seen' | 'refused' | 'unclear' | 'not-shown';

/** Text of one line → what it says, or what is wrong with it. */
export function parseVisit(text: string): Result<VisitEntry, string> {
  if (isPlainOther(text)) return OTHER;
  const fields = fieldsOf(text);
  if (!fields.ok) return fields;
  switch (fields.value.event) {
    case 'decision':
      return readConnect(fields.value);
    case 'outcome':
      return readEnding(fields.value);
    case 'gap':
      return typeof fields.value.lines === 'number'
        ? succeed({ kind: 'gap', lines: fields.value.lines })
        : missing('lines');
    default:
      return OTHER;
  }
}

const OTHER: Result<VisitEntry, string> = succeed({ kind: 'other' });

/** Most lines are of what was forwarded: these are not parsed. */
const isPlainOther = (text: string): boolean =>
  (isPlain(text, 'outcome') && !text.includes('"kind":"block-page-')) ||
  (isPlain(text, 'decision') && !(text.includes('"via":"connect"') && text.includes('"action":"block"')));

function readConnect(fields: Fields): Result<VisitEntry, string> {
  const { id, department, client, via, action, reason } = fields;
  if (via !== 'connect' || action !== 'block' || reason === 'malformed') return OTHER; // that has no outcome
  const time = timeOf(fields.time);
  if (typeof id !== 'string') return missing('id');
  if (time === undefined) return missing('time');
  if (department !== null && typeof department !== 'string') return missing('department');
  if (!isAddress(client)) return missing('client');
  return succeed({ kind: 'blocked-connect', id, time, department: department ?? undefined, client });
}

function readEnding({ id, kind, cause }: Fields): Result<VisitEntry, string> {
  if (kind !== 'block-page-served' && kind !== 'block-page-unseen') return OTHER;
  if (typeof id !== 'string') return missing('id');
  if (kind === 'block-page-served') return succeed({ kind: 'page-ending', id, ending: 'seen' });
  return typeof cause === 'string' && Object.hasOwn(ENDINGS, cause)
    ? succeed({ kind: 'page-ending', id, ending: ENDINGS[cause as UnseenCause] })
    : succeed({ kind: 'page-ending', id, ending: 'unclear' }); // a cause of a later version
}

const ENDINGS: Readonly<Record<UnseenCause, VisitEnding>> = {
  'ca-unknown': 'refused',
  'certificate-refused': 'refused',
  'left-at-certificate': 'unclear', // programs that do not trust the CA do so, and browsers that connect ahead of need
  'tls-refused': 'unclear',
  'client-left': 'unclear',
  deadline: 'unclear',
  'sni-mismatch': 'unclear',
  'connect-refused': 'not-shown',
  'certificate-limit': 'not-shown',
  'mid-tunnel': 'not-shown',
};
