import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  describeSchedule,
  parseSchedule,
  type ScheduleEntry,
  type ScheduleVerdict,
  scheduleEnd,
  scheduleVerdict,
} from '../../src/policy/times/schedule.ts';
import { unwrap } from '../policy/support.ts';

/** A schedule as its parts, from which the entry is written and the reference judges. */
type Model = {
  readonly timezone: string;
  readonly days: readonly (readonly [first: number, last: number])[];
  readonly hours: readonly (readonly [start: string, end: string])[];
  readonly from: Bound | undefined;
  readonly until: Bound | undefined;
};
type Bound =
  | { readonly kind: 'date'; readonly text: string }
  | { readonly kind: 'instant'; readonly time: number };

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const HOUR_MS = 3_600_000;

/**
 * Zones of every kind, but none where midnight comes twice: there, a date is more than the instants that show it, and
 * the reference would be as clever as what it judges. The tests of `schedule` have that case by hand.
 */
const ZONES = [
  'UTC',
  'Asia/Seoul',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'Asia/Beirut',
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Pacific/Apia',
  'Pacific/Chatham',
];

/** Few years, so that bounds and instants often lie near each other; they hold a change of every kind. */
const YEARS = [2000, 2011, 2012, 2015, 2018, 2026, 2041, 2099];

/** Instants near quarters of an hour, where every range begins and ends and every clock is set. */
const anyInstant = fc
  .record({
    year: fc.constantFrom(...YEARS),
    quarter: fc.nat({ max: 366 * 96 }),
    beside: fc.constantFrom(-1, 0, 1, 421_337),
  })
  .map(({ year, quarter, beside }) => Date.UTC(year, 0, 1) + quarter * 900_000 + beside)
  .filter((time) => time >= Date.UTC(2000, 0, 2));

const anyTimeOfDay = fc
  .nat({ max: 95 })
  .map(
    (quarter) =>
      `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`,
  );

const anyBound: fc.Arbitrary<Bound> = fc.oneof(
  anyInstant.map((time) => ({ kind: 'date' as const, text: new Date(time).toISOString().slice(0, 10) })),
  anyInstant.map((time) => ({ kind: 'instant' as const, time })),
);

const anyModel: fc.Arbitrary<Model> = fc
  .record({
    timezone: fc.constantFrom(...ZONES),
    days: fc.array(fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 6 })), { maxLength: 3 }),
    hours: fc.array(
      fc
        .tuple(anyTimeOfDay, fc.oneof(anyTimeOfDay, fc.constant('24:00')))
        .filter(([start, end]) => start !== end),
      { maxLength: 3 },
    ),
    from: fc.option(anyBound, { nil: undefined }),
    until: fc.option(anyBound, { nil: undefined }),
  })
  .filter(({ days, hours }) => days.length > 0 || hours.length > 0);

const writeBound = (bound: Bound): string =>
  bound.kind === 'date' ? bound.text : new Date(bound.time).toISOString();

const writeDays = ([first, last]: readonly [number, number]): string =>
  first === last ? `${DAYS[first]}` : `${DAYS[first]}-${DAYS[last]}`;

const entryOf = ({ timezone, days, hours, from, until }: Model): ScheduleEntry => ({
  timezone,
  days: days.length > 0 ? days.map(writeDays) : undefined,
  hours: hours.length > 0 ? hours.map((range) => range.join('-')) : undefined,
  from: from && writeBound(from),
  until: until && writeBound(until),
});

/** The model's schedule; a model that would end before it begins is passed over, for the parser refuses it. */
const parsed = (model: Model) => {
  const result = parseSchedule(entryOf(model));
  fc.pre(result.ok || !result.error.some(({ problem }) => problem.startsWith('`until` is not after')));
  return unwrap(result);
};

const formats = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    }),
  ]),
);

