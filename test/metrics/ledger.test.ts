import { expect, test } from 'vitest';
import { type Counters, noCounters } from '../../src/metrics/counters.ts';
import { createLedger } from '../../src/metrics/ledger.ts';

const counted = (malformedTotal: number): Counters => ({ ...noCounters(), malformedTotal });

test('the sum of nobody is nothing', () => {
  expect(createLedger().total()).toEqual(noCounters());
});

test('the sum is of the last report of each', () => {
  const { note, total } = createLedger();
  note(1, 0, counted(3));
  note(2, 0, counted(4));
  note(1, 0, counted(5));
  expect(total()).toEqual(counted(9));
});

test('the sum never goes back when a member begins anew, time and again', () => {
  const { note, total } = createLedger();
  note(1, 0, counted(3));
  note(1, 1, counted(0));
  expect(total()).toEqual(counted(3));
  note(1, 1, counted(2));
  note(1, 4, counted(1));
  expect(total()).toEqual(counted(6));
});

test('the sum heeds no report of a process that has ended, whenever it comes', () => {
  const { note, total } = createLedger();
  note(1, 1, counted(1));
  note(1, 0, counted(100));
  expect(total()).toEqual(counted(1));
});
