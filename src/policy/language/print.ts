import { Document, isMap, isNode, isScalar, isSeq } from 'yaml';
import {
  type Audience,
  type Department,
  type Exception,
  lineOf,
  type PolicyTest,
  type Rule,
  type Target,
} from '../policy.ts';

/**
 * A department as one YAML file that means the same as it does now: what it inherits is written out, what a selector
 * chose is named, and a comment says where each rule and exception stands. Parsed beside the same catalog and lists,
 * it gives this department again.
 */
export function printDepartment(department: Department): string {
  const { rules, exceptions } = department;
  const document = new Document(departmentEntry(department));
  sayWhere(document.get('rules'), rules);
  sayWhere(document.get('exceptions'), exceptions);
  setApart(document.get('rules'));
  setApart(document.get('exceptions'));
  const written = document.get('tests');
  if (isSeq(written)) for (const test of written.items) if (isMap(test)) test.flow = true;
  return document.toString({ lineWidth: 110, flowCollectionPadding: true });
}

function departmentEntry(department: Department) {
  const { members, contact, page, tests } = department;
  return withoutEmpty({
    department: department.id,
    title: department.title,
    members: withoutEmpty({ ...audienceEntry(members), ports: [...members.ports] }),
    default: department.default,
    mode: department.mode,
    contact,
    page,
    rules: department.rules.map((rule) => ruleEntry(rule, department)),
    exceptions: department.exceptions.map(exceptionEntry),
    tests: tests.map(testEntry),
  });
}

function ruleEntry(rule: Rule, { mode }: Department) {
  const isBlock = rule.action === 'block';
  return withoutEmpty({
    id: rule.id,
    [rule.action]: targetEntry(rule.target),
    ports: [...rule.ports],
    when: rule.when?.written,
    unless: { ...targetEntry(rule.unless.target), ...audienceEntry(rule.unless) },
    locked: rule.locked || undefined,
    mode: isBlock && rule.mode !== mode ? rule.mode : undefined,
    status: isBlock && rule.status !== 403 ? rule.status : undefined,
    reason: rule.reason,
    reference: rule.reference,
    alternatives: rule.alternatives,
    page: rule.page,
    review: rule.review,
  });
}

const exceptionEntry = (exception: Exception) =>
  withoutEmpty({
    id: exception.id,
    allow: targetEntry(exception.target),
    for: audienceEntry(exception.for),
    until: new Date(exception.until).toISOString(),
    approvedBy: exception.approvedBy,
    ticket: exception.ticket,
  });

const testEntry = ({ url, time, groups, default: byDefault, at: _place, ...test }: PolicyTest) =>
  withoutEmpty({
    request: url.text,
    ...test,
    groups,
    at: time === undefined ? undefined : new Date(time).toISOString(),
    default: byDefault || undefined,
  });

const targetEntry = ({ services, domains, categories, addresses, patterns }: Target) =>
  withoutEmpty({
    services,
    domains: domains.map(({ text }) => text),
    categories,
    addresses: addresses.map(({ text }) => text),
    patterns: patterns.map(({ text }) => text),
  });

const audienceEntry = ({ users, groups, networks }: Audience) =>
  withoutEmpty({
    users: [...users],
    groups: [...groups],
    networks: networks.map(({ text }) => text),
  });

/** Without keys that say nothing; an empty list or mapping says as much as none. */
function withoutEmpty(entry: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const saysSomething = (value: unknown): boolean =>
    value !== undefined && (typeof value !== 'object' || value === null || Object.keys(value).length > 0);
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => saysSomething(value)));
}

function sayWhere(list: unknown, entries: readonly (Rule | Exception)[]): void {
  if (!isSeq(list)) return;
  entries.forEach(({ at }, index) => {
    const entry = list.items[index];
    if (isNode(entry)) entry.commentBefore = ` ${lineOf(at)}`;
  });
}

/** A blank line between the entries, and short lists in them on one line. */
function setApart(list: unknown): void {
  if (!isSeq(list)) return;
  list.items.forEach((entry, index) => {
    if (!isMap(entry)) return;
    entry.spaceBefore = index > 0;
    for (const { value } of entry.items) flatten(value);
  });
}

const MAX_FLOW_CHARACTERS = 80;

function flatten(value: unknown): void {
  if (isMap(value)) for (const pair of value.items) flatten(pair.value);
  if (isSeq(value) && value.items.every(isScalar))
    value.flow = value.items.map(String).join(', ').length <= MAX_FLOW_CHARACTERS;
}
