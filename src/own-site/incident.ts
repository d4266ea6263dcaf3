import { contentOf } from '../block-page/content.ts';
import { type Html, html } from '../block-page/html.ts';
import { visibleText } from '../block-page/text.ts';
import type { FindIncident, FoundIncident } from '../decision-log/find-incident.ts';
import type { BlockReason, ForbiddenRange } from '../policy/decide.ts';
import type { Rule } from '../policy/policy.ts';
import { contactHtml } from './contact.ts';
import { factsHtml, fieldForm, type Page, type Reader } from './page.ts';
import { blockHtml, verdictBadge } from './verdict.ts';
import type { Visit } from './visit.ts';

/** As people write it down: any case, with or without the dash, an O for the nought. */
const CODE = /^([0-9A-Z]{4})-?([0-9A-Z]{4})$/;

/** The code as the log writes it, in Crockford's alphabet; undefined where it is none. */
export function incidentCode(text: string): string | undefined {
  const parts = CODE.exec(text.trim().toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1'));
  return parts === null ? undefined : `${parts[1]}-${parts[2]}`;
}

/** What was decided on a request of the visitor's own. Somebody else's is as if it were not there. */
export async function incidentPage(
  visit: Visit,
  text: string,
  reader: Reader,
  find: FindIncident,
): Promise<Page> {
  const { words } = reader;
  const value = visibleText(text).slice(0, 64);
  const field = { name: 'code', label: words.incident.label, button: words.incident.button, value };
  const page = {
    name: 'incident',
    heading: words.incident.heading,
    lead: html`<p class="summary">${words.incident.summary}</p>\n${fieldForm('incident', field)}`,
  } as const;
  if (value === '') return { ...page, status: 200, parts: [] };
  const code = incidentCode(text);
  if (code === undefined) return { ...page, status: 400, parts: [html`<p>${words.incident.noCode}</p>`] };
  const found = await find(code, visit.facts.client);
  if (found === 'busy') return { ...page, status: 503, parts: [html`<p>${words.incident.busy}</p>`] };
  if (found === undefined || !isOwn(found, visit))
    return { ...page, status: 404, parts: [goneHtml(code, reader)] };
  return { ...page, status: 200, parts: [foundHtml(found, code, visit, reader)] };
}

/** Both: an address may have gone to another department since. */
const isOwn = ({ client, department }: FoundIncident, { facts }: Visit): boolean =>
  client === facts.client && (department ?? undefined) === facts.department;

const goneHtml = (code: string, { words, department }: Reader): Html => html`<h2>${words.incident.gone}</h2>
<p>${words.incident.goneAdvice}</p>
${factsHtml([
  [words.incident.label, code],
  [words.who.contact, department && contactHtml(department)],
])}`;

function foundHtml(line: FoundIncident, code: string, visit: Visit, reader: Reader): Html {
  const { words, language, department } = reader;
  const time = typeof line.time === 'string' ? Date.parse(line.time) : Number.NaN;
  const host = textOf(line.host);
  const reason = line.action === 'block' ? blockReasonOf(line, department?.rules ?? []) : undefined;
  const notice = {
    code,
    time: Number.isNaN(time) ? visit.facts.time : time,
    host,
    client: visit.facts.client,
    department,
    subject: { kind: 'blocked', reason: reason ?? { code: 'default' } },
  } as const;
  const content = contentOf(notice, language);
  return html`${verdictBadge(line.action === 'forward' ? 'allowed' : 'blocked', reader)}
${factsHtml([
  [words.incident.label, code],
  [words.incident.time, content.time.readable],
  [words.incident.host, host === undefined ? undefined : visibleText(host)],
  [words.incident.port, typeof line.port === 'number' ? `${line.port}` : undefined],
  [words.rule, reason?.code === 'rule' ? undefined : textOf(line.rule)],
  [words.incident.reason, reason === undefined ? textOf(line.reason) : undefined],
  [words.incident.problem, reason === undefined ? textOf(line.problem) : undefined],
])}
${reason && html`<section>${blockHtml(content, reader)}</section>`}`;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? visibleText(value) : undefined;

/** The reason again, by the rules as they are now; undefined where a rule is gone, or for a word of another version. */
function blockReasonOf(line: FoundIncident, rules: readonly Rule[]): BlockReason | undefined {
  const code = line.reason as BlockReason['code'];
  switch (code) {
    case 'rule': {
      const rule = rules.find(({ id }) => id === line.rule);
      return rule && { code, rule, by: { set: 0, origin: { kind: 'rule' }, specificity: 0 } };
    }
    case 'default':
    case 'department-unknown':
    case 'proxy-loop':
    case 'own-site':
    case 'address-literal':
    case 'not-tls':
    case 'sni-missing':
    case 'ech-forbidden':
      return { code };
    case 'port-forbidden':
      return { code, port: Number(line.port) };
    case 'address-forbidden':
      return { code, address: '', range: line.range as ForbiddenRange };
    case 'sni-mismatch':
      return { code, sni: textOf(line.sni) ?? '' };
    case 'client-hello-unreadable':
      return { code, problem: textOf(line.problem) ?? '' };
    default: // a word of the log, which may come from another version
      return undefined;
  }
}
