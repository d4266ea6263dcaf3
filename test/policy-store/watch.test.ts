import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { watchFolder } from '../../src/policy-store/watch.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

type Watched = {
  /** What lay in the folder at each callback. */
  readonly seen: readonly (readonly string[])[];
  readonly faults: readonly Error[];
  /** Waits until it has called back this many times in all. */
  called(times: number): Promise<void>;
  close(): void;
};

function watched(folder: string): Watched {
  const seen: string[][] = [];
  const faults: Error[] = [];
  const waiting: { readonly times: number; readonly done: () => void }[] = [];
  const { close } = watchFolder(
    folder,
    () => {
      seen.push((readdirSync(folder, { recursive: true }) as string[]).toSorted());
      for (const { times, done } of waiting) if (seen.length >= times) done();
    },
    (error) => faults.push(error),
  );
  onTestFinished(close);
  return {
    seen,
    faults,
    close,
    called(times) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ times, done: resolve });
      if (seen.length >= times) resolve();
      return promise;
    },
  };
}

/** Takes as long as any change does to be told. */
async function aChangeElsewhereIsTold(): Promise<void> {
  const elsewhere = folderWith();
  const watcher = watched(elsewhere);
  writeIn(elsewhere, 'a.yaml', '');
  await watcher.called(1);
  watcher.close();
}

describe('it calls back', () => {
  test('once for a burst of changes, when all have come to rest, and once for the next', async () => {
    const folder = folderWith({ 'a.yaml': '' });
    const watcher = watched(folder);
    const names = ['b.yaml', 'c.yaml', 'd.yaml', 'e.yaml', 'f.yaml'];
    for (const name of names) {
      writeIn(folder, name, 'half');
      await nextTurn();
      writeIn(folder, name, 'whole');
    }
    await watcher.called(1);
    await aChangeElsewhereIsTold(); // by then a second call for the burst would have come
    writeIn(folder, 'g.yaml', '');
    await watcher.called(2);
    await aChangeElsewhereIsTold();
    expect(watcher.seen).toEqual([
      ['a.yaml', ...names],
      ['a.yaml', ...names, 'g.yaml'],
    ]);
  });

  test('after a file is replaced by a rename, as editors save, and after it is replaced again', async () => {
    const folder = folderWith({ 'a.yaml': '0' });
    const watcher = watched(folder);
    for (const times of [1, 2, 3]) {
      renameSync(writeIn(folder, '.a.yaml.tmp', `${times}`), join(folder, 'a.yaml'));
      await watcher.called(times);
    }
    expect(watcher.seen).toEqual([['a.yaml'], ['a.yaml'], ['a.yaml']]);
  });

  test('after a replaced file is written in place', async () => {
    const folder = folderWith({ 'a.yaml': '0' });
    const watcher = watched(folder);
    renameSync(writeIn(folder, '.a.yaml.tmp', '1'), join(folder, 'a.yaml'));
    await watcher.called(1);
    writeFileSync(join(folder, 'a.yaml'), '2');
    await watcher.called(2);
  });

  test('after a file is moved in from elsewhere, and after one is removed', async () => {
    const parent = folderWith({ 'policies/a.yaml': '', 'new.yaml': '' });
    const folder = join(parent, 'policies');
    const watcher = watched(folder);
    renameSync(join(parent, 'new.yaml'), join(folder, 'new.yaml'));
    await watcher.called(1);
    rmSync(join(folder, 'a.yaml'));
    await watcher.called(2);
    expect(watcher.seen).toEqual([['a.yaml', 'new.yaml'], ['new.yaml']]);
  });

  test('after a change in a folder below, and in one that was made since', async () => {
    const folder = folderWith({ 'catalog/ai.yaml': '' });
    const watcher = watched(folder);
    writeIn(folder, 'catalog/ai.yaml', 'x');
    await watcher.called(1);
    mkdirSync(join(folder, 'ministries'));
    await watcher.called(2);
    writeIn(folder, 'ministries/deep/office.yaml', '');
    await watcher.called(3);
    writeIn(folder, 'ministries/deep/office.yaml', 'x');
    await watcher.called(4);
  });

  test('after the folder is exchanged for another, and after a change in the other', async () => {
    const parent = folderWith({ 'policies/a.yaml': '', 'next/b.yaml': '' });
    const folder = join(parent, 'policies');
    const watcher = watched(folder);
    renameSync(folder, join(parent, 'previous'));
    renameSync(join(parent, 'next'), folder);
    await watcher.called(1);
    writeIn(folder, 'c.yaml', '');
    await watcher.called(2);
    expect(watcher.seen).toEqual([['b.yaml'], ['b.yaml', 'c.yaml']]);
  });

  test('after the link that is the folder is pointed at another release', async () => {
    const parent = folderWith({ 'releases/1/a.yaml': '', 'releases/2/b.yaml': '' });
    const folder = join(parent, 'policies');
    symlinkSync('releases/1', folder);
    const watcher = watched(folder);
    symlinkSync('releases/2', join(parent, 'next'));
    renameSync(join(parent, 'next'), folder);
    await watcher.called(1);
    writeIn(parent, 'releases/2/c.yaml', '');
    await watcher.called(2);
    expect(watcher.seen).toEqual([['b.yaml'], ['b.yaml', 'c.yaml']]);
  });

  test('after the folder, missing at first, is there', async () => {
    const parent = folderWith({ 'next/a.yaml': '' });
    const watcher = watched(join(parent, 'policies'));
    renameSync(join(parent, 'next'), join(parent, 'policies'));
    await watcher.called(1);
    expect(watcher.seen).toEqual([['a.yaml']]);
    expect(watcher.faults).toEqual([]);
  });
});

