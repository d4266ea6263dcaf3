import { fdatasyncSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Fsync, openSegment } from '../../src/decision-log/segment.ts';
import { folderWith } from '../support/temp-dir.ts';

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  return { ...fs, writeSync: vi.fn(fs.writeSync), fdatasyncSync: vi.fn(fs.fdatasyncSync) };
});

const write = vi.mocked(writeSync) as unknown as ReturnType<
  typeof vi.fn<(fd: number, bytes: Buffer) => number>
>;
const sync = vi.mocked(fdatasyncSync);
const realWrite = (await vi.importActual<typeof import('node:fs')>('node:fs')).writeSync;

const noSpace = (): never => {
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
};
const diskIsFull = (): void => void write.mockImplementation(noSpace);
const diskHasRoom = (): void => void write.mockImplementation((fd, bytes) => realWrite(fd, bytes));

function open(fsync: Fsync = 'never') {
  const path = join(folderWith(), 'decisions.ndjson');
  const faults: (string | undefined)[] = [];
  const segment = openSegment(path, fsync, (error) => faults.push(error?.message));
  onTestFinished(() => segment.close());
  return { ...segment, faults, text: () => readFileSync(path, 'utf8') };
}

beforeEach(() => {
  diskHasRoom();
  write.mockClear();
  sync.mockClear();
});

describe('group commit', () => {
  test('the lines of one turn go to the kernel in one write', async () => {
    const segment = open();
    for (let number = 0; number < 100; number++) segment.append(`${number}\n`);
    await segment.committed();
    expect(write).toHaveBeenCalledTimes(1);
    expect(segment.text().split('\n')).toHaveLength(101);
  });

  test('the lines of another turn go in another', async () => {
    const segment = open();
    segment.append('1\n');
    await segment.committed();
    segment.append('2\n');
    await segment.committed();
    expect(write).toHaveBeenCalledTimes(2);
  });

  test('nothing is written while the turn lasts, and nobody waits longer than it', async () => {
    const segment = open();
    segment.append('1\n');
    const order: string[] = [];
    const waiting = segment.committed().then(() => order.push('committed'));
    await Promise.resolve();
    expect(write).not.toHaveBeenCalled();
    await nextTurn();
    await waiting;
    expect(order).toEqual(['committed']);
    expect(write).toHaveBeenCalledTimes(1);
  });

  test('with `fsync: always` each write is on the disk before anybody goes on', async () => {
    const segment = open('always');
    segment.append('1\n');
    segment.append('2\n');
    await segment.committed();
    expect(sync).toHaveBeenCalledTimes(1);
    expect(sync.mock.invocationCallOrder[0]).toBeGreaterThan(write.mock.invocationCallOrder[0] ?? 0);
  });

  test('with `fsync: never` nobody waits for the disk', async () => {
    const segment = open();
    segment.append('1\n');
    await segment.committed();
    expect(sync).not.toHaveBeenCalled();
  });

  test('a disk that fails to sync does not commit', async () => {
    const segment = open('always');
    sync.mockImplementationOnce(() => {
      throw new Error('EIO: i/o error, fdatasync');
    });
    segment.append('1\n');
    expect(await segment.committed()).toBe(false);
    expect(segment.faults).toEqual(['EIO: i/o error, fdatasync']);
  });
});

