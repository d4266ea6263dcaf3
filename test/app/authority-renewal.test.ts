import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Announcement } from '../../src/app/announcement.ts';
import { expiryWarnings, holdAuthority } from '../../src/app/authority.ts';
import { createAuthorityRenewal } from '../../src/app/authority-renewal.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { AuthorityPems } from '../../src/tls/authority.ts';
import { activateNext, beginRotation } from '../../src/tls/authority-rotation.ts';
import { folderWith } from '../support/temp-dir.ts';
import { DAY, newAuthority, unwrap } from '../tls/support.ts';

const START = new Date('2026-01-01T00:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A Postern whose CA ends in so many days, as far as it takes care of that. */
function upkeepOf(days: number) {
  const cwd = folderWith();
  const certs = join(cwd, 'certs');
  const made = new Date(START.getTime() + days * DAY);
  made.setUTCFullYear(made.getUTCFullYear() - 10);
  newAuthority(certs, made);
  const config = unwrap(loadConfig({ file: undefined, flags: [], environment: {}, cwd }) as never) as never;
  const held = unwrap(holdAuthority(config));
  const announced: Announcement[] = [];
  const used: AuthorityPems[] = [];
  const crew = { useAuthority: async (pems: AuthorityPems) => void used.push(pems) };
  const renewal = createAuthorityRenewal(config, crew, held, (announcement) => announced.push(announcement));
  onTestFinished(renewal.close);
  const take = (): readonly Announcement[] => announced.splice(0);
  return { certs, held, renewal, used, take };
}

const kindsOf = (announcements: readonly Announcement[]) => announcements.map(({ kind }) => kind);

test.each([
  [61, 0],
  [60, 0],
  [59, 1],
  [1, 1],
  [0, 1],
])('with %i days left there are %i warnings', (days, count) => {
  expect(expiryWarnings(upkeepOf(days).held, START)).toHaveLength(count);
});

test('a warning says when the CA ends, in how many days, and what to do', () => {
  const { held, certs } = upkeepOf(12);
  expect(expiryWarnings(held, START)).toEqual([
    {
      at: join(certs, 'ca.crt'),
      problem: 'the CA, or one above it, ends at 2026-01-13T00:00:00.000Z, in 12 days',
      hint: expect.stringContaining('postern ca rotate'),
    },
  ]);
  const later = new Date('2026-01-13T00:00:00.001Z');
  expect(expiryWarnings(held, later)[0]?.problem).toContain('ended at 2026-01-13T00:00:00.000Z');
});

test('while the next one waits, the warning is to go over to it', () => {
  const { certs, renewal, take } = upkeepOf(12);
  unwrap(beginRotation(certs, START, { passphrase: undefined }));
  void renewal.renew();
  const [warning] = take();
  expect(warning).toMatchObject({
    kind: 'warning',
    problem: { hint: expect.stringContaining('--activate') },
  });
});

test('a CA is looked at every day, and warned of from 60 days on', async () => {
  const { take } = upkeepOf(62);
  await vi.advanceTimersByTimeAsync(2 * DAY);
  expect(take()).toEqual([]);
  await vi.advanceTimersByTimeAsync(DAY);
  expect(kindsOf(take())).toEqual(['warning']);
  await vi.advanceTimersByTimeAsync(3 * DAY);
  expect(kindsOf(take())).toEqual(['warning', 'warning', 'warning']);
});

test('the end in the metrics is that of the CA that signs, and goes with it', async () => {
  const { certs, renewal, used } = upkeepOf(12);
  expect(renewal.gauges()).toEqual({
    caExpirationTimestampSeconds: Date.parse('2026-01-13T00:00:00Z') / 1_000,
  });
  unwrap(beginRotation(certs, START, { passphrase: undefined }));
  unwrap(activateNext(certs, START, START));
  expect(await renewal.renew()).toEqual({ ok: true, value: { changed: true } });
  expect(renewal.gauges()).toEqual({
    caExpirationTimestampSeconds: Date.parse('2036-01-01T00:00:00Z') / 1_000,
  });
  expect(used).toHaveLength(1);
});

test('the next CA signs from its date on, without anybody asking', async () => {
  const { certs, renewal, used, take } = upkeepOf(400);
  unwrap(beginRotation(certs, START, { passphrase: undefined }));
  unwrap(activateNext(certs, new Date(START.getTime() + 40 * DAY + 5_000), START));
  await renewal.renew();
  await vi.advanceTimersByTimeAsync(40 * DAY + 4_999);
  expect(used).toEqual([]);
  expect(renewal.status()).toMatchObject({ state: 'waiting', nextActiveFrom: '2026-02-10T00:00:05.000Z' });
  await vi.advanceTimersByTimeAsync(1);
  expect(used).toHaveLength(1);
  expect(kindsOf(take())).toEqual(['ca-renewed']);
});

test('a CA that is broken or gone leaves the one in use, is told of each day, and its end still warned of', async () => {
  const { certs, renewal, used, take } = upkeepOf(12);
  rmSync(join(certs, 'ca.key'));
  expect((await renewal.renew()).ok).toBe(false);
  expect(renewal.problems()).toMatchObject([
    { at: join(certs, 'ca.key'), problem: 'the file does not exist' },
  ]);
  expect(kindsOf(take())).toEqual(['ca-refused', 'warning']);
  writeFileSync(join(certs, 'ca.key'), 'torn', { mode: 0o600 });
  await vi.advanceTimersByTimeAsync(DAY);
  expect(kindsOf(take())).toEqual(['ca-refused', 'warning']);
  expect(used).toEqual([]);
});

test('after it is closed nothing is looked at any more', async () => {
  const { renewal, take } = upkeepOf(12);
  renewal.close();
  await vi.advanceTimersByTimeAsync(3 * DAY);
  expect(take()).toEqual([]);
});

test('without a CA there is nothing to tell, and a reload changes nothing', async () => {
  const crew = { useAuthority: () => Promise.reject(new Error('never called')) };
  const renewal = createAuthorityRenewal({} as never, crew, undefined, () => {});
  expect(await renewal.renew()).toEqual({ ok: true, value: { changed: false } });
  expect(renewal.status()).toBeUndefined();
  expect(renewal.gauges()).toEqual({});
});
