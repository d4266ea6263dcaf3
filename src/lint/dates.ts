import { type Schedule, scheduleEnd } from '../policy/times/schedule.ts';
import type { Finding, LintedFolder } from './finding.ts';
import { writtenExceptions, writtenRules } from './written.ts';

const DAY_MS = 86_400_000;
const EXCEPTION_NOTICE_MS = 30 * DAY_MS;
const RULE_NOTICE_MS = 14 * DAY_MS;

/** What ends soon, has ended, or was to be looked at by now. An exception that has ended is an error elsewhere. */
export function findDates({ parsed }: LintedFolder, now: number): readonly Finding[] {
  const ending = writtenExceptions(parsed).flatMap(({ entry: { id, until }, file, path }): Finding[] =>
    until <= now || until - now > EXCEPTION_NOTICE_MS
      ? []
      : [
          {
            code: 'exception-ends-soon',
            at: file.at([...path, 'until']),
            within: file.at(path),
            problem: `the exception \`${id}\` ends ${describeWait(until - now)}, at ${utcText(until)}`,
            hint: 'have it approved anew with a later `until`, or tell those who use it',
          },
        ],
  );
  const rules = writtenRules(parsed).flatMap(({ entry, file, path }): Finding[] => {
    const { id, when, review } = entry;
    const end = when === undefined ? undefined : scheduleEnd(when);
    const within = file.at(path);
    const found: Finding[] = [];
    if (end !== undefined && end - now <= RULE_NOTICE_MS)
      found.push({
        at: file.at([...path, 'when', 'until']),
        within,
        ...describeEnd(id, end, endText(when, end), now),
      });
    if (review !== undefined && Date.parse(review) <= now)
      found.push({
        code: 'review-due',
        at: file.at([...path, 'review']),
        within,
        problem: `the rule \`${id}\` was to be reviewed on ${review}`,
        hint: 'ask whether it is still wanted, then set the day of the next review',
      });
    return found;
  });
  return [...ending, ...rules];
}

function describeEnd(
  id: string,
  end: number,
  written: string,
  now: number,
): Pick<Finding, 'code' | 'problem' | 'hint'> {
  return end <= now
    ? {
        code: 'rule-over',
        problem: `the rule \`${id}\` is off: its \`when\` ended ${written}`,
        hint: 'remove the rule, or give it a later `until`',
      }
    : {
        code: 'rule-ends-soon',
        problem: `the rule \`${id}\` ends ${describeWait(end - now)}, ${written}`,
        hint: 'give it a later `until`, or leave it to end',
      };
}

/** As the policy says it, for nobody should have to count hours: a date has a place, an instant its offset. */
function endText(when: Schedule | undefined, end: number): string {
  const { until, timezone } = when?.written ?? {};
  if (until === undefined) return `at ${utcText(end)}`;
  return until.includes('T') ? `at ${until}` : `with the end of ${until} in ${timezone}`;
}

/** `2026-11-30 15:00 UTC` */
const utcText = (instant: number): string =>
  `${new Date(instant).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ')} UTC`;

function describeWait(milliseconds: number): string {
  const days = Math.floor(milliseconds / DAY_MS);
  return days === 0 ? 'within a day' : `in ${days} day${days === 1 ? '' : 's'}`;
}
