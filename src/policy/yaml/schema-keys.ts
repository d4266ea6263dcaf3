import { z } from 'zod';

type Path = readonly (string | number)[];

/** The keys that the schema knows at a path: what a misspelt key may have meant. Empty where keys are free. */
export const keysAt = (schema: z.ZodType, path: Path): readonly string[] =>
  schemasAt(schema, path).flatMap((held) => {
    const inner = unwrap(held);
    return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  });

/** What a value at a path is held to: several where it may have several forms, none where nothing is known of it. */
export function schemasAt(schema: z.ZodType, path: Path): readonly z.ZodType[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion)
    return inner.options.flatMap((option) => schemasAt(option as z.ZodType, path));
  const [step, ...rest] = path;
  if (step === undefined) return [schema];
  const next = stepInto(inner, step);
  return next === undefined ? [] : schemasAt(next, rest);
}

/** The schema without the wrappers that do not change its shape. */
export function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? unwrap(schema.in as z.ZodType) : schema;
}

/** The first of a schema's `examples` (JSON Schema's word), or of what it wraps; undefined when it has none. */
export function exampleOf(schema: z.ZodType): unknown {
  const examples = schema.meta()?.examples;
  if (Array.isArray(examples)) return examples[0];
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? exampleOf(schema.unwrap() as z.ZodType) : undefined;
}

function stepInto(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodObject) return schema.shape[step] as z.ZodType | undefined;
  return undefined;
}
