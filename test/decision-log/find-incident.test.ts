import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFindIncident } from '../../src/decision-log/find-incident.ts';
import { folderWith } from '../support/temp-dir.ts';

const line = (code: string, more: object = {}): string =>
  `${JSON.stringify({ v: 1, event: 'decision', id: `01KAQWERTY01234567${code.replace('-', '')}`, code, ...more })}\n`;

test('a code is found in whichever worker’s log it stands', async () => {
  const find = createFindIncident(
    folderWith({
      'decisions.worker-1.ndjson': line('AAAA-1111', { client: 'one' }),
      'decisions.worker-2.ndjson': line('BBBB-2222', { client: 'two' }),
    }),
  );
  expect(await find('BBBB-2222', 'x')).toMatchObject({ client: 'two' });
  expect(await find('AAAA-1111', 'x')).toMatchObject({ client: 'one' });
  expect(await find('CCCC-3333', 'x')).toBeUndefined();
});

test('a code is found wherever its line lies, across the seams of what is read at once too', async () => {
  const MIB = 1024 * 1024;
  const before = line('ZZZZ-0000', { pad: '' });
  for (const offset of [0, 1, 20, 60, 61, 80, 100]) {
    const wanted = line('AAAA-1111', { client: 'one' });
    // Behind it stands a little less or more than one piece.
    const behind = line('YYYY-0000', { pad: '' });
    const pad = 'p'.repeat(MIB - behind.length - offset);
    const folder = folderWith({ 'decisions.ndjson': before + wanted + line('YYYY-0000', { pad }) });
    expect(await createFindIncident(folder)('AAAA-1111', 'x')).toMatchObject({ client: 'one' });
  }
});

test('what a client sent is never taken for a code', async () => {
  const host = ',"code":"AAAA-1111"';
  const find = createFindIncident(folderWith({ 'decisions.ndjson': line('BBBB-2222', { path: host }) }));
  expect(await find('AAAA-1111', 'x')).toBeUndefined();
});

test('a line that is not whole yet, or was cut by a crash, is no answer', async () => {
  const folder = folderWith({ 'decisions.ndjson': line('AAAA-1111').slice(0, -1) });
  expect(await createFindIncident(folder)('AAAA-1111', 'x')).toBeUndefined();
  writeFileSync(join(folder, 'decisions.ndjson'), '{"v":1,"code":"AAAA-1111","cli\n');
  expect(await createFindIncident(folder)('AAAA-1111', 'x')).toBeUndefined();
});

test('what rotation has moved away, and what is no log, is not read', async () => {
  const find = createFindIncident(
    folderWith({ 'decisions.ndjson.1': line('AAAA-1111'), 'other.ndjson': line('AAAA-1111') }),
  );
  expect(await find('AAAA-1111', 'x')).toBeUndefined();
});

test('who asks while a search of theirs runs is put off, and nobody else is', async () => {
  const folder = folderWith({ 'decisions.ndjson': line('AAAA-1111') });
  const find = createFindIncident(folder);
  const [first, second, other] = await Promise.all([
    find('AAAA-1111', 'one'),
    find('AAAA-1111', 'one'),
    find('AAAA-1111', 'two'),
  ]);
  expect(first).toMatchObject({ code: 'AAAA-1111' });
  expect(second).toBe('busy');
  expect(other).toMatchObject({ code: 'AAAA-1111' });
  appendFileSync(join(folder, 'decisions.ndjson'), line('BBBB-2222'));
  expect(await find('BBBB-2222', 'one')).toMatchObject({ code: 'BBBB-2222' });
});

test('a folder that is gone is a search without a find, and the next one goes on', async () => {
  const folder = folderWith({});
  rmSync(folder, { recursive: true });
  const find = createFindIncident(folder);
  expect(await find('AAAA-1111', 'one')).toBeUndefined();
  expect(await find('AAAA-1111', 'one')).toBeUndefined();
});
