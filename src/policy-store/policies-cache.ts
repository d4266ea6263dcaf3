import { hash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readUnchanged } from '../files/read-unchanged.ts';
import { replaceFile } from '../files/replace-file.ts';
import { keyOfText, type Remembered } from '../policy/parse.ts';
import { memorise, type YamlMemory } from '../policy/yaml/yaml-memory.ts';
import type { YamlSource } from '../policy/yaml/yaml-source.ts';

/**
 * What the YAML of policies says, for the next start: a line with the SHA-256 of all that follows, then JSON. It lies
 * in the state folder, not beside the policies: whoever may write policies must not be able to have others in force
 * than the files show.
 */
const READING = { maxBytes: 2 ** 28, noun: 'cache', tooLargeHint: 'delete it', changedHint: 'read it again' };

/** For the proxy's own user. */
const ACCESS = { mode: 0o600 };

/** What is smaller is parsed as quickly as it is remembered. */
const MIN_TEXT = 50_000;

/** What a text says depends on the package that parses it. */
const PARSER_VERSION = hash('sha256', readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

type Kept = { readonly parser: string; readonly files: Readonly<Record<string, YamlMemory>> };

/** What was kept; nothing when nothing can be relied on. */
export function readPoliciesCache(path: string | undefined): Remembered {
  if (path === undefined) return new Map();
  try {
    const bytes = readUnchanged(path, READING);
    const text = bytes.ok ? Buffer.from(bytes.value).toString() : '';
    const end = text.indexOf('\n');
    const json = text.slice(end + 1);
    if (end < 0 || hash('sha256', json) !== text.slice(0, end)) return new Map();
    const { parser, files } = JSON.parse(json) as Kept;
    return new Map(parser === PARSER_VERSION ? Object.entries(files) : []);
  } catch {
    return new Map(); // missing or unreadable: the policies themselves are there
  }
}

/** Replaces the cache in one step, when it is not up to date. Where no file can be written there is none. */
export function writePoliciesCache(
  path: string | undefined,
  sources: readonly YamlSource[],
  remembered: Remembered,
): void {
  const keys = new Set(sources.map(({ text }) => keyOfText(text)));
  const isCurrent = keys.size === remembered.size && [...keys].every((key) => remembered.has(key));
  const size = sources.reduce((sum, { text }) => sum + text.length, 0);
  if (path === undefined || isCurrent || size < MIN_TEXT) return;
  const files = sources.flatMap((source) => {
    const key = keyOfText(source.text);
    const memory = remembered.get(key) ?? memorise(source);
    return memory === undefined ? [] : [[key, memory] as const];
  });
  const json = JSON.stringify({ parser: PARSER_VERSION, files: Object.fromEntries(files) } satisfies Kept);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    replaceFile(path, [`${hash('sha256', json)}\n`, json], ACCESS);
  } catch {
    // The next start parses them once more.
  }
}
