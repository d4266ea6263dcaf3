import { meantListFile } from '../policy/meant-list.ts';
import type { Finding, LintedFolder } from './finding.ts';

/** Files beside the lists that nothing reads, because of their names. */
export function findIgnoredFiles({ parsed, lists }: LintedFolder): readonly Finding[] {
  const { available, ignored } = lists;
  const [folder] = parsed.departments[0]?.file.split('/') ?? [];
  const hintFor = (file: string): string => {
    const meant = meantListFile(file);
    if (meant === undefined)
      return 'name it in lower-case letters, digits and `-`, with .txt at the end, or move it elsewhere';
    if (available.some((name) => `${name}.txt` === meant))
      return `there is ${meant} already: keep one of them`;
    return file.includes('/') ? `move it to lists/${meant}` : `rename it to ${meant}`;
  };
  return ignored.map((file) => ({
    code: 'ignored-list-file',
    at: `${folder}/lists/${file}:1:1`,
    problem: `nothing reads \`${file}\`: a list is a file such as gambling.txt, right in lists/`,
    hint: hintFor(file),
  }));
}
