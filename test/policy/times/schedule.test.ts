import { describe, expect, test } from 'vitest';
import {
  describeSchedule,
  parseSchedule,
  type ScheduleEntry,
  scheduleEnd,
  scheduleVerdict,
} from '../../../src/policy/times/schedule.ts';
import { errorOf, unwrap } from '../support.ts';

const verdictOf = (entry: ScheduleEntry, instant: string) =>
  scheduleVerdict(unwrap(parseSchedule(entry)), Date.parse(instant));

const SEOUL = 'Asia/Seoul';
const OFFICE: ScheduleEntry = { days: ['mon-fri'], hours: '09:00-18:00', timezone: SEOUL };

describe('days and hours', () => {
  test.each([
    ['2026-11-23T08:59:59.999+09:00', 'other-time'], // a Monday
    ['2026-11-23T09:00:00.000+09:00', 'in-force'],
    ['2026-11-23T17:59:59.999+09:00', 'in-force'],
    ['2026-11-23T18:00:00.000+09:00', 'other-time'],
    ['2026-11-27T12:00:00.000+09:00', 'in-force'],
    ['2026-11-28T12:00:00.000+09:00', 'other-time'],
    ['2026-11-29T12:00:00.000+09:00', 'other-time'],
    ['2026-11-23T12:00:00.000Z', 'other-time'], // 21:00 in Seoul
  ])('the start counts and the end does not: %s is %s', (instant, verdict) => {
    expect(verdictOf(OFFICE, instant)).toBe(verdict);
  });

  /** Which of the days of a week are in force at noon. */
  const daysInForce = (entry: ScheduleEntry): string =>
    ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
      .filter((_, index) => verdictOf(entry, `2026-11-${23 + index}T12:00:00+09:00`) === 'in-force')
      .join(' ');

  test.each([
    [['mon'], 'mon'],
    [['sat-mon'], 'mon sat sun'],
    [['wed-tue'], 'mon tue wed thu fri sat sun'],
    [['sun', 'tue-thu', 'wed'], 'tue wed thu sun'],
  ])('the days %j are %s', (days, meant) => {
    expect(daysInForce({ days, timezone: SEOUL })).toBe(meant);
  });

  test('no days are every day', () => {
    expect(daysInForce({ hours: '12:00-12:01', timezone: SEOUL })).toBe('mon tue wed thu fri sat sun');
  });

  test('no hours are the whole day', () => {
    const friday: ScheduleEntry = { days: ['fri'], timezone: SEOUL };
    expect(verdictOf(friday, '2026-11-26T23:59:59.999+09:00')).toBe('other-time');
    expect(verdictOf(friday, '2026-11-27T00:00:00+09:00')).toBe('in-force');
    expect(verdictOf(friday, '2026-11-27T23:59:59.999+09:00')).toBe('in-force');
    expect(verdictOf(friday, '2026-11-28T00:00:00+09:00')).toBe('other-time');
  });

  test.each(['00:00-24:00', '22:00-24:00', '22:00-00:00'])('%s ends with its day', (hours) => {
    const friday: ScheduleEntry = { days: ['fri'], hours, timezone: SEOUL };
    expect(verdictOf(friday, '2026-11-27T23:59:59.999+09:00')).toBe('in-force');
    expect(verdictOf(friday, '2026-11-28T00:00:00+09:00')).toBe('other-time');
  });

  test('of several hours any one suffices', () => {
    const entry: ScheduleEntry = { hours: ['09:00-12:00', '13:00-18:00'], timezone: SEOUL };
    expect(verdictOf(entry, '2026-11-23T11:59:59.999+09:00')).toBe('in-force');
    expect(verdictOf(entry, '2026-11-23T12:30:00+09:00')).toBe('other-time');
    expect(verdictOf(entry, '2026-11-23T13:00:00+09:00')).toBe('in-force');
  });

  test.each([
    ['2026-11-27T05:59:59+09:00', 'other-time'], // Thursday's night, which is not meant
    ['2026-11-27T21:59:59.999+09:00', 'other-time'],
    ['2026-11-27T22:00:00+09:00', 'in-force'],
    ['2026-11-28T00:00:00+09:00', 'in-force'],
    ['2026-11-28T05:59:59.999+09:00', 'in-force'],
    ['2026-11-28T06:00:00+09:00', 'other-time'],
    ['2026-11-28T22:00:00+09:00', 'other-time'],
  ])('a range across midnight belongs to the day on which it begins: %s is %s', (instant, verdict) => {
    expect(verdictOf({ days: ['fri'], hours: '22:00-06:00', timezone: SEOUL }, instant)).toBe(verdict);
  });

  test('the night of Sunday ends on Monday', () => {
    const entry: ScheduleEntry = { days: ['sun'], hours: '22:00-06:00', timezone: SEOUL };
    expect(verdictOf(entry, '2026-11-30T05:59:59.999+09:00')).toBe('in-force');
    expect(verdictOf(entry, '2026-11-23T22:00:00+09:00')).toBe('other-time');
  });
});

