import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Match, openNameTables } from '../../src/policy/matching/name-table.ts';
import { ignoredListFiles, listNames, loadLists } from '../../src/policy-store/lists.ts';
import { describeProblem, errorOf, host, unwrap } from '../policy/support.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

type Loaded = Awaited<ReturnType<typeof load>>;

const load = async (folder: string, ...names: readonly string[]) => unwrap(await loadLists(folder, names));

const problemsOf = async (folder: string, ...names: readonly string[]) =>
  errorOf(await loadLists(folder, names))
    .map(describeProblem)
    .map((text) => text.replace(/^postern-test-\w+/, 'policies'));

/** The names of the lists that cover the host. */
function covering({ compiled }: Loaded, name: string): readonly string[] {
  const into: Match[] = [];
  openNameTables(compiled.table).collect(host(name), into);
  return into.map(({ set }) => compiled.names[set] ?? '?').toSorted();
}

/** Enough for a thread and a cache. */
const LARGE = `${Array.from({ length: 8000 }, (_, number) => `d${number}.example.com`).join('\n')}
deepseek.*
10.0.0.0/8
/^ai[0-9]/
`;
const cacheOf = (folder: string): string => join(folder, 'lists', '.compiled.cache');

describe('the lists of a folder', () => {
  test('are its text files, sorted, without the hidden ones', () => {
    const files = {
      'b.txt': '',
      'a.txt': '',
      '.c.txt': '',
      'd.md': '',
      'E.txt': '',
      'f g.txt': '',
      's/h.txt': '',
    };
    const folder = folderWith(Object.fromEntries(Object.entries(files).map(([k, v]) => [`lists/${k}`, v])));
    expect(listNames(folder)).toEqual(['a', 'b']);
    expect(listNames(folderWith())).toEqual([]);
  });

  test('leave the others to be told of: by their names, or because they lie too deep', () => {
    const ignored = ['E.txt', 'F.TXT', 'g.list', 's/h.txt'];
    const silent = ['a.txt', '.b.txt', 's/.c', '.d/e.txt', 'README', 'docs/x.md', 'LICENSE.txt', 'y.yaml'];
    const folder = folderWith(
      Object.fromEntries([...ignored, ...silent].map((file) => [`lists/${file}`, ''])),
    );
    expect(ignoredListFiles(folder)).toEqual(ignored);
    expect(ignoredListFiles(folderWith())).toEqual([]);
  });

  test('none asked for is none read, without a file being touched', async () => {
    const folder = folderWith();
    const { compiled, source } = await load(folder);
    expect(compiled).toMatchObject({ names: [], counts: [], patterns: [], networks: [], anySuffix: [] });
    expect(compiled.table.size).toBe(0);
    expect(source).toBe('files');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('are read by name, in whatever order and however often they are asked for', async () => {
    const folder = folderWith({ 'lists/b.txt': 'x.kr\n', 'lists/a.txt': 'y.kr\n', 'lists/c.txt': 'z.kr\n' });
    const loaded = await load(folder, 'b', 'a', 'b');
    expect(loaded.compiled.names).toEqual(['a', 'b']);
    expect(covering(loaded, 'www.x.kr')).toEqual(['b']);
    expect(covering(loaded, 'z.kr')).toEqual([]);
    expect((await load(folder, 'a', 'b')).version).toBe(loaded.version);
  });

  test('have a version that tells names and contents apart', async () => {
    const folder = folderWith({ 'lists/a.txt': 'x.kr\n', 'lists/b.txt': 'x.kr\n', 'lists/c.txt': 'z.kr\n' });
    const versions = [
      (await load(folder, 'a')).version,
      (await load(folder, 'b')).version,
      (await load(folder, 'a', 'c')).version,
      (await load(folder)).version,
    ];
    writeIn(folder, 'lists/a.txt', 'y.kr\n');
    versions.push((await load(folder, 'a')).version);
    expect(new Set(versions).size).toBe(5);
    for (const version of versions) expect(version).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a list that cannot be read is a problem', () => {
  test('when it is missing, each of them', async () => {
    const folder = folderWith({ 'lists/a.txt': '' });
    expect(await problemsOf(folder, 'x', 'a', 'b')).toEqual([
      'policies/lists/b.txt: there is no such list (import it, or mend its name in the policies)',
      'policies/lists/x.txt: there is no such list (import it, or mend its name in the policies)',
    ]);
  });

  test('when a line is wrong, in a small list and in one that a thread reads', async () => {
    const folder = folderWith({ 'lists/a.txt': 'x.kr\ncom\n', 'lists/large.txt': `${LARGE}co.kr\n` });
    expect((await problemsOf(folder, 'a'))[0]).toContain(
      'policies/lists/a.txt:2:1: `com` is a public suffix',
    );
    expect((await problemsOf(folder, 'large'))[0]).toContain(
      'policies/lists/large.txt:8004:1: `co.kr` is a public suffix',
    );
    expect(existsSync(cacheOf(folder))).toBe(false);
  });

  test('when it is a link out of the policy folder; a link within is followed', async () => {
    const outside = folderWith({ 'secret.txt': 'x.kr\n' });
    const folder = folderWith({ 'shared/real.txt': 'x.kr\n', 'lists/a.txt': '' });
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'lists', 'out.txt'));
    symlinkSync('../shared/real.txt', join(folder, 'lists', 'in.txt'));
    symlinkSync('round.txt', join(folder, 'lists', 'round.txt'));
    expect((await problemsOf(folder, 'out'))[0]).toContain('the link leads out of the policy folder');
    expect((await problemsOf(folder, 'round'))[0]).toContain('the list cannot be read');
    expect((await problemsOf(folder, '../../etc/passwd'))[0]).toContain('there is no such list');
    expect(covering(await load(folder, 'in'), 'x.kr')).toEqual(['in']);
  });

  test('when it is a folder or a pipe that nobody writes to', async () => {
    const folder = folderWith({ 'lists/a.txt': '' });
    mkdirSync(join(folder, 'lists', 'folder.txt'));
    execFileSync('mkfifo', [join(folder, 'lists', 'pipe.txt')]);
    expect((await problemsOf(folder, 'folder'))[0]).toContain('it is not a file');
    expect((await problemsOf(folder, 'pipe'))[0]).toContain('it is not a file');
  });

  test('when it is larger than a list may be', async () => {
    const folder = folderWith({ 'lists/a.txt': '' });
    execFileSync('truncate', ['-s', '600M', join(folder, 'lists', 'a.txt')]);
    expect((await problemsOf(folder, 'a'))[0]).toContain('the list is 630 MB large');
  });
});

describe('the cache', () => {
  test('gives what the files gave, and only while they stay as they were', async () => {
    const folder = folderWith({ 'lists/large.txt': LARGE, 'lists/b.txt': 'x.kr\n' });
    const first = await load(folder, 'large', 'b');
    expect(first.source).toBe('files');
    const second = await load(folder, 'b', 'large');
    expect(second).toEqual({ ...first, source: 'cache' });
    expect(covering(second, 'www.d7999.example.com')).toEqual(['large']);
    expect(covering(second, 'x.kr')).toEqual(['b']);
    expect(covering(second, 'd8000.example.com')).toEqual([]);

    writeIn(folder, 'lists/b.txt', 'y.kr\n');
    const third = await load(folder, 'b', 'large');
    expect(third.source).toBe('files');
    expect(covering(third, 'x.kr')).toEqual([]);
    expect((await load(folder, 'large')).source).toBe('files');
  });

  test('and the lists have hashes that nobody can foresee', async () => {
    const seeds = new Set<number>();
    for (let time = 0; time < 3; time++) {
      const folder = folderWith({ 'lists/large.txt': LARGE });
      seeds.add((await load(folder, 'large')).compiled.table.seed);
      seeds.add((await load(folder, 'large')).compiled.table.seed); // the same one, out of the cache
    }
    expect(seeds.size).toBe(3);
  });

  test('is for all to read, as the lists are, and leaves no other file behind', async () => {
    const folder = folderWith({ 'lists/large.txt': LARGE });
    await load(folder, 'large');
    expect(statSync(cacheOf(folder)).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(folder, 'lists'))).toEqual(['.compiled.cache', 'large.txt']);
    expect(listNames(folder)).toEqual(['large']);
  });

  test('is not kept of what is read as quickly anew', async () => {
    const folder = folderWith({ 'lists/a.txt': LARGE.slice(0, 50_000).replace(/\n.*$/, '\n') });
    await load(folder, 'a');
    expect(existsSync(cacheOf(folder))).toBe(false);
  });

  test.each([
    ['empty', () => Buffer.alloc(0)],
    ['a kilobyte of anything', () => Buffer.alloc(1024, 0xff)],
    ['cut short', (cache: Buffer) => cache.subarray(0, -1)],
    ['cut to its head', (cache: Buffer) => cache.subarray(0, 88)],
    ['one byte longer', (cache: Buffer) => Buffer.concat([cache, Buffer.of(0)])],
    ['damaged in its tables', (cache: Buffer) => flipped(cache, 5000)],
    ['damaged in its last byte', (cache: Buffer) => flipped(cache, cache.length - 1)],
    ['of another format', (cache: Buffer) => flipped(cache, 0)],
    ['of other lists', (cache: Buffer) => flipped(cache, 10)],
    ['of a wrong checksum', (cache: Buffer) => flipped(cache, 40)],
    ['claiming to be gigabytes', (cache: Buffer) => cache.fill(0xff, 68, 88)],
  ])('is passed over and renewed when it is %s', async (_, spoil) => {
    const folder = folderWith({ 'lists/large.txt': LARGE });
    const sound = await load(folder, 'large');
    writeFileSync(cacheOf(folder), spoil(readFileSync(cacheOf(folder))));
    expect(await load(folder, 'large')).toMatchObject({ version: sound.version, source: 'files' });
    expect((await load(folder, 'large')).source).toBe('cache');
  });

  test('is passed over when it is a link or a folder', async () => {
    const folder = folderWith({ 'lists/large.txt': LARGE, 'kept/cache': '' });
    symlinkSync('../kept/cache', cacheOf(folder));
    expect((await load(folder, 'large')).source).toBe('files');
    expect(readFileSync(join(folder, 'kept/cache'), 'utf8')).toBe('');
    const other = folderWith({ 'lists/large.txt': LARGE });
    mkdirSync(cacheOf(other));
    expect((await load(other, 'large')).source).toBe('files');
    expect((await load(other, 'large')).source).toBe('files');
    expect(readdirSync(join(other, 'lists'))).toEqual(['.compiled.cache', 'large.txt']);
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

test('a large list is read beside other work: the event loop goes on', async () => {
  const folder = folderWith({ 'lists/large.txt': LARGE.repeat(5) });
  let turns = 0;
  const counter = setInterval(() => turns++, 1);
  await load(folder, 'large');
  clearInterval(counter);
  expect(turns).toBeGreaterThan(0);
});
