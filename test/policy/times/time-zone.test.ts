import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstInstantOf,
  lastInstantOf,
  localTime,
  parseTimeZone,
} from '../../../src/policy/times/time-zone.ts';
import { errorOf, unwrap } from '../support.ts';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `fri 09:05`, as the module tells it. */
function shown(zone: string, time: number): string {
  const { minuteOfDay, weekday } = localTime(unwrap(parseTimeZone(zone)), time);
  const [hour, minute] = [Math.floor(minuteOfDay / 60), minuteOfDay % 60];
  return `${WEEKDAYS[weekday]} ${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `fri 09:05`, as `Intl` tells it. */
function shownByIntl(zone: string, time: number): string {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
  formats.set(zone, format);
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${parts.get('weekday')?.toLowerCase()} ${parts.get('hour')}:${parts.get('minute')}`;
}

describe('the local time', () => {
  test.each([
    ['UTC', '2026-11-23T15:00:00Z', 'mon 15:00'],
    ['Asia/Seoul', '2026-11-23T15:00:00Z', 'tue 00:00'],
    ['Asia/Seoul', '2026-11-23T14:59:59.999Z', 'mon 23:59'],
    ['Asia/Kolkata', '2026-11-23T15:00:00Z', 'mon 20:30'],
    ['Asia/Kathmandu', '2026-11-23T15:00:00Z', 'mon 20:45'],
    ['Pacific/Kiritimati', '2026-11-23T15:00:00Z', 'tue 05:00'],
    ['Etc/GMT+12', '2026-11-23T11:59:00Z', 'sun 23:59'],
    // Clocks are set forward …
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', 'sun 01:59'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 'sun 03:00'],
    ['America/New_York', '2026-03-08T06:59:59.999Z', 'sun 01:59'],
    ['America/New_York', '2026-03-08T07:00:00Z', 'sun 03:00'],
    // … and back.
    ['Europe/Berlin', '2026-10-25T00:59:59.999Z', 'sun 02:59'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', 'sun 02:00'],
    ['America/New_York', '2026-11-01T05:59:59.999Z', 'sun 01:59'],
    ['America/New_York', '2026-11-01T06:00:00Z', 'sun 01:00'],
    // By half an hour.
    ['Australia/Lord_Howe', '2026-04-04T14:59:59.999Z', 'sun 01:59'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 'sun 01:30'],
    // A new offset for good, without summer time.
    ['Asia/Pyongyang', '2015-08-14T14:59:59.999Z', 'fri 23:59'],
    ['Asia/Pyongyang', '2015-08-14T15:00:00Z', 'fri 23:30'],
    ['Asia/Pyongyang', '2018-05-04T14:59:59.999Z', 'fri 23:29'],
    ['Asia/Pyongyang', '2018-05-04T15:00:00Z', 'sat 00:00'],
    // Friday 2011-12-30 was left out.
    ['Pacific/Apia', '2011-12-30T09:59:59.999Z', 'thu 23:59'],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', 'sat 00:00'],
    // Summer time lasted for one week.
    ['America/Recife', '2000-10-08T02:59:59.999Z', 'sat 23:59'],
    ['America/Recife', '2000-10-08T03:00:00Z', 'sun 01:00'],
    ['America/Recife', '2000-10-15T01:59:59.999Z', 'sat 23:59'],
    ['America/Recife', '2000-10-15T02:00:00Z', 'sat 23:00'],
    // Four changes a year around Ramadan.
    ['Africa/Casablanca', '2012-07-20T01:59:59.999Z', 'fri 02:59'],
    ['Africa/Casablanca', '2012-07-20T02:00:00Z', 'fri 02:00'],
    ['Africa/Casablanca', '2012-08-20T01:59:59.999Z', 'mon 01:59'],
    ['Africa/Casablanca', '2012-08-20T02:00:00Z', 'mon 03:00'],
  ])('in %s at %s is %s', (zone, instant, local) => {
    expect(shown(zone, Date.parse(instant))).toBe(local);
  });

  // Outside the years that were scanned, `Intl` itself is asked.
  test.each([
    ['Europe/Berlin', '1985-07-01T12:00:00Z', 'mon 14:00'],
    ['Africa/Monrovia', '1970-01-01T00:44:29.999Z', 'wed 23:59'], // 44 minutes and 30 seconds behind UTC
    ['Africa/Monrovia', '1970-01-01T00:44:30Z', 'thu 00:00'],
    ['Asia/Seoul', '1900-03-01T00:00:00Z', 'thu 08:27'], // 8:27:52 ahead
    ['Asia/Seoul', '1999-12-31T23:59:59.999Z', 'sat 08:59'],
    ['Europe/Berlin', '2150-07-01T12:00:00Z', 'wed 14:00'],
    ['Pacific/Kiritimati', '2200-02-28T12:00:00Z', 'sat 02:00'],
    ['Etc/GMT+12', '2200-03-01T06:00:00Z', 'fri 18:00'],
  ])('in %s at %s is %s, beyond the years of a policy', (zone, instant, local) => {
    expect(shown(zone, Date.parse(instant))).toBe(local);
  });

  // Every zone in every run would take seconds, so each run draws some.
  test('is what `Intl` says, in whatever zone and at whatever instant', () => {
    const zones = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));
    const instants = fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: Date.UTC(1999, 11, 1), max: Date.UTC(2101, 1, 1) }) },
        { weight: 1, arbitrary: fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2200, 0, 1) }) },
      ),
      { minLength: 100, maxLength: 200 },
    );
    fc.assert(
      fc.property(zones, instants, (zone, times) => {
        expect(times.map((time) => shown(zone, time))).toEqual(times.map((time) => shownByIntl(zone, time)));
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    'Africa/Cairo',
    'Africa/Casablanca',
    'America/Recife',
    'America/St_Johns',
    'Asia/Gaza',
    'Asia/Pyongyang',
    'Australia/Lord_Howe',
    'Europe/Berlin',
    'Pacific/Apia',
  ])('in %s changes when `Intl` says so, to the millisecond', (zone) => {
    const parsed = unwrap(parseTimeZone(zone));
    for (let year = 2000; year <= 2100; year++) localTime(parsed, Date.UTC(year, 6));
    const changes = [...parsed.calendar.years.values()].flatMap(({ since }) => since.slice(1));
    expect(changes.length).toBeGreaterThan(0);
    for (const change of changes)
      for (const time of [change - 1, change]) expect(shown(zone, time)).toBe(shownByIntl(zone, time));
  });
});

