import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { domainAt, wordAt } from './domains.ts';

/**
 * The policies that are measured: fifty departments with fifty rules each, of all the kinds that the language has, a
 * catalog of services, and one list. Everything is a function of its number, so that whoever measures knows which
 * hosts are named where without reading it back.
 */

export const DEPARTMENTS = 50;
export const RULES_EACH = 50;
/** When the policies are loaded and the requests are made: a Monday noon in Seoul. */
export const NOW = Date.parse('2026-11-23T12:00:00+09:00');

/** Names above any list's and any unlisted host's: rules and services have their own. */
const RULE_DOMAINS_FROM = 40_000_000;
const SERVICE_DOMAINS_FROM = 41_000_000;
/** The domains of a rule and of a service; a multiple of eight keeps hosts of one domain together. */
const DOMAINS_APART = 8;

const SERVICES = 200;
const SERVICE_CATEGORIES = ['chat', 'code', 'image', 'mail', 'storage', 'video', 'vpn', 'meeting'] as const;
const JURISDICTIONS = ['CN', 'US', 'KR', 'DE'] as const;

type Entry = Readonly<Record<string, unknown>>;
type Place = { readonly department: number; readonly rule: number };

/** How many rules of each kind a department has: fifty in all. */
const RULES: readonly (readonly [count: number, make: (place: Place) => Entry])[] = [
  [1, () => ({ block: { categories: ['bench'] } })],
  [1, () => ({ block: { categories: ['bench'] }, unless: { users: ['auditor'] }, locked: true })],
  [22, (place) => ({ block: { domains: domainsOf(place) }, reason: REASON })],
  [8, (place) => ({ block: { services: servicesOf(place) }, reason: REASON, reference: 'ACT-12' })],
  [
    2,
    ({ rule }) => ({
      block: { services: { category: [SERVICE_CATEGORIES[rule % 8]], jurisdiction: ['CN'] } },
    }),
  ],
  [5, (place) => ({ allow: { domains: domainsOf(place) } })],
  [4, (place) => ({ block: { domains: domainsOf(place) }, ports: [443, 8443] })],
  [3, (place) => ({ block: { domains: domainsOf(place) }, when: OFFICE_HOURS })],
  [
    2,
    (place) => ({ block: { domains: domainsOf(place) }, unless: { users: ['kim', 'lee'], groups: ['it'] } }),
  ],
  [
    1,
    ({ department }) => ({ block: { addresses: [`203.0.113.${department}`, `198.51.${department}.0/24`] } }),
  ],
  [
    1,
    ({ department }) => ({
      block: department < PATTERNED_DEPARTMENTS ? patternsOf(department) : brandOf(department),
    }),
  ],
];

/** The rules whose domains block on port 443 at any time, for anybody: the third kind above. */
const PLAIN_RULES = { from: 2, count: 22 } as const;
const PLAIN_DOMAINS = 4;
const PATTERNED_DEPARTMENTS = 5;

const REASON = {
  en: 'This service is not approved for official work.',
  ko: '업무용으로 승인되지 않은 서비스입니다.',
};
const OFFICE_HOURS = { days: ['mon-fri'], hours: '09:00-18:00', timezone: 'Asia/Seoul' };

export const departmentId = (department: number): string => `department-${department}`;
/** An address of somebody in the department. */
export const clientOf = (department: number): string => `10.${department}.3.7`;

/** A host that a rule of the department blocks by its own `domains:`; another one for each number. */
export function ruleHost(department: number, number: number): string {
  const rule = PLAIN_RULES.from + (number % PLAIN_RULES.count);
  const each = Math.floor(number / PLAIN_RULES.count);
  const domain = ruleDomain({ department, rule }, each % PLAIN_DOMAINS);
  return `${wordAt(number)}.${domain}`;
}

const ruleDomain = ({ department, rule }: Place, each: number): string =>
  domainAt(RULE_DOMAINS_FROM + (department * RULES_EACH + rule) * DOMAINS_APART + each);

