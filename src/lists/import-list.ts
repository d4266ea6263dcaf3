import { once } from 'node:events';
import { createWriteStream, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isIdentifier } from '../policy/identifier.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { type Format, NO_LINES_HINT } from './detect.ts';
import { DOWNLOAD_LIMITS, type DownloadLimits, download, type Validators } from './download.ts';
import { SourceFault } from './fault.ts';
import type { Refusal } from './gather.ts';
import { keepFile } from './keep-file.ts';
import { listPath, type StoredList, storedList, writeList } from './list-file.ts';
import { type Input, type ReadList, type ReadOptions, readList } from './read.ts';

export type ImportRequest = {
  readonly listsFolder: string;
  readonly name: string;
  /** A URL, a path or `-`; undefined to renew the list from where it came. */
  readonly source: string | undefined;
  readonly format: Format | undefined;
  readonly subdomains: boolean;
  readonly attribute: string | undefined;
  readonly maxBytes: number;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** A file for all refused lines. */
  readonly report: string | undefined;
  readonly now: Date;
  /** Asked before the list is replaced and after. */
  readonly checkPolicies: () => Promise<PolicyCheck>;
  readonly onProgress?: (bytes: number, lines: number) => void;
  readonly limits?: DownloadLimits;
};

/** How the policies stand with the lists of the folder as they are. */
export type PolicyCheck = {
  /** Why they would not go live, failed tests among it; empty when they would. */
  readonly problems: readonly Problem[];
  /** Whether a rule or an exception names the list; false when the policies cannot be read. */
  readonly isNamed: boolean;
};

export type Imported =
  | { readonly outcome: 'unchanged'; readonly name: string; readonly path: string; readonly entries: number }
  | (Read & { readonly outcome: 'dry-run' })
  | (Read & { readonly outcome: 'written'; readonly effect: Effect });

type Read = {
  readonly name: string;
  readonly path: string;
  readonly list: ReadList;
  readonly before: number | undefined;
};

/** How the policies stood with the old list, and stand with the new one. */
export type Effect = { readonly before: PolicyCheck; readonly after: PolicyCheck };

/** Imports a list, or says why the old one stays, byte for byte. */
export async function importList(request: ImportRequest): Promise<Result<Imported>> {
  const at = request.source ?? request.name;
  try {
    const stored = storedList(request.listsFolder, request.name);
    return await importFrom(withStored(request, stored), stored);
  } catch (error) {
    if (error instanceof SourceFault) return fail([{ at, problem: error.message, hint: error.hint }]);
    if ((error as NodeJS.ErrnoException).code === undefined) throw error; // not of the file system: a bug
    return fail([{ at, problem: (error as Error).message, hint: 'the list stays as it was' }]);
  }
}

type Settled = Omit<ImportRequest, 'source'> & { readonly source: string };

/** What the request leaves open is as it was at the last import. */
function withStored(request: ImportRequest, stored: StoredList | undefined): Settled {
  if (request.source !== undefined) return { ...request, source: sourceText(request.source) };
  const header = stored?.header;
  if (header?.source === undefined)
    throw new SourceFault(
      stored === undefined ? 'there is no such list yet' : 'the list does not say where it came from',
      'name a URL or a file to import it from',
    );
  return {
    ...request,
    source: header.source,
    format: request.format ?? header.format,
    subdomains: request.subdomains || header.subdomains === true,
    attribute: request.attribute ?? header.attribute,
  };
}

export const isUrl = (source: string): boolean => /^https?:\/\//i.test(source);

/** A path is absolute, so that a later import finds the file from anywhere. */
function sourceText(source: string): string {
  if (source === '-' || isUrl(source)) return source;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source))
    throw new SourceFault(
      'only http and https addresses can be fetched',
      'fetch it with another tool, and import the file',
    );
  const path = resolve(source);
  if (!existsSync(path))
    throw new SourceFault(
      'there is no such file',
      isIdentifier(source) ? `to renew a list write --name ${source}` : 'check the path',
    );
  return path;
}

async function importFrom(request: Settled, stored: StoredList | undefined): Promise<Result<Imported>> {
  const { name, source } = request;
  const path = listPath(request.listsFolder, name);
  const opened = await openSource(request, stored);
  if (opened === 'unchanged')
    return succeed({ outcome: 'unchanged', name, path, entries: stored?.entries ?? 0 });
  const list = await readReporting(opened.input, request);
  const problem = guard(request, list, stored);
  if (problem !== undefined) return fail([{ at: source, ...problem }]);
  const before = stored?.entries;
  if (request.dryRun) return succeed({ outcome: 'dry-run', name, path, list, before });
  const { subdomains, attribute, now } = request;
  const header = {
    ...(opened.isLasting ? { source } : {}),
    format: list.format,
    imported: now.toISOString().replace(/\.\d+Z$/, 'Z'),
    ...opened.validators,
    ...(subdomains ? { subdomains: true as const } : {}),
    ...(attribute === undefined ? {} : { attribute }),
  };
  const put = await putInPlace(request, path, () => writeList(path, name, header, list.entries));
  return put.ok ? succeed({ outcome: 'written', name, path, list, before, effect: put.value }) : put;
}

