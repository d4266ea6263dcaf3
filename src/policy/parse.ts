import { hash } from 'node:crypto';
import type { z } from 'zod';
import {
  type BaseFile,
  baseSchema,
  type CatalogFile,
  catalogSchema,
  type DepartmentFile,
  departmentSchema,
} from './language/schema.ts';
import { fail, inFileOrder, type Problem, type Result, succeed } from './result.ts';
import { checkRecalled, type RecalledYaml, recallYaml, type YamlMemory } from './yaml/yaml-memory.ts';
import { checkYaml, type Located, parseYaml, type YamlContent, type YamlSource } from './yaml/yaml-source.ts';

/** A policy file as text; `name` is how messages and the log call it, such as `policies/trade-ministry.yaml`. */
export type PolicyFile = { readonly name: string; readonly text: string };

/** The files of a policy folder, checked one by one; `compile` puts them together. */
export type ParsedPolicies = {
  readonly departments: readonly Located<DepartmentFile>[];
  readonly bases: readonly Located<BaseFile>[];
  readonly catalogs: readonly Located<CatalogFile>[];
  /** All of them, as YAML. */
  readonly sources: readonly (YamlSource | RecalledYaml)[];
};

/** What is kept of files that were parsed before, by `keyOfText`. */
export type Remembered = ReadonlyMap<string, YamlMemory>;

/** The same text has the same key. */
export const keyOfText = (text: string): string => hash('sha256', text);

/**
 * Parses every file and reports the problems of all of them. Files in a `catalog` folder are catalogs. The YAML of
 * what is remembered is not parsed again, but held to the language as any other; where it fails there, the text itself
 * says what is in force or what is wrong.
 */
export function parsePolicies(
  files: readonly PolicyFile[],
  remembered: Remembered = new Map(),
): Result<ParsedPolicies> {
  const problems: Problem[] = [];
  const departments: Located<DepartmentFile>[] = [];
  const bases: Located<BaseFile>[] = [];
  const catalogs: Located<CatalogFile>[] = [];
  const sources: (YamlSource | RecalledYaml)[] = [];
  /** Holds a file to the schema of its kind, and puts it to the others of that kind if `check` says so. */
  const sort = ({ file, plain }: YamlContent, check: Check): boolean => {
    const put = <T>(schema: z.ZodType<T>, into: Located<T>[]): boolean => {
      const checked = check(schema);
      if (checked !== undefined) into.push(checked);
      return checked !== undefined;
    };
    if (/\/catalog\//.test(file)) return put(catalogSchema, catalogs);
    return isBase(plain) ? put(baseSchema, bases) : put(departmentSchema, departments);
  };
  const recall = (name: string, text: string): boolean => {
    const memory = remembered.get(keyOfText(text));
    const source = memory === undefined ? undefined : recallYaml(name, text, memory);
    if (source === undefined || !sort(source, (schema) => checkRecalled(source, schema))) return false;
    sources.push(source);
    return true;
  };
  const parse = (name: string, text: string): void => {
    const source = parseYaml(name, text);
    if (!source.ok) {
      problems.push(...source.error);
      return;
    }
    sources.push(source.value);
    sort(source.value, (schema) => {
      const checked = checkYaml(source.value, schema);
      if (checked.ok) return checked.value;
      for (const problem of checked.error) problems.push(problem); // too many, perhaps, to be arguments
      return undefined;
    });
  };
  for (const { name, text } of files) if (!recall(name, text)) parse(name, text);
  return problems.length > 0
    ? fail(inFileOrder(problems))
    : succeed({ departments, bases, catalogs, sources });
}

type Check = <T>(schema: z.ZodType<T>) => Located<T> | undefined;

const isBase = (plain: unknown): boolean =>
  typeof plain === 'object' &&
  plain !== null &&
  Object.hasOwn(plain, 'base') &&
  !Object.hasOwn(plain, 'department');