/** Four domains with all below, one exact host, and one whose subdomains alone are meant. */
function domainsOf(place: Place): readonly string[] {
  const domains = Array.from({ length: PLAIN_DOMAINS }, (_, each) => ruleDomain(place, each));
  return [...domains, `=${ruleDomain(place, PLAIN_DOMAINS)}`, `*.${ruleDomain(place, PLAIN_DOMAINS + 1)}`];
}

const servicesOf = ({ department, rule }: Place): readonly string[] =>
  Array.from({ length: 4 }, (_, each) => `service-${(department * 7 + rule * 13 + each * 31) % SERVICES}`);

const patternsOf = (department: number): Entry => ({
  patterns: [`^ai${department}-[0-9]+\\.`, `(^|\\.)proxy${department}[a-z]?-[0-9]{2,}\\.`],
});

const brandOf = (department: number): Entry => ({ domains: [`brand-${department}.*`] });

/** Writes the folder: the departments, the catalog, and the list of so many names, sorted as an import leaves it. */
export function writePolicies(folder: string, listed: readonly string[]): void {
  for (const part of ['departments', 'catalog', 'lists']) mkdirSync(join(folder, part), { recursive: true });
  for (let department = 0; department < DEPARTMENTS; department++)
    writeFileSync(
      join(folder, 'departments', `${departmentId(department)}.yaml`),
      departmentFile(department),
    );
  writeFileSync(join(folder, 'catalog', 'services.yaml'), catalogFile());
  writeFileSync(join(folder, 'lists', 'bench.txt'), listText(listed));
}

/** What Postern leaves beside its lists, so as not to compile them again. */
export const listsCache = (folder: string): string => join(folder, 'lists', '.compiled.cache');

/** What Postern leaves in its state folder, so as not to parse the policies' YAML again. */
export const policiesCache = (state: string): string => join(state, 'policies.cache');

const listText = (listed: readonly string[]): Buffer =>
  Buffer.from(['# postern list', '# name: bench', ...listed, ''].join('\n'));

function departmentFile(department: number): string {
  const makers = RULES.flatMap(([count, make]) => Array.from({ length: count }, () => make));
  return asYaml({
    department: departmentId(department),
    title: { en: `Department ${department}`, ko: `제${department}과` },
    members: { networks: [`10.${department}.0.0/16`], users: [`head-${department}`] },
    default: 'allow',
    contact: { email: `helpdesk-${department}@gov.example` },
    rules: makers.map((make, rule) => ({ id: `rule-${rule}`, ...make({ department, rule }) })),
    exceptions: [0, 1, 2].map((number) => exception(department, number)),
    tests: [
      { request: `https://${ruleHost(department, 1)}/`, expect: 'block' },
      { request: 'https://www.example.org/', expect: 'forward' },
    ],
  });
}

const exception = (department: number, number: number): Entry => ({
  id: `exception-${number}`,
  allow: { services: [`service-${(department + number * 50) % SERVICES}`] },
  for: { networks: [`10.${department}.200.0/24`], users: ['researcher'] },
  until: '2027-12-31T18:00:00+09:00',
  approvedBy: 'cio',
});

function catalogFile(): string {
  const services = Array.from({ length: SERVICES }, (_, service) => ({
    id: `service-${service}`,
    title: `Service ${service}`,
    operator: `Operator ${service % 60}`,
    jurisdiction: JURISDICTIONS[service % JURISDICTIONS.length],
    category: [SERVICE_CATEGORIES[Math.floor(service / 4) % SERVICE_CATEGORIES.length]],
    domains: Array.from({ length: 5 }, (_, each) =>
      domainAt(SERVICE_DOMAINS_FROM + service * DOMAINS_APART + each),
    ),
  }));
  return asYaml({ services });
}

/** Without anchors and aliases, as people write. */
const asYaml = (value: Entry): string => stringify(value, { aliasDuplicateObjects: false });
