import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import type { CompiledFolder } from '../../src/policy-store/load.ts';
import { loadFolder } from '../../src/policy-store/load.ts';
import { compileSnapshot, type PolicySnapshot, snapshotOf } from '../../src/policy-store/snapshot.ts';
import { ask, NOW, unwrap } from '../policy/support.ts';
import { folderWith } from '../support/temp-dir.ts';

const OFFICE = `department: office
title: Office
default: allow
rules:
  - { id: games, block: { categories: [games] } }
  - { id: ban, block: { domains: [deepseek.com], patterns: ['^ai[0-9]+\\.'] } }
`;

/** Enough names for the lists to be read in a thread, and to be kept. */
const GAMES = Array.from({ length: 20_000 }, (_, number) => `game-${number}.example\n`).join('');

async function office(): Promise<{ folder: string; compiled: CompiledFolder }> {
  const folder = folderWith({ 'office.yaml': OFFICE, 'lists/games.txt': `${GAMES}192.0.2.0/24\n` });
  return { folder, compiled: unwrap(await loadFolder(folder, NOW)) };
}

/** What another process gets of it. */
const sent = (snapshot: PolicySnapshot): PolicySnapshot => deserialize(serialize(snapshot)) as PolicySnapshot;

describe('a snapshot of policies', () => {
  test('decides in another process as they do, under the same version', async () => {
    const { compiled } = await office();
    const policies = unwrap(compileSnapshot(sent(snapshotOf(compiled))));
    expect(policies.version).toBe(compiled.policies.version);
    for (const host of ['game-19999.example', 'a.deepseek.com', 'ai7.example.org', 'www.korea.kr']) {
      const url = `https://${host}/`;
      expect(ask(policies, url)).toBe(ask(compiled.policies, url));
    }
    expect(ask(policies, 'https://game-7.example/')).toBe('block by rule games');
    expect(ask(policies, 'https://game-20000.example/')).toBe('forward by default');
  });

  test('needs nothing of the folder any more', async () => {
    const { folder, compiled } = await office();
    const snapshot = sent(snapshotOf(compiled));
    rmSync(join(folder), { recursive: true });
    expect(unwrap(compileSnapshot(snapshot)).version).toBe(compiled.policies.version);
  });

  test('that is another one than it says is never taken', async () => {
    const { compiled } = await office();
    const [file = { name: '', text: '' }] = snapshotOf(compiled).files;
    const forged = { ...snapshotOf(compiled), files: [{ ...file, text: `${file.text}# more\n` }] };
    expect(() => compileSnapshot(forged)).toThrow(/came out as/);
  });
});
