import type { z } from 'zod';
import { fail, type Problem, type Result, succeed } from './result.ts';
import {
  type BaseFile,
  baseSchema,
  type CatalogFile,
  catalogSchema,
  type DepartmentFile,
  departmentSchema,
} from './schema.ts';
import { type Located, readYaml } from './yaml-source.ts';

/** A policy file as text; `name` is how messages and the log call it, such as `policies/trade-ministry.yaml`. */
export type PolicyFile = { readonly name: string; readonly text: string };

/** The files of a policy folder, checked one by one; `compile` puts them together. */
export type ParsedPolicies = {
  readonly departments: readonly Located<DepartmentFile>[];
  readonly bases: readonly Located<BaseFile>[];
  readonly catalogs: readonly Located<CatalogFile>[];
};

/** Parses every file and reports the problems of all of them. Files in a `catalog` folder are catalogs. */
export function parsePolicies(files: readonly PolicyFile[]): Result<ParsedPolicies> {
  const problems: Problem[] = [];
  const read = <T>(file: PolicyFile, schema: z.ZodType<T>, into: Located<T>[]): void => {
    const result = readYaml(file.name, file.text, schema);
    if (result.ok) into.push(result.value);
    else problems.push(...result.error);
  };
  const departments: Located<DepartmentFile>[] = [];
  const bases: Located<BaseFile>[] = [];
  const catalogs: Located<CatalogFile>[] = [];
  for (const file of files) {
    if (/(?:^|\/)catalog\//.test(file.name)) read(file, catalogSchema, catalogs);
    else if (/^base\s*:/m.test(file.text)) read(file, baseSchema, bases);
    else read(file, departmentSchema, departments);
  }
  return problems.length > 0 ? fail(problems) : succeed({ departments, bases, catalogs });
}