describe('it does not call back', () => {
  test('when it is closed, be it with a change still coming to rest', async () => {
    const folder = folderWith();
    const closed = watched(folder);
    const open = watched(folder);
    const change = Promise.withResolvers<void>();
    const witness = watch(folder, () => change.resolve());
    onTestFinished(() => witness.close());
    writeIn(folder, 'a.yaml', '');
    await change.promise;
    closed.close();
    await open.called(1);
    writeIn(folder, 'b.yaml', '');
    await open.called(2);
    expect(closed.seen).toEqual([]);
  });

  test('for a change beside the folder', async () => {
    const parent = folderWith({ 'policies/a.yaml': '' });
    const watcher = watched(join(parent, 'policies'));
    const witness = watched(parent);
    writeIn(parent, 'beside.yaml', '');
    await witness.called(1);
    expect(watcher.seen).toEqual([]);
  });
});

test('a folder that cannot be watched is told, and nothing is thrown: a reload by signal still works', () => {
  const watcher = watched(join(folderWith(), 'no', 'such', 'folder'));
  expect(watcher.faults).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
  watcher.close();
  watcher.close();
});

test('mounted configuration that is exchanged by its hidden link is a change', async () => {
  const folder = folderWith({ '..v1/office.yaml': 'a', '..v2/office.yaml': 'b' });
  symlinkSync('..v1', join(folder, '..data'));
  symlinkSync('..data/office.yaml', join(folder, 'office.yaml'));
  const { called } = watched(folder);
  symlinkSync('..v2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await called(1);
});

test('a cache that Postern writes itself is none, so that it cannot keep itself busy', async () => {
  const folder = folderWith({ 'lists/ads.txt': 'a.kr\n' });
  const { seen } = watched(folder);
  writeFileSync(join(folder, 'lists', '.compiled.cache.0123456789abcdef.tmp'), 'x');
  renameSync(
    join(folder, 'lists', '.compiled.cache.0123456789abcdef.tmp'),
    join(folder, 'lists', '.compiled.cache'),
  );
  writeFileSync(join(folder, '.policies.cache.0123456789abcdef.tmp'), 'x');
  renameSync(join(folder, '.policies.cache.0123456789abcdef.tmp'), join(folder, 'policies.cache'));
  await aChangeElsewhereIsTold();
  expect(seen).toEqual([]);
});
