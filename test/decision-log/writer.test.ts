import { closeSync, existsSync, openSync, renameSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { linesOf } from '../support/serve.ts';
import { folderWith } from '../support/temp-dir.ts';
import { decisionRecord, malformedRecord, numbered, outcomeRecord } from './records.ts';
import { openLog } from './support.ts';

const modeOf = (path: string) => statSync(path).mode & 0o777;
const pathsIn = (file: string) => linesOf(file).map((line) => line.path);

describe('the file', () => {
  test('is made with its folders, for the owner and the group that collects logs', () => {
    const old = process.umask(0);
    try {
      const log = openLog({ dir: join(folderWith(), 'var', 'log') });
      expect(log.path).toBe(join(log.dir, 'decisions.ndjson'));
      expect(modeOf(log.dir)).toBe(0o750);
      expect(modeOf(log.path)).toBe(0o640);
    } finally {
      process.umask(old);
    }
  });

  test('is continued, never begun anew', async () => {
    const first = openLog();
    first.write(numbered(1));
    first.settleAll();
    await first.close();
    const second = openLog({ dir: first.dir });
    second.write(numbered(2));
    await second.committed();
    expect(pathsIn(second.path)).toEqual(['/1', undefined, '/2']);
  });

  test('takes lines of two programs without mixing them', async () => {
    const one = openLog();
    const other = openLog({ dir: one.dir });
    for (let number = 0; number < 100; number++) {
      one.write(numbered(number));
      other.write(numbered(number));
      if (number % 7 === 0) await Promise.all([one.committed(), other.committed()]);
    }
    await Promise.all([one.committed(), other.committed()]);
    expect(pathsIn(one.path)).toHaveLength(200);
  });

  test('that cannot be opened is an error at once', () => {
    const folder = folderWith({ log: 'a file where the folder should be' });
    expect(() => openLog({ dir: join(folder, 'log') })).toThrow(/EEXIST|ENOTDIR/);
  });
});

describe('committed', () => {
  test('resolves to true, and by then the bytes are in the file', async () => {
    const log = openLog();
    log.write(decisionRecord());
    expect(log.text()).toBe('');
    expect(await log.committed()).toBe(true);
    expect(linesOf(log.path)).toHaveLength(1);
  });

  test('resolves at once when there is nothing to wait for', async () => {
    expect(await openLog().committed()).toBe(true);
  });

  test('of the first of many writers waits for all that was written before it', async () => {
    const log = openLog();
    const waits = Array.from({ length: 1_000 }, async (_, number) => {
      log.write(numbered(number));
      await log.committed();
      return log.text().includes(`"path":"/${number}"`);
    });
    expect(await Promise.all(waits)).not.toContain(false);
  });

  test('holds with fsync on', async () => {
    const log = openLog({ fsync: 'always' });
    log.write(numbered(1));
    expect(await log.committed()).toBe(true);
    expect(pathsIn(log.path)).toEqual(['/1']);
  });
});

describe('closing', () => {
  test('writes what was not written yet', async () => {
    const log = openLog();
    log.write(decisionRecord());
    log.write(outcomeRecord({ kind: 'block-page-served' }));
    await log.close();
    expect(linesOf(log.path).map(({ event }) => event)).toEqual(['decision', 'outcome']);
  });

  test('waits for the outcomes of decisions that are still open', async () => {
    const log = openLog();
    log.write(numbered(1));
    log.write(numbered(2));
    await log.committed();
    let isClosed = false;
    const closed = log.close().then(() => {
      isClosed = true;
    });
    await nextTurn();
    expect(isClosed).toBe(false);
    log.settleAll();
    await closed;
    expect(linesOf(log.path).map(({ event }) => event)).toEqual([
      'decision',
      'decision',
      'outcome',
      'outcome',
    ]);
  });

  test('does not wait for ever for an outcome that never comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const log = openLog();
    log.write(numbered(1));
    const closed = log.close();
    await nextTurn();
    vi.runOnlyPendingTimers();
    await closed;
    expect(pathsIn(log.path)).toEqual(['/1']);
  });

  test('waits for nothing after a request that nobody understood: it has no outcome', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const log = openLog();
    log.write(malformedRecord());
    await log.close();
    expect(linesOf(log.path)).toHaveLength(1);
  });

  test('a second time does nothing', async () => {
    const log = openLog();
    await log.close();
    const descriptor = openSync(log.path, 'r'); // takes the lowest number that is free
    const { closeAgain } = log;
    await closeAgain();
    expect(() => closeSync(descriptor)).not.toThrow();
  });

  test('ends all writing: the file’s number may be another file’s by then', async () => {
    const log = openLog();
    await log.close();
    const innocent = join(log.dir, 'innocent');
    const descriptor = openSync(innocent, 'w'); // takes the lowest number that is free
    log.write(numbered(1));
    await log.committed();
    closeSync(descriptor);
    expect(statSync(innocent).size).toBe(0);
    expect(log.text()).toBe('');
  });
});

describe('after a log rotation', () => {
  test('lines go to a new file of the same name, and none is lost or doubled', async () => {
    const log = openLog();
    log.write(numbered(1));
    await log.committed();
    renameSync(log.path, `${log.path}.1`);
    log.write(numbered(2)); // before the reopening: to the file that was moved
    log.reopen();
    log.write(numbered(3));
    await log.committed();
    expect(pathsIn(`${log.path}.1`)).toEqual(['/1', '/2']);
    expect(pathsIn(log.path)).toEqual(['/3']);
  });

  test('a reopening that fails says why, and the old file stays in use', async () => {
    const log = openLog();
    log.write(numbered(1));
    await log.committed();
    renameSync(log.dir, `${log.dir}.old`);
    expect(log.reopen()?.message).toContain('ENOENT');
    expect(log.faults).toEqual([]); // nothing is lost: writing goes on
    log.write(numbered(2));
    expect(await log.committed()).toBe(true);
    expect(pathsIn(join(`${log.dir}.old`, 'decisions.ndjson'))).toEqual(['/1', '/2']);
  });
});

describe.skipIf(!existsSync('/dev/full'))('a full disk (skipped where there is no /dev/full)', () => {
  function onFullDisk(onError: 'block' | 'continue') {
    const dir = folderWith();
    symlinkSync('/dev/full', join(dir, 'decisions.ndjson'));
    return openLog({ dir, onError });
  }

  test('under `block`, what could not be written is not committed', async () => {
    const log = onFullDisk('block');
    log.write(numbered(1));
    expect(await log.committed()).toBe(false);
    expect(await log.committed()).toBe(false); // nor is it when asked again
  });

  test('under `continue`, requests go on', async () => {
    const log = onFullDisk('continue');
    log.write(numbered(1));
    expect(await log.committed()).toBe(true);
  });

  test('is reported once, not with every line', async () => {
    const log = onFullDisk('block');
    for (let number = 0; number < 5; number++) {
      log.write(numbered(number));
      await log.committed();
    }
    expect(log.faults).toEqual([expect.stringContaining('ENOSPC')]);
  });

  test('that has room again gets the lines that were kept, in their order, and it is reported', async () => {
    const log = onFullDisk('block');
    log.write(numbered(1));
    log.write(numbered(2));
    await log.committed();
    unlinkSync(log.path);
    log.reopen();
    log.write(numbered(3));
    expect(await log.committed()).toBe(true);
    expect(pathsIn(log.path)).toEqual(['/1', '/2', '/3']);
    expect(log.faults).toEqual([expect.stringContaining('ENOSPC'), undefined]);
  });
});
