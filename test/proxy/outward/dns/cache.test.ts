import { expect, test } from 'vitest';
import type { Host } from '../../../../src/policy/host.ts';
import { fail, succeed } from '../../../../src/policy/result.ts';
import { cached } from '../../../../src/proxy/outward/dns/cache.ts';
import type { Answer } from '../../../../src/proxy/outward/dns/lookup.ts';
import { host } from '../../../policy/support.ts';

const A = host('a.example');

/** A cache over a look-up whose answers the test gives, and a clock that it sets. */
function cacheWith(answer: (host: Host) => Answer | Promise<Answer>, maxNames?: number) {
  const asked: Host[] = [];
  let now = 1_000_000;
  const lookup = cached(
    async (name) => {
      asked.push(name);
      return answer(name);
    },
    () => now,
    maxNames,
  );
  return {
    lookup,
    asked,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const leadsTo = (address: string, ttlMs: number): Answer => ({ addresses: succeed([address]), ttlMs });

test.each([
  ['its own time', 60_000, 60_000],
  ['at least a second', 0, 1_000],
  ['at most an hour', 7 * 86_400_000, 3_600_000],
])('an answer is kept for %s', async (_name, ttlMs, keptMs) => {
  let address = '192.0.2.1';
  const { lookup, asked, pass } = cacheWith(() => leadsTo(address, ttlMs));
  await lookup(A);
  address = '192.0.2.2';
  pass(keptMs - 1);
  expect((await lookup(A)).addresses).toEqual(succeed(['192.0.2.1']));
  pass(1);
  expect((await lookup(A)).addresses).toEqual(succeed(['192.0.2.2']));
  expect(asked.length).toBe(2);
});

test('an answer that is kept is there at once, and after its time there is a wait', async () => {
  const answer = leadsTo('192.0.2.1', 60_000);
  const { lookup, pass } = cacheWith(() => answer);
  expect(lookup(A)).toBeInstanceOf(Promise);
  expect(lookup(A)).toBeInstanceOf(Promise); // the look-up is still under way
  await lookup(A);
  expect(lookup(A)).toBe(answer);
  pass(60_000);
  expect(lookup(A)).toBeInstanceOf(Promise);
});

test('that there is no answer is kept as well', async () => {
  const { lookup, asked, pass } = cacheWith(() => ({ addresses: fail('dns_error'), ttlMs: 10_000 }));
  await lookup(A);
  pass(9_999);
  expect((await lookup(A)).addresses).toEqual(fail('dns_error'));
  expect(asked.length).toBe(1);
  pass(1);
  await lookup(A);
  expect(asked.length).toBe(2);
});

test('nothing is given out after its time, even when nothing newer can be had', async () => {
  const answers: Answer[] = [leadsTo('192.0.2.1', 1_000), { addresses: fail('dns_timeout'), ttlMs: 1_000 }];
  const { lookup, pass } = cacheWith(() => answers.shift() ?? leadsTo('192.0.2.9', 1_000));
  await lookup(A);
  pass(1_000);
  expect((await lookup(A)).addresses).toEqual(fail('dns_timeout'));
});

test('those who ask for one name at once share one look-up, and other names have their own', async () => {
  const waiting: (() => void)[] = [];
  const { lookup, asked } = cacheWith(
    () => new Promise((resolve) => waiting.push(() => resolve(leadsTo('192.0.2.1', 60_000)))),
  );
  const answers = [lookup(A), lookup(A), lookup(host('b.example')), lookup(A)];
  for (const give of waiting) give();
  for (const { addresses } of await Promise.all(answers)) expect(addresses).toEqual(succeed(['192.0.2.1']));
  expect(asked).toEqual(['a.example', 'b.example']);
});

test('a look-up that breaks is told to those who wait for it, and asked anew by the next', async () => {
  let isBroken = true;
  const { lookup } = cacheWith(() => {
    if (isBroken) throw new Error('a bug');
    return leadsTo('192.0.2.1', 60_000);
  });
  const waiting = [lookup(A), lookup(A)];
  for (const asker of waiting) await expect(asker).rejects.toThrow('a bug');
  isBroken = false;
  expect((await lookup(A)).addresses).toEqual(succeed(['192.0.2.1']));
});

test('of more names than are kept, the one goes that was asked for longest ago', async () => {
  const { lookup, asked } = cacheWith(() => leadsTo('192.0.2.1', 60_000), 3);
  const names = ['a', 'b', 'c'].map((label) => host(`${label}.example`));
  for (const name of names) await lookup(name);
  await lookup(A); // asked for last, although it came first
  await lookup(host('d.example'));
  asked.length = 0;
  await lookup(A);
  await lookup(host('c.example'));
  await lookup(host('d.example'));
  expect(asked).toEqual([]);
  await lookup(host('b.example'));
  expect(asked).toEqual(['b.example']);
});
