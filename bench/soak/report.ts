import { isDeepStrictEqual } from 'node:util';
import type { SoakReport, SoakSetup } from './soak.ts';

/** Something that a soak must show, and what it did show. */
export type Promised = { readonly promise: string; readonly isKept: boolean; readonly shown: string };

/** What the settled memory may grow by after the warm-up: what V8 and malloc keep of a busy time, and no more. */
const MAX_GROWTH_MB = 24;
const SHOWN_FAILURES = 5;

export function promisesOf(report: SoakReport): readonly Promised[] {
  const { verdict, memoryMb, holdings, bugs } = report;
  const failures = [...report.acts.values()].flatMap((act) => act.failures);
  const requests = [...report.acts.values()].reduce((sum, act) => sum + act.requests, 0);
  const growth = memoryMb.end - memoryMb.warm;
  return [
    {
      promise: 'the same process, without a fault of its own',
      isKept: report.isSameProcess && bugs.length === 0,
      shown: bugs[0] ?? (report.isSameProcess ? 'yes' : 'it has ended'),
    },
    {
      promise: 'every client that stayed got what it must get',
      isKept: requests > 0 && failures.length === 0,
      shown: failures.length === 0 ? 'yes' : `${failures.length} did not`,
    },
    {
      promise: 'decisions = requests',
      isKept: verdict.decisions > 0 && verdict.mismatched.length === 0,
      shown:
        verdict.mismatched.length === 0
          ? `${verdict.decisions} of ${requests}, the rest broken off before they were whole`
          : verdict.mismatched.slice(0, SHOWN_FAILURES).join('; '),
    },
    {
      promise: 'outcomes = decisions',
      isKept:
        verdict.unpaired.length === 0 &&
        verdict.outcomes === verdict.decisions + verdict.openings - verdict.malformed,
      shown: [
        `${verdict.outcomes}, of them ${verdict.openings} for openings of tunnels; ${verdict.malformed} malformed requests`,
        ...verdict.unpaired.slice(0, SHOWN_FAILURES),
      ].join('; '),
    },
    {
      promise: `memory flat: at most ${MAX_GROWTH_MB} MB more than after the warm-up`,
      isKept: growth <= MAX_GROWTH_MB,
      shown: `${memoryMb.warm.toFixed(1)} MB, then ${memoryMb.end.toFixed(1)} MB`,
    },
    {
      promise: 'descriptors and timers as at the start',
      isKept: isDeepStrictEqual(holdings.start, holdings.end),
      shown: isDeepStrictEqual(holdings.start, holdings.end)
        ? `${Object.values(holdings.end.descriptors).reduce((sum, count) => sum + count, 0)} descriptors`
        : `${JSON.stringify(holdings.start)}, then ${JSON.stringify(holdings.end)}`,
    },
  ];
}

export function reportText(report: SoakReport, { seconds, clients, seed }: SoakSetup): string {
  const rows = [...report.acts].map(([name, { visits, broken, requests, failures }]) =>
    [
      name.padEnd(20),
      ...[visits, broken, requests, failures.length].map((number) => String(number).padStart(12)),
    ].join(''),
  );
  const head = ['what clients do'.padEnd(20), ...['visits', 'broken off', 'requests', 'failed'].map(right)];
  const failures = [...report.acts].flatMap(([name, act]) =>
    act.failures.slice(0, SHOWN_FAILURES).map((failure) => `  ${name}: ${failure}`),
  );
  const promises = promisesOf(report).map(
    ({ promise, isKept, shown }) => `  ${isKept ? 'kept  ' : 'BROKEN'}  ${promise}: ${shown}`,
  );
  return [
    `${seconds} s, ${clients} clients at a time, seed ${seed}`,
    '',
    head.join(''),
    ...rows,
    ...failures,
    '',
    ...promises,
    '',
  ].join('\n');
}

const right = (text: string): string => text.padStart(12);
