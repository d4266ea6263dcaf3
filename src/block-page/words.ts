import type { BlockReason, ForbiddenRange } from '../policy/decide.ts';
import type { ProxyError } from '../policy/proxy-error.ts';
import type { LIMIT_ANSWERS } from '../policy/reached-limit.ts';
import type { Notice } from './notice.ts';

export type Kind = Notice['subject']['kind'];
export type LimitedStatus = (typeof LIMIT_ANSWERS)[keyof typeof LIMIT_ANSWERS]['status'];
export type RefusedStatus = Extract<Notice['subject'], { kind: 'refused' }>['status'];

/**
 * What happened, and what to do about it. In `summary` and `advice`, `{site}` stands for the site in the words of the
 * language, and `{client}` and `{port}` for themselves.
 */
export type Statement = { readonly heading: string; readonly summary: string; readonly advice: string };

/** Everything that the pages say in one language; what policies and requests bring is not here. */
export type Words = {
  /** In which direction the language is written. */
  readonly direction: 'ltr' | 'rtl';
  /** Around `{host}`, and in its place when the host is not known. */
  readonly site: { readonly named: string; readonly unnamed: string };
  readonly kinds: Readonly<Record<Kind, string>>;
  readonly blocked: Readonly<Record<BlockReason['code'], Statement>>;
  /** A rule with status 451. */
  readonly blockedByLaw: Statement;
  readonly failed: Readonly<Record<ProxyError, Statement>>;
  /** The same, where it was a parent proxy and not the site; what is not here says so already. */
  readonly failedByParent: Readonly<Record<ParentError, Statement>>;
  readonly limited: Readonly<Record<LimitedStatus, Statement>>;
  readonly refused: Readonly<Record<RefusedStatus, Statement>>;
  /** Said of a trouble (`isTrouble`), which people otherwise take for a block. */
  readonly noBlock: string;
  readonly quoteTheCode: string;
  readonly mailSubject: string;
  /** The link that leads to where one asks for access. */
  readonly askForAccess: string;
  /** Over a field that holds all details, to be copied at once … */
  readonly copyDetails: string;
  /** … and how, without a script. */
  readonly howToCopy: string;
  /** Over HTTPS the address bar names the site, yet the page is ours. */
  readonly origin: string;
  readonly gateway: string;
  readonly labels: Readonly<Record<Label, string>>;
  /** Kinds of addresses that are not dialled. */
  readonly ranges: Readonly<Record<ForbiddenRange, string>>;
};

/** What the site is to blame for, unless a parent proxy was asked. */
export type ParentError = Extract<
  ProxyError,
  | 'dns_timeout'
  | 'dns_error'
  | 'destination_unavailable'
  | 'connection_refused'
  | 'connection_terminated'
  | 'connection_timeout'
  | 'http_response_timeout'
  | 'http_protocol_error'
  | 'http_response_header_section_size'
  | 'http_response_transfer_coding'
  | 'http_upgrade_failed'
>;

export const LABELS = [
  'reason',
  'problem',
  'reference',
  'alternatives',
  'help',
  'code',
  'email',
  'phone',
  'url',
  'technical',
  'department',
  'time',
  'host',
  'client',
  'rule',
  'port',
  'range',
  'limit',
  'answer',
] as const;
export type Label = (typeof LABELS)[number];

/** What neither a policy nor the request itself is to blame for. */
export const isTrouble = (kind: Kind): boolean => kind === 'failed' || kind === 'limited';

/** A sentence in pieces: our words, and the values put among them, which a page sets apart. */
export type Phrase = readonly { readonly text: string; readonly isValue: boolean }[];

type Values = { readonly host: string | undefined; readonly client: string; readonly port?: string };

/** Puts the values in their places; a value is never searched for places itself. */
export function phrase(template: string, values: Values, { site }: Words): Phrase {
  const withSite = template.replaceAll('{site}', values.host === undefined ? site.unnamed : site.named);
  const pieces = withSite.split(/\{(host|client|port)\}/);
  return pieces
    .map((piece, index) => {
      const isValue = index % 2 === 1;
      return { text: isValue ? (values[piece as keyof Values] ?? '') : piece, isValue };
    })
    .filter(({ text, isValue }) => isValue || text !== '');
}

export const phraseText = (pieces: Phrase): string => pieces.map(({ text }) => text).join('');
