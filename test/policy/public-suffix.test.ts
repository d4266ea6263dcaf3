import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseHost } from '../../src/policy/host.ts';
import { suffixParts } from '../../src/policy/public-suffix.ts';
import { host } from './support.ts';

describe('how a name divides at its public suffix', () => {
  test.each([
    ['deepseek.com', 'deepseek.com', 'deepseek'],
    ['a.b.deepseek.com', 'deepseek.com', 'deepseek'],
    ['www.motie.go.kr', 'motie.go.kr', 'motie'],
    ['www.korea.kr', 'korea.kr', 'korea'],
    ['www.city.kobe.jp', 'city.kobe.jp', 'city'],
    ['www.국.한국', 'xn--3e0b.xn--3e0b707e', 'xn--3e0b'],
    ['a.b.internal', 'b.internal', 'b'],
  ])('%s: %s', (name, registrableDomain, registrableName) => {
    expect(suffixParts(host(name))).toEqual({ registrableDomain, registrableName, isPublicSuffix: false });
  });

  test.each(['com', 'kr', 'co.kr', 'test.ck', 'a.kobe.jp', '한국'])('%s is a bare public suffix', (name) => {
    expect(suffixParts(host(name))).toEqual({
      registrableDomain: undefined,
      registrableName: undefined,
      isPublicSuffix: true,
    });
  });

  test.each(['github.io', 'vercel.app', 'blogspot.com'])('%s, of the private section, is a name', (name) => {
    expect(suffixParts(host(`x.${name}`))).toMatchObject({ registrableDomain: name, isPublicSuffix: false });
    expect(suffixParts(host(name))).toMatchObject({ registrableDomain: name, isPublicSuffix: false });
  });

  test.each(['localhost', '127.0.0.1', '[::1]'])('%s has neither', (name) => {
    expect(suffixParts(host(name))).toEqual({
      registrableDomain: undefined,
      registrableName: undefined,
      isPublicSuffix: false,
    });
  });
});

const VECTORS = fileURLToPath(new URL('../../../shared/data/psl/test_psl.txt', import.meta.url));
const absent = existsSync(VECTORS) ? '' : ` (skipped: ${VECTORS} is absent)`;

/** Names that the private section of the list makes suffixes; to us they are names like any other. */
const PRIVATE_SUFFIXES = ['uk.com'];

describe.skipIf(!existsSync(VECTORS))(`the vectors of publicsuffix.org${absent}`, () => {
  const text = existsSync(VECTORS) ? readFileSync(VECTORS, 'utf8') : '';
  const vectors = [...text.matchAll(/^checkPublicSuffix\('([^']+)', (?:null|'([^']+)')\);/gm)]
    .map(([, name = '', registrable]) => ({ name, registrable }))
    .filter(({ name }) => !PRIVATE_SUFFIXES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`)));

  test('the registrable domain of each is the expected one', () => {
    expect(vectors.length).toBeGreaterThan(50);
    for (const { name, registrable } of vectors) {
      const parsed = parseHost(name); // a leading dot is refused there, where the vectors expect no domain
      const ours = parsed.ok ? suffixParts(parsed.value).registrableDomain : undefined;
      expect(ours, name).toBe(registrable === undefined ? undefined : host(registrable));
    }
  });
});
