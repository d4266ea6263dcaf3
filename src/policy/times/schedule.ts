import { nearest } from '../nearest.ts';
import { fail, type Result, succeed } from '../result.ts';
import { firstInstantOf, lastInstantOf, localTime, parseTimeZone, type TimeZone } from './time-zone.ts';

/** What `when:` says, as it stands in the YAML. */
export type ScheduleEntry = {
  /** `mon` to `sun`, or ranges such as `mon-fri`; a range may wrap, as `sat-mon` does. */
  readonly days?: readonly string[] | undefined;
  /** `09:00-18:00`, or a list of such ranges. */
  readonly hours?: string | readonly string[] | undefined;
  /** An IANA name, such as `Asia/Seoul`. */
  readonly timezone?: string | undefined;
  /** A date, `2025-02-06`, or an instant with its offset, `2026-12-31T18:00:00+09:00`. */
  readonly from?: string | undefined;
  /** As `from`. */
  readonly until?: string | undefined;
};

/** What `when:` says, ready to be asked; immutable. */
export type Schedule = {
  /** The days and hours; undefined: all of them. */
  readonly week: Week | undefined;
  /** Milliseconds since the epoch; the schedule begins at this instant. */
  readonly from: number | undefined;
  /** Milliseconds since the epoch; at this instant the schedule is over. */
  readonly until: number | undefined;
  /** The entry that was parsed, for people to read. */
  readonly written: ScheduleEntry;
};

/** The part that comes again every week. */
type Week = {
  readonly zone: TimeZone;
  /** For each weekday from Monday, whether it is meant. */
  readonly days: readonly boolean[];
  readonly hours: readonly HourRange[];
};

/** Minutes of the day, `start` included and `end` not. It crosses midnight when `end` is not after `start`. */
type HourRange = { readonly start: number; readonly end: number };

/** Where an instant stands. */
export type ScheduleVerdict = 'in-force' | 'not-yet' | 'over' | 'other-time';

type Fault = { readonly problem: string; readonly hint: string };

/** A fault, and which part of the entry has it: `['hours', 1]`. */
export type ScheduleFault = Fault & { readonly path: readonly (string | number)[] };

/**
 * Checks an entry and compiles it; every fault is told, not only the first.
 *
 * - `days`: no days means every day. Naming a day twice is fine.
 * - `hours`: a range begins with its first minute and ends before its last, so `09:00-18:00` is over at 18:00.
 *   No hours means the whole day. An end may be `24:00`. A range whose end is before its start crosses midnight, and
 *   belongs to the day on which it begins: `22:00-06:00` on `fri` lasts until Saturday 06:00.
 * - The clock on the wall decides. When clocks are set forward, a range over the skipped time is shorter by it; when
 *   they are set back, the repeated time is in force both times.
 * - `from` and `until` as instants: `from` is in force, `until` no longer, to the millisecond.
 * - `from` and `until` as dates: `from` begins with that date in the time zone, and `until` includes all of that date.
 *   A date whose midnight is skipped begins at its first instant. Where clocks are set back across midnight, a date
 *   begins with its first midnight and the day before it ends with the second.
 * - `timezone` must be there when days, hours or a date need it, and must not be there when nothing does.
 * - An entry without any key, `from` that is not before `until`, and years outside 2000 to 2100 are faults.
 */
export function parseSchedule(entry: ScheduleEntry): Result<Schedule, readonly ScheduleFault[]> {
  const faults: ScheduleFault[] = [];
  const sound = <T>(result: Result<T, readonly ScheduleFault[]>): T | undefined => {
    if (result.ok) return result.value;
    faults.push(...result.error);
    return undefined;
  };
  const days = sound(parseDays(entry.days));
  const hours = sound(parseHours(entry.hours));
  const from = sound(parseMoment('from', entry.from));
  const until = sound(parseMoment('until', entry.until));
  const zone = sound(parseZone(entry));
  if (faults.length > 0) return fail(faults);

  const schedule: Schedule = {
    week:
      zone !== undefined && (entry.days !== undefined || entry.hours !== undefined)
        ? { zone, days: days ?? EVERY_DAY, hours: hours ?? WHOLE_DAY }
        : undefined,
    from: from && instantOf(from, zone, firstInstantOf),
    // A date has passed when the next one has begun for good.
    until: until && instantOf(until, zone, (place, midnight) => lastInstantOf(place, midnight + DAY_MS)),
    written: entry,
  };
  if (schedule.from !== undefined && schedule.until !== undefined && schedule.from >= schedule.until)
    return fail([
      {
        path: ['until'],
        problem: '`until` is not after `from`, so the rule would never be in force',
        hint: 'write a later `until` or an earlier `from`',
      },
    ]);
  return succeed(schedule);
}