describe('a write that the kernel takes in parts', () => {
  test('is completed within the turn', async () => {
    const segment = open();
    write.mockImplementation((fd, bytes) => realWrite(fd, bytes.subarray(0, 3)));
    segment.append('a line\nanother line\n');
    expect(await segment.committed()).toBe(true);
    expect(segment.text()).toBe('a line\nanother line\n');
  });

  test('and then refuses goes on where it stopped, so that no line is torn or doubled', async () => {
    const segment = open();
    write
      .mockImplementationOnce((fd, bytes) => realWrite(fd, bytes.subarray(0, 3)))
      .mockImplementation(noSpace);
    segment.append('a line\n');
    expect(await segment.committed()).toBe(false);
    expect(segment.text()).toBe('a l');
    diskHasRoom();
    segment.append('another line\n');
    expect(await segment.committed()).toBe(true);
    expect(segment.text()).toBe('a line\nanother line\n');
  });

  test('and then refuses may stop inside a character, or at a second line, and goes on there', async () => {
    const segment = open();
    write
      .mockImplementationOnce((fd, bytes) => realWrite(fd, bytes.subarray(0, 2))) // of the three bytes of 한
      .mockImplementationOnce(noSpace)
      .mockImplementationOnce((fd, bytes) => realWrite(fd, bytes))
      .mockImplementationOnce((fd, bytes) => realWrite(fd, bytes.subarray(0, 4)))
      .mockImplementation(noSpace);
    segment.append('한국어\n');
    expect(await segment.committed()).toBe(false);
    segment.append('second\n');
    segment.append('third\n');
    expect(await segment.committed()).toBe(false);
    expect(segment.text()).toBe('한국어\nseco');
    diskHasRoom();
    segment.append('fourth\n');
    expect(await segment.committed()).toBe(true);
    expect(segment.text()).toBe('한국어\nsecond\nthird\nfourth\n');
  });
});

describe('a disk that refuses', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test('is tried again by itself, without a further line', async () => {
    const segment = open();
    diskIsFull();
    segment.append('kept\n');
    expect(await segment.committed()).toBe(false);
    diskHasRoom();
    expect(segment.text()).toBe('');
    vi.runOnlyPendingTimers();
    expect(segment.text()).toBe('kept\n');
    expect(segment.faults).toEqual(['ENOSPC: no space left on device, write', undefined]);
    expect(await segment.committed()).toBe(true);
  });

  test('is tried again and again, and reported once', async () => {
    const segment = open();
    diskIsFull();
    segment.append('kept\n');
    await segment.committed();
    for (let attempt = 0; attempt < 5; attempt++) vi.runOnlyPendingTimers();
    expect(write).toHaveBeenCalledTimes(6);
    expect(segment.faults).toHaveLength(1);
    diskHasRoom();
    vi.runOnlyPendingTimers();
    expect(segment.text()).toBe('kept\n');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that fails a second time is reported a second time', async () => {
    const segment = open();
    for (const line of ['1\n', '2\n']) {
      diskIsFull();
      segment.append(line);
      await segment.committed();
      diskHasRoom();
      vi.runOnlyPendingTimers();
    }
    expect(segment.faults.map((fault) => fault === undefined)).toEqual([false, true, false, true]);
    expect(segment.text()).toBe('1\n2\n');
  });

  test('for too long costs the newest lines, and a line says how many', async () => {
    const segment = open();
    diskIsFull();
    const megabyte = `${'x'.repeat(2 ** 20 - 1)}\n`;
    for (let number = 0; number < 67; number++) segment.append(megabyte);
    expect(await segment.committed()).toBe(false);
    diskHasRoom();
    vi.runOnlyPendingTimers();
    const lines = segment.text().trimEnd().split('\n');
    expect(lines).toHaveLength(65);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      v: 1,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      event: 'gap',
      lines: 3,
    });
    expect(segment.lostLines()).toBe(3);
  });

  test('for too long costs lines by their bytes, not their characters; what was written makes room again', async () => {
    const segment = open();
    const twoMegabytes = `${'é'.repeat(2 ** 20 - 1)}x\n`;
    for (let round = 0; round < 2; round++) {
      diskIsFull();
      for (let number = 0; number < 33; number++) segment.append(twoMegabytes);
      expect(await segment.committed()).toBe(false);
      diskHasRoom();
      vi.runOnlyPendingTimers();
    }
    const lines = segment.text().trimEnd().split('\n');
    expect(lines.map((line) => (line.startsWith('{') ? JSON.parse(line).lines : 'é'))).toEqual([
      ...Array(32).fill('é'),
      1,
      ...Array(32).fill('é'),
      1,
    ]);
  });

  test('keeps nobody from stopping', async () => {
    const segment = openSegment(join(folderWith(), 'log.ndjson'), 'never', () => {});
    diskIsFull();
    segment.append('lost\n');
    await segment.committed();
    segment.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
