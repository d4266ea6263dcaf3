import { blockName, COMMENT, type LineReader, refused } from './item.ts';
import { plainReader, withoutComment } from './plain.ts';

/** The files of a category of squidGuard's and the University of Toulouse's lists (UT1). */
export const SQUIDGUARD_FILES = ['domains', 'urls', 'expressions'] as const;
export type SquidguardFile = (typeof SQUIDGUARD_FILES)[number];

export function squidguardReader(file: SquidguardFile): LineReader {
  switch (file) {
    case 'domains':
      return plainReader();
    case 'urls':
      return readUrl;
    case 'expressions':
      return readExpression;
  }
}

/** squidGuard compares from the start of the host on, so a URL without a path is that host alone. */
const readUrl: LineReader = (line) => {
  const text = withoutComment(line)
    .replace(/^https?:\/\//i, '')
    .replace(/\/$/, '');
  if (text === '') return [COMMENT];
  return [text.includes('/') ? refused('a URL with a path: a list names hosts') : blockName(`=${text}`)];
};

const readExpression: LineReader = (line) => [
  line.trim() === '' || line.startsWith('#')
    ? COMMENT
    : refused('an expression over whole URLs: it cannot be shown to speak of the host alone'),
];
