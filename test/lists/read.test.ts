import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MAX_LINE_LENGTH } from '../../src/lists/lines.ts';
import { type Input, type ReadOptions, readList } from '../../src/lists/read.ts';
import { ROOT } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const OPTIONS: ReadOptions = {
  format: undefined,
  subdomains: false,
  attribute: undefined,
  maxBytes: 1_000_000,
  name: 'list',
};
const read = (input: Input, options: Partial<ReadOptions> = {}) =>
  readList(input, { ...OPTIONS, ...options });

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const stream = (bytes: Uint8Array, size = 65_536): Input => ({
  kind: 'stream',
  bytes: chunksOf(bytes, size),
});

const TEXT = Buffer.from('\uFEFF# Bücher\r\na.example\r\nbücher.example');

describe('a text', () => {
  test.each<[string, Uint8Array]>([
    ['as it is', TEXT],
    ['packed with gzip', gzipSync(TEXT)],
    ['packed with Zstandard', zstdCompressSync(TEXT)],
  ])('%s is read in chunks of any size', async (_name, bytes) => {
    for (const size of [1, 2, 7, 10_000]) {
      const { entries, counts } = await read(stream(bytes, size));
      expect(entries).toEqual(['a.example', 'xn--bcher-kva.example']);
      expect(counts).toMatchObject({ lines: 3, comments: 1, refused: 0 });
    }
  });

  test('that is no UTF-8 loses only the lines that are not', async () => {
    const { entries, refusals } = await read(
      stream(Buffer.from('a.example\nb\xfccher.example\n# caf\xe9', 'latin1')),
      { format: 'plain' },
    );
    expect(entries).toEqual(['a.example']);
    expect(refusals).toMatchObject([{ line: 2, why: 'it is not UTF-8' }]);
  });

  test('with a line that never ends keeps little of it', async () => {
    const line = Buffer.from(`a.example\n${'x'.repeat(MAX_LINE_LENGTH * 4)}\nb.example`);
    const { entries, refusals } = await read(stream(line, 1_000), { format: 'plain' });
    expect(entries).toEqual(['a.example', 'b.example']);
    expect(refusals).toMatchObject([{ line: 2, why: 'a line of more than 65,536 characters' }]);
    expect(refusals[0]?.text).toHaveLength(200);
  });

  test('that is too large is given up, packed or not', async () => {
    const large = Buffer.alloc(2_000_000, 'a.example\n');
    for (const bytes of [large, gzipSync(large), zstdCompressSync(large)])
      await expect(read(stream(bytes))).rejects.toThrow('it is larger than 1 MB');
  });

  test('that is damaged or an archive is told so', async () => {
    await expect(read(stream(gzipSync(TEXT).subarray(0, -9)))).rejects.toThrow('it is damaged');
    const tar = Buffer.alloc(1_024);
    tar.write('ustar', 257);
    for (const size of [100, 65_536])
      await expect(read(stream(tar, size))).rejects.toThrow('it is a tar archive');
  });
});

describe('a folder', () => {
  test('of UT1 gives its domains and bare URLs, and names the file of each refused line', async () => {
    const path = folderWith({
      domains: 'a.example\n',
      urls: 'b.example\nc.example/x\n',
      expressions: 'casino\n',
    });
    const { entries, format, refusals } = await read({ kind: 'folder', path });
    expect(format).toBe('ut1');
    expect(entries).toEqual(['=b.example', 'a.example']);
    expect(refusals.map(({ file, line }) => `${file}:${line}`)).toEqual(['urls:2', 'expressions:1']);
  });

  test('of v2fly files gives the one that is named, with what it includes', async () => {
    const path = folderWith({
      list: 'a.example\ninclude:b @cn\ninclude:b\ninclude:gone\n',
      b: 'b.example @cn\nc.example\ninclude:list\n',
    });
    const { entries, refusals, counts } = await read({ kind: 'folder', path });
    expect(entries).toEqual(['a.example', 'b.example', 'c.example']);
    expect(counts).toMatchObject({ includes: 2, filtered: 1, duplicates: 1 });
    expect(refusals.map(({ file, line, why }) => `${file}:${line} ${why}`)).toEqual([
      'b:3 an include that leads back to itself',
      'b:3 an include that leads back to itself',
      'list:4 an include of a file that is not there',
    ]);
  });

  test('that is neither is refused', async () => {
    await expect(read({ kind: 'folder', path: folderWith({ x: '' }) })).rejects.toThrow(
      'the folder holds neither',
    );
  });
});

test('an include without a folder around it is refused by name', async () => {
  const { refusals } = await read(stream(Buffer.from('include:b\nfull:a.example\n')));
  expect(refusals).toMatchObject([{ line: 1, text: 'include:b' }]);
});

test('an option that the format does not have is refused', async () => {
  await expect(read(stream(TEXT), { subdomains: true })).rejects.toThrow('read as plain');
  await expect(read(stream(TEXT), { attribute: 'cn' })).rejects.toThrow('read as plain');
});

const V2FLY = join(ROOT, '../shared/data/v2fly');

describe.skipIf(!existsSync(V2FLY))('the lists of v2fly (skipped where they are absent)', () => {
  const files = existsSync(V2FLY) ? readdirSync(V2FLY) : [];

  test('are there', () => expect(files.length).toBeGreaterThan(40));

  test.each(files)('every line of %s is honoured, a comment or refused with a reason', async (file) => {
    const path = join(V2FLY, file);
    const { counts, refusals } = await read({ kind: 'file', path }, { format: 'v2fly' });
    const lines = readFileSync(path, 'utf8').split('\n').length - 1;
    const { lines: _lines, items, ...parts } = counts;
    expect(counts.lines).toBeGreaterThanOrEqual(lines); // and those of the files that it includes
    expect(items).toBe(counts.lines);
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(items);
    expect(refusals.filter(({ why }) => !why.includes('include'))).toEqual([]);
  });
});
