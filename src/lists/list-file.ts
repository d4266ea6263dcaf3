import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from '../files/replace-file.ts';
import { isIdentifier } from '../policy/identifier.ts';
import { countList, type ListCount } from '../policy/matching/host-list.ts';
import { FORMATS, type Format } from './detect.ts';

/** What the head of an imported list says of it; a list that a person wrote has none. */
export type ListHeader = {
  readonly source?: string;
  readonly format: Format;
  readonly imported: string; // ISO 8601, UTC
  readonly etag?: string;
  readonly lastModified?: string;
  readonly subdomains?: true;
  readonly attribute?: string;
};

/** A list in the folder, as `stats` and the next import see it. */
export type StoredList = ListCount & {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly modified: Date;
  readonly header: ListHeader | undefined;
};

const FIRST_LINE = '# postern list';
const LINES_PER_WRITE = 20_000;

export const listPath = (listsFolder: string, name: string): string => join(listsFolder, `${name}.txt`);

/** The lists of a folder by name; none when the folder is not there. Other failures throw as `node:fs` does. */
export function storedLists(listsFolder: string): readonly StoredList[] {
  return namesIn(listsFolder)
    .filter((file) => file.endsWith('.txt') && isIdentifier(file.slice(0, -4)))
    .toSorted()
    .flatMap((file) => storedList(listsFolder, file.slice(0, -4)) ?? []);
}

/** The list, or undefined when there is none. */
export function storedList(listsFolder: string, name: string): StoredList | undefined {
  const path = listPath(listsFolder, name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) return undefined;
  const text = readFileSync(path);
  return {
    name,
    path,
    bytes: stats.size,
    modified: stats.mtime,
    // Counted, not read from the head: a person may have changed the list since.
    ...countList(text),
    header: parseHeader(text.subarray(0, 8_192).toString()),
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function parseHeader(head: string): ListHeader | undefined {
  const lines = head.split('\n');
  if (lines[0] !== FIRST_LINE) return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    if (!line.startsWith('#')) break;
    const [, key, value] = /^# ([a-z-]+): (.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  const format = FORMATS.find((known) => known === fields.get('format'));
  if (format === undefined) return undefined;
  const optional = (key: string, field: string) =>
    fields.has(field) ? { [key]: fields.get(field) ?? '' } : {};
  return {
    format,
    imported: fields.get('imported') ?? '',
    ...optional('source', 'source'),
    ...optional('etag', 'etag'),
    ...optional('lastModified', 'last-modified'),
    ...optional('attribute', 'attribute'),
    ...(fields.get('subdomains') === 'yes' ? { subdomains: true } : {}),
  };
}

function headerLines(name: string, header: ListHeader, entries: number): readonly string[] {
  const fields = [
    ['name', name],
    ['source', header.source],
    ['format', header.format],
    ['subdomains', header.subdomains ? 'yes' : undefined],
    ['attribute', header.attribute],
    ['imported', header.imported],
    ['etag', header.etag],
    ['last-modified', header.lastModified],
    ['entries', String(entries)],
  ] as const;
  return [
    FIRST_LINE,
    // A value from elsewhere must not become a line of its own.
    ...fields.flatMap(([key, value]) =>
      value === undefined || /[\u0000-\u001f\u007f]/.test(value) ? [] : [`# ${key}: ${value}`],
    ),
  ];
}

/** Writes the list whole or not at all. Throws as `node:fs` does, and then the old list stands as it was. */
export function writeList(path: string, name: string, header: ListHeader, entries: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  // Readable for all: a proxy with a user of its own reads it.
  replaceFile(path, listText(name, header, entries), { mode: 0o644 });
}

function* listText(name: string, header: ListHeader, entries: readonly string[]): Generator<string> {
  yield `${headerLines(name, header, entries.length).join('\n')}\n`;
  for (let at = 0; at < entries.length; at += LINES_PER_WRITE)
    yield `${entries.slice(at, at + LINES_PER_WRITE).join('\n')}\n`;
}
