import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findLogs } from '../../src/decision-log/log-files.ts';
import { type LogEntry, parseLine } from '../../src/decision-log/parse-line.ts';
import { readLog, type UnreadableLine } from '../../src/decision-log/reader.ts';
import type { Decision } from '../../src/policy/decide.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';
import { decisionRecord, EXCEPTION, FACTS, malformedRecord, numbered, outcomeRecord } from './records.ts';
import { lineFor, linesFor } from './support.ts';

type Entry = LogEntry | UnreadableLine;

function fileOf(bytes: string | Buffer): string {
  const path = join(folderWith(), 'decisions.ndjson');
  writeFileSync(path, bytes);
  return path;
}

async function entriesOf(path: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const read = await readLog({ name: 'a.ndjson', path, size: undefined }, parseLine, (batch) =>
    entries.push(...batch.entries),
  );
  expect(read).toEqual({ ok: true, value: undefined });
  return entries;
}

const readText = (bytes: string | Buffer): Promise<Entry[]> => entriesOf(fileOf(bytes));

describe('a line that the writer wrote', () => {
  test.each<[string, Decision, object]>([
    [
      'of an exception',
      {
        action: 'forward',
        reason: {
          code: 'exception',
          exception: EXCEPTION,
          by: { set: 0, origin: { kind: 'rule' }, specificity: 9 },
        },
      },
      {
        action: 'forward',
        ground: {
          code: 'exception',
          id: 'ai-safety-research',
          source: 'policies/trade-ministry.yaml:40',
        },
      },
    ],
    [
      'of the default',
      { action: 'block', reason: { code: 'default' } },
      { action: 'block', ground: { code: 'default' } },
    ],
    [
      'of observe mode',
      { action: 'forward', reason: { code: 'default' }, wouldBlock: { code: 'default' } },
      { action: 'forward', ground: { code: 'default' }, wouldBlock: { code: 'default' } },
    ],
  ])('comes back as it was decided: %s', async (_name, decision, verdict) => {
    const line = await lineFor(decisionRecord({ user: 'hong' }, decision));
    expect(await readText(`${line}\n`)).toEqual([
      { kind: 'decision', facts: { ...FACTS, user: 'hong' }, verdict, policy: 'sha256:0123' },
    ]);
  });

  test('of what a tunnel opened with comes back with its server name', async () => {
    const decision: Decision = { action: 'block', reason: { code: 'sni-mismatch', sni: 'other.example' } };
    const line = await lineFor(decisionRecord({ via: 'tls', sni: 'other.example' }, decision));
    expect(await readText(line)).toMatchObject([
      { facts: { via: 'tls', sni: 'other.example' }, verdict: { ground: { code: 'sni-mismatch' } } },
    ]);
  });

  test('of nobody’s request comes back without a department', async () => {
    const line = await lineFor(decisionRecord({ department: undefined } as never));
    expect(await readText(line)).toMatchObject([{ kind: 'decision', facts: { department: undefined } }]);
  });

  test('comes back as what it is: an outcome, a broken request, a gap', async () => {
    const lines = await linesFor(outcomeRecord({ kind: 'client-left' }), malformedRecord());
    const gap = '{"v":1,"time":"2026-11-23T17:15:43.756Z","event":"gap","lines":8}';
    expect(await readText([...lines, gap].join('\n'))).toMatchObject([
      { kind: 'outcome' },
      { kind: 'malformed', department: 'trade-ministry' },
      { kind: 'gap', lines: 8 },
    ]);
  });
});

describe('a line that cannot be understood is told with its file and line', () => {
  const good = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await lineFor(decisionRecord())) as Record<string, unknown>;

  test.each<[string, (line: string) => string, string]>([
    ['torn', (line) => line.slice(0, 100), 'it is not JSON, or breaks off'],
    ['of another log', () => '{"level":"info"}', 'it is no line of a decision log: it has no `v`'],
    ['no object', () => '[1]', 'it is not a JSON object'],
    ['of another version', (line) => line.replace('"v":1', '"v":2'), 'it is of version 2 of the format'],
    ['a torn outcome', () => '{"v":1,"time":"2026-11-23T06:00:00.123Z","event":"outcome","id"', 'breaks off'],
  ])('%s', async (_name, spoil, problem) => {
    const line = JSON.stringify(await good());
    const entries = await readText(`${line}\n\n${spoil(line)}\n${line}`);
    expect(entries.map(({ kind }) => kind)).toEqual(['decision', 'unreadable', 'decision']);
    expect(entries[1]).toMatchObject({ at: 'a.ndjson:3', problem: expect.stringContaining(problem) });
  });

  test.each([
    ['time', 'soon 9'],
    ['time', '2026-13-40T06:00:00.123Z'],
    ['department', 7],
    ['client', 'pc-7'],
    ['via', 'constructor'],
    ['method', null],
    ['host', 'a b'],
    ['port', 70_000],
    ['action', 'alow'],
    ['reason', undefined],
  ])('without a proper `%s` (%o)', async (field, value) => {
    const entries = await readText(JSON.stringify({ ...(await good()), [field]: value }));
    expect(entries).toMatchObject([
      { kind: 'unreadable', at: 'a.ndjson:1', problem: expect.stringContaining(field) },
    ]);
  });

  test('an event that a later version adds is none of those', async () => {
    expect(await readText('{"v":1,"event":"seal"}')).toEqual([{ kind: 'other' }]);
  });

  test('a line without end is passed over, and the next one is read', async () => {
    const line = await lineFor(decisionRecord());
    const entries = await readText(`${'x'.repeat(2_000_000)}\n${line}\n${'y'.repeat(2_000_000)}`);
    expect(entries.map(({ kind }) => kind)).toEqual(['unreadable', 'decision', 'unreadable']);
  });
});

