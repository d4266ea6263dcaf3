import type { BaseFile, DepartmentFile, ExceptionEntry, RuleEntry } from '../policy/language/schema.ts';
import type { DomainPattern } from '../policy/matching/domain-pattern.ts';
import type { ParsedPolicies } from '../policy/parse.ts';
import type { Department, Exception, Place, PolicySet, Rule } from '../policy/policy.ts';
import type { Located } from '../policy/yaml/yaml-source.ts';

export type Path = readonly (string | number)[];
export type RuleFile = Located<DepartmentFile> | Located<BaseFile>;

/** A rule or an exception as a file says it. */
export type Written<T, F = RuleFile> = { readonly entry: T; readonly file: F; readonly path: Path };

/** The files that have rules, those of departments first. */
export const ruleFiles = ({ departments, bases }: ParsedPolicies): readonly RuleFile[] => [
  ...departments,
  ...bases,
];

/** Every rule of every file, whether a department has it or not. */
export const writtenRules = (parsed: ParsedPolicies): readonly Written<RuleEntry>[] =>
  ruleFiles(parsed).flatMap((file) =>
    (file.value.rules ?? []).map((entry, index) => ({ entry, file, path: ['rules', index] })),
  );

export const writtenExceptions = (parsed: ParsedPolicies): readonly Written<ExceptionEntry>[] =>
  ruleFiles(parsed).flatMap((file) =>
    (file.value.exceptions ?? []).map((entry, index) => ({ entry, file, path: ['exceptions', index] })),
  );

/** Every domain that the files list, wherever they do. The first two steps of its path lead to the rule or the service. */
export function writtenDomains(parsed: ParsedPolicies): readonly Written<DomainPattern, Located<unknown>>[] {
  const inList = (file: Located<unknown>, path: Path, domains: readonly DomainPattern[] = []) =>
    domains.map((entry, index) => ({ entry, file, path: [...path, index] }));
  return [
    ...writtenRules(parsed).flatMap(({ entry, file, path }) =>
      (['block', 'allow', 'unless'] as const).flatMap((key) =>
        inList(file, [...path, key, 'domains'], entry[key]?.domains),
      ),
    ),
    ...writtenExceptions(parsed).flatMap(({ entry, file, path }) =>
      inList(file, [...path, 'allow', 'domains'], entry.allow.domains),
    ),
    ...parsed.catalogs.flatMap((file) =>
      file.value.services.flatMap(({ domains }, index) =>
        inList(file, ['services', index, 'domains'], domains),
      ),
    ),
  ];
}

/** A rule or an exception and a department that has it: of its own or inherited. */
export type Held<T extends Rule | Exception> = { readonly of: T; readonly department: Department };

/** What stands at each place, once for each department that has it: a base's rule is many departments' rule. */
export function heldByPlace<T extends Rule | Exception>(
  { departments }: PolicySet,
  entriesOf: (department: Department) => readonly T[],
): ReadonlyMap<Place, readonly Held<T>[]> {
  const held = new Map<Place, Held<T>[]>();
  for (const department of departments.values())
    for (const of of entriesOf(department)) held.set(of.at, [...(held.get(of.at) ?? []), { of, department }]);
  return held;
}
