import { RE2JS } from 're2js';
import type { Host } from '../host.ts';
import { fail, type Result, succeed } from '../result.ts';

/** A regular expression over canonical hosts; only `parseHostPattern` makes one, so it always compiles. */
export type HostPattern = {
  readonly text: string;
  /** How many instructions it is for the engine: what it can cost at worst. */
  readonly size: number;
};

/** `^ai[0-9]+[.]` is 8; what counts repetitions, `[a-z]{1,63}`, is as many as it counts. */
const MAX_PATTERN_SIZE = 200;

/**
 * Of all the patterns that one department names, those of its lists among them: at worst a host of 253 characters is
 * held against each instruction, and no decision may take long enough for other people to notice.
 */
export const MAX_PATTERNS_SIZE = 4_000;

/** Names with nothing in common: a pattern that finds all of them was not meant to name some hosts. */
const UNLIKE_NAMES = ['a.kr', 'www.example-7.org', 'xn--3e0b707e.net'];

type Fault = { readonly problem: string; readonly hint: string };

/**
 * RE2 syntax (https://github.com/google/re2/wiki/Syntax), found anywhere in the host unless anchored. Its matching
 * takes time linear in the host whatever the pattern, which is why back-references and look-around do not exist in it.
 */
export function parseHostPattern(text: string): Result<HostPattern, Fault> {
  let pattern: RE2JS;
  try {
    pattern = compilePattern(text);
  } catch (error) {
    return fail({
      problem: `\`${text}\` is not a pattern: ${(error as Error).message}`,
      hint: 'use RE2 syntax, without look-around or back-references',
    });
  }
  const size = pattern.programSize();
  if (size > MAX_PATTERN_SIZE)
    return fail({
      problem: `the pattern \`${text.slice(0, 100)}\` is too large: ${size} instructions, of ${MAX_PATTERN_SIZE}`,
      hint: 'write `*` or `+` in place of counted repetitions such as {1,63}',
    });
  if (UNLIKE_NAMES.every((host) => pattern.test(host)))
    return fail({
      problem: `the pattern \`${text}\` finds every host`,
      hint: 'name what the hosts have in common; for all hosts there is `default:`',
    });
  const hint = hintForNeverFinding(text);
  return hint === undefined
    ? succeed({ text, size })
    : fail({ problem: `the pattern \`${text}\` waits for what is in no host`, hint });
}

/** A rule that waits for what no canonical host has in it would block nothing, and look as if it did. */
function hintForNeverFinding(pattern: string): string | undefined {
  const text = pattern.replaceAll(/\[\^[^\]]*\]/g, '.'); // what a class leaves out is not waited for
  if (/^\/.*\/$/s.test(text)) return 'leave the slashes around it away';
  // Open to the end of the text, a quotation would swallow the patterns that are asked together with this one.
  if (/\\[QE]/.test(text)) return 'quote by single characters, [.] or \\., in place of \\Q…\\E';
  if (/[/#@]|\\\?|\[\?/.test(text))
    // a `?` that is not quoted counts what stands before it
    return 'a pattern sees the host alone, without scheme, path or user';
  if (/[^\u0021-\u007e]/.test(text))
    return 'names in other scripts are compared in their xn-- form, and no host has a space';
  if (/[a-z]\$?:\d{1,5}\$?$/i.test(text) && !text.includes('\\['))
    return 'a pattern sees the host without its port: use `ports:`';
  return undefined;
}

/** Which of many patterns find a host. */
export type PatternIndex<T> = { find(host: Host): readonly T[] };

/** Patterns that are first asked together: one pass over a host tells for nearly all hosts that none finds it. */
type Group<T> = { readonly any: RE2JS; readonly each: readonly (readonly [RE2JS, T])[] };

/** A union of more has so many states that re2js gives up its automaton and takes milliseconds. */
const MAX_GROUP_SIZE = 500;

/** Asking takes one pass over the host for each group of patterns, and one for each pattern of a group that finds it. */
export function buildPatternIndex<T>(entries: readonly (readonly [HostPattern, T])[]): PatternIndex<T> {
  const groups = inGroups(entries).map(
    (members): Group<T> => ({
      any: compilePattern(members.map(([{ text }]) => `(?:${text})`).join('|')),
      each: members.map(([{ text }, value]) => [compilePattern(text), value]),
    }),
  );
  return {
    find: (host) => {
      const found: T[] = [];
      for (const { any, each } of groups)
        if (any.test(host)) for (const [pattern, value] of each) if (pattern.test(host)) found.push(value);
      return found;
    },
  };
}

function inGroups<T>(entries: readonly (readonly [HostPattern, T])[]): (readonly [HostPattern, T])[][] {
  const groups: (readonly [HostPattern, T])[][] = [];
  let size = MAX_GROUP_SIZE;
  for (const entry of entries) {
    size += entry[0].size;
    if (size > MAX_GROUP_SIZE) {
      groups.push([]);
      size = entry[0].size;
    }
    groups.at(-1)?.push(entry);
  }
  return groups;
}

/** Hosts have no case, so a pattern written in capitals must not silently match nothing. */
const compilePattern = (text: string): RE2JS => RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
