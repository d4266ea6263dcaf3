import { nearest } from '../nearest.ts';
import { fail, type Result, succeed } from '../result.ts';

/**
 * A time zone as the instants at which its offset changes. `Intl` costs a microsecond and more a question, which is
 * all the time that a whole decision has, so it is asked once for each zone and year: some sixty questions.
 */
export type TimeZone = {
  /** As written, such as `Asia/Seoul`. */
  readonly name: string;
  readonly calendar: Calendar;
};

type Calendar = {
  /** `Intl` itself, in milliseconds ahead of UTC. */
  readonly ask: (time: number) => number;
  /** Of the years that have been asked for. */
  readonly years: Map<number, Offsets>;
};

/**
 * The offsets of one year and of two days on either side, by which any zone is ahead of UTC or behind it at most.
 * `milliseconds[i]` is ahead of UTC and holds from `since[i]` up to `since[i + 1]`; `since[0]` is -Infinity.
 */
type Offsets = { readonly since: readonly number[]; readonly milliseconds: readonly number[] };

/** What a clock on the wall and the calendar beside it show. */
export type LocalTime = {
  /** 0 to 1439. */
  readonly minuteOfDay: number;
  /** 0 is Monday, 6 is Sunday. */
  readonly weekday: number;
};

type Fault = { readonly problem: string; readonly hint: string };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The years of which a policy may speak, and their neighbours; others are asked about anew each time. */
const FIRST_YEAR = 1999;
const LAST_YEAR = 2101;

/**
 * Shorter than any offset holds in the scanned years, so that no two changes hide between two questions. The shortest
 * are a week less the hour that the clocks skip: Recife in October 2000, Gaza in October 2040.
 */
const SCAN_STEP_MS = 6 * DAY_MS;

/** By `Intl`'s own name of the zone, so that `Asia/Kolkata` and `Asia/Calcutta` share one. */
const known = new Map<string, Calendar>();

/**
 * The zone of an IANA name (`Area/City`) that `Intl` knows, or `UTC`. Refused are a fixed offset such as `+09:00`,
 * which is wrong for half of the year wherever clocks change, and an abbreviation, which may mean several places:
 * `Intl` takes `CST` for Chicago and `IST` for India, and knows no `KST`.
 */
export function parseTimeZone(name: string): Result<TimeZone, Fault> {
  const format = offsetFormat(name);
  if (format === undefined || !isPlace(name)) return fail(describeUnknown(name, format));
  const canonical = format.resolvedOptions().timeZone;
  const calendar = known.get(canonical) ?? { ask: (time) => askOffset(format, time), years: new Map() };
  known.set(canonical, calendar);
  return succeed({ name, calendar });
}

const isPlace = (name: string): boolean => name === 'UTC' || name.includes('/');

/** What clock and calendar show in the zone at an instant, in milliseconds since the epoch. */
export function localTime(zone: TimeZone, time: number): LocalTime {
  const local = time + offsetAt(zone.calendar, time);
  const day = Math.floor(local / DAY_MS);
  return {
    minuteOfDay: Math.floor((local - day * DAY_MS) / MINUTE_MS),
    weekday: (((day + EPOCH_WEEKDAY) % 7) + 7) % 7,
  };
}

/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 3;

/**
 * The first instant at which the zone's clocks show `wallTime` or later. `wallTime` is that date and time as if it
 * were UTC's, so `Date.UTC(2025, 1, 6)` for the midnight that begins 2025-02-06. A time that the clocks skip is
 * thereby the instant of the skip. The years are 2000 to 2101.
 */
export function firstInstantOf({ calendar }: TimeZone, wallTime: number): number {
  return segments(offsetsAround(calendar, wallTime))
    .filter(({ until, offset }) => wallTime - offset < until)
    .reduce((first, { since, offset }) => Math.min(first, Math.max(since, wallTime - offset)), Infinity);
}

/**
 * The first instant from which the zone's clocks show `wallTime` or later for good. It differs from the first
 * instant of it only when the clocks come to `wallTime` twice, being set back across it.
 */
