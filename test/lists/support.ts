import type { Gathered } from '../../src/lists/gather.ts';
import { createGatherer } from '../../src/lists/gather.ts';
import type { LineReader } from '../../src/lists/item.ts';

/** Reads these lines as one list. */
export function gather(read: LineReader, lines: readonly string[]): Gathered {
  const gatherer = createGatherer();
  lines.forEach((text, index) => {
    gatherer.take({ line: index + 1 }, text, read(text));
  });
  return gatherer.finish();
}

/** The entries that a text gives. */
export const entriesOf = (read: LineReader, text: string): readonly string[] =>
  gather(read, text.split('\n')).entries;

/** What is refused of a text: `2: why`. */
export const refusedOf = (read: LineReader, text: string): readonly string[] =>
  gather(read, text.split('\n')).refusals.map(({ line, why }) => `${line}: ${why}`);
