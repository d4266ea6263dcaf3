import { Ajv, type ErrorObject } from 'ajv';
import fc from 'fast-check';
import type { JsonSchema } from '../../src/policy/language/json-schema.ts';

/** What is wrong with a value, as an editor would find it; nothing when it is good. */
export type Findings = (value: unknown) => readonly string[];

/** A checker that refuses to start with a schema that is not one, or that has words no editor knows. */
export function checkerOf(schema: JsonSchema): Findings {
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  ajv.addVocabulary(['patternErrorMessage', 'errorMessage']); // those of the language servers
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(describeFinding));
}

const describeFinding = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`;

const LETTERS = [...'aZ09.-_*=[]:/%@?#+ \t\n\u00a0\ufeff。한①T', ''];

type Slip = { readonly from: number; readonly length: number; readonly typed: string };

/** The samples, and texts that are a slip or two of the keyboard away from one of them. */
export function near(samples: readonly string[]): fc.Arbitrary<string> {
  const slip = fc.record<Slip>({
    from: fc.nat(60),
    length: fc.nat(2),
    typed: fc.constantFrom(...LETTERS),
  });
  return fc.tuple(fc.constantFrom(...samples), fc.array(slip, { maxLength: 2 })).map(([sample, slips]) =>
    slips.reduce((text, { from, length, typed }) => {
      const at = from % (text.length + 1);
      return text.slice(0, at) + typed + text.slice(at + length);
    }, sample),
  );
}
