import { html } from '../block-page/html.ts';
import { passageOf, visibleText } from '../block-page/text.ts';
import { networkContains } from '../policy/network.ts';
import type { Department } from '../policy/policy.ts';
import { contactHtml } from './contact.ts';
import { factsHtml, langOf, type Page, type Reader } from './page.ts';
import { PAGES } from './pages.ts';
import type { Visit } from './visit.ts';

/** Who the visitor is to the proxy, and by what. */
export function whoPage(visit: Visit, reader: Reader, hasPac: boolean): Page {
  const { words, language, department } = reader;
  const { client } = visit.facts;
  const title = department && passageOf(department.title, language);
  return {
    status: 200,
    name: 'who',
    heading: words.who.heading,
    lead: html`<p class="summary">${department === undefined ? words.who.unknown : words.who.summary}</p>`,
    parts: [
      factsHtml([
        [words.who.address, visibleText(client)],
        [
          words.who.department,
          department &&
            (title === undefined
              ? visibleText(department.id)
              : html`<bdi${langOf(title.language, language)}>${title.text}</bdi>`),
        ],
        [words.who.foundBy, department && foundBy(visit, department, reader)],
        [words.who.contact, department && contactHtml(department)],
      ]),
      html`<h2>${words.who.further}</h2>
<ul role="list" class="links">
<li><a href="${PAGES.try}">${words.who.toTry}</a></li>
<li><a href="${PAGES.ca}">${words.who.toCa}</a></li>
<li><a href="${PAGES.incident}">${words.who.toIncident}</a></li>
${hasPac ? html`<li><a href="/proxy.pac">${words.who.toPac}</a></li>` : undefined}
</ul>`,
    ],
  };
}

/** As `Membership.find` goes about it: by the listener's port, else by the narrowest network. */
function foundBy(
  { facts, listenerPort }: Visit,
  { members }: Department,
  { words }: Reader,
): string | undefined {
  if (listenerPort !== undefined && members.ports.has(listenerPort))
    return words.who.byPort.replace('{port}', `${listenerPort}`);
  const [network] = members.networks
    .filter((one) => networkContains(one, facts.client))
    .toSorted((a, b) => b.prefix - a.prefix);
  return network === undefined ? undefined : words.who.byNetwork.replace('{network}', network.text);
}
