import { basename, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FORMATS, type Format } from '../lists/detect.ts';
import { type ImportRequest, importList, isUrl, type PolicyCheck } from '../lists/import-list.ts';
import { storedLists } from '../lists/list-file.ts';
import { categoriesIn } from '../policy/compile.ts';
import { isIdentifier } from '../policy/identifier.ts';
import { runPolicyTests } from '../policy/policy-tests.ts';
import type { Problem } from '../policy/result.ts';
import { compileFolder } from '../policy-store/load.ts';
import { importedAsJson, importedAsText, statsAsJson, statsAsText } from './list-report.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, err, printJson, printProblems } from './output.ts';

type ImportOptions = CommonOptions & {
  readonly name?: string;
  readonly all?: true;
  readonly format?: Format;
  readonly force?: true;
  readonly subdomains?: true;
  readonly attribute?: string;
  readonly maxSize: number;
  readonly dryRun?: true;
  readonly report?: string;
};

const MEBIBYTE = 1_048_576;
const PROGRESS_INTERVAL_MS = 200;

export function addList(program: Command): void {
  const list = program.command('list').description('category lists: import them, see which there are');
  withCommonOptions(list.command('import'))
    .argument('[source]', 'a URL, a file, a folder, or - for stdin (default: where the list came from)')
    .description('make a category list of a list in another format, or renew it')
    .addOption(
      new Option('--name <name>', 'name of the list in `categories:` (default: of the file)').argParser(
        parseName,
      ),
    )
    .option('--all', 'renew every list that came from a URL')
    .addOption(new Option('--format <format>', 'of the source (default: told by its lines)').choices(FORMATS))
    .option('--subdomains', 'hosts files: block the names below each name too')
    .option('--attribute <name>', 'v2fly lists: only lines with this attribute, such as cn or !cn')
    .addOption(
      new Option('--max-size <MB>', 'how large the list may be, unpacked').default(512).argParser(parseSize),
    )
    .option(
      '--force',
      'replace the list even if it shrinks much, most lines are refused, or the policies no longer load',
    )
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--report <file>', 'write every refused line to a file')
    .action(importLists);
  withCommonOptions(list.command('stats'))
    .description('which lists there are: entries, format, source, age, size')
    .action(stats);
}

async function importLists(source: string | undefined, options: ImportOptions): Promise<void> {
  const json = options.json ?? false;
  const mistake = mistakeIn(source, options);
  if (mistake !== undefined) {
    printProblems([mistake], json);
    process.exitCode = EXIT.usage;
    return;
  }
  const config = configFor(options);
  if (!config.ok) {
    failWith(config.error, json);
    return;
  }
  const { policies } = config.value;
  if (options.all) await renewAll(policies, options);
  else await importOne(requestFor(policies, options.name ?? nameOf(source ?? ''), source, options), json);
}

/** What cannot be meant, whatever the lists are. */
function mistakeIn(source: string | undefined, { name, all, report }: ImportOptions): Problem | undefined {
  if (all && (source !== undefined || name !== undefined || report !== undefined))
    return {
      at: '--all',
      problem: 'it goes with no source, no --name and no --report',
      hint: 'renew one list with --name',
    };
  if (all || name !== undefined) return undefined;
  if (source === undefined)
    return {
      at: 'source',
      problem: 'nothing says what to import',
      hint: 'name a URL or a file; or --name of a list to renew; or --all',
    };
  return isIdentifier(nameOf(source))
    ? undefined
    : { at: '--name', problem: 'the source does not give the list a name', hint: 'name it with --name' };
}

/** `gambling` of `https://lists.example/gambling.txt.gz`. */
function nameOf(source: string): string {
  const path = isUrl(source) ? (URL.parse(source)?.pathname ?? '') : source;
  return basename(path).replace(/(?:\.(?:txt|list|hosts|conf|zone|rpz|gz|zst))+$/, '');
}

