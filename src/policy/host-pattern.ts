import { RE2JS, RE2Set } from 're2js';
import type { Host } from './host.ts';
import { fail, type Result, succeed } from './result.ts';

/** A regular expression over canonical hosts; only `parseHostPattern` makes one, so it always compiles. */
export type HostPattern = { readonly text: string };

/** Hosts have no case, so a pattern written in capitals must not silently match nothing. */
const FLAGS = RE2JS.CASE_INSENSITIVE;

/** Hosts with nothing in common: a pattern that finds all of them was not meant to name some hosts. */
const UNLIKE_HOSTS = ['a.kr', 'www.example-7.org', 'xn--3e0b707e.net', '192.0.2.44', '[2001:db8::5]'];

/**
 * RE2 syntax (https://github.com/google/re2/wiki/Syntax), found anywhere in the host unless anchored. Its matching
 * takes time linear in the host whatever the pattern, which is why back-references and look-around do not exist in it.
 */
export function parseHostPattern(text: string): Result<HostPattern, { problem: string; hint: string }> {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(text, FLAGS);
  } catch (error) {
    return fail({
      problem: `\`${text}\` is not a pattern: ${(error as Error).message}`,
      hint: 'use RE2 syntax, without look-around or back-references',
    });
  }
  if (UNLIKE_HOSTS.every((host) => pattern.test(host)))
    return fail({
      problem: `the pattern \`${text}\` finds every host`,
      hint: 'name what the hosts have in common; for all hosts there is `default:`',
    });
  return succeed({ text });
}

/** Which of many patterns find a host, in one pass over it however many there are. */
export type PatternIndex<T> = { find(host: Host): readonly T[] };

export function buildPatternIndex<T>(entries: readonly (readonly [HostPattern, T])[]): PatternIndex<T> {
  if (entries.length === 0) return { find: () => [] };
  const set = new RE2Set(RE2Set.UNANCHORED, FLAGS);
  const values = entries.map(([{ text }, value]) => {
    set.add(text);
    return value;
  });
  set.compile();
  // Nearly all hosts are found by none. To learn that is several times quicker than to learn which.
  const any = RE2JS.compile(entries.map(([{ text }]) => `(?:${text})`).join('|'), FLAGS);
  return { find: (host) => (any.test(host) ? set.match(host).map((index) => values[index] as T) : []) };
}
