import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { languageOfFile, parseLanguage } from '../block-page/language-file.ts';
import { parseLogo } from '../block-page/logo.ts';
import { DEFAULT_PAGE, type Look } from '../block-page/look.ts';
import { parseTemplate } from '../block-page/page-template.ts';
import type { Config } from '../config/load.ts';
import { type Reading, readUnchanged } from '../files/read-unchanged.ts';
import { isIdentifier } from '../policy/identifier.ts';
import { nearest } from '../policy/nearest.ts';
import type { PolicySet } from '../policy/policy.ts';
import { fail, inFileOrder, type Problem, type Result, succeed } from '../policy/result.ts';

/** How pages look, and what is wrong with the files that say so: what is broken is left out, and what is built in stands in. */
export type ReadLook = { readonly look: Look; readonly problems: readonly Problem[] };

/** Each page that is kept holds its template's text. */
const MAX_TEMPLATE_BYTES = 32_768;
const MAX_LANGUAGE_BYTES = 131_072;

const TEMPLATE_FILE = /\.html?$/i;
const LANGUAGE_FILE = /\.ya?ml$/i;

/** How the files of a folder become what pages are made of. `hint`: how a file is to be called. */
type Reader<T> = {
  readonly nameOf: (file: string) => string | undefined;
  readonly hint: string;
  readonly parse: (path: string) => Result<T>;
};

/** Reads the files that `blockPage` names. */
export function readLook({ blockPage }: Pick<Config, 'blockPage'>): ReadLook {
  const problems: Problem[] = [];
  const keep = <T>(result: Result<T>): T | undefined => {
    if (result.ok) return result.value;
    problems.push(...result.error);
    return undefined;
  };
  const readAll = <T>(
    folder: string | undefined,
    ending: RegExp,
    { nameOf, hint, parse }: Reader<T>,
  ): Readonly<Record<string, T>> => {
    const files = folder === undefined ? [] : (keep(filesIn(folder, ending)) ?? []);
    const read = files.flatMap((file) => {
      const path = join(folder ?? '', file);
      const name = nameOf(file);
      if (name === undefined)
        problems.push({ at: path, problem: 'the file has no name to be called by', hint });
      const value = name === undefined ? undefined : keep(parse(path));
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    });
    return Object.fromEntries(read);
  };
  const { templates, languages, logo, requestUrl } = blockPage;
  const look: Look = {
    templates: readAll(templates, TEMPLATE_FILE, {
      nameOf: templateName,
      hint: 'use lower-case letters, digits and `-`, such as finance.html',
      parse: (path) => parseText(path, MAX_TEMPLATE_BYTES, (text) => parseTemplate(path, text)),
    }),
    languages: readAll(languages, LANGUAGE_FILE, {
      nameOf: languageOfFile,
      hint: 'call it by its language, such as ja.yaml or pt-BR.yaml',
      parse: (path) => parseText(path, MAX_LANGUAGE_BYTES, (text) => parseLanguage(path, text)),
    }),
    logo: logo === undefined ? undefined : keep(readLogo(logo)),
    requestUrl,
  };
  return { look, problems };
}

/** Templates that policies name and nobody has written. One that is broken is there, and told of by `readLook`. */
export function unknownPages(
  { departments }: PolicySet,
  { blockPage: { templates } }: Pick<Config, 'blockPage'>,
): readonly Problem[] {
  const files = templates === undefined ? succeed([]) : filesIn(templates, TEMPLATE_FILE);
  if (!files.ok) return [];
  const known = files.value.flatMap((file) => templateName(file) ?? []);
  const named = [...departments.values()].flatMap(({ page, at, rules }) => [{ page, at }, ...rules]);
  const problems = named.flatMap(({ page, at }) =>
    page === undefined || page === DEFAULT_PAGE || known.includes(page)
      ? []
      : [unknownPage(page, at, known, templates)],
  );
  return inFileOrder(problems);
}

function unknownPage(
  page: string,
  at: string,
  known: readonly string[],
  folder: string | undefined,
): Problem {
  const problem = `there is no template for \`page: ${page}\``;
  if (folder === undefined)
    return { at, problem, hint: 'name the folder of templates: `blockPage.templates`' };
  const near = nearest(page, known);
  return {
    at,
    problem,
    hint: near === undefined ? `add ${join(folder, `${page}.html`)}` : `did you mean \`${near}\`?`,
  };
}

/** `finance.html` → `finance`. */
function templateName(file: string): string | undefined {
  const name = file.endsWith('.html') ? file.slice(0, -'.html'.length) : '';
  return isIdentifier(name) ? name : undefined;
}

function filesIn(folder: string, ending: RegExp): Result<readonly string[]> {
  try {
    return succeed(
      readdirSync(folder)
        .filter((file) => ending.test(file))
        .toSorted(),
    );
  } catch (error) {
    return fail([unreadable(folder, error)]);
  }
}

function parseText<T>(path: string, maxBytes: number, parse: (text: string) => Result<T>): Result<T> {
  const bytes = readFile(path);
  if (!bytes.ok) return bytes;
  const { length } = bytes.value;
  if (length > maxBytes) {
    const problem = `the file is ${Math.ceil(length / 1024)} kB large`;
    return fail([{ at: path, problem, hint: `shorten it to at most ${maxBytes / 1024} kB` }]);
  }
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.value));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail([{ at: path, problem: 'the file is not UTF-8', hint: 'save it as UTF-8' }]);
  }
}

function readLogo(path: string): Result<string> {
  const bytes = readFile(path);
  return bytes.ok ? parseLogo(path, bytes.value) : bytes;
}

function readFile(path: string): Result<Uint8Array> {
  try {
    // A link is followed, as mounted configuration needs it.
    const bytes = readUnchanged(realpathSync(path), READING);
    return bytes.ok ? bytes : fail([{ at: path, ...bytes.error }]);
  } catch (error) {
    return fail([unreadable(path, error)]);
  }
}

/** Far above what is taken: those have bounds of their own, in kB. */
const READING: Reading = {
  maxBytes: 1_000_000,
  noun: 'file',
  tooLargeHint: 'a page is sent to people one by one: make it small',
  changedHint: 'try again when it has been written',
};

const unreadable = (at: string, error: unknown): Problem => ({
  at,
  problem: `cannot be read: ${(error as Error).message}`,
  hint: 'check the path and its permissions',
});
