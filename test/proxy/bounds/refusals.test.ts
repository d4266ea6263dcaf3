import { expect, test } from 'vitest';
import type { LogRecord, RefusalRecord } from '../../../src/decision-log/record.ts';
import { createRefusals, SUMMARY_MS, type TurnedAway } from '../../../src/proxy/bounds/refusals.ts';

function refusalsOf() {
  let time = 1_000_000;
  const written: RefusalRecord[] = [];
  const write = (record: LogRecord): void => {
    if (record.event === 'refusal') written.push(record);
  };
  const refusals = createRefusals({ write, committed: () => Promise.resolve(true) }, () => time);
  return {
    ...refusals,
    written,
    counts: () => written.map(({ refused }) => refused),
    pass(milliseconds: number) {
      time += milliseconds;
      refusals.tell();
    },
  };
}

const refused = (client: string, limit: TurnedAway['limit'] = 'connectionsPerClient'): TurnedAway => ({
  client,
  department: 'office',
  limit,
});

test('the first refusal of a client is told at once, with what it is about', () => {
  const { note, written } = refusalsOf();
  const incident = note(refused('10.0.0.1'));
  expect(written).toEqual([
    {
      event: 'refusal',
      incident,
      time: 1_000_000,
      client: '10.0.0.1',
      department: 'office',
      limit: 'connectionsPerClient',
      refused: 1,
    },
  ]);
});

// Covers: EV-28
test('those after it are one line a minute, under the same incident, and all lines together count them all', () => {
  const { note, pass, counts, written } = refusalsOf();
  const first = note(refused('10.0.0.1'));
  for (let index = 0; index < 100_000; index++) expect(note(refused('10.0.0.1'))).toBe(first);
  expect(counts()).toEqual([1]);
  pass(SUMMARY_MS - 1);
  expect(counts()).toEqual([1]);
  pass(1);
  note(refused('10.0.0.1'));
  pass(SUMMARY_MS);
  expect(counts()).toEqual([1, 100_000, 1]);
  expect(written.every(({ incident }) => incident === first)).toBe(true);
});

test('after a minute without one the next is the first again', () => {
  const { note, pass, counts } = refusalsOf();
  const first = note(refused('10.0.0.1'));
  pass(SUMMARY_MS);
  expect(note(refused('10.0.0.1'))).not.toBe(first);
  expect(counts()).toEqual([1, 1]);
});

test('each limit and each client has lines of its own; addresses of one /64 are one client', () => {
  const { note, counts } = refusalsOf();
  note(refused('10.0.0.1'));
  note(refused('10.0.0.1', 'tunnelsPerClient'));
  note(refused('10.0.0.2'));
  note(refused('2001:db8::1'));
  note(refused('2001:db8::2'));
  expect(counts()).toEqual([1, 1, 1, 1]);
});

test('a flood from very many addresses is told of together, and none is lost', () => {
  const { note, pass, written } = refusalsOf();
  for (let index = 0; index < 20_000; index++)
    note(refused(`10.0.${index >> 8}.${index & 255}`, 'connections'));
  pass(SUMMARY_MS);
  expect(written.length).toBeLessThanOrEqual(1_002);
  expect(written.reduce((sum, { refused: count }) => sum + count, 0)).toBe(20_000);
  expect(written.at(-1)).toMatchObject({ client: undefined, department: undefined, limit: 'connections' });
});

test('what was not told yet is told at the end', () => {
  const { note, close, counts } = refusalsOf();
  note(refused('10.0.0.1'));
  note(refused('10.0.0.1'));
  close();
  close();
  expect(counts()).toEqual([1, 1]);
});
