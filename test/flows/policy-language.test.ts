import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { request } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';

/** One department for this machine, which forwards what it does not name. */
const office = (rest: string): Record<string, string> => ({
  'office.yaml': `department: office\ntitle: Office\nmembers: { networks: [127.0.0.1] }\ndefault: allow\n${rest}`,
});

test('a name that leads to a blocked address is blocked once that is known, and its origin hears nothing', async () => {
  const origin = await startHttpOrigin((_, response) => response.end());
  const proxy = await startProxy({
    policies: office('rules: [{ id: no-hoster, block: { addresses: [127.0.0.0/8] } }]\n'),
  });
  const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`);
  expect(answer.status).toBe(403);
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({
    host: 'allowed.test',
    action: 'block',
    reason: 'rule',
    rule: 'no-hoster',
  });
  expect(origin.accepted()).toBe(0);
});

test('an address that a rule allows is still one that the proxy itself may never dial', async () => {
  const origin = await startHttpOrigin((_, response) => response.end());
  const proxy = await startProxy({
    egress: { internalNetworks: [] },
    policies: office('rules: [{ id: inside, allow: { addresses: [127.0.0.0/8] } }]\n'),
  });
  expect((await request(proxy.port, `http://allowed.test:${origin.port}/`)).status).toBe(502);
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({ reason: 'address-forbidden' });
  expect(origin.accepted()).toBe(0);
});

test('a list blocks, the log names it, and a new version of the list is in force without a restart', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('through'));
  const proxy = await startProxy({
    policies: {
      ...office('rules: [{ id: no-games, block: { categories: [games] } }]\n'),
      'lists/games.txt': 'other.test\n',
    },
  });
  const ask = (name: string) => request(proxy.port, `http://${name}:${origin.port}/`);
  expect((await ask('other.test')).status).toBe(403);
  expect((await ask('www.allowed.test')).status).toBe(200);
  expect((await proxy.linesOf('decision', 2))[0]).toMatchObject({ rule: 'no-games', category: 'games' });

  // As an import writes it: under a hidden name, then moved into its place.
  proxy.writePolicy('lists/.games.txt.new', 'allowed.test\n');
  const lists = join(proxy.dir, 'policies', 'lists');
  renameSync(join(lists, '.games.txt.new'), join(lists, 'games.txt'));
  await vi.waitFor(async () => expect((await ask('www.allowed.test')).status).toBe(403), { timeout: 10_000 });
  expect((await ask('other.test')).status).toBe(200);
});

test('a list with a mistake leaves the running one in force', async () => {
  const proxy = await startProxy({
    policies: {
      ...office('rules: [{ id: no-games, block: { categories: [games] } }]\n'),
      'lists/games.txt': 'other.test\n',
    },
  });
  proxy.writePolicy('lists/games.txt', 'co.kr\n');
  await vi.waitFor(
    () =>
      expect(proxy.announcements).toContainEqual({
        kind: 'reload-refused',
        problems: [
          {
            at: 'policies/lists/games.txt:1:1',
            problem: expect.stringContaining('`co.kr` is a public suffix'),
            hint: expect.any(String),
          },
        ],
      }),
    { timeout: 10_000 },
  );
  expect((await request(proxy.port, 'http://other.test/')).status).toBe(403);
});

test('the listener through which a client comes decides on its department, before its network does', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('through'));
  const policies = office('rules: [{ id: no-other, block: { domains: [other.test] } }]\n');
  const proxy = await startProxy({ policies });
  const url = `http://other.test:${origin.port}/`;
  expect((await request(proxy.port, url)).status).toBe(403);
  proxy.writePolicy(
    'guests.yaml',
    `department: guests\ntitle: Guests\nmembers: { ports: [${proxy.port}] }\ndefault: allow\n`,
  );
  await vi.waitFor(async () => expect((await request(proxy.port, url)).status).toBe(200), {
    timeout: 10_000,
  });
  expect(proxy.lines().findLast(({ event }) => event === 'decision')).toMatchObject({ department: 'guests' });
});

test('a rule whose time is over blocks nothing', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('through'));
  const proxy = await startProxy({
    policies: office(`rules:
  - { id: past, block: { domains: [other.test] }, when: { until: 2025-12-31, timezone: Asia/Seoul } }
  - { id: now, block: { patterns: ['^www[.]allowed[.]'] }, when: { from: 2025-12-31, timezone: Asia/Seoul } }
`),
  });
  expect((await request(proxy.port, `http://other.test:${origin.port}/`)).status).toBe(200);
  expect((await request(proxy.port, `http://www.allowed.test:${origin.port}/`)).status).toBe(403);
});
