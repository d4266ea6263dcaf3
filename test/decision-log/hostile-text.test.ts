import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decisionRecord, hostOf, malformedRecord, NAUGHTY } from './records.ts';
import { lineFor, linesFor } from './support.ts';

const range = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index));

/** What moves a cursor, starts a line or an escape sequence, or turns text around. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u00ad\u200b\u2060\ufeff]/u;

const KINDS: readonly [string, readonly string[]][] = [
  ['C0 controls', range(0x00, 0x1f)],
  ['DEL', ['\u007f']],
  ['C1 controls', range(0x80, 0x9f)],
  ['bidirectional marks', [...range(0x202a, 0x202e), ...range(0x2066, 0x2069), '\u061c', '\u200e', '\u200f']],
  ['line and paragraph separators', ['\u2028', '\u2029', '\u0085']],
  ['invisible joints', ['\u00ad', '\u200b', '\u2060', '\ufeff']],
  ['JSON’s own marks', ['"', '\\', '/', '{', '}']],
  ['halves of a surrogate pair', ['\ud800', '\udfff']],
];

// Covers: EV-27
describe('text from outside', () => {
  describe.each(KINDS)('%s', (_name, characters) => {
    test('are escaped in host, method, path and user, and parse back to the same', async () => {
      for (const character of characters) {
        const text = `a${character}b`;
        const line = await lineFor(
          decisionRecord({ host: hostOf(text), method: text, path: text, user: text }),
        );
        expect(line).not.toMatch(UNSAFE);
        expect(JSON.parse(line)).toMatchObject({ host: text, method: text, path: text, user: text });
      }
    });

    test('are escaped in the target and the problem of a request that nobody understood', async () => {
      const text = characters.join('.');
      const line = await lineFor(malformedRecord({ method: text, target: text, problem: text }));
      expect(line).not.toMatch(UNSAFE);
      expect(JSON.parse(line)).toMatchObject({ method: text, target: text, problem: text });
    });
  });

  // Covers: EV-27
  test('cannot forge a second line', async () => {
    const forged = '/\n{"v":1,"event":"decision","action":"forward"}\r\n';
    const [line = '', ...more] = await linesFor(decisionRecord({ path: forged }));
    expect(more).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({ action: 'block', path: forged });
  });

  test('stays readable where it is harmless: 한국어 and ünïcode as they are', async () => {
    expect(await lineFor(decisionRecord({ path: '/검색/ünïcode/🙂' }))).toContain(
      '"path":"/검색/ünïcode/🙂"',
    );
  });

  test('of any kind makes one safe line that parses back', async () => {
    const anything = fc.string({ unit: 'binary', maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 30 }), async (texts) => {
        const lines = await linesFor(...texts.map((path) => decisionRecord({ path })));
        expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toEqual(texts);
        for (const line of lines) expect(line).not.toMatch(UNSAFE);
      }),
      { numRuns: 50 },
    );
  });

  test.skipIf(NAUGHTY.length === 0)(
    'of the big list of naughty strings makes one line each (skipped where the list is absent)',
    async () => {
      const lines = await linesFor(
        ...NAUGHTY.map((text) =>
          decisionRecord({ path: text, method: text, user: text, host: hostOf(text) }),
        ),
      );
      expect(lines).toHaveLength(NAUGHTY.length);
      lines.forEach((line, index) => {
        const text = NAUGHTY[index] ?? '';
        expect(line).not.toMatch(UNSAFE);
        expect(JSON.parse(line)).toMatchObject({ path: text, method: text, user: text, host: text });
      });
    },
  );
});

describe('long text', () => {
  const long = 'x'.repeat(100_000);

  test('is cut after 2048 characters, and the cut shows', async () => {
    const line = JSON.parse(await lineFor(decisionRecord({ method: long, path: long, user: long })));
    for (const field of ['method', 'path', 'user']) expect(line[field]).toBe(`${'x'.repeat(2048)}…`);
  });

  test('is cut in what nobody understood, too', async () => {
    const line = JSON.parse(await lineFor(malformedRecord({ method: long, target: long, problem: long })));
    for (const field of ['method', 'target', 'problem']) expect(line[field]).toBe(`${'x'.repeat(2048)}…`);
  });

  test('of exactly 2048 characters is whole', async () => {
    const path = 'x'.repeat(2048);
    expect(JSON.parse(await lineFor(decisionRecord({ path }))).path).toBe(path);
  });

  test('that is cut inside a pair of surrogates still makes valid UTF-8 and JSON', async () => {
    const line = await lineFor(decisionRecord({ path: `${'x'.repeat(2047)}🙂` }));
    expect(line).not.toContain('\ufffd');
    expect(JSON.parse(line).path).toMatch(/^x{2047}.…$/s);
  });
});