function requestFor(
  policies: string,
  name: string,
  source: string | undefined,
  options: ImportOptions,
): ImportRequest {
  const { json, format, attribute, report } = options;
  const now = new Date();
  return {
    listsFolder: listsFolderOf(policies),
    name,
    source,
    format,
    attribute,
    report,
    subdomains: options.subdomains ?? false,
    force: options.force ?? false,
    dryRun: options.dryRun ?? false,
    maxBytes: options.maxSize * MEBIBYTE,
    now,
    checkPolicies: () => checkPolicies(policies, name, now.getTime()),
    ...(json ? {} : { onProgress: progressOf(name) }),
  };
}

const listsFolderOf = (policies: string): string => join(policies, 'lists');

/** As a start of Postern would, and whether anything in the policies names the list. */
async function checkPolicies(folder: string, name: string, now: number): Promise<PolicyCheck> {
  const compiled = await compileFolder(folder);
  if (!compiled.ok) return { problems: compiled.error, isNamed: false };
  const { parsed, policies } = compiled.value;
  return { problems: runPolicyTests(policies, now), isNamed: categoriesIn(parsed).has(name) };
}

/** On a terminal a line that counts; elsewhere only that it began, for the end says the rest. */
function progressOf(name: string): (bytes: number, lines: number) => void {
  if (!process.stderr.isTTY) {
    process.stderr.write(`${name}: reading\n`);
    return () => {};
  }
  let last = 0;
  return (bytes, lines) => {
    if (Date.now() - last < PROGRESS_INTERVAL_MS) return;
    last = Date.now();
    const read = `${(bytes / MEBIBYTE).toFixed(1)} MB, ${lines.toLocaleString('en')} lines`;
    process.stderr.write(`\r${err.dim(`${name}: ${read}`)}\u001b[K`);
  };
}

async function importOne(request: ImportRequest, json: boolean): Promise<void> {
  const imported = await importList(request);
  endProgress(request, json, imported.ok);
  if (!imported.ok) failWith(imported.error, json);
  else if (json) printJson({ ok: true, ...importedAsJson(imported.value) });
  else process.stdout.write(importedAsText(imported.value));
}

function endProgress({ name }: ImportRequest, json: boolean, isGood: boolean): void {
  if (json) return;
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  else process.stderr.write(`${name}: ${isGood ? 'done' : 'not imported'}\n`);
}

/** One list that cannot be renewed does not hold up the others. */
async function renewAll(policies: string, options: ImportOptions): Promise<void> {
  const json = options.json ?? false;
  const results: object[] = [];
  let isGood = true;
  for (const { name, header } of storedLists(listsFolderOf(policies))) {
    if (header?.source === undefined || !isUrl(header.source)) continue;
    const request = requestFor(policies, name, undefined, options);
    const imported = await importList(request);
    isGood &&= imported.ok;
    endProgress(request, json, imported.ok);
    if (imported.ok) results.push({ ok: true, ...importedAsJson(imported.value) });
    else results.push({ ok: false, name, problems: imported.error });
    if (json) continue;
    if (imported.ok) process.stdout.write(importedAsText(imported.value));
    else printProblems(imported.error, false);
  }
  if (json) printJson({ ok: isGood, lists: results });
  else if (results.length === 0) process.stdout.write('no list came from a URL: there is nothing to renew\n');
  process.exitCode = isGood ? EXIT.good : EXIT.problems;
}

function stats(options: CommonOptions): void {
  const json = options.json ?? false;
  const config = configFor(options);
  if (!config.ok) {
    failWith(config.error, json);
    return;
  }
  const folder = listsFolderOf(config.value.policies);
  try {
    const lists = storedLists(folder);
    if (json) printJson({ ok: true, lists: lists.map(statsAsJson) });
    else process.stdout.write(statsAsText(lists, new Date()));
  } catch (error) {
    const problem = `the lists cannot be read: ${(error as Error).message}`;
    failWith([{ at: folder, problem, hint: 'check that it is a folder, and readable' }], json);
  }
}

function failWith(problems: readonly Problem[], json: boolean): void {
  printProblems(problems, json);
  process.exitCode = EXIT.problems;
}

function parseName(text: string): string {
  if (!isIdentifier(text))
    throw new InvalidArgumentError(
      'Use lower-case letters, digits and `-`, beginning with a letter or digit.',
    );
  return text;
}

function parseSize(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Write a number of MB, such as 512.');
  return Number(text);
}
