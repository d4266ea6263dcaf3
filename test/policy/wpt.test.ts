import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseHost } from '../../src/policy/host.ts';
import { parseRequestUrl } from '../../src/policy/request-url.ts';

/**
 * The vectors of the Web Platform Tests, by which browsers prove their URL parsers: what a browser takes for one
 * host, we either take for the same host or refuse. They are not part of this repository.
 */
const FOLDER = fileURLToPath(new URL('../../../shared/data/wpt/', import.meta.url));
const TO_ASCII = `${FOLDER}toascii.json`;
const URLS = `${FOLDER}urltestdata.json`;
const absent = (path: string): string => (existsSync(path) ? '' : ` (skipped: ${path} is absent)`);

/** The entries of a vector file; its strings are comments. */
const read = <T extends object>(path: string): readonly T[] =>
  (JSON.parse(readFileSync(path, 'utf8')) as readonly (T | string)[]).filter(
    (entry) => typeof entry !== 'string',
  );

const withoutRootDot = (host: string): string => host.replace(/\.$/, '');

/** Why we refuse a host that the URL Standard takes, or undefined when we have no reason to. */
function whyRefused(host: string): 'empty' | 'character' | 'empty label' | 'too long' | undefined {
  const name = withoutRootDot(host);
  if (name === '') return 'empty';
  if (!/^[a-z0-9._-]+$/.test(name)) return 'character';
  if (name.split('.').includes('')) return 'empty label';
  return name.length > 253 || name.split('.').some((label) => label.length > 63) ? 'too long' : undefined;
}

type ToAscii = { readonly input: string; readonly output: string | null };

describe.skipIf(!existsSync(TO_ASCII))(`the vectors of toascii.json${absent(TO_ASCII)}`, () => {
  const vectors = existsSync(TO_ASCII) ? read<ToAscii>(TO_ASCII) : [];
  const valid = vectors.filter(({ output }) => output !== null) as readonly {
    input: string;
    output: string;
  }[];
  const invalid = vectors.filter(({ output }) => output === null);

  test('there are some of both kinds', () => {
    expect(valid.length).toBeGreaterThan(0);
    expect(invalid.length).toBeGreaterThan(0);
  });

  test('what the standard refuses, we refuse', () => {
    expect(invalid.filter(({ input }) => parseHost(input).ok)).toEqual([]);
  });

  test('what we take is the standard’s host, less its root dot', () => {
    const taken = valid.flatMap(({ input, output }) => {
      const parsed = parseHost(input);
      return parsed.ok ? [{ input, ours: parsed.value as string, theirs: withoutRootDot(output) }] : [];
    });
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.filter(({ ours, theirs }) => ours !== theirs)).toEqual([]);
  });

  test('of what the standard takes, we refuse other characters, empty labels and excessive lengths, and nothing else', () => {
    const refused = valid.filter(({ input }) => !parseHost(input).ok);
    const classes = refused.map(({ output }) => whyRefused(output));
    expect(new Set(classes)).toEqual(new Set(['character', 'empty label', 'too long']));
  });
});

type UrlVector = { readonly input: string; readonly base: string | null } & (
  | { readonly failure: true }
  | { readonly failure?: never; readonly protocol: string; readonly hostname: string; readonly port: string }
);

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'ws:': 80,
  'https:': 443,
  'wss:': 443,
};

describe.skipIf(!existsSync(URLS))(`the vectors of urltestdata.json${absent(URLS)}`, () => {
  const vectors = existsSync(URLS) ? read<UrlVector>(URLS) : [];
  const valid = vectors.filter((vector) => vector.failure === undefined);

  test('what the standard refuses, we refuse', () => {
    const invalid = vectors.filter(({ failure }) => failure);
    expect(invalid.length).toBeGreaterThan(0);
    expect(invalid.filter(({ input }) => parseRequestUrl(input).ok)).toEqual([]);
  });

  test('what we take has the standard’s host, less its root dot, and the standard’s port', () => {
    const taken = valid.flatMap(({ input, protocol, hostname, port }) => {
      const parsed = parseRequestUrl(input);
      if (!parsed.ok) return [];
      const theirs = {
        host: withoutRootDot(hostname),
        port: port === '' ? DEFAULT_PORTS[protocol] : Number(port),
      };
      return [{ input, theirs, ours: { host: parsed.value.host as string, port: parsed.value.port } }];
    });
    expect(taken.length).toBeGreaterThan(0);
    for (const { ours, theirs, input } of taken) expect(ours, input).toEqual(theirs);
  });

  test('of whole URLs that the standard takes, we refuse user information, port 0 or padded ports, and odd hosts', () => {
    const refused = valid.filter(
      ({ input, protocol }) =>
        protocol in DEFAULT_PORTS && /^(?:https?|wss?):\/\//i.test(input) && !parseRequestUrl(input).ok,
    );
    expect(refused.length).toBeGreaterThan(0);
    const unexplained = refused.filter(({ input, hostname, port }) => {
      const authority = /^\w+:\/\/([^/?#]*)/.exec(input)?.[1] ?? '';
      const repaired = /[\t\n\r\\]/.test(authority); // by the standard: dropped, or read as a slash
      const oddPort = port === '0' || /:0\d{5,}$/.test(authority);
      return !authority.includes('@') && !repaired && !oddPort && whyRefused(hostname) === undefined;
    });
    expect(unexplained).toEqual([]);
  });

  test('every host of a web URL in them is itself, less its root dot, or refused for one of our reasons', () => {
    const hosts = valid
      .filter(
        ({ protocol, hostname }) => hostname !== '' && (protocol in DEFAULT_PORTS || protocol === 'ftp:'),
      )
      .map(({ hostname }) => hostname);
    expect(hosts.length).toBeGreaterThan(0);
    for (const hostname of hosts) {
      const parsed = parseHost(hostname);
      if (parsed.ok) expect(parsed.value).toBe(withoutRootDot(hostname));
      else expect(whyRefused(hostname), hostname).toBeDefined();
    }
  });
});
