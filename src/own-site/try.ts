import { contentOf } from '../block-page/content.ts';
import { html } from '../block-page/html.ts';
import { visibleText } from '../block-page/text.ts';
import type { Decision } from '../policy/decide.ts';
import { type Facts, factsOfUrl } from '../policy/facts.ts';
import type { PolicySet } from '../policy/policy.ts';
import { parseRequestUrl } from '../policy/request-url.ts';
import { fieldForm, type Page, type Reader } from './page.ts';
import { allowHtml, blockHtml, verdictBadge } from './verdict.ts';
import type { Visit } from './visit.ts';

/** What the door would decide, as far as that can be told without looking a name up. */
export type DecideAtDoor = (facts: Facts, policies: PolicySet) => Decision;

const MAX_URL_CHARACTERS = 2_048;

/**
 * What would become of a URL that the visitor asked for, by the policies of the visitor's own department. No name is
 * looked up: whoever tries names here learns nothing of which of them there are.
 */
export function tryPage(visit: Visit, text: string, reader: Reader, decide: DecideAtDoor): Page {
  const { words } = reader;
  const wanted = text.trim().slice(0, MAX_URL_CHARACTERS);
  const field = { name: 'url', label: words.try.label, button: words.try.button, value: visibleText(wanted) };
  const page = {
    name: 'try',
    heading: words.try.heading,
    lead: html`<p class="summary">${words.try.summary}</p>\n${fieldForm('try', field)}`,
  } as const;
  if (wanted === '') return { ...page, status: 200, parts: [] };
  const url = parseRequestUrl(/^[a-z]+:\/\//i.test(wanted) ? wanted : `https://${wanted}`);
  if (!url.ok) return { ...page, status: 400, parts: [html`<p>${words.try.noUrl}</p>`] };
  const { department, client } = visit.facts;
  const facts = factsOfUrl(url.value, { time: visit.facts.time, department, client });
  const decision = decide(facts, visit.policies);
  const asked = html`<p><bdi>${visibleText(`${url.value.scheme}://${facts.host}:${facts.port}${url.value.path}`)}</bdi></p>`;
  if (decision.action === 'block') {
    const notice = {
      code: visit.code,
      time: facts.time,
      host: facts.host,
      client,
      department: reader.department,
      subject: { kind: 'blocked', reason: decision.reason },
    } as const;
    const content = contentOf(notice, reader.language);
    const part = html`${verdictBadge('blocked', reader)}\n${asked}\n${blockHtml(content, reader)}`;
    return { ...page, status: 200, parts: [part] };
  }
  const part = html`${verdictBadge('allowed', reader)}
${asked}
${allowHtml(decision, reader)}
<p class="quiet">${words.try.unseen}</p>`;
  return { ...page, status: 200, parts: [part] };
}