describe('when clocks are set', () => {
  /** The minutes of two days from an instant in UTC during which a range is in force. */
  const minutesInForce = (entry: ScheduleEntry, from: string): number => {
    const schedule = unwrap(parseSchedule(entry));
    return Array.from({ length: 2 * 24 * 60 }, (_, minute) => Date.parse(from) + minute * 60_000).filter(
      (time) => scheduleVerdict(schedule, time) === 'in-force',
    ).length;
  };

  test.each([
    ['Europe/Berlin', '2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z'],
    ['America/New_York', '2026-03-07T12:00:00Z', '2026-10-31T12:00:00Z'],
  ])('in %s a range has less time in spring and more in autumn', (timezone, spring, autumn) => {
    const night: ScheduleEntry = { days: ['sat'], hours: '22:00-06:00', timezone };
    expect(minutesInForce(night, spring)).toBe(7 * 60);
    expect(minutesInForce(night, autumn)).toBe(9 * 60);
  });

  test('a range inside the skipped hour is never in force on that day', () => {
    const entry: ScheduleEntry = { days: ['sun'], hours: '02:00-03:00', timezone: 'Europe/Berlin' };
    expect(minutesInForce(entry, '2026-03-28T12:00:00Z')).toBe(0);
  });

  test('a repeated hour is in force both times', () => {
    const entry: ScheduleEntry = { days: ['sun'], hours: '02:00-02:30', timezone: 'Europe/Berlin' };
    expect(verdictOf(entry, '2026-10-25T00:29:59.999Z')).toBe('in-force');
    expect(verdictOf(entry, '2026-10-25T00:30:00Z')).toBe('other-time');
    expect(verdictOf(entry, '2026-10-25T01:00:00Z')).toBe('in-force');
    expect(verdictOf(entry, '2026-10-25T01:30:00Z')).toBe('other-time');
  });
});