describe('a midnight', () => {
  const midnights = (name: string, date: string): readonly string[] => {
    const zone = unwrap(parseTimeZone(name));
    return [firstInstantOf, lastInstantOf].map((find) =>
      new Date(find(zone, Date.parse(`${date}T00:00:00Z`))).toISOString(),
    );
  };

  test.each([
    ['UTC', '2026-11-23', '2026-11-23T00:00:00.000Z'],
    ['Asia/Seoul', '2000-01-01', '1999-12-31T15:00:00.000Z'],
    ['Pacific/Kiritimati', '2000-01-01', '1999-12-31T10:00:00.000Z'],
    ['Etc/GMT+12', '2101-01-01', '2101-01-01T12:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
  ])('in %s begins %s at %s', (zone, date, instant) => {
    expect(midnights(zone, date)).toEqual([instant, instant]);
  });

  test.each([
    ['Africa/Cairo', '2024-04-26', '2024-04-25T22:00:00.000Z'], // 23:59 → 01:00
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'], // the whole day is skipped
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
  ])('that %s skips gives %s the instant of the skip, %s', (zone, date, instant) => {
    expect(midnights(zone, date)).toEqual([instant, instant]);
  });

  test('that comes twice is the first or the last of the two', () => {
    // At 00:01 on 2010-11-07, St. John's went back to 23:01 on the day before.
    expect(midnights('America/St_Johns', '2010-11-07')).toEqual([
      '2010-11-07T02:30:00.000Z',
      '2010-11-07T03:30:00.000Z',
    ]);
  });
});

describe('the name of a time zone', () => {
  test.each(['UTC', 'Asia/Seoul', 'asia/seoul', 'Asia/Kolkata', 'Asia/Calcutta', 'Europe/Kyiv', 'Etc/GMT-9'])(
    '%s is known, and kept as written',
    (name) => {
      expect(unwrap(parseTimeZone(name)).name).toBe(name);
    },
  );

  test('two names of one zone share what has been asked', () => {
    const [one, other] = ['Asia/Kolkata', 'Asia/Calcutta'].map((name) => unwrap(parseTimeZone(name)));
    expect(one?.calendar).toBe(other?.calendar);
  });

  test.each(['+09:00', '-0330', '+9', 'UTC+9', 'GMT-5', 'utc+09:00'])(
    '%s is refused as an offset',
    (name) => {
      expect(errorOf(parseTimeZone(name))).toEqual({
        problem: `\`${name}\` is an offset, not a time zone`,
        hint: 'write the name of a place, such as Asia/Seoul, or UTC',
      });
    },
  );

  test.each([
    ['Asia/Soul', 'Asia/Seoul'],
    ['Asia/Seul', 'Asia/Seoul'],
    ['Seoul', 'Asia/Seoul'],
    ['New York', 'America/New_York'],
    ['Europe/Berlim', 'Europe/Berlin'],
    ['utc', 'UTC'],
    ['PST', 'America/Los_Angeles'],
    ['EST5EDT', 'America/New_York'],
    ['ROK', 'Asia/Seoul'],
  ])('%s is refused, and %s may be meant', (name, meant) => {
    expect(errorOf(parseTimeZone(name))).toEqual({
      problem: `\`${name}\` is not a time zone`,
      hint: `did you mean ${meant}?`,
    });
  });

  test.each(['', 'KST', 'Mars/Olympus_Mons', 'here'])('`%s` is refused, and nothing is near it', (name) => {
    expect(errorOf(parseTimeZone(name))).toEqual({
      problem: `\`${name}\` is not a time zone`,
      hint: 'write an IANA name, such as Asia/Seoul, or UTC',
    });
  });
});
