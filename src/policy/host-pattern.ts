import { RE2JS } from 're2js';
import type { Host } from './host.ts';
import { fail, type Result, succeed } from './result.ts';

/** A regular expression over canonical hosts; only `parseHostPattern` makes one, so it always compiles. */
export type HostPattern = { readonly text: string };

/** Hosts with nothing in common: a pattern that finds all of them was not meant to name some hosts. */
const UNLIKE_HOSTS = ['a.kr', 'www.example-7.org', 'xn--3e0b707e.net', '192.0.2.44', '[2001:db8::5]'];

/**
 * RE2 syntax (https://github.com/google/re2/wiki/Syntax), found anywhere in the host unless anchored. Its matching
 * takes time linear in the host whatever the pattern, which is why back-references and look-around do not exist in it.
 */
export function parseHostPattern(text: string): Result<HostPattern, { problem: string; hint: string }> {
  let pattern: RE2JS;
  try {
    pattern = compilePattern(text);
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

/** Which of many patterns find a host. */
export type PatternIndex<T> = { find(host: Host): readonly T[] };

/** Patterns that are first asked together: one pass over a host tells for nearly all hosts that none finds it. */
type Group<T> = { readonly any: RE2JS; readonly each: readonly (readonly [RE2JS, T])[] };

/** A union of more has so many states that re2js gives up its automaton and takes milliseconds. */
const MAX_GROUP = 50;

export function buildPatternIndex<T>(entries: readonly (readonly [HostPattern, T])[]): PatternIndex<T> {
  const groups: Group<T>[] = [];
  for (let start = 0; start < entries.length; start += MAX_GROUP) {
    const members = entries.slice(start, start + MAX_GROUP);
    groups.push({
      any: compilePattern(members.map(([{ text }]) => `(?:${text})`).join('|')),
      each: members.map(([{ text }, value]) => [compilePattern(text), value]),
    });
  }
  return {
    find: (host) =>
      groups.flatMap(({ any, each }) =>
        any.test(host) ? each.filter(([pattern]) => pattern.test(host)).map(([, value]) => value) : [],
      ),
  };
}

/** Hosts have no case, so a pattern written in capitals must not silently match nothing. */
const compilePattern = (text: string): RE2JS => RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
