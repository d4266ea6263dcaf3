import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { fail, type Result, succeed } from '../policy/result.ts';
import type { Path } from '../policy/yaml/yaml-places.ts';
import { checkYaml, parseYaml } from '../policy/yaml/yaml-source.ts';
import { configSchema, PATH_SETTINGS } from './schema.ts';
import { type Override, readVariables, variableOf } from './variables.ts';

/** The settings in force; every path is absolute. */
export type Config = z.output<typeof configSchema> & {
  /** Undefined when the built-in defaults run. */
  readonly file: string | undefined;
  /**
   * Where a setting was made: `file:line:col`, of its nearest parent when it is not in the file; or the variable or the
   * flag that goes before the file.
   */
  readonly at: (path: Path) => string;
  /** What the file says; empty when there is none. */
  readonly text: string;
  readonly log: z.output<typeof configSchema>['log'] & { readonly dir: string };
};

export type ConfigSources = {
  /** From `--config`: then this file must be there. */
  readonly file: string | undefined;
  readonly flags: readonly Override[];
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
};

const SYSTEM_FILE = '/etc/postern/postern.yaml';

/**
 * Flag over environment over file over default. Paths in the file, and default paths beside a file, are relative to
 * that file; those of flags and variables to the working directory.
 */
export function loadConfig({ file, flags, environment, cwd }: ConfigSources): Result<Config> {
  const found =
    file ?? [resolve(cwd, 'postern.yaml'), SYSTEM_FILE].find((candidate) => existsSync(candidate));
  const written = found === undefined ? succeed(NOTHING_WRITTEN) : readConfigFile(resolve(cwd, found));
  const variables = readVariables(environment);
  if (!written.ok || !variables.ok)
    return fail([...(written.ok ? [] : written.error), ...(variables.ok ? [] : variables.error)]);

  const base = found === undefined ? cwd : dirname(resolve(cwd, found));
  const plain = withDefaultPaths(written.value.plain, base);
  for (const { path, value } of [...variables.value, ...flags])
    setAt(plain, path, absolute(path, value, cwd));
  const at = placeOf(written.value, variables.value, flags);
  const checked = configSchema.safeParse(plain);
  if (!checked.success)
    return fail(
      checked.error.issues.map((issue) => ({
        at: at(issue.path.filter((step) => typeof step !== 'symbol')),
        problem: issue.message,
        hint: issue.code === 'custom' ? String(issue.params?.hint) : 'see --help',
      })),
    );
  const { log, state } = checked.data;
  const dir = log.dir ?? resolve(state, 'log');
  return succeed({ ...checked.data, file: found, at, text: written.value.text, log: { ...log, dir } });
}

/** What the file says, and where; there may be none, or nothing in it. */
type Written = {
  readonly plain: Record<string, unknown>;
  readonly at: ((path: Path) => string) | undefined;
  readonly text: string;
};

const NOTHING_WRITTEN: Written = { plain: {}, at: undefined, text: '' };

function placeOf(
  { at }: Written,
  variables: readonly Override[],
  flags: readonly Override[],
): (path: Path) => string {
  const isMadeBy = (path: Path) => (override: Override) =>
    override.path.every((step, index) => step === path[index]);
  return (path) => {
    const flag = flags.find(isMadeBy(path));
    if (flag !== undefined) return `--${flag.path.join('.')}`;
    const variable = variables.find(isMadeBy(path));
    if (variable !== undefined) return variableOf(variable.path);
    return at?.(path) ?? path.join('.');
  };
}

function readConfigFile(file: string): Result<Written> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    return fail([
      {
        at: file,
        problem:
          error instanceof TypeError
            ? 'the file is not UTF-8'
            : `cannot be read: ${(error as Error).message}`,
        hint: error instanceof TypeError ? 'save it as UTF-8' : 'check the path and its permissions',
      },
    ]);
  }
  if (text.replace(/#.*$/gm, '').trim() === '') return succeed({ ...NOTHING_WRITTEN, text }); // all commented out: the defaults
  const source = parseYaml(file, text);
  if (!source.ok) return source;
  const checked = checkYaml(source.value, configSchema);
  const { plain, at } = source.value;
  return checked.ok ? succeed({ plain: plain as Record<string, unknown>, at, text }) : checked;
}

function withDefaultPaths(written: Record<string, unknown>, base: string): Record<string, unknown> {
  const plain = { policies: './policies', certs: './certs', state: './var', ...structuredClone(written) };
  for (const path of PATH_SETTINGS) resolveAt(plain, path, base);
  return plain;
}

/** Makes a path absolute where one stands; what else may stand there is for the schema to refuse. */
function resolveAt(parent: unknown, [key, ...rest]: readonly string[], base: string): void {
  if (key === undefined || typeof parent !== 'object' || parent === null) return;
  if (key === '*') {
    for (const entry of Array.isArray(parent) ? parent : []) resolveAt(entry, rest, base);
    return;
  }
  const holder = parent as Record<string, unknown>;
  const value = holder[key];
  if (rest.length > 0) resolveAt(value, rest, base);
  else if (typeof value === 'string') holder[key] = resolve(base, value);
}

function absolute(path: readonly string[], value: unknown, cwd: string): unknown {
  const isPath = PATH_SETTINGS.some((setting) => setting.join('.') === path.join('.'));
  const isEmpty = value === ''; // left for the schema to refuse: resolved, it would be the working directory
  return isPath && typeof value === 'string' && !isEmpty ? resolve(cwd, value) : value;
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) target[key] = value;
  else {
    const child = (target[key] ?? {}) as Record<string, unknown>;
    target[key] = child;
    setAt(child, rest, value);
  }
}
