import { nearest } from '../nearest.ts';
import { fail, type Result, succeed } from '../result.ts';

/**
 * A time zone as the instants at which its offset changes. `Intl` costs a microsecond and more a question, which is
 * all the time that a whole decision has, so it is asked once for each zone, when policies are read.
 */
export type TimeZone = {
  /** As written, such as `Asia/Seoul`. */
  readonly name: string;
  readonly offsets: Offsets;
};

/** `milliseconds[i]` is ahead of UTC and holds from `since[i]` up to `since[i + 1]`; `since[0]` is -Infinity. */
type Offsets = {
  readonly since: Float64Array;
  readonly milliseconds: Int32Array;
  /** `Intl` itself, in milliseconds ahead of UTC, for instants outside the range that was scanned. */
  readonly ask: (time: number) => number;
};

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

/** The years of which a policy may speak, with the days by which any zone is ahead of UTC or behind it. */
const SCANNED_FROM = Date.UTC(2000, 0, 1) - 2 * DAY_MS;
const SCANNED_UNTIL = Date.UTC(2101, 0, 1) + 2 * DAY_MS;

/**
 * Shorter than any offset holds in the scanned years, so that no two changes hide between two questions. The shortest
 * are a week less the hour that the clocks skip: Recife in October 2000, Gaza in October 2040.
 */
const SCAN_STEP_MS = 6 * DAY_MS;

/** By `Intl`'s own name of the zone, so that `Asia/Kolkata` and `Asia/Calcutta` share one. */
const known = new Map<string, Offsets>();

/**
 * The zone of an IANA name (`Area/City`) that `Intl` knows, or `UTC`. Refused are a fixed offset such as `+09:00`,
 * which is wrong for half of the year wherever clocks change, and an abbreviation, which may mean several places:
 * `Intl` takes `CST` for Chicago and `IST` for India, and knows no `KST`.
 */
export function parseTimeZone(name: string): Result<TimeZone, Fault> {
  const format = offsetFormat(name);
  if (format === undefined || !isPlace(name)) return fail(describeUnknown(name, format));
  const canonical = format.resolvedOptions().timeZone;
  const offsets = known.get(canonical) ?? scan(format);
  known.set(canonical, offsets);
  return succeed({ name, offsets });
}

const isPlace = (name: string): boolean => name === 'UTC' || name.includes('/');

/** What clock and calendar show in the zone at an instant, in milliseconds since the epoch. */
export function localTime(zone: TimeZone, time: number): LocalTime {
  const local = time + offsetAt(zone.offsets, time);
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
export function firstInstantOf({ offsets }: TimeZone, wallTime: number): number {
  return segments(offsets)
    .filter(({ until, offset }) => wallTime - offset < until)
    .reduce((first, { since, offset }) => Math.min(first, Math.max(since, wallTime - offset)), Infinity);
}

/**
 * The first instant from which the zone's clocks show `wallTime` or later for good. It differs from the first
 * instant of it only when the clocks come to `wallTime` twice, being set back across it.
 */
export function lastInstantOf({ offsets }: TimeZone, wallTime: number): number {
  return segments(offsets)
    .filter(({ since, offset }) => wallTime - offset > since)
    .reduce((last, { until, offset }) => Math.max(last, Math.min(until, wallTime - offset)), -Infinity);
}

const segments = ({ since, milliseconds }: Offsets) =>
  Array.from(milliseconds, (offset, index) => ({
    since: since[index] ?? -Infinity,
    until: since[index + 1] ?? Infinity,
    offset,
  }));

/** Milliseconds ahead of UTC at an instant. */
function offsetAt({ since, milliseconds, ask }: Offsets, time: number): number {
  if (time < SCANNED_FROM || time >= SCANNED_UNTIL) return ask(time);
  let low = 0;
  let high = since.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((since[middle] ?? Infinity) <= time) low = middle;
    else high = middle;
  }
  return milliseconds[low] ?? 0;
}

/** Finds every change of the offset in the scanned years. */
function scan(format: Intl.DateTimeFormat): Offsets {
  const ask = (time: number): number => askOffset(format, time);
  const since = [-Infinity];
  const milliseconds = [ask(SCANNED_FROM)];
  for (let time = SCANNED_FROM; time < SCANNED_UNTIL; ) {
    const ahead = Math.min(time + SCAN_STEP_MS, SCANNED_UNTIL);
    if (ask(ahead) === milliseconds.at(-1)) time = ahead;
    else {
      time = changeBetween(time, ahead, ask);
      since.push(time);
      milliseconds.push(ask(time));
    }
  }
  return { since: Float64Array.from(since), milliseconds: Int32Array.from(milliseconds), ask };
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
