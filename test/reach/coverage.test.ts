import { describe, expect, test } from 'vitest';
import type { VisitEnding, VisitEntry } from '../../src/decision-log/parse-visit.ts';
import { createCoverage, inAll } from '../../src/reach/coverage.ts';
import { createDepartments } from '../../src/reach/departments.ts';

const TIME = Date.parse('2026-11-23T06:00:00Z');

let count = 0;
type Visit = { client?: string; department?: string | undefined; time?: number };

/** Both lines of one visit. */
function visit(ending: VisitEnding, visited: Visit = {}): [VisitEntry, VisitEntry] {
  const id = `id-${count++}`;
  const whose = { client: '10.0.0.1', department: 'trade', time: TIME, ...visited };
  return [
    { kind: 'blocked-connect', id, ...whose },
    { kind: 'page-ending', id, ending },
  ];
}

function reportOf(entries: readonly VisitEntry[], since?: number) {
  const coverage = createCoverage(since);
  coverage.take(entries);
  return coverage.report();
}

const clientsOf = (...entries: readonly VisitEntry[]) => inAll(reportOf(entries).departments);
const NONE = { trusting: 0, mixed: 0, refusing: 0, unclear: 0 };

describe('a client', () => {
  test('trusts the CA when it asked for pages, whatever else it left unclear', () => {
    expect(clientsOf(...visit('seen'), ...visit('unclear'), ...visit('seen'))).toEqual({
      ...NONE,
      trusting: 1,
    });
  });

  test('does in part when it also refused the certificate, before or after', () => {
    expect(clientsOf(...visit('refused'), ...visit('seen'))).toEqual({ ...NONE, mixed: 1 });
    expect(clientsOf(...visit('seen'), ...visit('refused'))).toEqual({ ...NONE, mixed: 1 });
  });

  test('refuses it when it saw no page, and is unclear when it showed nothing', () => {
    expect(clientsOf(...visit('unclear'), ...visit('refused'))).toEqual({ ...NONE, refusing: 1 });
    expect(clientsOf(...visit('unclear'))).toEqual({ ...NONE, unclear: 1 });
  });

  test('that was offered no handshake is in no number', () => {
    const report = reportOf(visit('not-shown'));
    expect(report.departments).toEqual([]);
    expect(report.visits).toEqual({ counted: 0, notShown: 1, beyondRoom: 0 });
  });

  test('that refused the certificate is named', () => {
    const entries = [
      ...visit('refused', { client: '10.0.0.2' }),
      ...visit('seen', { client: '10.0.0.2' }),
      ...visit('refused', { client: '10.0.0.3' }),
      ...visit('seen', { client: '10.0.0.4' }),
    ];
    expect(reportOf(entries).departments[0]?.refused).toEqual([
      { client: '10.0.0.2', alsoTrusts: true },
      { client: '10.0.0.3', alsoTrusts: false },
    ]);
  });
});

test('departments stand by their names, and clients of none come last', () => {
  const entries = [undefined, 'b', 'a'].flatMap((department) => visit('seen', { department }));
  expect(reportOf(entries).departments.map(({ department }) => department)).toEqual(['a', 'b', undefined]);
});

test('the two lines of a visit may come in any order, and with others between them', () => {
  const [asked, ended] = visit('seen');
  expect(clientsOf(ended, ...visit('refused', { client: '10.0.0.9' }), asked)).toEqual({
    ...NONE,
    trusting: 1,
    refusing: 1,
  });
});

test('a visit that has only one of its lines is in no number', () => {
  expect(clientsOf(...visit('seen').slice(0, 1), ...visit('refused').slice(1))).toEqual(NONE);
});

test('visits before the time that was asked for are left out', () => {
  const entries = [...visit('refused', { time: TIME - 1 }), ...visit('seen', { time: TIME })];
  const report = reportOf(entries, TIME);
  expect(inAll(report.departments)).toEqual({ ...NONE, trusting: 1 });
  expect(report.period).toEqual({ from: TIME, to: TIME });
});

test('lines that are missing or unreadable are told', () => {
  const coverage = createCoverage(undefined);
  coverage.take([
    { kind: 'gap', lines: 8 },
    { kind: 'other' },
    { kind: 'unreadable', at: 'a:1', problem: 'it is not JSON' },
  ]);
  expect(coverage.report().lines).toMatchObject({ read: 3, lost: 8, unreadable: 1 });
});

test('memory does not grow with lines that wait in vain: the oldest are given up', () => {
  const [asked, ended] = visit('seen');
  const later = Array.from({ length: 100_000 }, (): VisitEntry => visit('seen')[0]);
  expect(clientsOf(asked, ...later, ended)).toEqual(NONE);
  expect(clientsOf(asked, ...later.slice(1), ended)).toEqual({ ...NONE, trusting: 1 });
});

test('nor with clients: those that find no place are said to be more, and those that have one go on', () => {
  const departments = createDepartments(2);
  expect(departments.note('a', '10.0.0.1', 'seen')).toBe(true);
  expect(departments.note('b', '10.0.0.1', 'seen')).toBe(true);
  expect(departments.note('a', '10.0.0.2', 'seen')).toBe(false);
  expect(departments.note('c', '10.0.0.2', 'seen')).toBe(false);
  expect(departments.note('a', '10.0.0.1', 'refused')).toBe(true);
  expect(departments.reach()).toMatchObject([
    { department: 'a', clients: { ...NONE, mixed: 1 } },
    { department: 'b', clients: { ...NONE, trusting: 1 } },
  ]);
});