describe('from and until', () => {
  test.each([
    ['2025-02-05T23:59:59.999+09:00', 'not-yet'],
    ['2025-02-06T00:00:00.000+09:00', 'in-force'],
    ['2026-12-31T23:59:59.999+09:00', 'in-force'],
    ['2027-01-01T00:00:00.000+09:00', 'over'],
  ])('as dates include their whole days: %s is %s', (instant, verdict) => {
    expect(verdictOf({ from: '2025-02-06', until: '2026-12-31', timezone: SEOUL }, instant)).toBe(verdict);
  });

  test.each([
    ['2026-06-01T09:59:59.999+09:00', 'not-yet'],
    ['2026-06-01T10:00:00.000+09:00', 'in-force'],
    ['2026-12-31T08:59:59.998Z', 'in-force'],
    ['2026-12-31T08:59:59.999Z', 'over'],
  ])('as instants include the first and not the last, without a time zone: %s is %s', (instant, verdict) => {
    const entry = { from: '2026-06-01T10:00+09:00', until: '2026-12-31T17:59:59.999+09:00' };
    expect(verdictOf(entry, instant)).toBe(verdict);
  });

  test('one date as both is that day', () => {
    const entry: ScheduleEntry = { from: '2026-11-23', until: '2026-11-23', timezone: SEOUL };
    expect(verdictOf(entry, '2026-11-22T23:59:59.999+09:00')).toBe('not-yet');
    expect(verdictOf(entry, '2026-11-23T12:00:00+09:00')).toBe('in-force');
    expect(verdictOf(entry, '2026-11-24T00:00:00+09:00')).toBe('over');
  });

  test('before and after them, day and hour do not matter', () => {
    const entry: ScheduleEntry = { ...OFFICE, from: '2026-11-23', until: '2026-11-24' };
    expect(verdictOf(entry, '2026-11-22T03:00:00+09:00')).toBe('not-yet');
    expect(verdictOf(entry, '2026-11-23T03:00:00+09:00')).toBe('other-time');
    expect(verdictOf(entry, '2026-11-24T12:00:00+09:00')).toBe('in-force');
    expect(verdictOf(entry, '2026-11-25T03:00:00+09:00')).toBe('over');
  });

  const EDGES: readonly (readonly [string, ScheduleEntry, string, string])[] = [
    [
      'a date without midnight begins at its first instant',
      { from: '2024-04-26', until: '2024-04-26', timezone: 'Africa/Cairo' },
      '2024-04-25T22:00:00.000Z',
      '2024-04-26T21:00:00.000Z',
    ],
    [
      'a date on which clocks are set back has 25 hours',
      { from: '2026-10-25', until: '2026-10-25', timezone: 'Europe/Berlin' },
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'a date whose last hour is repeated includes it both times',
      { from: '2010-11-06', until: '2010-11-06', timezone: 'America/St_Johns' },
      '2010-11-06T02:30:00.000Z',
      '2010-11-07T03:30:00.000Z',
    ],
    [
      'a date whose midnight comes twice begins with the first',
      { from: '2010-11-07', until: '2010-11-07', timezone: 'America/St_Johns' },
      '2010-11-07T02:30:00.000Z',
      '2010-11-08T03:30:00.000Z',
    ],
    [
      'the last day of the last year is included',
      { from: '2000-01-01', until: '2100-12-31', timezone: 'Etc/GMT+12' },
      '2000-01-01T12:00:00.000Z',
      '2101-01-01T12:00:00.000Z',
    ],
  ];
  test.each(EDGES)('%s', (_, entry, from, until) => {
    const schedule = unwrap(parseSchedule(entry));
    expect([schedule.from, schedule.until]).toEqual([Date.parse(from), Date.parse(until)]);
  });

  test('the end is the instant at which `until` has passed, or there is none', () => {
    const end = (entry: ScheduleEntry) => scheduleEnd(unwrap(parseSchedule(entry)));
    expect(end({ until: '2026-12-31', timezone: SEOUL })).toBe(Date.parse('2027-01-01T00:00:00+09:00'));
    expect(end({ until: '2026-12-31T18:00:00+09:00' })).toBe(Date.parse('2026-12-31T18:00:00+09:00'));
    expect(end(OFFICE)).toBeUndefined();
  });
});

describe('a description', () => {
  const DESCRIPTIONS: readonly (readonly [ScheduleEntry, string])[] = [
    [{ ...OFFICE, until: '2026-12-31' }, 'mon-fri 09:00-18:00 Asia/Seoul, until 2026-12-31'],
    [
      { ...OFFICE, from: '2025-02-06', until: '2026-12-31' },
      'mon-fri 09:00-18:00 Asia/Seoul, from 2025-02-06, until 2026-12-31',
    ],
    [
      { days: ['mon', 'wed-fri'], hours: ['09:00-12:00', '13:00-18:00'], timezone: SEOUL },
      'mon,wed-fri 09:00-12:00,13:00-18:00 Asia/Seoul',
    ],
    [{ days: ['sat'], timezone: SEOUL }, 'sat Asia/Seoul'],
    [{ hours: '22:00-06:00', timezone: SEOUL }, '22:00-06:00 Asia/Seoul'],
    [{ from: '2025-02-06', timezone: SEOUL }, 'from 2025-02-06 Asia/Seoul'],
    [{ until: '2026-12-31T18:00:00+09:00' }, 'until 2026-12-31T18:00:00+09:00'],
  ];
  test.each(DESCRIPTIONS)('of %j is `%s`', (entry, text) => {
    expect(describeSchedule(unwrap(parseSchedule(entry)))).toBe(text);
  });
});