describe('a log is read whole', () => {
  test('wherever its pieces begin, also inside a letter', async () => {
    const records = Array.from({ length: 3_000 }, (_, index) => numbered(index));
    const text = (await linesFor(...records)).join('\n').replaceAll('"/', '"/한글/');
    const entries = await readText(text);
    expect(entries).toHaveLength(3_000);
    expect(entries[2_999]).toMatchObject({ kind: 'decision', facts: { path: '/한글/2999' } });
  });

  test.each<[string, (text: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('when it is packed by %s, whatever it is called', async (_name, pack) => {
    const lines = await linesFor(numbered(1), numbered(2));
    const text = `${lines.join('\n')}\n`;
    expect(await readText(pack(Buffer.from(text)))).toEqual(await readText(text));
  });

  test('when it is several packed logs in one file', async () => {
    const line = `${await lineFor(numbered(1))}\n`;
    expect(await readText(Buffer.concat([gzipSync(line), gzipSync(line)]))).toHaveLength(2);
  });

  test.each<[string, (packed: string) => Buffer, string]>([
    ['a torn gzip file', (text) => gzipSync(text).subarray(0, -12), 'damaged or not complete'],
    ['a torn zstd file', (text) => zstdCompressSync(text).subarray(0, -12), 'damaged or not complete'],
    [
      'a zstd file of several frames',
      (text) => Buffer.concat([zstdCompressSync(text), zstdCompressSync(text)]),
      'zstdcat FILE | postern … -',
    ],
  ])('or the reader is told: %s', async (_name, pack, hint) => {
    const path = fileOf(pack(`${await lineFor(numbered(1))}\n`.repeat(200)));
    const read = await readLog({ name: 'a.gz', path, size: undefined }, parseLine, () => {});
    expect(read).toMatchObject({ ok: false, error: [{ at: 'a.gz', hint: expect.stringContaining(hint) }] });
  });

  test.each<[string, (tar: Buffer) => Buffer]>([
    ['as it is', (tar) => tar],
    ['packed', gzipSync],
  ])('but no tar archive, %s: the reader is told to unpack it', async (_name, pack) => {
    const tar = Buffer.alloc(2_048);
    tar.write('decisions.ndjson');
    tar.write('ustar', 257);
    const read = await readLog(
      { name: 'l.ndjson.gz', path: fileOf(pack(tar)), size: undefined },
      parseLine,
      () => {},
    );
    expect(read).toEqual({
      ok: false,
      error: [
        {
          at: 'l.ndjson.gz',
          problem: 'it is a tar archive, and no log',
          hint: 'unpack it, and name the folder or a file in it',
        },
      ],
    });
  });

  test('and its stored bytes are counted, packed or not', async () => {
    const packed = gzipSync(`${await lineFor(numbered(1))}\n`.repeat(1_000));
    let bytes = 0;
    await readLog({ name: 'a', path: fileOf(packed), size: undefined }, parseLine, (batch) => {
      bytes += batch.bytes;
    });
    expect(bytes).toBe(packed.length);
  });
});

describe('which logs there are', () => {
  test('a folder is the logs in it, also rotated and packed ones, and nothing else', () => {
    const names = [
      'a.log',
      'decisions-2026-11-22.ndjson.gz',
      'decisions.ndjson',
      'decisions.ndjson-20261122.zst',
      'decisions.ndjson.1',
    ];
    const others = ['.hidden.ndjson', 'notes.txt', 'sub/inner.ndjson', 'logger.logic'];
    const folder = folderWith(Object.fromEntries([...names, ...others].map((name) => [name, ''])));
    const found = findLogs([folder]);
    expect(found.ok && found.value.map(({ name }) => name)).toEqual(names.map((name) => join(folder, name)));
  });

  test('a log that is named twice is read once', () => {
    const folder = folderWith({ 'decisions.ndjson': 'x' });
    const found = findLogs([folder, join(folder, 'decisions.ndjson'), '-', '-']);
    expect(found.ok && found.value.map(({ size }) => size)).toEqual([1, undefined]);
  });

  test('each argument that leads to no log is a problem', () => {
    const folder = folderWith();
    writeIn(folder, 'empty/notes.txt', '');
    const found = findLogs([join(folder, 'gone'), join(folder, 'empty')]);
    expect(found).toMatchObject({
      ok: false,
      error: [
        { at: join(folder, 'gone'), problem: expect.stringContaining('ENOENT') },
        { at: join(folder, 'empty'), problem: 'the folder holds no log' },
      ],
    });
  });
});
