import { describe, expect, it, test } from 'vitest';
import { curveFigures, FLAT, growthOf } from '../../bench/growth/curve.ts';
import {
  clientOf,
  departmentId,
  ruleHost,
  unlisted,
  writeGrowthPolicies,
} from '../../bench/growth/policies.ts';
import { hostOf, hostUnder } from '../../bench/support/hosts.ts';
import { NOW } from '../../bench/support/policies.ts';
import { verdictOn } from '../../bench/support/report.ts';
import { identify } from '../../src/identity/identify.ts';
import { decide } from '../../src/policy/decide.ts';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { folderWith } from '../support/temp-dir.ts';

const curve = (...costs: readonly (number | undefined)[]) => ({
  growing: 'open tunnels',
  line: 'new tunnel',
  unit: 'µs' as const,
  points: costs.map((cost, at) => ({ size: 10 ** (at + 1), cost })),
});

describe('a curve', () => {
  it('has a row for each size, which is a point in the chart, and one that says how it grows', () => {
    const figures = curveFigures(curve(400, 200, 500));
    expect(figures.map(({ what, unit, postern }) => [what, unit, postern])).toEqual([
      ['new tunnel: 10', 'µs', 400],
      ['  100', 'µs', 200],
      ['  1,000', 'µs', 500],
      ['  at 1,000, times that at 10', '×', 1.25],
    ]);
    expect(figures[2]?.curve).toEqual({
      growing: 'open tunnels',
      line: 'new tunnel',
      size: 1_000,
      at: '1,000',
    });
    expect(figures.at(-1)?.curve).toBeUndefined();
  });

  it.each([
    ['a cost that falls', [100, 1], 'met'],
    ['one that grows by no more than two like runs differ', [100, 100 * FLAT], 'met'],
    ['one that grows by more', [100, 100 * FLAT + 1], 'missed'],
    ['nothing to grow from', [undefined, 100], 'none'],
  ])('is flat or not: %s', (_, costs, verdict) => {
    const ratio = curveFigures(curve(...costs)).at(-1);
    expect(ratio && verdictOn(ratio)).toBe(verdict);
  });

  it('says also how it grows beyond the sizes that have another cost', () => {
    const figures = curveFigures({ ...curve(9_000, 100, 50, 200), flatFrom: 100 });
    expect(
      figures.slice(-2).map(({ what, postern }) => [what, postern && Math.round(postern * 100)]),
    ).toEqual([
      ['  at 10,000, times that at 10', 2],
      ['  at 10,000, times that at 100', 200],
    ]);
  });

  it('has no growth where the first cost is nothing', () => {
    expect(
      growthOf([
        { size: 1, cost: 0 },
        { size: 2, cost: 5 },
      ]),
    ).toBeUndefined();
    expect(growthOf([])).toBeUndefined();
  });
});

test('the policies that grow have each client in its department, and block there what they should', async () => {
  const folder = folderWith({});
  writeGrowthPolicies(folder, { departments: 70, listed: 20 });
  const loaded = await loadPolicies(folder, NOW);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  const policies = loaded.value;
  for (const department of [0, 1, 3, 4, 69]) {
    const client = clientOf(department, 199);
    expect(identify({ client }, policies)).toEqual({ department: departmentId(department) });
    const actions = [hostUnder(19), hostOf(ruleHost(department, 39)), hostOf(unlisted(0))].map(
      (host) =>
        decide(
          {
            time: NOW,
            department: departmentId(department),
            client,
            via: 'connect',
            method: 'CONNECT',
            host,
            port: 443,
          },
          policies,
        ).action,
    );
    expect(actions).toEqual(['block', 'block', 'forward']);
  }
});