describe('a fault', () => {
  const faultsOf = (entry: ScheduleEntry) => errorOf(parseSchedule(entry));

  test('is that nothing is said', () => {
    expect(faultsOf({})).toEqual([
      {
        path: [],
        problem: '`when` is empty',
        hint: 'say `days:`, `hours:`, `from:` or `until:`, or remove it',
      },
    ]);
  });

  const WITHOUT_ZONE: readonly ScheduleEntry[] = [
    { days: ['mon'] },
    { hours: '09:00-18:00' },
    { from: '2025-02-06' },
    { from: '2025-02-06T00:00:00Z', until: '2026-12-31' },
  ];
  test.each(WITHOUT_ZONE)('is a missing time zone: %j', (entry) => {
    expect(faultsOf(entry)).toEqual([
      {
        path: ['timezone'],
        problem: '`timezone` is missing',
        hint: 'add the place whose clock counts, such as timezone: Asia/Seoul',
      },
    ]);
  });

  const IDLE_ZONE: readonly ScheduleEntry[] = [
    { timezone: SEOUL },
    { timezone: SEOUL, until: '2026-12-31T18:00:00+09:00' },
  ];
  test.each(IDLE_ZONE)('is a time zone that nothing needs: %j', (entry) => {
    expect(faultsOf(entry)).toEqual([
      {
        path: ['timezone'],
        problem: 'nothing here needs `timezone`',
        hint: 'remove it, or add `days`, `hours` or a date without time',
      },
    ]);
  });

  test('is an unknown time zone', () => {
    expect(faultsOf({ days: ['mon'], timezone: 'Asia/Soul' })).toEqual([
      { path: ['timezone'], problem: '`Asia/Soul` is not a time zone', hint: 'did you mean Asia/Seoul?' },
    ]);
  });

  const LIST_OF_DAYS = 'write mon, tue, wed, thu, fri, sat or sun, or a range such as mon-fri';
  test.each([
    ['Mon', 'did you mean mon?'],
    ['monday', 'did you mean mon?'],
    ['tues', 'did you mean tue?'],
    ['Mon-Fri', 'did you mean mon-fri?'],
    ['mon - fri', 'did you mean mon-fri?'],
    ['mon-fry', 'did you mean mon-fri?'],
    ['', LIST_OF_DAYS],
    ['mon-', LIST_OF_DAYS],
    ['-', LIST_OF_DAYS],
    ['mon-wed-fri', LIST_OF_DAYS],
    ['weekdays', LIST_OF_DAYS],
    ['mon,tue', LIST_OF_DAYS],
    ['1-5', LIST_OF_DAYS],
    ['월', LIST_OF_DAYS],
  ])('is the day `%s`: %s', (day, hint) => {
    expect(faultsOf({ days: ['sun', day], timezone: SEOUL })).toEqual([
      { path: ['days', 1], problem: `\`${day}\` is not a day or a range of days`, hint },
    ]);
  });

  test('is a range from a day to itself, which may mean one day or seven', () => {
    expect(faultsOf({ days: ['mon-mon'], timezone: SEOUL })).toEqual([
      {
        path: ['days', 0],
        problem: '`mon-mon` begins and ends with the same day',
        hint: 'write mon for that day alone, or leave `days` away for every day',
      },
    ]);
  });

  const HOURS = 'write start and end from 00:00 to 24:00, such as 09:00-18:00';
  test.each([
    ['9-18', 'did you mean 09:00-18:00?'],
    ['9:00-18:00', 'did you mean 09:00-18:00?'],
    ['09:00 - 18:00', 'did you mean 09:00-18:00?'],
    ['09:00–18:00', 'did you mean 09:00-18:00?'],
    ['09:00~18:00', 'did you mean 09:00-18:00?'],
    ['', HOURS],
    ['09:00', HOURS],
    ['09:00-', HOURS],
    ['09:00-18:60', HOURS],
    ['09:00-25:00', HOURS],
    ['09:00-24:01', HOURS],
    ['24:00-06:00', HOURS],
    ['9-9', HOURS],
    ['09:00-12:00-18:00', HOURS],
    ['9am-6pm', HOURS],
  ])('is the range `%s`: %s', (hours, hint) => {
    const problem = `\`${hours}\` is not a range of hours`;
    expect(faultsOf({ hours, timezone: SEOUL })).toEqual([{ path: ['hours'], problem, hint }]);
    expect(faultsOf({ hours: ['09:00-12:00', hours], timezone: SEOUL })).toEqual([
      { path: ['hours', 1], problem, hint },
    ]);
  });

  test('is a range that begins and ends at the same time', () => {
    expect(faultsOf({ hours: '09:00-09:00', timezone: SEOUL })).toEqual([
      {
        path: ['hours'],
        problem: '`09:00-09:00` begins and ends at the same time',
        hint: 'leave `hours` away for the whole day',
      },
    ]);
  });

  test('is a list without anything in it', () => {
    expect(faultsOf({ days: [], hours: [], timezone: SEOUL })).toEqual([
      { path: ['days'], problem: '`days` is empty', hint: 'list at least one, or remove the key' },
      { path: ['hours'], problem: '`hours` is empty', hint: 'list at least one, or remove the key' },
    ]);
  });

  const MOMENT = 'write a date such as 2026-12-31, or an instant such as 2026-12-31T18:00:00+09:00';
  const YEAR = 'write a year from 2000 to 2100';
  test.each([
    ['2026-12-31T18:00:00', 'add the offset, such as 2026-12-31T18:00:00+09:00'],
    ['2026-12-31T18:00', 'add the offset, such as 2026-12-31T18:00+09:00'],
    ['2026-12-31 18:00:00+09:00', MOMENT],
    ['2026-12-31T24:00:00Z', MOMENT],
    ['2026-12-31T18:00:00+90:00', MOMENT],
    ['2026-12-31T18:00:00.0001Z', MOMENT],
    ['2026-1-1', MOMENT],
    ['20261231', MOMENT],
    ['31.12.2026', MOMENT],
    ['tomorrow', MOMENT],
    ['', MOMENT],
    ['1999-12-31', YEAR],
    ['2101-01-01T00:00:00Z', YEAR],
    ['0000-01-01', YEAR],
    ['2026-02-30', 'write a date that exists'],
    ['2027-02-29T00:00:00Z', 'write a date that exists'],
    ['2026-13-01', 'write a date that exists'],
    ['2026-00-10', 'write a date that exists'],
  ])('is `%s` as `from` or `until`: %s', (text, hint) => {
    for (const key of ['from', 'until'] as const)
      expect(faultsOf({ days: ['mon'], timezone: SEOUL, [key]: text })).toEqual([
        { path: [key], problem: expect.stringContaining(text.slice(0, 10)), hint },
      ]);
  });

  test.each([
    ['2026-12-31', '2026-12-30'],
    ['2026-12-31T18:00:00+09:00', '2026-12-31T09:00:00Z'], // the same instant
    ['2027-01-01T00:00:00+09:00', '2026-12-31'],
  ])('is `from: %s` with `until: %s`', (from, until) => {
    expect(faultsOf({ days: ['mon'], from, until, timezone: SEOUL })).toEqual([
      {
        path: ['until'],
        problem: '`until` is not after `from`, so the rule would never be in force',
        hint: 'write a later `until` or an earlier `from`',
      },
    ]);
  });

  test('does not hide another', () => {
    const entry = { days: ['x'], hours: '9', from: 'x', until: '2026-02-30', timezone: 'KST' };
    expect(faultsOf(entry).map(({ path }) => path.join('.'))).toEqual([
      'days.0',
      'hours',
      'from',
      'until',
      'timezone',
    ]);
  });
});
