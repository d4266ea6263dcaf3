import { isIdentifier } from './identifier.ts';

/** The file that would be a list if it were named well: `vpn.list` is meant for `vpn.txt`; undefined when nobody can tell. */
export function meantListFile(file: string): string | undefined {
  const name = file
    .replace(/^.*\//, '')
    .replace(/\.(?:txt|list|lst|hosts|conf|csv|text)$/i, '')
    .toLowerCase()
    .replace(/[\s_.]+/g, '-');
  return isIdentifier(name) ? `${name}.txt` : undefined;
}
