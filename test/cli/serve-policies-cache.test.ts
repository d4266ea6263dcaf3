import { hash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postern } from '../support/cli.ts';
import { request } from '../support/client.ts';
import { freshFolder, type Serve, startServe, TRADE_POLICY } from '../support/serve.ts';

/** Long enough for its YAML to be kept. */
const HOSTS = Array.from({ length: 4_000 }, (_, number) => `host-${number}.example`).join(', ');
const LARGE_POLICY = `${TRADE_POLICY}  - id: many
    block: { domains: [${HOSTS}] }
`;

const statusOf = async ({ port }: Serve, url: string) => (await request(port, url)).status;

/** Exchanges a word in the cache, under the right checksum. */
function forge(cache: string, word: string, other: string): void {
  const [, json = ''] = readFileSync(cache, 'utf8').split('\n');
  const forged = json.replaceAll(word, other);
  expect(forged).not.toBe(json);
  writeFileSync(cache, `${hash('sha256', forged)}\n${forged}`);
}

test('what the YAML of large policies says is kept in the state folder, used by the next start and by reloads', async () => {
  const cwd = freshFolder(LARGE_POLICY);
  const cache = join(cwd, 'var/policies.cache');
  const first = await startServe({ cwd });
  expect(statSync(cache).mode & 0o777).toBe(0o600);
  expect(await statusOf(first, 'http://deepseek.com/')).toBe(403);
  await first.end('SIGTERM');

  // Nothing but the cache names this host.
  forge(cache, 'host-7.example', 'forged.example');
  const second = await startServe({ cwd });
  expect(await statusOf(second, 'http://forged.example/')).toBe(403);

  writeFileSync(join(cwd, 'policies/lab.yaml'), 'department: lab\ntitle: Lab\n');
  expect(await postern(['reload'], { cwd })).toMatchObject({ status: 0 });
  expect(await statusOf(second, 'http://forged.example/')).toBe(403);
  expect(readFileSync(cache, 'utf8')).toContain('"department":"lab"');
});

test('what the commands say of policies never comes from there', async () => {
  const cwd = freshFolder(LARGE_POLICY);
  const serve = await startServe({ cwd });
  await serve.end('SIGTERM');
  forge(join(cwd, 'var/policies.cache'), 'host-7.example', 'forged.example');
  const { stdout } = await postern(['explain', 'http://host-7.example/', '--department', 'trade'], { cwd });
  expect(stdout).toContain('many');
});
