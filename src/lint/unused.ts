import { categoriesIn } from '../policy/compile.ts';
import type { Finding, LintedFolder } from './finding.ts';
import type { RuleFile } from './written.ts';

/** Bases that no department extends, by whatever way, and lists that nothing names. */
export function findUnused({ parsed, lists }: LintedFolder): readonly Finding[] {
  const bases = new Map(parsed.bases.map((file) => [file.value.base, file]));
  const used = new Set<string>();
  const visit = (file: RuleFile): void => {
    for (const name of file.value.extends ?? []) {
      const base = bases.get(name);
      if (base === undefined || used.has(name)) continue;
      used.add(name);
      visit(base);
    }
  };
  parsed.departments.forEach(visit);
  const named = categoriesIn(parsed);
  const [folder] = parsed.departments[0]?.file.split('/') ?? [];
  return [
    ...[...bases]
      .filter(([name]) => !used.has(name))
      .map(([name, file]) => ({
        code: 'unused-base' as const,
        at: file.at(['base']),
        problem: `no department extends the base \`${name}\``,
        hint: 'add it to the `extends:` of a department, or remove the file',
      })),
    ...lists.available
      .filter((name) => !named.has(name))
      .map((name) => ({
        code: 'unused-list' as const,
        at: `${folder}/lists/${name}.txt:1:1`,
        problem: `nothing names the list \`${name}\``,
        hint: `name it in a rule, \`categories: [${name}]\`, or remove the file`,
      })),
  ];
}
