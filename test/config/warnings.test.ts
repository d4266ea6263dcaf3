import { describe, expect, test } from 'vitest';
import { configWarnings } from '../../src/config/warnings.ts';
import { configOf } from './support.ts';

const warningsIn = (file: string, environment = {}) =>
  configWarnings(configOf({ file, environment })).map(({ code, at, problem }) => ({
    code,
    at: at.replace(/^.*\//, ''),
    problem,
  }));

test('the defaults are worth no warning', () => {
  expect(configWarnings(configOf({}))).toEqual([]);
});

test('each entry behind one that carries everything is told of, and none before it', () => {
  const file = `egress:
  upstream:
    - { domains: [a.kr], proxies: [direct] }
    - { proxies: [{ url: "http://parent.example:3128" }] }
    - { departments: [trade], proxies: [direct] }
    - { proxies: [direct] }
`;
  const problem = 'no request comes to this entry: one before it has no conditions, and carries all';
  expect(warningsIn(file)).toEqual([
    { code: 'unreachable-route', at: 'postern.yaml:5:7', problem },
    { code: 'unreachable-route', at: 'postern.yaml:6:7', problem },
  ]);
});

test('a last entry that carries everything is how it should be', () => {
  const entries = '{ domains: [a.kr], proxies: [direct] }, { departments: [x], proxies: [direct] }';
  expect(warningsIn(`egress: { upstream: [${entries}, { proxies: [direct] }] }`)).toEqual([]);
  expect(warningsIn(`egress: { upstream: [${entries}] }`)).toEqual([]);
});

// Covers: EV-11
test.each(['0.0.0.0/0', '::/0'])(
  '%s among the internal networks opens everything, and is told of',
  (text) => {
    expect(warningsIn(`egress: { internalNetworks: [10.0.0.0/8, "${text}"] }`)).toEqual([
      {
        code: 'everything-internal',
        at: 'postern.yaml:1:42',
        problem: `\`${text}\` opens every internal and special address, this machine's own too, to any name`,
      },
    ]);
  },
);

test('such a network is told of by the variable where it comes from there', () => {
  const environment = { POSTERN_EGRESS_INTERNAL_NETWORKS: '0.0.0.0/0' };
  expect(warningsIn('', environment)).toMatchObject([{ at: 'POSTERN_EGRESS_INTERNAL_NETWORKS' }]);
});

describe('a limit that another one comes before', () => {
  test.each([
    ['connections: 500', 'connectionsPerClient', 2000, 'connections', 500],
    ['tunnelsPerClient: 3000', 'tunnelsPerClient', 3000, 'connectionsPerClient', 2000],
    ['tunnelTotalMs: 60000', 'tunnelIdleMs', 600_000, 'tunnelTotalMs', 60_000],
    ['exchangeIdleMs: 2000', 'halfClosedMs', 5000, 'exchangeIdleMs', 2000],
    ['maxTargetBytes: 100000', 'maxTargetBytes', 100_000, 'maxHeaderBytes', 65_536],
  ])('%s is told of', (limit, inner, one, outer, other) => {
    expect(warningsIn(`limits: { ${limit} }`)).toMatchObject([
      {
        code: 'contrary-limits',
        at: expect.stringMatching(/^postern\.yaml:1:\d+$/),
        problem: `\`${inner}\` (${one}) is never reached: \`${outer}\` (${other}) comes before it`,
      },
    ]);
  });

  test('is none when both are the same, or the other is up to the machine', () => {
    expect(warningsIn('limits: { connections: 2000 }')).toEqual([]);
    expect(warningsIn('limits: { connectionsPerClient: 100000 }')).toEqual([]);
  });
});
