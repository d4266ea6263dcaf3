import type { Content } from './content.ts';
import { type Kind, phraseText } from './words.ts';

/** One a kind, since RFC 9457 section 3.1 ties a title to its type; `reason` tells the cases apart. */
const TYPES: Readonly<Record<Kind, string>> = {
  blocked: 'urn:postern:blocked',
  failed: 'urn:postern:upstream-failed',
  limited: 'urn:postern:limit-reached',
  refused: 'urn:postern:bad-request',
};

/**
 * Problem details (RFC 9457) with the extension members `code`, `time`, `host`, `department`, `reason`, `rule`,
 * `reference`, `alternatives`, `contact` and `request`; a member without a value is left out. Indented, for people read it too.
 */
export function renderProblemJson(content: Content): string {
  const { department, explanation } = content;
  const problem = {
    type: TYPES[content.kind],
    title: content.words.kinds[content.kind],
    status: content.status,
    detail: [phraseText(content.summary), explanation?.passage.text].filter(Boolean).join(' '),
    code: content.code,
    time: content.time.iso,
    host: content.host,
    department: department && { id: department.id, title: department.title.text },
    reason: content.reasonCode,
    rule: content.rule,
    reference: content.reference,
    // A client may make a link of any `url`, so only what is safe to follow is called one.
    alternatives: listed(content.alternatives.map(({ title, link }) => ({ title: title.text, url: link }))),
    contact:
      listed(content.contact) && Object.fromEntries(content.contact.map(({ way, text }) => [way, text])),
    request: content.request,
  };
  return `${JSON.stringify(problem, undefined, 2)}\n`;
}

/**
 * The same for scripts, which may be any website's: what happened and the code, and nothing by which a website could
 * tell the reader's organisation.
 */
export function renderBriefProblem({ kind, words, status, code }: Content): string {
  const problem = {
    type: TYPES[kind],
    title: words.kinds[kind],
    status,
    detail: words.quoteTheCode,
    code,
  };
  return `${JSON.stringify(problem, undefined, 2)}\n`;
}

const listed = <T>(items: readonly T[]): readonly T[] | undefined => (items.length > 0 ? items : undefined);
