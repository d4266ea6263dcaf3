import { expect, test } from 'vitest';
import { Body } from '../../../../src/proxy/http/wire/body.ts';
import { type Turn, WaitingTurns } from '../../../../src/proxy/http/wire/waiting-turns.ts';

const turn = (bytes = 1, body?: Body): Turn => ({ bytes, body, begin() {} });

test('turns come in their order', () => {
  const turns = new WaitingTurns();
  const [first, second, third] = [turn(), turn(), turn()];
  for (const one of [first, second, third]) turns.add(one);
  expect(turns.next()).toBe(first);
  expect(turns.release()).toEqual([second, third]);
  expect([turns.isEmpty, turns.next()]).toEqual([true, undefined]);
});

test('as many may wait as a browser would ever send', () => {
  const turns = new WaitingTurns();
  for (let count = 0; count < 63; count++) turns.add(turn());
  expect(turns.isFull).toBe(false);
  turns.add(turn());
  expect(turns.isFull).toBe(true);
});

test('too much waits when heads and bodies together go beyond the bound', () => {
  const turns = new WaitingTurns();
  const body = new Body({ pause() {}, resume() {} });
  turns.add(turn(30_000));
  turns.add(turn(5_536, body));
  body.add(Buffer.alloc(30_000));
  expect(turns.isTooMuch).toBe(false);
  body.add(Buffer.alloc(1));
  expect(turns.isTooMuch).toBe(true);
  turns.next();
  expect(turns.isTooMuch).toBe(false);
});
