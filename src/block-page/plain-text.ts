import type { Content } from './content.ts';
import { isTrouble, type Label, phraseText } from './words.ts';

const MAX_COLUMNS = 78;

/** The facts as short lines for people at a terminal; UTF-8, lines of at most 78 columns where words allow it. */
export function renderPlainText(content: Content): string {
  const { words } = content;
  const line = (label: Label, value: string) => fold(`${words.labels[label]}: ${value}`, '  ');
  const paragraphs: readonly (readonly string[])[] = [
    [`${words.kinds[content.kind]}: ${content.heading}`],
    [...fold(phraseText(content.summary)), ...(isTrouble(content.kind) ? fold(words.noBlock) : [])],
    [
      ...(content.explanation ? line(content.explanation.label, content.explanation.passage.text) : []),
      ...(content.reference ? line('reference', content.reference) : []),
    ],
    alternativeLines(content),
    fold(phraseText(content.advice)),
    [line('code', content.code), ...content.contact.map(({ way, text }) => line(way, text))].flat(),
    content.request === undefined ? [] : [`${words.askForAccess}:`, `  ${content.request}`],
    [
      ...(content.department ? line('department', content.department.title.text) : []),
      ...line('time', content.time.iso),
      ...content.technical.flatMap(({ label, value }) => line(label, value)),
    ],
  ];
  const text = paragraphs.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  // A console in another code page still shows plain English right.
  return text.join('\n').replaceAll('’', "'");
}

function alternativeLines({ alternatives, words }: Content): readonly string[] {
  if (alternatives.length === 0) return [];
  const entries = alternatives.flatMap(({ title, url }) => [...fold(`- ${title.text}`, '  '), `  ${url}`]);
  return [`${words.labels.alternatives}:`, ...entries];
}

/** Folds at spaces; continued lines begin with `indent`. A word longer than a line, such as a URL, stays whole. */
function fold(text: string, indent = ''): readonly string[] {
  const lines: string[] = [];
  const [first = '', ...words] = text.split(' ');
  let line = first;
  let width = columns(first);
  for (const word of words) {
    const wordWidth = columns(word);
    if (width + 1 + wordWidth > MAX_COLUMNS) {
      lines.push(line);
      line = indent + word;
      width = indent.length + wordWidth;
    } else {
      line += ` ${word}`;
      width += 1 + wordWidth;
    }
  }
  return [...lines, line];
}

/** The width on a terminal, where East Asian characters take two columns (UAX #11). */
function columns(text: string): number {
  const wide = text.match(/[\p{scx=Hangul}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\uff01-\uff60]/gu);
  return [...text].length + (wide?.length ?? 0);
}
