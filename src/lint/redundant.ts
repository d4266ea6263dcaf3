import { type AnyFile, type List, listsIn } from './entry-lists.ts';
import type { Code, Finding, LintedFolder } from './finding.ts';
import { openYamlLists, type YamlLists } from './yaml-list.ts';

/** Entries that change nothing, because the same list has them already or has one that is wider. */
export function findRedundant(folder: LintedFolder): readonly Finding[] {
  const texts = new Map<AnyFile, YamlLists>();
  const yamlOf = (file: AnyFile): YamlLists => {
    const opened = texts.get(file) ?? openYamlLists(file.text);
    texts.set(file, opened);
    return opened;
  };
  return listsIn(folder).flatMap(([file, lists]) => lists.flatMap((list) => redundantIn(list, file, yamlOf)));
}

function redundantIn(
  { path, entries }: List,
  file: AnyFile,
  yamlOf: (file: AnyFile) => YamlLists,
): readonly Finding[] {
  const first = new Map<string, number>();
  entries.forEach(({ key }, index) => {
    if (!first.has(key)) first.set(key, index);
  });
  const redundant = entries.flatMap((entry, index) => {
    const keeper = first.get(entry.coveredBy.find((key) => first.has(key)) ?? entry.key);
    return keeper === index || keeper === undefined
      ? []
      : [{ entry, index, keeper: entries[keeper] ?? entry }];
  });
  if (redundant.length === 0) return [];
  const cuts = yamlOf(file).cutsFor(
    path,
    redundant.map(({ index }) => index),
  );
  const within = path.length > 2 ? { within: file.at(path.slice(0, 2)) } : {};
  return redundant.map(({ entry, index, keeper }) => {
    const isRepeat = entry.key === keeper.key;
    const code: Code = isRepeat ? 'duplicate-entry' : entry.code;
    const why = isRepeat ? 'it stands in the list already' : `${keeper.text} covers it`;
    const problem = isRepeat
      ? `\`${entry.text}\` stands in this list already`
      : `\`${entry.text}\` changes nothing: \`${keeper.text}\` in the same list covers it`;
    const cut = cuts.get(index);
    const change = `removed ${entry.text}: ${why}`;
    return {
      code,
      at: file.at([...path, index]),
      ...within,
      problem,
      ...(cut === undefined
        ? { hint: 'remove it' }
        : {
            hint: 'remove it, or have `postern check --fix` do so',
            fix: { file: file.file, ...cut, replacement: '', change },
          }),
    };
  });
}