export function lastInstantOf({ calendar }: TimeZone, wallTime: number): number {
  return segments(offsetsAround(calendar, wallTime))
    .filter(({ since, offset }) => wallTime - offset > since)
    .reduce((last, { until, offset }) => Math.max(last, Math.min(until, wallTime - offset)), -Infinity);
}

const segments = ({ since, milliseconds }: Offsets) =>
  milliseconds.map((offset, index) => ({
    since: since[index] ?? -Infinity,
    until: since[index + 1] ?? Infinity,
    offset,
  }));

/** Milliseconds ahead of UTC at an instant. */
function offsetAt(calendar: Calendar, time: number): number {
  const year = yearOf(time);
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) return calendar.ask(time);
  const { since, milliseconds } = offsetsOf(calendar, year);
  let index = since.length - 1; // a year has two changes, or four
  while (index > 0 && time < (since[index] as number)) index--;
  return milliseconds[index] as number;
}

const yearOf = (time: number): number => new Date(time).getUTCFullYear();

const offsetsAround = (calendar: Calendar, time: number): Offsets => offsetsOf(calendar, yearOf(time));

function offsetsOf(calendar: Calendar, year: number): Offsets {
  const offsets = calendar.years.get(year) ?? scan(calendar.ask, year);
  calendar.years.set(year, offsets);
  return offsets;
}

/** Finds every change of the offset in a year and in two days on either side. */
function scan(ask: Calendar['ask'], year: number): Offsets {
  const from = Date.UTC(year, 0, 1) - 2 * DAY_MS;
  const until = Date.UTC(year + 1, 0, 1) + 2 * DAY_MS;
  const since = [-Infinity];
  const milliseconds = [ask(from)];
  for (let time = from; time < until; ) {
    const ahead = Math.min(time + SCAN_STEP_MS, until);
    if (ask(ahead) === milliseconds.at(-1)) time = ahead;
    else {
      time = changeBetween(time, ahead, ask);
      since.push(time);
      milliseconds.push(ask(time));
    }
  }
  return { since, milliseconds };
}

/** When the offset stops being that of `before`. All changes since 2000 fall on whole minutes, as both ends must. */
function changeBetween(before: number, after: number, ask: (time: number) => number): number {
  const offset = ask(before);
  let [low, high] = [before / MINUTE_MS, after / MINUTE_MS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (ask(middle * MINUTE_MS) === offset) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

/** Writes a zone's offset, as in `M, GMT+9`; undefined when `Intl` knows no such zone. */
function offsetFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    // Some part of the date is always written, and the weekday's letter costs the least.
    return new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'narrow', timeZoneName: 'shortOffset' });
  } catch {
    return undefined;
  }
}

/** `GMT`, `GMT+9`, `GMT-3:30` or, before there were zones, `GMT+8:27:52`. */
const OFFSET = /GMT(?:([+-])(\d+)(?::(\d+))?(?::(\d+))?)?$/;

/** Milliseconds ahead of UTC at an instant, by `Intl`. */
function askOffset(format: Intl.DateTimeFormat, time: number): number {
  const text = format.format(time);
  const match = OFFSET.exec(text);
  if (match === null) throw new Error(`Intl wrote no offset: ${text}`);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
}

/** `format` is there when `Intl` knows the name, though it is none for a policy. */
function describeUnknown(name: string, format: Intl.DateTimeFormat | undefined): Fault {
  if (/^(?:utc|gmt)?[+-]\d/i.test(name))
    return {
      problem: `\`${name}\` is an offset, not a time zone`,
      hint: 'write the name of a place, such as Asia/Seoul, or UTC',
    };
  const names = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const cities = new Map(names.map((each) => [each.slice(each.lastIndexOf('/') + 1), each]));
  const meant =
    format?.resolvedOptions().timeZone ??
    nearest(name, names) ??
    cities.get(nearest(name.replaceAll(' ', '_'), cities.keys()) ?? '');
  return {
    problem: `\`${name}\` is not a time zone`,
    hint: meant === undefined ? 'write an IANA name, such as Asia/Seoul, or UTC' : `did you mean ${meant}?`,
  };
}