/** Writes the list, unless the policies then no longer load: the next start would fail by it. */
async function putInPlace(
  { source, force, checkPolicies }: Settled,
  path: string,
  write: () => void,
): Promise<Result<Effect>> {
  const before = await checkPolicies();
  const old = keepFile(path);
  try {
    write();
    const after = await checkPolicies();
    const [problem, ...more] = after.problems;
    if (problem === undefined || before.problems.length > 0 || force) return succeed({ before, after });
    old.putBack();
    const others = more.length === 0 ? '' : `, and ${more.length} more`;
    return fail([
      {
        at: source,
        problem: `the policies no longer load with it: ${problem.at} ${problem.problem}${others}`,
        hint: 'the list stays as it was; mend the rule or the test and import again; --force keeps it',
      },
    ]);
  } catch (error) {
    old.putBack();
    throw error;
  } finally {
    old.forget();
  }
}

type Opened = {
  readonly input: Input;
  readonly validators: Validators;
  /** Whether it can be read again: a pipe cannot. */
  readonly isLasting: boolean;
};

async function openSource(request: Settled, stored: StoredList | undefined): Promise<Opened | 'unchanged'> {
  const { source } = request;
  if (source === '-')
    return { input: { kind: 'stream', bytes: process.stdin }, validators: {}, isLasting: false };
  if (!isUrl(source)) {
    const stats = statSync(source, { throwIfNoEntry: false });
    if (stats === undefined)
      throw new SourceFault(
        'the file that it came from is not there any more',
        'name the file that it is now',
      );
    const kind = stats.isDirectory() ? 'folder' : 'file';
    return { input: { kind, path: source }, validators: {}, isLasting: stats.isFile() || kind === 'folder' };
  }
  const url = URL.parse(source);
  if (url === null) throw new SourceFault('it is not a valid URL', 'check its spelling');
  if (url.username !== '' || url.password !== '')
    throw new SourceFault(
      'the URL carries a password',
      'fetch the list with another tool, and import the file',
    );
  const fetched = await download(source, knownValidators(request, stored), request.limits ?? DOWNLOAD_LIMITS);
  return fetched.kind === 'unchanged'
    ? 'unchanged'
    : { input: { kind: 'stream', bytes: fetched.bytes }, validators: fetched.validators, isLasting: true };
}

/** Only where the same list was read in the same way may "unchanged" mean that nothing is to be done. */
function knownValidators(request: Settled, stored: StoredList | undefined): Validators {
  const header = stored?.header;
  const isSame =
    !request.force &&
    header?.source === request.source &&
    (request.format === undefined || header.format === request.format) &&
    (header.subdomains ?? false) === request.subdomains &&
    header.attribute === request.attribute;
  if (!isSame) return {};
  const { etag, lastModified } = header;
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

async function readReporting(input: Input, request: Settled): Promise<ReadList> {
  const { format, subdomains, attribute, maxBytes, name, onProgress } = request;
  const options: ReadOptions = {
    format,
    subdomains,
    attribute,
    maxBytes,
    name,
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  if (request.report === undefined) return readList(input, options);
  const report = createWriteStream(request.report);
  await once(report, 'open');
  const onRefusal = ({ file, line, text, why }: Refusal): void => {
    report.write(`${file === undefined ? '' : `${file}:`}${line}\t${why}\t${printable(text)}\n`);
  };
  try {
    return await readList(input, { ...options, onRefusal });
  } finally {
    report.end();
    await once(report, 'close');
  }
}

/** Others' bytes go to terminals: control characters and what turns the text about must not act there. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');

type Fault = Omit<Problem, 'at'>;

/** What must not replace a list, unless a person insists. */
function guard({ force }: Settled, list: ReadList, stored: StoredList | undefined): Fault | undefined {
  const { entries, counts, reasons, format } = list;
  const [mostly] = reasons;
  const because = mostly === undefined ? '' : `; mostly: ${mostly[0]} (${mostly[1]})`;
  if (entries.length === 0)
    return {
      problem: `read as ${format}, it gives no entry${because}`,
      hint: counts.items === counts.comments ? NO_LINES_HINT : 'name its format with --format',
    };
  if (force) return undefined;
  if (stored !== undefined && stored.header === undefined)
    return {
      problem: 'a list of this name is there, and was not imported',
      hint: 'choose another --name, or --force',
    };
  const honoured = counts.items - counts.comments - counts.boilerplate - counts.filtered - counts.refused;
  if (counts.refused > honoured)
    return {
      problem: `of its lines ${counts.refused} are refused and ${honoured} honoured: is it really ${format}?${because}`,
      hint: 'name its format with --format, or take what there is with --force',
    };
  if (stored !== undefined && entries.length * 3 < stored.entries * 2)
    return {
      problem: `it shrank from ${stored.entries} entries to ${entries.length}`,
      hint: 'if that is right, import it with --force',
    };
  return undefined;
}