/**
 * Where an instant, in milliseconds since the epoch, stands. Before `from` it is `not-yet` and from `until` on `over`,
 * whatever the day and hour; between them it is `in-force`, or `other-time` when day or hour are not meant.
 */
export function scheduleVerdict(schedule: Schedule, time: number): ScheduleVerdict {
  if (schedule.until !== undefined && time >= schedule.until) return 'over';
  if (schedule.from !== undefined && time < schedule.from) return 'not-yet';
  return schedule.week === undefined || inWeek(schedule.week, time) ? 'in-force' : 'other-time';
}

/** The instant, in milliseconds since the epoch, at which `until` has passed; undefined without `until`. */
export const scheduleEnd = (schedule: Schedule): number | undefined => schedule.until;

/** The schedule in one line, as written: `mon-fri 09:00-18:00 Asia/Seoul, until 2026-12-31`. */
export function describeSchedule({ written }: Schedule): string {
  const { days = [], hours = [], timezone, from, until } = written;
  const join = (parts: readonly (string | undefined)[], by: string) => parts.filter(Boolean).join(by);
  const week = join([days.join(','), [hours].flat().join(',')], ' ');
  const period = join([from && `from ${from}`, until && `until ${until}`], ', ');
  // Without days and hours the zone is that of the dates, and stands behind them.
  return week === '' ? join([period, timezone], ' ') : join([`${week} ${timezone}`, period], ', ');
}

function inWeek({ zone, days, hours }: Week, time: number): boolean {
  const { minuteOfDay, weekday } = localTime(zone, time);
  const today = days[weekday] === true;
  const yesterday = days[(weekday + 6) % 7] === true;
  return hours.some(({ start, end }) =>
    start < end
      ? today && minuteOfDay >= start && minuteOfDay < end
      : (today && minuteOfDay >= start) || (yesterday && minuteOfDay < end),
  );
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const EVERY_DAY = DAYS.map(() => true);

function parseDays(
  days: readonly string[] | undefined,
): Result<readonly boolean[] | undefined, readonly ScheduleFault[]> {
  if (days === undefined) return succeed(undefined);
  if (days.length === 0) return fail([{ path: ['days'], ...describeEmpty('days') }]);
  const ranges = days.map(parseDayRange);
  const faults = ranges.flatMap((range, index) =>
    range.ok ? [] : [{ path: ['days', index], ...range.error }],
  );
  if (faults.length > 0) return fail(faults);
  const meant = new Set(ranges.flatMap((range) => (range.ok ? range.value : [])));
  return succeed(DAYS.map((_, day) => meant.has(day)));
}

/** The numbers of the days in `wed` or in `sat-mon`. */
function parseDayRange(text: string): Result<readonly number[], Fault> {
  const [first = '', last = first, ...rest] = text.split('-');
  const [start, end] = [DAYS.indexOf(first), DAYS.indexOf(last)];
  if (rest.length > 0 || start < 0 || end < 0) return fail(describeUnknownDay(text));
  if (start === end && text !== first)
    return fail({
      problem: `\`${text}\` begins and ends with the same day`,
      hint: `write ${first} for that day alone, or leave \`days\` away for every day`,
    });
  const length = (end - start + 7) % 7;
  return succeed(Array.from({ length: length + 1 }, (_, index) => (start + index) % 7));
}

function describeUnknownDay(text: string): Fault {
  const meant = text.split('-').map((part) => {
    const word = part.trim().toLowerCase();
    const short = word.slice(0, 3);
    return /^[a-z]+$/.test(word) && DAYS.includes(short) ? short : nearest(word, DAYS);
  });
  return {
    problem: `\`${text}\` is not a day or a range of days`,
    hint:
      meant.length > 2 || meant.includes(undefined)
        ? 'write mon, tue, wed, thu, fri, sat or sun, or a range such as mon-fri'
        : `did you mean ${meant.join('-')}?`,
  };
}

const WHOLE_DAY: readonly HourRange[] = [{ start: 0, end: 24 * 60 }];

function parseHours(
  hours: string | readonly string[] | undefined,
): Result<readonly HourRange[] | undefined, readonly ScheduleFault[]> {
  if (hours === undefined) return succeed(undefined);
  if (hours.length === 0 && typeof hours !== 'string')
    return fail([{ path: ['hours'], ...describeEmpty('hours') }]);
  const ranges = [hours].flat().map(parseHourRange);
  const faults = ranges.flatMap((range, index) =>
    range.ok ? [] : [{ path: typeof hours === 'string' ? ['hours'] : ['hours', index], ...range.error }],
  );
  return faults.length > 0
    ? fail(faults)
    : succeed(ranges.flatMap((range) => (range.ok ? [range.value] : [])));
}

const TIME_OF_DAY = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

function parseHourRange(text: string): Result<HourRange, Fault> {
  const [first = '', last = '', ...rest] = text.split('-');
  const [start, end] = [minuteOf(first), minuteOf(last)];
  if (rest.length > 0 || start === undefined || end === undefined || start === 24 * 60)
    return fail(describeUnknownHours(text));
  if (start === end)
    return fail({
      problem: `\`${text}\` begins and ends at the same time`,
      hint: 'leave `hours` away for the whole day',
    });
  return succeed({ start, end });
}

function minuteOf(text: string): number | undefined {
  const match = TIME_OF_DAY.exec(text);
  if (match === null) return undefined;
  const [, hour = '24', minute = '00'] = match;
  return Number(hour) * 60 + Number(minute);
}

/** `9-18`, `9:00 - 18:00` and the like: what people write for a range of hours. */
const LOOSE_HOURS = /^\s*(\d{1,2})(?::(\d{2}))?\s*[-–—~]\s*(\d{1,2})(?::(\d{2}))?\s*$/;

function describeUnknownHours(text: string): Fault {
  const [, hour = '', minute = '00', endHour = '', endMinute = '00'] = LOOSE_HOURS.exec(text) ?? [];
  const meant = `${hour.padStart(2, '0')}:${minute}-${endHour.padStart(2, '0')}:${endMinute}`;
  return {
    problem: `\`${text}\` is not a range of hours`,
    hint:
      hour !== '' && meant !== text && parseHourRange(meant).ok
        ? `did you mean ${meant}?`
        : 'write start and end from 00:00 to 24:00, such as 09:00-18:00',
  };
}

/** A point in time as written: an instant, or the midnight that begins a date, as if it were UTC's. */
type Moment =
  | { readonly kind: 'instant'; readonly time: number }
  | { readonly kind: 'date'; readonly midnight: number };

const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})/;
const INSTANT =
  /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

