import { type Department, type Exception, isUnconditional, lineOf, type Rule } from '../policy/policy.ts';
import { holdsWhenever } from './conditions.ts';
import { type Atom, type Cover, createCover, mayOverlap } from './cover.ts';
import type { Finding, LintedFolder } from './finding.ts';
import { type Held, heldByPlace } from './written.ts';

/**
 * What can never decide, by the truth table of `decide`. Only what is certain is reported, and of what departments
 * inherit only what none of them needs.
 */
export function findShadowed(folder: LintedFolder): readonly Finding[] {
  const cover = createCover(folder);
  const rules = heldByPlace(folder.policies, ({ rules }) => rules);
  const exceptions = heldByPlace(folder.policies, ({ exceptions }) => exceptions);
  return [
    ...[...rules.values()].flatMap((held) => shadowedRule(held, cover)),
    ...[...exceptions.values()].flatMap((held) => shadowedException(held, cover)),
    ...[...exceptions.values()].flatMap((held) => needlessException(held, cover)),
  ];
}

function shadowedRule(held: readonly Held<Rule>[], cover: Cover): readonly Finding[] {
  const shadows = inAll(held, ({ of, department }) => shadowsOf(of, department, cover));
  const [first] = held;
  if (first === undefined || shadows === undefined) return [];
  const { id, action, at } = first.of;
  const them = shadows.map((rule) => `\`${rule.id}\` (${lineOf(rule.at)})`).join(', ');
  return [
    {
      code: 'shadowed-rule',
      at,
      problem: `the rule \`${id}\` can never decide: what it names is blocked by ${them}`,
      hint:
        action === 'allow'
          ? 'an allow rule opens nothing that is blocked: remove it, or use `unless:` in the block rule'
          : `remove it, or name in it what ${shadows.length === 1 ? 'that rule does' : 'those rules do'} not`,
    },
  ];
}

/** The rules that together decide before this one whatever it applies to; undefined when they do not, or may not. */
function shadowsOf(rule: Rule, { rules }: Department, cover: Cover): readonly Rule[] | undefined {
  const candidates = rules.filter((other) => other !== rule && holdsWhenever(other, rule, cover));
  return coveredBy(cover.atomsOf(rule.target), (atom) =>
    candidates.find((other) =>
      goesFirst(other, rule)
        ? cover.covers(other.target, atom)
        : goesFirstAmongEquals(other, rule) && cover.has(other.target, atom),
    ),
  );
}

/**
 * Whether a rule always decides before another when both apply, whatever the hosts. An observed block gives way to an
 * enforced one, because the decision ends there; a locked one only to a locked one, because exceptions lie between.
 */
function goesFirst(first: Rule, second: Rule): boolean {
  if (first.action === 'allow') return false;
  if (second.action === 'allow') return first.mode === 'enforce';
  if (second.locked && !first.locked) return false;
  return first.mode === second.mode ? first.locked && !second.locked : first.mode === 'enforce';
}

/** As `goesFirst`, given that the first names the hosts no less narrowly. */
const goesFirstAmongEquals = (first: Rule, second: Rule): boolean =>
  first.action === 'block' &&
  second.action === 'block' &&
  first.mode === second.mode &&
  first.locked === second.locked &&
  first.id < second.id;

function shadowedException(held: readonly Held<Exception>[], cover: Cover): readonly Finding[] {
  const locks = inAll(held, ({ of, department }) => {
    const locked = department.rules.filter(
      (rule) => rule.action === 'block' && rule.locked && rule.mode === 'enforce' && isUnconditional(rule),
    );
    return coveredBy(cover.atomsOf(of.target), (atom) =>
      locked.find((rule) => cover.covers(rule.target, atom)),
    );
  });
  const [first] = held;
  if (first === undefined || locks === undefined) return [];
  const { id, at } = first.of;
  const them = locks.map((rule) => `\`${rule.id}\` (${lineOf(rule.at)})`).join(', ');
  const problem = `the exception \`${id}\` lets nothing through: what it names is locked by ${them}`;
  return [
    { code: 'shadowed-exception', at, problem, hint: 'remove it, or take `locked: true` from the rule' },
  ];
}

function needlessException(held: readonly Held<Exception>[], cover: Cover): readonly Finding[] {
  const [first] = held;
  if (first === undefined || !held.every((one) => liftsNothing(one, cover))) return [];
  const { id, at } = first.of;
  const problem = `the exception \`${id}\` lifts nothing: no rule blocks what it names, and the default is to allow`;
  return [{ code: 'needless-exception', at, problem, hint: 'remove it, or name what is blocked' }];
}

function liftsNothing({ of, department }: Held<Exception>, cover: Cover): boolean {
  const blocked = department.rules
    .filter(({ action }) => action === 'block')
    .flatMap(({ target }) => cover.atomsOf(target));
  return (
    department.default === 'allow' &&
    cover.atomsOf(of.target).every((atom) => !blocked.some((other) => mayOverlap(atom, other)))
  );
}

/** The rules that cover the atoms, one for each; undefined as soon as one has none. */
function coveredBy(
  atoms: readonly Atom[],
  find: (atom: Atom) => Rule | undefined,
): readonly Rule[] | undefined {
  const found = new Set<Rule>();
  for (const atom of atoms) {
    const rule = find(atom);
    if (rule === undefined) return undefined;
    found.add(rule);
  }
  return found.size > 0 ? [...found] : undefined;
}

/** What every department's answer has in it, each rule once by its place; undefined when one has no answer. */
function inAll<T extends Rule | Exception>(
  held: readonly Held<T>[],
  ask: (one: Held<T>) => readonly Rule[] | undefined,
): readonly Rule[] | undefined {
  const byPlace = new Map<string, Rule>();
  for (const one of held) {
    const answer = ask(one);
    if (answer === undefined) return undefined;
    for (const rule of answer) byPlace.set(rule.at, rule);
  }
  return [...byPlace.values()];
}
