import type { Finding, LintedFolder } from './finding.ts';
import { type Path, type RuleFile, writtenExceptions, writtenRules } from './written.ts';

/**
 * What live traffic does not hold in this version: a request's department is told by its network and its listener,
 * and nothing says who sits there. Whoever teaches the proxy to know users takes this check away.
 */
export const UNSEEN_PEOPLE = 'this version knows no users in live traffic: only tests and `explain` do';

const KINDS = ['users', 'groups'] as const;

/** `users:` and `groups:` that spare nobody and open nothing, because nobody is known by name. */
export function findUnseenPeople({ parsed }: LintedFolder): readonly Finding[] {
  const rules = writtenRules(parsed).flatMap(({ entry: { id, unless, allow }, file, path }) =>
    found(unless, file, path, 'unless', {
      problem:
        allow === undefined
          ? `the rule \`${id}\` spares none of them`
          : `the rule \`${id}\` stays open for them`,
      hint: 'name their `networks:`, or keep them apart as a department of their own',
    }),
  );
  const exceptions = writtenExceptions(parsed).flatMap(({ entry, file, path }) =>
    found(entry.for, file, path, 'for', {
      problem: `the exception \`${entry.id}\` opens nothing to them`,
      hint: 'name their `networks:` beside it',
    }),
  );
  return [...rules, ...exceptions];
}

type People = { readonly [Kind in (typeof KINDS)[number]]?: readonly string[] | undefined };

function found(
  people: People | undefined,
  file: RuleFile,
  path: Path,
  key: string,
  { problem, hint }: Pick<Finding, 'problem' | 'hint'>,
): readonly Finding[] {
  return KINDS.filter((kind) => (people?.[kind] ?? []).length > 0).map((kind) => ({
    code: 'people-unseen',
    at: file.at([...path, key, kind]),
    within: file.at(path),
    problem: `${problem}, its \`${kind}\` have no effect: ${UNSEEN_PEOPLE}`,
    hint,
  }));
}