/** The date `2026-11-23` and the time of day `09:05` on the wall. */
function wallClock(timezone: string, time: number): { readonly date: string; readonly timeOfDay: string } {
  const part = new Map(
    formats
      .get(timezone)
      ?.formatToParts(time)
      .map(({ type, value }) => [type, value]),
  );
  return {
    date: `${part.get('year')}-${part.get('month')}-${part.get('day')}`,
    timeOfDay: `${part.get('hour')}:${part.get('minute')}`,
  };
}

/** What the documentation says, with no thought of speed: dates and times of day are compared as texts. */
function referenceVerdict({ timezone, days, hours, from, until }: Model, time: number): ScheduleVerdict {
  const { date, timeOfDay } = wallClock(timezone, time);
  if (until && (until.kind === 'date' ? date > until.text : time >= until.time)) return 'over';
  if (from && (from.kind === 'date' ? date < from.text : time < from.time)) return 'not-yet';

  const today = (new Date(date).getUTCDay() + 6) % 7;
  const meant = (day: number): boolean =>
    days.length === 0 ||
    days.some(([first, last]) => (first <= last ? first <= day && day <= last : first <= day || day <= last));
  const covers = ([start, end]: readonly [string, string]): boolean =>
    start < end
      ? meant(today) && start <= timeOfDay && timeOfDay < end
      : (meant(today) && start <= timeOfDay) || (meant((today + 6) % 7) && timeOfDay < end);
  return (hours.length === 0 ? meant(today) : hours.some(covers)) ? 'in-force' : 'other-time';
}

test('a schedule says at every instant what a naive reading of the wall clock says', () => {
  const instants = fc.array(anyInstant, { minLength: 20, maxLength: 60 });
  const seen = new Set<ScheduleVerdict>();
  fc.assert(
    fc.property(anyModel, instants, (model, times) => {
      const schedule = parsed(model);
      // The hours around both bounds are where they can be wrong.
      const near = [schedule.from, schedule.until].flatMap((bound) =>
        bound === undefined ? [] : [-HOUR_MS, -1, 0, 1, HOUR_MS].map((beside) => bound + beside),
      );
      for (const time of [...times, ...near]) {
        const verdict = scheduleVerdict(schedule, time);
        seen.add(verdict);
        expect([new Date(time), verdict]).toEqual([new Date(time), referenceVerdict(model, time)]);
      }
    }),
    { numRuns: 200 },
  );
  expect([...seen].toSorted()).toEqual(['in-force', 'not-yet', 'other-time', 'over']);
});

test('a schedule is over from its end on, and never before it', () => {
  fc.assert(
    fc.property(anyModel, anyInstant, (model, time) => {
      const schedule = parsed(model);
      const end = scheduleEnd(schedule) ?? Infinity;
      expect(scheduleVerdict(schedule, time) === 'over').toBe(time >= end);
    }),
  );
});

test('whatever is written, the answer is a schedule that can be told or faults that can be mended', () => {
  const part = fc.constantFrom('mon', 'fri', '-', ':', '09:00', '24:00', '2026-12-31', 'T', 'Z', 'Asia', '/');
  const text = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 5 }).map((parts) => parts.join('')),
  );
  const texts = fc.array(text, { maxLength: 3 });
  const anyEntry: fc.Arbitrary<ScheduleEntry> = fc.record(
    {
      days: texts,
      hours: fc.oneof(text, texts),
      timezone: fc.oneof(fc.constantFrom(...ZONES), text),
      from: text,
      until: text,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const result = parseSchedule(entry);
      if (result.ok) expect(describeSchedule(result.value)).not.toBe('');
      else {
        expect(result.error).not.toEqual([]);
        for (const { path, problem, hint } of result.error) {
          expect(path.length === 0 || path[0] === 'timezone' || `${path[0]}` in entry).toBe(true);
          expect([problem, hint]).not.toContain('');
        }
      }
    }),
    { numRuns: 500 },
  );
});
