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
import { recallYaml, type YamlMemory } from './yaml/yaml-memory.ts';
import { checkYaml, type Located, parseYaml, type YamlSource } from './yaml/yaml-source.ts';

/** A policy file as text; `name` is how messages and the log call it, such as `policies/trade-ministry.yaml`. */
export type PolicyFile = { readonly name: string; readonly text: string };

/** The files of a policy folder, checked one by one; `compile` puts them together. */
export type ParsedPolicies = {
  readonly departments: readonly Located<DepartmentFile>[];
  readonly bases: readonly Located<BaseFile>[];
  readonly catalogs: readonly Located<CatalogFile>[];
  /** All of them, as YAML. */
  readonly sources: readonly YamlSource[];
};

/** What is kept of files that were parsed before, by `keyOfText`. */
export type Remembered = ReadonlyMap<string, YamlMemory>;

/** The same text has the same key. */
export const keyOfText = (text: string): string => hash('sha256', text);

/**
 * Parses every file and reports the problems of all of them. Files in a `catalog` folder are catalogs. The YAML of
 * what is remembered is not parsed again, but held to the language as any other.
 */
export function parsePolicies(
  files: readonly PolicyFile[],
  remembered: Remembered = new Map(),
): Result<ParsedPolicies> {
  const problems: Problem[] = [];
  const departments: Located<DepartmentFile>[] = [];
  const bases: Located<BaseFile>[] = [];
  const catalogs: Located<CatalogFile>[] = [];
  const sources: YamlSource[] = [];
  const check = <T>(source: YamlSource, schema: z.ZodType<T>, into: Located<T>[]): void => {
    sources.push(source);
    const checked = checkYaml(source, schema);
    if (checked.ok) into.push(checked.value);
    else for (const problem of checked.error) problems.push(problem); // too many, perhaps, to be arguments
  };
  for (const { name, text } of files) {
    const memory = remembered.get(keyOfText(text));
    const source = memory === undefined ? parseYaml(name, text) : succeed(recallYaml(name, text, memory));
    if (!source.ok) problems.push(...source.error);
    else if (/\/catalog\//.test(name)) check(source.value, catalogSchema, catalogs);
    else if (isBase(source.value.plain)) check(source.value, baseSchema, bases);
    else check(source.value, departmentSchema, departments);
  }
  return problems.length > 0
    ? fail(inFileOrder(problems))
    : succeed({ departments, bases, catalogs, sources });
}

const isBase = (plain: unknown): boolean =>
  typeof plain === 'object' &&
  plain !== null &&
  Object.hasOwn(plain, 'base') &&
  !Object.hasOwn(plain, 'department');
