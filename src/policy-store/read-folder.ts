import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import type { Fault, Reading } from '../files/read-unchanged.ts';
import { readWithinFolder } from '../files/within-folder.ts';
import type { PolicyFile } from '../policy/parse.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { MAX_YAML_CHARACTERS } from '../policy/yaml/yaml-source.ts';

/** A country has a few dozen ministries; a folder of more files than this is another folder. */
const MAX_POLICY_FILES = 5_000;
/** Of folders in one another: what is deeper is a mistake, such as a folder copied into itself. */
const MAX_FOLDER_DEPTH = 20;
/** UTF-8 takes at most three bytes for a character of JavaScript's, and a mark may stand before them all. */
const MAX_FILE_BYTES = MAX_YAML_CHARACTERS * 3 + 3;

const POLICY_FILE: Reading = {
  maxBytes: MAX_FILE_BYTES,
  noun: 'file',
  tooLargeHint: `a policy file is text of at most ${Math.floor(MAX_FILE_BYTES / 1e6)} MB`,
  changedHint: 'save it again, or reload',
};

/** Every `.yaml` and `.yml` file in the folder and below it, by names such as `policies/catalog/ai.yaml`. */
export function readPolicyFolder(folder: string): Result<readonly PolicyFile[]> {
  const problems: Problem[] = [];
  const files: PolicyFile[] = [];
  const nameOf = (path: string): string => [basename(folder), ...relative(folder, path).split(sep)].join('/');
  try {
    const root = realpathSync(folder);
    const paths = yamlFilesBelow(folder);
    if (!paths.ok) return fail([{ at: nameOf(paths.error.path), ...paths.error.fault }]);
    for (const path of paths.value) {
      const text = readText(root, path);
      if (text.ok) files.push({ name: nameOf(path), text: text.value });
      else problems.push({ at: nameOf(path), ...text.error });
    }
  } catch (error) {
    const problem = `the policies cannot be read: ${(error as Error).message}`;
    const isFile = (error as NodeJS.ErrnoException).code === 'ENOTDIR';
    const hint = isFile
      ? 'name the folder, not a file in it'
      : 'name the policy folder with --policies, or create it';
    return fail([{ at: folder, problem, hint }]);
  }
  return problems.length > 0 ? fail(problems) : succeed(files);
}

type Refusal = { readonly path: string; readonly fault: Fault };

/** Sorted, so that problems come in the same order everywhere. */
function yamlFilesBelow(folder: string): Result<readonly string[], Refusal> {
  const paths: string[] = [];
  for (const entry of entriesBelow(folder, 0)) {
    if (typeof entry !== 'string') return fail(entry);
    paths.push(entry);
    if (paths.length > MAX_POLICY_FILES)
      return fail({
        path: entry,
        fault: {
          problem: `the folder holds more than ${MAX_POLICY_FILES} policy files`,
          hint: 'name the policy folder itself, or put several departments together',
        },
      });
  }
  return succeed(paths);
}

/** Hidden names are skipped, as editors leave them. */
function* entriesBelow(folder: string, depth: number): Generator<string | Refusal> {
  if (depth > MAX_FOLDER_DEPTH) {
    const problem = `the folder lies more than ${MAX_FOLDER_DEPTH} folders deep`;
    yield { path: folder, fault: { problem, hint: 'move it up, or out of the policies' } };
    return;
  }
  for (const name of readdirSync(folder).sort()) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry?.isDirectory()) yield* entriesBelow(path, depth + 1);
    // A linked folder is handed on to be refused: to pass it over could lose a department.
    else if (entry?.isSymbolicLink() && leadsToFolder(path)) yield path;
    // What has gone since it was listed is handed on as well, to be told.
    else if (/\.ya?ml$/i.test(name)) yield path;
  }
}

function leadsToFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false; // to nowhere, or in a circle: reading it will tell
  }
}

/** The text of a file in the folder, whose real path `root` is. */
function readText(root: string, path: string): Result<string, Fault> {
  try {
    const bytes = readWithinFolder(root, path, POLICY_FILE);
    return bytes.ok ? succeed(new TextDecoder('utf-8', { fatal: true }).decode(bytes.value)) : bytes;
  } catch (error) {
    if (error instanceof TypeError)
      return fail({ problem: 'the file is not UTF-8', hint: 'save it as UTF-8' });
    return fail({
      problem: `the file cannot be read: ${(error as Error).message}`,
      hint: 'check that it is there and readable',
    });
  }
}
