import { blockName, blockNetwork, blockPattern, COMMENT, type Item, type LineReader } from './item.ts';

/** One entry a line: a domain, `.a.b` as Squid's `dstdomain` writes it, and every form of Postern's own files. */
export const plainReader = (): LineReader => (line) => {
  const text = withoutComment(line);
  if (text === '') return [COMMENT];
  if (text.length > 2 && text.startsWith('/') && text.endsWith('/')) return [blockPattern(text.slice(1, -1))];
  if (/^[\da-fA-F:.]+\/\d+$/.test(text) || isBareIpv6(text)) return [blockNetwork(text)];
  return [blockName(text.startsWith('.') ? text.slice(1) : text)];
};

/**
 * As Squid reads the file of a `dstdomain` ACL: `.a.b` is the name and all below it, `a.b` that host alone
 * (http://www.squid-cache.org/Doc/config/acl/). The rest is as in a plain list.
 */
export const squidReader = (): LineReader => {
  const readPlain = plainReader();
  return (line) => {
    const items = readPlain(line);
    return isDotted(line) ? items : items.map(asHostAlone);
  };
};

const asHostAlone = (item: Item): Item =>
  item.kind === 'block' && item.entry.kind === 'domain'
    ? { ...item, entry: { kind: 'exact', name: item.entry.name } }
    : item;

/** Whether the line is a name that begins with a dot. */
export const isDotted = (line: string): boolean => /^\s*\.[^\s.]/.test(line);

/** The line up to a `#` that stands first or after a space. */
export const withoutComment = (line: string): string => line.replace(/(?:^|\s)#.*$/, '').trim();

const isBareIpv6 = (text: string): boolean => /^[\da-fA-F.]*:[\da-fA-F:.]*:[\da-fA-F:.]*$/.test(text);
