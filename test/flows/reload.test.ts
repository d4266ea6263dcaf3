import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { request } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { BLOCKING_POLICY, startProxy, type TestProxy } from '../support/proxy.ts';

const announced = (proxy: TestProxy, kind: string, count = 1) =>
  vi.waitFor(
    () => {
      const found = proxy.announcements.filter((announcement) => announcement.kind === kind);
      if (found.length < count) throw new Error(`no ${kind} yet`);
      return found;
    },
    { timeout: 10_000, interval: 20 },
  );

test('editing a policy while a download runs changes the next decision, and the download ends whole', async () => {
  const size = 8 * 1024 * 1024;
  let finish = (): void => {};
  const origin = await startHttpOrigin((_, response) => {
    response.writeHead(200, { 'content-length': size });
    response.write(Buffer.alloc(size / 2));
    finish = () => response.end(Buffer.alloc(size / 2));
  });
  const proxy = await startProxy();
  const url = `http://allowed.test:${origin.port}/`;
  const started = Promise.withResolvers<void>();
  const download = new Promise<number>((resolve, reject) => {
    http.get(
      { host: '127.0.0.1', port: proxy.port, path: url, headers: { host: 'allowed.test' }, agent: false },
      (incoming) => {
        let received = 0;
        incoming.on('data', (chunk: Buffer) => {
          received += chunk.length;
          started.resolve();
        });
        incoming.on('end', () => resolve(received));
        incoming.on('error', reject);
      },
    );
  });
  await started.promise;

  proxy.writePolicy('office.yaml', BLOCKING_POLICY.replace('[blocked.test]', '[blocked.test, allowed.test]'));
  await announced(proxy, 'reloaded');
  expect((await request(proxy.port, url)).status).toBe(403);
  finish();
  expect(await download).toBe(size);
  const decisions = await proxy.linesOf('decision', 2);
  expect(decisions.map(({ action }) => action)).toEqual(['forward', 'block']);
  expect(decisions[0]?.policy).not.toBe(decisions[1]?.policy);
});

// Covers: EV-13
test('breaking a policy changes nothing, and says why with its line', async () => {
  const proxy = await startProxy();
  proxy.writePolicy('office.yaml', BLOCKING_POLICY.replace('block:', 'blok:'));
  const [refused] = await announced(proxy, 'reload-refused');
  expect(refused).toMatchObject({
    problems: expect.arrayContaining([
      { at: 'policies/office.yaml:9:5', problem: 'unknown key `blok`', hint: 'did you mean `block`?' },
    ]),
  });
  expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
});

test('a policy whose own tests fail never goes live', async () => {
  const proxy = await startProxy();
  proxy.writePolicy(
    'office.yaml',
    `${BLOCKING_POLICY}tests:\n  - { request: "http://blocked.test/", expect: forward }\n`,
  );
  const [refused] = await announced(proxy, 'reload-refused');
  expect(refused).toMatchObject({ problems: [{ at: 'policies/office.yaml:12:5' }] });
  expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
});

test('however a file is saved, again and again, it takes effect', async () => {
  const proxy = await startProxy();
  const target = join(proxy.dir, 'policies', 'office.yaml');
  const blocking = (host: string): string => BLOCKING_POLICY.replace('blocked.test', host);
  const byRename = (text: string): void => {
    writeFileSync(`${target}.new`, text);
    renameSync(`${target}.new`, target);
  };
  const inPlace = (text: string): void => writeFileSync(target, text);
  const saves = [byRename, inPlace, byRename, byRename, inPlace, inPlace];
  for (const [index, save] of saves.entries()) {
    save(blocking(`save-${index}.test`));
    await announced(proxy, 'reloaded', index + 1);
    expect((await request(proxy.port, `http://save-${index}.test/`)).status).toBe(403);
  }
});

test('a folder that takes the place of the policies, and one that is new in it, are noticed', async () => {
  const proxy = await startProxy();
  const folder = join(proxy.dir, 'policies');
  cpSync(folder, `${folder}.next`, { recursive: true });
  mkdirSync(join(`${folder}.next`, 'more'));
  renameSync(folder, `${folder}.old`);
  renameSync(`${folder}.next`, folder);
  await announced(proxy, 'reloaded');
  const next = 'department: next\ntitle: Next\nmembers: { networks: [10.0.0.0/8] }\n';
  proxy.writePolicy('more/next.yaml', next);
  await vi.waitFor(
    () => expect(proxy.announcements.filter((one) => one.kind === 'reloaded' && one.changed)).toHaveLength(1),
    { timeout: 10_000 },
  );
});

test('policies that are gone leave the running ones in force', async () => {
  const proxy = await startProxy();
  renameSync(join(proxy.dir, 'policies'), join(proxy.dir, 'gone'));
  proxy.reload();
  await announced(proxy, 'reload-refused');
  expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
});

test('a client that another department claims belongs to it from the reload on, and back again, on one connection', async () => {
  const proxy = await startProxy({
    policies: { 'office.yaml': BLOCKING_POLICY.replace('[127.0.0.1]', '[127.0.0.0/8]') },
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: proxy.port, path: 'http://blocked.test/', agent };
      http
        .get({ ...options, headers: { host: 'blocked.test' } }, (response) =>
          response.resume().on('end', () => resolve(response.statusCode)),
        )
        .on('error', reject);
    });
  const lab = BLOCKING_POLICY.replace('department: office', 'department: lab');
  expect(await ask()).toBe(403);
  proxy.writePolicy('lab.yaml', lab);
  await announced(proxy, 'reloaded', 1);
  expect(await ask()).toBe(403);
  proxy.writePolicy('lab.yaml', lab.replace('[127.0.0.1]', '[192.0.2.1]'));
  await announced(proxy, 'reloaded', 2);
  expect(await ask()).toBe(403);
  const decisions = await proxy.linesOf('decision', 3);
  expect(decisions.map(({ department }) => department)).toEqual(['office', 'lab', 'office']);
});