function parseMoment(
  key: 'from' | 'until',
  text: string | undefined,
): Result<Moment | undefined, readonly ScheduleFault[]> {
  if (text === undefined) return succeed(undefined);
  const faulty = (problem: string, hint: string) => fail([{ path: [key], problem, hint }]);
  const match = DATE.exec(text);
  if (match === null || (match[0] !== text && !INSTANT.test(text)))
    return faulty(`\`${text}\` is not a date or an instant`, momentHint(text));
  const [date, year, month, day] = match;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (Number(year) < 2000 || Number(year) > 2100)
    return faulty(`the year of \`${text}\` is out of range`, 'write a year from 2000 to 2100');
  if (new Date(midnight).toISOString().slice(0, 10) !== date)
    return faulty(`there is no ${date} in the calendar`, 'write a date that exists');
  return succeed(text === date ? { kind: 'date', midnight } : { kind: 'instant', time: Date.parse(text) });
}

const momentHint = (text: string): string =>
  INSTANT.test(`${text}Z`)
    ? `add the offset, such as ${text}+09:00`
    : 'write a date such as 2026-12-31, or an instant such as 2026-12-31T18:00:00+09:00';

/** The instant that is meant; `ofDate` says which, when it is a date. `parseZone` sees to it that a date has a zone. */
function instantOf(
  moment: Moment,
  zone: TimeZone | undefined,
  ofDate: (zone: TimeZone, midnight: number) => number,
): number {
  if (moment.kind === 'instant') return moment.time;
  if (zone === undefined) throw new Error('a date was let through without a time zone');
  return ofDate(zone, moment.midnight);
}

function parseZone(entry: ScheduleEntry): Result<TimeZone | undefined, readonly ScheduleFault[]> {
  const { days, hours, timezone, from, until } = entry;
  const faulty = (path: readonly string[], problem: string, hint: string) => fail([{ path, problem, hint }]);
  if ([days, hours, timezone, from, until].every((value) => value === undefined))
    return faulty([], '`when` is empty', 'say `days:`, `hours:`, `from:` or `until:`, or remove it');
  const isDate = (text: string | undefined): boolean => text !== undefined && !text.includes('T');
  const needed = days !== undefined || hours !== undefined || isDate(from) || isDate(until);
  if (timezone === undefined)
    return needed
      ? faulty(
          ['timezone'],
          '`timezone` is missing',
          'add the place whose clock counts, such as timezone: Asia/Seoul',
        )
      : succeed(undefined);
  if (!needed)
    return faulty(
      ['timezone'],
      'nothing here needs `timezone`',
      'remove it, or add `days`, `hours` or a date without time',
    );
  const zone = parseTimeZone(timezone);
  return zone.ok ? zone : fail([{ path: ['timezone'], ...zone.error }]);
}

const describeEmpty = (key: 'days' | 'hours'): Fault => ({
  problem: `\`${key}\` is empty`,
  hint: 'list at least one, or remove the key',
});
