import { findDates } from './dates.ts';
import { findBlockedAlternatives, findUnreachable } from './departments.ts';
import type { Check, Finding, LintedFolder } from './finding.ts';
import { findIgnoredFiles } from './ignored-files.ts';
import { findUnseenPeople } from './people.ts';
import { findRedundant } from './redundant.ts';
import { findShadowed } from './shadowed.ts';
import { findSharedSuffixes } from './shared-suffix.ts';
import { silence } from './silence.ts';
import { findSingleLabels } from './single-label.ts';
import { findTimeless, findUntested } from './tests.ts';
import { findUnused } from './unused.ts';

const CHECKS: readonly Check[] = [
  findShadowed,
  findRedundant,
  findSharedSuffixes,
  findSingleLabels,
  findDates,
  findUntested,
  findTimeless,
  findUnreachable,
  findUnseenPeople,
  findBlockedAlternatives,
  findUnused,
  findIgnoredFiles,
];

/**
 * What is allowed in a policy folder and probably not meant, in the order of the files. `now` is in milliseconds since
 * the epoch.
 */
export function lint(folder: LintedFolder, now: number): readonly Finding[] {
  const found = CHECKS.flatMap((check) => check(folder, now));
  const idle = new Set(found.filter(({ code }) => IDLE.has(code)).map(({ at }) => at));
  const worthTelling = found.filter(({ code, at }) => !(UNTESTED.has(code) && idle.has(at)));
  const once = new Map(worthTelling.map((finding) => [`${finding.code} ${finding.at}`, finding]));
  const { departments, bases, catalogs } = folder.parsed;
  return silence([...once.values()], [...departments, ...bases, ...catalogs]).toSorted((a, b) =>
    a.at.localeCompare(b.at, 'en', { numeric: true }),
  );
}

/** No test can rest on what never decides. */
const IDLE = new Set<string>(['shadowed-rule', 'shadowed-exception', 'needless-exception']);
const UNTESTED = new Set<string>(['untested-rule', 'untested-exception']);
