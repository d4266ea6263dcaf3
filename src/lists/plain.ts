import { blockName, blockNetwork, blockPattern, COMMENT, type LineReader } from './item.ts';

/** One entry a line: a domain, `.a.b` as Squid's `dstdomain` writes it, and every form of Postern's own files. */
export const plainReader = (): LineReader => (line) => {
  const text = withoutComment(line);
  if (text === '') return [COMMENT];
  if (text.length > 2 && text.startsWith('/') && text.endsWith('/')) return [blockPattern(text.slice(1, -1))];
  if (/^[\da-fA-F:.]+\/\d+$/.test(text) || isBareIpv6(text)) return [blockNetwork(text)];
  return [blockName(text.startsWith('.') ? text.slice(1) : text)];
};

/** The line up to a `#` that stands first or after a space. */
export const withoutComment = (line: string): string => line.replace(/(?:^|\s)#.*$/, '').trim();

const isBareIpv6 = (text: string): boolean => /^[\da-fA-F.]*:[\da-fA-F:.]*:[\da-fA-F:.]*$/.test(text);
