import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/config/limits.ts';
import { DEFAULT_LIMITS } from '../../src/proxy/bounds/limits.ts';
import { configOf, problemsOf } from './support.ts';

const NAMES = Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[];

describe('every limit of the data path is a setting', () => {
  test('with the default that the data path has', () => {
    expect(configOf({ file: '' }).limits).toEqual(DEFAULT_LIMITS);
    expect(Object.keys(limits.shape)).toEqual(NAMES);
  });

  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  test.each(NAMES)('%s has its row in the operations page, with its default', (name) => {
    const rows = page.match(new RegExp(`^\\| \`${name}\` \\|.*$`, 'gm')) ?? [];
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain(`| \`${JSON.stringify(DEFAULT_LIMITS[name]).replaceAll('"', '')}\` |`);
  });
});

describe('a limit', () => {
  test('is set by the file, and by its variable', () => {
    const file = 'limits: { tunnelIdleMs: 5000, connections: 500, exempt: [10.9.0.0/16] }';
    const environment = {
      POSTERN_LIMITS_CONNECTIONS: 'auto',
      POSTERN_LIMITS_REQUESTS_PER_MINUTE_PER_CLIENT: '9',
    };
    const { exempt, ...others } = configOf({ file, environment }).limits;
    expect(others).toMatchObject({ tunnelIdleMs: 5000, connections: 'auto', requestsPerMinutePerClient: 9 });
    expect(exempt.map(({ text }) => text)).toEqual(['10.9.0.0/16']);
  });

  test.each([
    ['requestHeadMs: 10', 'requestHeadMs', '`requestHeadMs` cannot be `10`', 'must be at least 1000'],
    ['tunnelIdleMs: 100000000', 'tunnelIdleMs', '`tunnelIdleMs` cannot be', 'must be at most 86400000'],
    ['maxHeaderBytes: 100', 'maxHeaderBytes', 'cannot be `100`', 'must be at least 4096'],
    ['connectionsPerClient: 0', 'connectionsPerClient', 'cannot be `0`', 'must be at least 1'],
    ['lingerMs: 1000.5', 'lingerMs', '`lingerMs` is not a whole number', 'write a whole number'],
    ['lingerMs: 5s', 'lingerMs', '`lingerMs` is not a number', 'write 5000: milliseconds, without a unit'],
    ['tunnelIdleMs: 10m', 'tunnelIdleMs', 'not a number', 'write 600000: milliseconds, without a unit'],
    ['maxHeaderBytes: 64 KB', 'maxHeaderBytes', 'not a number', 'write 65536: bytes, without a unit'],
    ['lingerMs: 5 parsecs', 'lingerMs', 'not a number', 'write a number'],
    [
      'connections: many',
      'connections',
      'none of the forms',
      'write auto, or a whole number from 10 to 1000000',
    ],
    ['memoryMb: 1', 'memoryMb', '`memoryMb` cannot be `1`', 'must be at least 128'],
    ['exempt: [10.0.0.1/8]', 'exempt', 'bits set beyond its prefix', 'did you mean 10.0.0.0/8?'],
    ['requestHeadMS: 5000', 'requestHeadMS', 'unknown key', 'did you mean `requestHeadMs`?'],
  ])('that cannot hold is told with what can: %s', (setting, _name, problem, hint) => {
    const [first, ...others] = problemsOf({ file: `limits:\n  ${setting}\n` });
    expect(others).toEqual([]);
    expect(first?.at).toMatch(/^postern\.yaml:2:/);
    expect(first?.problem).toContain(problem);
    expect(first?.hint).toContain(hint);
  });

  test.each([
    ['POSTERN_LIMITS_REQUEST_HEAD_MS', '10', 'must be at least 1000'],
    ['POSTERN_LIMITS_REQUEST_HEAD_MS', '15s', 'write a whole number'],
    ['POSTERN_LIMITS_MEMORY_MB', 'much', 'write auto, or a whole number from 128 to 1048576'],
    ['POSTERN_LIMITS_EXEMPT', '10.0.0.1/8', 'did you mean 10.0.0.0/8?'],
  ])('%s=%s is told by the name of the variable', (name, text, hint) => {
    expect(problemsOf({ environment: { [name]: text } })).toMatchObject([{ at: name, hint }]);
  });
});
