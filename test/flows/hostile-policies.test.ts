import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { request } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { BLOCKING_POLICY, startProxy } from '../support/proxy.ts';

const ALIAS_BOMB = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...[...'bcdefghi'].map(
    (name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`,
  ),
].join('\n');

const inFile =
  (content: string | Buffer) =>
  (path: string): void =>
    writeFileSync(path, content);

const sparse =
  (bytes: number) =>
  (path: string): void => {
    writeFileSync(path, '');
    truncateSync(path, bytes);
  };

const HOSTILE: readonly [name: string, save: (path: string) => void, problem: RegExp][] = [
  ['an alias bomb', inFile(ALIAS_BOMB), /more than 50000 values/],
  ['a hundred thousand brackets', inFile('['.repeat(100_000)), /nested too deeply/],
  ['a file of a gigabyte', sparse(1_000_000_000), /the file is 1000 MB large/],
  ['a million errors', inFile(']\n'.repeat(490_000)), /Unexpected|too large/],
  ['a NUL', inFile('department: bad\0\n'), /NUL byte/],
  ['`__proto__`', inFile('department: bad\ntitle: Bad\n__proto__: { x: y }\n'), /unknown key `__proto__`/],
  ['a link out of the folder', (path) => symlinkSync('/etc/passwd', path), /leads out of the policy folder/],
  ['bytes that are no text', inFile(Buffer.from([0xc2, 0xf7])), /not UTF-8/],
];

// Covers: EV-38; EV-13
test.each(HOSTILE)(
  '%s in the folder is refused in clear words, and the running policies stay',
  {
    timeout: 30_000,
  },
  async (_name, save, problem) => {
    const origin = await startHttpOrigin((_, response) => response.end('fine'));
    const proxy = await startProxy({ policies: { 'office.yaml': BLOCKING_POLICY } });
    save(join(proxy.dir, 'policies', 'hostile.yaml'));

    const refused = await vi.waitFor(
      () => {
        const found = proxy.announcements.find(({ kind }) => kind === 'reload-refused');
        if (found?.kind !== 'reload-refused') throw new Error('not refused yet');
        return found;
      },
      { timeout: 20_000, interval: 20 },
    );
    expect(refused.problems[0]).toEqual({
      at: expect.stringMatching(/^policies\/hostile\.yaml/),
      problem: expect.stringMatching(problem),
      hint: expect.stringMatching(/./),
    });
    expect(proxy.announcements.filter(({ kind }) => kind === 'reloaded')).toEqual([]);
    expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
    expect((await request(proxy.port, `http://allowed.test:${origin.port}/`)).status).toBe(200);
  },
);
