import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Authority, createAuthority, type Problem, type Result } from '../../src/tls/authority.ts';

export const NOW = new Date();
export const DAY = 86_400_000;
export const later = (days: number, from = NOW): Date => new Date(from.getTime() + days * DAY);

/** A directory that goes when the running test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'postern-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function newAuthority(directory = temporaryDirectory(), now = NOW): Authority {
  return unwrap(createAuthority(directory, { now }));
}

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export function problemsOf(result: Result<unknown>): readonly Problem[] {
  if (result.ok) throw new Error('expected problems, and there are none');
  return result.error;
}

/** Writes a key as an operator would hold it, for the tests that need a CA of another making. */
export function writeKey(path: string, key: KeyObject): void {
  writeFileSync(path, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
}

export const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

type Run = { readonly status: number | null; readonly output: string };

function run(command: string, args: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return { status, output: `${stdout}${stderr}` };
}

export const openssl = (...args: readonly string[]): Run => run('openssl', args);
export const keytool = (...args: readonly string[]): Run => run('keytool', args);

export const hasOpenssl = openssl('version').status === 0;
export const hasKeytool = keytool('-help').status === 0;
