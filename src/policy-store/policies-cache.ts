import { hash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Reading, readUnchanged } from '../files/read-unchanged.ts';
import { replaceFile } from '../files/replace-file.ts';
import { keyOfText, type ParsedPolicies, type Remembered } from '../policy/parse.ts';
import { memoryOf, type YamlMemory } from '../policy/yaml/yaml-memory.ts';
import { PARSER_VERSION } from './parser-version.ts';

/**
 * What the YAML of policies says, for the next start: a line with the SHA-256 of all that follows, then JSON. It lies
 * in the state folder, not beside the policies, and is taken from nobody but the proxy's own user and root: whoever may
 * write policies must not be able to have others in force than the files show.
 */
const READING: Reading = {
  maxBytes: 2 ** 28,
  writers: 'own',
  noun: 'cache',
  tooLargeHint: 'delete it',
  changedHint: 'read it again',
};

/** For the proxy's own user. */
const ACCESS = { mode: 0o600 };

/** What is smaller is parsed as quickly as it is remembered. */
const MIN_TEXT_CHARACTERS = 50_000;

/** To be raised with every change to `src/policy/yaml` or to this layout. */
const FORMAT = 2;

type Kept = {
  readonly format: number;
  readonly parser: string;
  readonly files: Readonly<Record<string, YamlMemory>>;
};

/** What was kept; nothing when nothing can be relied on. */
export function readPoliciesCache(path: string | undefined): Remembered {
  if (path === undefined) return new Map();
  try {
    const bytes = readUnchanged(path, READING);
    const text = bytes.ok ? Buffer.from(bytes.value).toString() : '';
    const end = text.indexOf('\n');
    const json = text.slice(end + 1);
    if (end < 0 || hash('sha256', json) !== text.slice(0, end)) return new Map();
    const { format, parser, files } = JSON.parse(json) as Kept;
    return new Map(format === FORMAT && parser === PARSER_VERSION ? Object.entries(files) : []);
  } catch {
    return new Map(); // missing, unreadable or of a wrong shape: the policies themselves are there
  }
}

/**
 * Replaces the cache in one step, when it is not up to date; takes it away when nothing is worth keeping. Never throws:
 * where no file can be written there is none, and the next start parses the policies once more.
 */
export function writePoliciesCache(
  path: string | undefined,
  sources: ParsedPolicies['sources'],
  remembered: Remembered,
): void {
  if (path === undefined) return;
  try {
    const files = memoriesOf(sources);
    if (files.size === 0) rmSync(path, { force: true });
    else if (!isUpToDate(remembered, files)) write(path, files);
  } catch {
    // The policies are in force all the same.
  }
}

function memoriesOf(sources: ParsedPolicies['sources']): Remembered {
  const size = sources.reduce((sum, { text }) => sum + text.length, 0);
  if (size < MIN_TEXT_CHARACTERS) return new Map();
  const memories = new Map<string, YamlMemory>();
  for (const source of sources) {
    const memory = memoryOf(source);
    if (memory !== undefined) memories.set(keyOfText(source.text), memory);
  }
  return memories;
}

/** A memory that could not be used has been replaced by another one. */
const isUpToDate = (remembered: Remembered, files: Remembered): boolean =>
  remembered.size === files.size && [...files].every(([key, memory]) => remembered.get(key) === memory);

function write(path: string, files: Remembered): void {
  const kept: Kept = { format: FORMAT, parser: PARSER_VERSION, files: Object.fromEntries(files) };
  const json = JSON.stringify(kept);
  const parts = [`${hash('sha256', json)}\n`, json];
  // It would never be read.
  if (parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0) > READING.maxBytes) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  replaceFile(path, parts, ACCESS);
}
