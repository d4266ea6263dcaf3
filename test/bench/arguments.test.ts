import { describe, expect, it } from 'vitest';
import { readArguments, usage } from '../../bench/support/arguments.ts';
import type { Bench } from '../../bench/support/bench.ts';

const bench = (summary: string, options: Bench['options']): Bench => ({
  summary,
  options,
  run: () => Promise.reject(new Error('nothing is measured here')),
});
const rounds = { about: 'measured rounds', default: 5, min: 1, max: 100 };
const benches = { forward: bench('plain HTTP', { rounds }), policy: bench('decisions', {}) };

describe('the arguments of a bench', () => {
  it('choose one bench, or all of them', () => {
    expect(readArguments(benches, ['forward', '--rounds', '2', '--json', '--svg', 'chart.svg'])).toEqual({
      kind: 'run',
      benches: { forward: benches.forward },
      json: true,
      charts: { svg: 'chart.svg', curves: undefined },
      numbers: { rounds: 2 },
    });
    expect(readArguments(benches, [])).toEqual({
      kind: 'run',
      benches,
      json: false,
      charts: { svg: undefined, curves: undefined },
      numbers: {},
    });
  });

  it('choose all benches of a group, unless one has its name', () => {
    const group = {
      block: bench('one', {}),
      'block-http': bench('two', {}),
      'growth-a': bench('three', {}),
      'growth-b': bench('four', {}),
    };
    const chosen = (name: string) =>
      Object.keys((readArguments(group, [name]) as { benches: object }).benches);
    expect(chosen('growth')).toEqual(['growth-a', 'growth-b']);
    expect(chosen('block')).toEqual(['block']);
  });

  it('have charts drawn of what was measured earlier', () => {
    expect(
      readArguments(benches, ['--from', 'reports.jsonl', '--svg', 'a.svg', '--curves', 'b.svg']),
    ).toEqual({
      kind: 'draw',
      from: 'reports.jsonl',
      charts: { svg: 'a.svg', curves: 'b.svg' },
    });
  });

  it.each([
    ['a bench that there is not', ['backward'], 'there is no bench `backward`'],
    ['a name that every object has', ['constructor'], 'there is no bench `constructor`'],
    ['a part of a name', ['for'], 'there is no bench `for`'],
    [
      'earlier reports of which nothing is to be drawn',
      ['--from', 'x'],
      '--from takes --svg or --curves with it',
    ],
    [
      'a bench beside earlier reports',
      ['forward', '--from', 'x', '--svg', 'y'],
      '--from measures nothing: it takes no forward',
    ],
    [
      'another option beside earlier reports',
      ['--rounds', '2', '--from', 'x', '--curves', 'y'],
      '--from measures nothing: it takes no --rounds',
    ],
    ['two benches', ['forward', 'policy'], 'name one bench, or none for all'],
    ['an option of another bench', ['policy', '--rounds', '2'], 'policy takes no --rounds'],
    ['a number out of range', ['forward', '--rounds', '0'], '--rounds takes a whole number from 1 to 100'],
    [
      'a number with a fraction',
      ['forward', '--rounds', '2.5'],
      '--rounds takes a whole number from 1 to 100',
    ],
    ['no number at all', ['forward', '--rounds', ''], '--rounds takes a whole number from 1 to 100'],
    ['what is no number', ['forward', '--rounds', 'two'], '--rounds takes a whole number from 1 to 100'],
  ])('refuse %s', (_, args, problem) => {
    expect(readArguments(benches, args)).toEqual({ kind: 'refused', problem });
  });

  it.each([
    ['an option that no bench knows', ['--loud'], '--loud'],
    ['a chart without a file', ['forward', '--svg'], '--svg'],
  ])('refuse %s, and name it', (_, args, named) => {
    expect(readArguments(benches, args)).toEqual({
      kind: 'refused',
      problem: expect.stringContaining(named),
    });
  });

  it('reach every bench that knows them when all are run', () => {
    expect(readArguments(benches, ['--rounds', '100'])).toMatchObject({ benches, numbers: { rounds: 100 } });
  });

  it('are all in the usage', () => {
    expect(readArguments(benches, ['forward', '--help'])).toEqual({ kind: 'help' });
    expect(usage(benches)).toContain('forward              plain HTTP [--rounds N]');
    expect(usage(benches)).toContain('--rounds N           measured rounds (default 5)');
  });
});
