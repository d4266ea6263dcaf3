import { z } from 'zod';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import type { Path } from '../policy/yaml/yaml-places.ts';
import { checkYaml, parseYaml } from '../policy/yaml/yaml-source.ts';
import type { Words } from './words.ts';
import { ENGLISH } from './words-en.ts';

/** What a text may have in braces, by where it stands; `summary` and `advice` are those of statements. */
const PLACES: readonly (readonly [where: RegExp, names: readonly string[]])[] = [
  [/^site\.named$/, ['host']],
  [/\.(?:summary|advice)$/, ['site', 'client', 'port']],
  [/^origin$/, ['site']],
];

const TEXT = z.string().trim().min(1, 'write a text');

/** The same keys as English has, all of them, and no others. */
function schemaLike(words: object): z.ZodType {
  return z.strictObject(
    Object.fromEntries(
      Object.entries(words).map(([key, value]) => [
        key,
        typeof value === 'string' ? TEXT : schemaLike(value),
      ]),
    ),
  );
}

const { direction: _direction, ...WORDS } = ENGLISH;
const SCHEMA = z
  .strictObject((schemaLike(WORDS) as z.ZodObject).shape)
  .extend({ direction: z.enum(['ltr', 'rtl']).default('ltr') }) as unknown as z.ZodType<Words>;

/** The tag that a file's name gives, as BCP 47 writes it: `ja.yaml` → `ja`. Undefined for what is no language. */
export function languageOfFile(name: string): string | undefined {
  const written = /^([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\.yaml$/i.exec(name)?.[1];
  if (written === undefined) return undefined;
  try {
    return Intl.getCanonicalLocales(written)[0];
  } catch {
    return undefined;
  }
}

/** Reads all that pages say in one more language. `file` is what messages call it. */
export function parseLanguage(file: string, text: string): Result<Words> {
  const source = parseYaml(file, text);
  if (!source.ok) return source;
  const checked = checkYaml(source.value, SCHEMA);
  if (!checked.ok) return checked;
  const { value, at } = checked.value;
  const problems = strayPlaces(value, at);
  return problems.length > 0 ? fail(problems) : succeed(value);
}

function strayPlaces(words: Words, at: (path: Path) => string): readonly Problem[] {
  const problems: Problem[] = [];
  const look = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) look(inner, [...path, key]);
    if (typeof value !== 'string') return;
    const allowed = PLACES.find(([where]) => where.test(path.join('.')))?.[1] ?? [];
    for (const [place, name = ''] of value.matchAll(/\{([^{}]*)\}/g))
      if (!allowed.includes(name))
        problems.push({
          at: at(path),
          problem: `\`${place}\` stands for nothing here`,
          hint:
            allowed.length === 0
              ? 'write words alone'
              : `write ${allowed.map((one) => `{${one}}`).join(' or ')}`,
        });
  };
  look(words, []);
  if (!words.site.named.includes('{host}'))
    problems.push({
      at: at(['site', 'named']),
      problem: 'the host is not named',
      hint: 'write {host} in it',
    });
  return problems;
}
