import { compile, NO_LISTS, type PolicyLists } from '../../src/policy/compile.ts';
import { type Decision, decide } from '../../src/policy/decide.ts';
import { type Facts, factsOfUrl } from '../../src/policy/facts.ts';
import { type Host, parseHost } from '../../src/policy/host.ts';
import { type DomainPattern, parseDomainPattern } from '../../src/policy/matching/domain-pattern.ts';
import { compileLists } from '../../src/policy/matching/host-list.ts';
import { type Network, parseNetwork } from '../../src/policy/network.ts';
import { parsePolicies } from '../../src/policy/parse.ts';
import type { PolicySet } from '../../src/policy/policy.ts';
import { parseRequestUrl } from '../../src/policy/request-url.ts';
import type { Problem, Result } from '../../src/policy/result.ts';

/** The moment at which these tests ask, when they say no other. */
export const NOW = Date.parse('2026-11-23T15:00:00+09:00');
export const LATER = '2026-12-31T18:00:00+09:00';

export function unwrap<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2));
  return result.value;
}

/** What is wrong, when something must be. */
export function errorOf<E>(result: Result<unknown, E>): E {
  if (result.ok) throw new Error('expected a problem, and there is none');
  return result.error;
}

export const host = (text: string): Host => unwrap(parseHost(text));
export const pattern = (text: string): DomainPattern => unwrap(parseDomainPattern(text));
export const network = (text: string): Network => unwrap(parseNetwork(text));

/** Policy files by their names in the folder. */
export type Files = Readonly<Record<string, string>>;

/** Puts the files into force, or says what is wrong with them. */
export function load(files: Files, lists = NO_LISTS): Result<PolicySet> {
  const parsed = parsePolicies(
    Object.entries(files).map(([name, text]) => ({ name: `policies/${name}`, text })),
  );
  return parsed.ok ? compile(parsed.value, lists) : parsed;
}

export const policiesOf = (files: Files, lists?: PolicyLists): PolicySet => unwrap(load(files, lists));

/** Lists by their names, line by line. */
export function listsOf(lists: Readonly<Record<string, readonly string[]>>, seed?: number): PolicyLists {
  const names = Object.keys(lists).toSorted();
  const files = names.map((name) => ({
    name,
    bytes: new TextEncoder().encode((lists[name] ?? []).join('\n')),
    file: `policies/lists/${name}.txt`,
  }));
  return {
    available: names,
    ignored: [],
    compiled: unwrap(compileLists(files, seed)),
    version: JSON.stringify(lists),
  };
}

/** All that is wrong with the files, one problem a line: where, what, and what to do. */
export function problemsOf(files: Files): string {
  return errorOf(load(files)).map(describeProblem).join('\n');
}

/** As `problemsOf`, of one department whose file goes on after its first two lines. */
export const problemsOfOffice = (rest: string): string =>
  problemsOf({ 'office.yaml': `department: office\ntitle: Office\n${rest}` });

export const describeProblem = ({ at, problem, hint }: Problem): string => `${at}: ${problem} (${hint})`;

/** One department, `office`, which forwards what it does not name. JSON is YAML. */
export function office(body: Readonly<Record<string, unknown>> = {}): PolicySet {
  return policiesOf({
    'office.yaml': JSON.stringify({ department: 'office', title: 'Office', default: 'allow', ...body }),
  });
}

export const block = (id: string, domains: readonly string[], more: object = {}) => ({
  id,
  block: { domains },
  ...more,
});

export const allow = (id: string, domains: readonly string[], more: object = {}) => ({
  id,
  allow: { domains },
  ...more,
});

export const exception = (id: string, domains: readonly string[], more: object = {}) => ({
  id,
  allow: { domains },
  for: { users: ['kim'] },
  until: LATER,
  approvedBy: 'cio',
  ...more,
});

type Who = Partial<Pick<Facts, 'time' | 'department' | 'user' | 'groups' | 'client'>>;

export function factsOf(url: string, who: Who = {}): Facts {
  return factsOfUrl(unwrap(parseRequestUrl(url)), {
    time: NOW,
    department: 'office',
    client: '10.0.0.1',
    ...who,
  });
}

/** The decision in words, such as `block by rule deepseek`. */
export const ask = (policies: PolicySet, url: string, who: Who = {}): string =>
  describeDecision(decide(factsOf(url, who), policies));

export function describeDecision(decision: Decision): string {
  const said = `${decision.action} by ${describeReason(decision.reason)}`;
  return decision.action === 'forward' && decision.wouldBlock !== undefined
    ? `${said}, would block by ${describeReason(decision.wouldBlock)}`
    : said;
}

function describeReason(reason: Decision['reason']): string {
  switch (reason.code) {
    case 'rule':
      return `rule ${reason.rule.id}`;
    case 'exception':
      return `exception ${reason.exception.id}`;
    default:
      return reason.code;
  }
}
