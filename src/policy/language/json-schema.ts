import { z } from 'zod';
import { baseSchema, departmentSchema, without } from './schema.ts';

/** A JSON Schema of draft-07, which is what editors read best: yaml-language-server checks and completes from it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a schema is called, and what editors say of the whole file. */
export type SchemaHead = { readonly name: string; readonly title: string; readonly description: string };

/**
 * What a file may say, before defaults and conversions. It accepts whatever `schema` accepts, and more: what takes a
 * parser to find, such as a public suffix or an unknown service, is left to `postern check`.
 */
export function jsonSchemaOf(schema: z.ZodType, { name, title, description }: SchemaHead): JsonSchema {
  const { $schema, ...body } = z.toJSONSchema(schema, { io: 'input', target: 'draft-07', override: adapt });
  return { $schema, $id: `urn:postern:schema:${name}`, title, description, ...body };
}

type Node = { readonly zodSchema: z.core.$ZodTypes; readonly jsonSchema: z.core.JSONSchema.BaseSchema };

function adapt({ zodSchema, jsonSchema }: Node): void {
  // Every checker reads a format in its own way; the pattern that zod puts beside it is the one that Postern checks.
  if (jsonSchema.pattern !== undefined) delete jsonSchema.format;
  // Editors would write it behind a key that they complete: `egress: {}`.
  if (zodSchema instanceof z.ZodPrefault) delete jsonSchema.default;
}

const isOptional = (schema: z.ZodType): boolean => schema.safeParse(undefined).success;

/**
 * A file that is either a department or a base, for editors alone: `parse` takes the schema of the one or the other.
 * It is one object with the keys of both, because editors complete badly where a value may have several shapes.
 */
export const policySchema = z
  .strictObject({ ...departmentSchema.shape, ...baseSchema.shape })
  .partial()
  .meta({
    if: { required: ['base'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
    then: without(
      Object.keys(departmentSchema.shape).filter((key) => !(key in baseSchema.shape)),
      'a base has no such key',
    ),
    else: {
      required: Object.entries(departmentSchema.shape).flatMap(([key, value]) =>
        isOptional(value) ? [] : [key],
      ),
    },
  });
