import { type Exception, isUnconditional, type Naming, type Rule, rowOf, type Standing } from './policy.ts';

/** The rules and exceptions of a department by the sets of hosts that they name. */
export function indexBySet(
  rules: readonly Rule[],
  exceptions: readonly Exception[],
): ReadonlyMap<number, Naming> {
  const rulesBySet = groupBySet(rules);
  const exceptionsBySet = groupBySet(exceptions);
  const sets = new Set([...rulesBySet.keys(), ...exceptionsBySet.keys()]);
  const namingOf = (set: number): Naming => {
    const named = rulesBySet.get(set) ?? [];
    return {
      always: standingOf(named.filter(isUnconditional)),
      conditional: shared(named.filter((rule) => !isUnconditional(rule))),
      exceptions: exceptionsBySet.get(set) ?? NONE,
    };
  };
  return new Map([...sets].map((set) => [set, namingOf(set)]));
}

function groupBySet<T extends Rule | Exception>(entries: readonly T[]): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const entry of entries)
    for (const set of entry.target.sets) {
      const group = groups.get(set);
      if (group === undefined) groups.set(set, [entry]);
      else group.push(entry);
    }
  return groups;
}

/** They name the same hosts, equally narrowly, so that of each row the id decides, as it does in `decide`. */
function standingOf(rules: readonly Rule[]): Standing {
  const standing: { -readonly [row in keyof Standing]: Rule | undefined } = {
    locked: undefined,
    blocking: undefined,
    allowing: undefined,
    observedLocked: undefined,
    observedBlocking: undefined,
  };
  for (const rule of rules) {
    const other = standing[rowOf(rule)];
    if (other === undefined || rule.id < other.id) standing[rowOf(rule)] = rule;
  }
  return standing;
}

/** What most sets leave empty is one and the same object, which a decision finds in the processor's caches. */
const shared = <T>(values: readonly T[]): readonly T[] => (values.length === 0 ? NONE : values);

const NONE: readonly never[] = [];
