import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, type Command } from 'commander';
import type { z } from 'zod';
import { configSchema } from '../config/schema.ts';
import { jsonSchemaOf, policySchema, type SchemaHead } from '../policy/language/json-schema.ts';
import { catalogSchema } from '../policy/language/schema.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { EXIT, printJson, printProblems, table } from './output.ts';

type SchemaOptions = CommonOptions & { readonly write?: string };

const SCHEMAS: readonly (SchemaHead & { readonly schema: z.ZodType })[] = [
  {
    name: 'policy',
    title: 'Postern policy',
    description: 'A department, or a base that departments extend.',
    schema: policySchema,
  },
  {
    name: 'catalog',
    title: 'Postern catalog',
    description: 'Which domains belong to which service.',
    schema: catalogSchema,
  },
  {
    name: 'config',
    title: 'Postern configuration',
    description: 'The settings of one Postern, postern.yaml.',
    schema: configSchema,
  },
];

export function addSchema(program: Command): void {
  withCommonOptions(program.command('schema'))
    .addArgument(
      new Argument('[name]', 'which one (default: list them)').choices(SCHEMAS.map(({ name }) => name)),
    )
    .description('print the JSON Schemas by which editors check and complete policies and configuration')
    .option('--write <dir>', 'write all of them to a folder, as policy.schema.json and so on')
    .action(printSchema);
}

function printSchema(name: string | undefined, { write, json = false }: SchemaOptions): void {
  const chosen = SCHEMAS.find((known) => known.name === name);
  if (write !== undefined) writeSchemas(write, json);
  else if (chosen !== undefined) process.stdout.write(textOf(chosen));
  else if (json) printJson({ ok: true, schemas: SCHEMAS.map(headOf) });
  else
    process.stdout.write(`${table(SCHEMAS.map(({ name: known, description }) => [known, description]))}\n`);
}

function writeSchemas(folder: string, json: boolean): void {
  const files = SCHEMAS.map((known) => ({
    path: join(folder, `${known.name}.schema.json`),
    text: textOf(known),
  }));
  try {
    mkdirSync(folder, { recursive: true });
    for (const { path, text } of files) writeFileSync(path, text);
  } catch (error) {
    const hint = 'name a folder that you may write to';
    printProblems([{ at: folder, problem: (error as Error).message, hint }], json);
    process.exitCode = EXIT.problems;
    return;
  }
  if (json) printJson({ ok: true, files: files.map(({ path }) => path) });
  else for (const { path } of files) process.stdout.write(`wrote ${path}\n`);
}

const textOf = ({ schema, ...head }: (typeof SCHEMAS)[number]): string =>
  `${JSON.stringify(jsonSchemaOf(schema, head), null, 2)}\n`;

const headOf = ({ name, title, description }: SchemaHead): SchemaHead => ({ name, title, description });
