import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Config } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { readVariables } from '../../src/config/variables.ts';
import { configOf, problemsOf } from './support.ts';

describe('every scalar and every list of scalars has its variable', () => {
  const names = settingsOf(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }), []);

  test('the walk over the schema finds settings', () => {
    expect(names.length).toBeGreaterThanOrEqual(12);
    expect(names).toContain('POSTERN_BLOCK_PAGE_HTTPS');
    expect(names).toContain('POSTERN_EGRESS_DNS_SERVERS');
  });

  test.each(names)('%s', (name) => {
    const read = readVariables({ [name]: '' });
    expect(read.ok ? [] : read.error.map(({ problem }) => problem)).not.toContain(
      'no setting has this variable',
    );
  });

  test('and there are no others', () => {
    const [problem] = problemsOf({ environment: { POSTERN_QQQQQQQQQQQQQQQQQQQQQQQQ: '' } });
    expect(problem?.hint.replace('known: ', '').split(', ').toSorted()).toEqual(names.toSorted());
  });
});

describe('a variable sets what it names', () => {
  test.each<[name: string, text: string, read: (config: Config) => unknown, expected: unknown]>([
    ['POSTERN_POLICIES', '/p', (config) => config.policies, '/p'],
    ['POSTERN_CERTS', '/c', (config) => config.certs, '/c'],
    ['POSTERN_STATE', '/s', (config) => config.state, '/s'],
    ['POSTERN_WORKERS', '1', (config) => config.workers, 1],
    ['POSTERN_WORKERS', 'auto', (config) => config.workers, 'auto'],
    ['POSTERN_LOG_DIR', '/l', (config) => config.log.dir, '/l'],
    ['POSTERN_LOG_FSYNC', 'always', (config) => config.log.fsync, 'always'],
    ['POSTERN_LOG_ON_ERROR', 'continue', (config) => config.log.onError, 'continue'],
    ['POSTERN_BLOCK_PAGE_HTTPS', 'refuse', (config) => config.blockPage.https, 'refuse'],
    ['POSTERN_EGRESS_CONNECT_PORTS', '443', (config) => config.egress.connectPorts, [443]],
    ['POSTERN_EGRESS_CONNECT_PORTS', ' 443 , 8443,', (config) => config.egress.connectPorts, [443, 8443]],
    [
      'POSTERN_EGRESS_INTERNAL_NETWORKS',
      '127.0.0.0/8,2001:db8::/32',
      (config) => config.egress.internalNetworks.map(({ text }) => text),
      ['127.0.0.0/8', '2001:db8::/32'],
    ],
    [
      'POSTERN_EGRESS_INTERNAL_NAMES',
      'intra.example, *.corp.example',
      (config) => config.egress.internalNames.map(({ text }) => text),
      ['intra.example', '*.corp.example'],
    ],
    [
      'POSTERN_EGRESS_DNS_SERVERS',
      '192.0.2.53,[2001:db8::53]:5353',
      (config) => config.egress.dns.servers,
      ['192.0.2.53', '[2001:db8::53]:5353'],
    ],
    ['POSTERN_EGRESS_INTERNAL_NETWORKS', '', (config) => config.egress.internalNetworks, []],
    ['POSTERN_POLICIES', '/42', (config) => config.policies, '/42'],
  ])('%s=%s', (name, text, read, expected) => {
    expect(read(configOf({ file: '', environment: { [name]: text } }))).toEqual(expected);
  });

  test('a folder whose name is a number is a folder', () => {
    expect(configOf({ file: '', environment: { POSTERN_POLICIES: '2026' } }).policies).toMatch(/\/2026$/);
  });

  test('variables of other programs are none of our business', () => {
    const environment = { PATH: '/bin', POSTERNLOG: 'x', MY_POSTERN_LOG_DIR: 'x', postern_workers: '9' };
    expect(configOf({ file: '', environment }).workers).toBe('auto');
  });
});

describe('what Kubernetes sets beside a service called `postern`', () => {
  test('keeps nothing from starting', () => {
    const environment = {
      POSTERN_SERVICE_HOST: '10.96.0.7',
      POSTERN_SERVICE_PORT: '3128',
      POSTERN_SERVICE_PORT_PROXY: '3128',
      POSTERN_PORT: 'tcp://10.96.0.7:3128',
      POSTERN_PORT_3128_TCP: 'tcp://10.96.0.7:3128',
      POSTERN_PORT_3128_TCP_ADDR: '10.96.0.7',
    };
    expect(configOf({ file: 'workers: 1', environment }).workers).toBe(1);
  });

  test('hides no misspelt setting', () => {
    expect(problemsOf({ environment: { POSTERN_PORTS: '443' } })).toHaveLength(1);
  });
});

describe('a variable that cannot be used is an error', () => {
  test.each([
    ['POSTERN_WORKER', 'POSTERN_WORKERS'],
    ['POSTERN_LOG_DRI', 'POSTERN_LOG_DIR'],
    ['POSTERN_EGRESS_CONNECTPORTS', 'POSTERN_EGRESS_CONNECT_PORTS'],
    ['POSTERN_BLOCKPAGE_HTTPS', 'POSTERN_BLOCK_PAGE_HTTPS'],
  ])('%s: a misspelt name is never ignored, and the nearest is offered', (name, meant) => {
    expect(problemsOf({ environment: { [name]: '1' } })).toEqual([
      { at: name, problem: 'no setting has this variable', hint: `did you mean ${meant}?` },
    ]);
  });

  test.each([
    ['POSTERN_WORKERS', 'many', 'write auto, or a whole number from 1 to 256'],
    ['POSTERN_LOG_FSYNC', 'daily', 'never or always'],
    ['POSTERN_BLOCK_PAGE_HTTPS', 'true', 'page or refuse'],
    ['POSTERN_LOG_DIR', '', 'must not be empty'],
    ['POSTERN_EGRESS_CONNECT_PORTS', '443,70000', 'a port is at most 65535'],
    ['POSTERN_EGRESS_CONNECT_PORTS', '443,https', 'write numbers, separated by commas'],
    ['POSTERN_EGRESS_CONNECT_PORTS', '', 'name at least one port'],
    ['POSTERN_EGRESS_INTERNAL_NETWORKS', '10.0.0.1/8', 'did you mean 10.0.0.0/8?'],
    ['POSTERN_EGRESS_INTERNAL_NETWORKS', '10', 'write an address or CIDR, such as 10.20.0.0/16'],
    ['POSTERN_EGRESS_INTERNAL_NETWORKS', '10.0.0.0/8 172.16.0.0/12', 'such as 10.20.0.0/16'],
    ['POSTERN_EGRESS_INTERNAL_NAMES', 'https://intra.example/', 'without a scheme or path'],
    ['POSTERN_EGRESS_DNS_SERVERS', 'dns.example', '192.0.2.53'],
  ])('%s=%s is told by name, with what was written and what to write', (name, text, hint) => {
    const problems = problemsOf({ environment: { [name]: text } });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.at).toBe(name);
    expect(problems[0]?.problem).toContain(`\`${text}\``);
    expect(problems[0]?.hint).toContain(hint);
  });

  test('of a list, the entry that is wrong is named', () => {
    const environment = { POSTERN_EGRESS_INTERNAL_NETWORKS: '10.0.0.0/8,ten,192.168.0.0/16' };
    expect(problemsOf({ environment })[0]?.problem).toBe('`ten` is not a network');
  });

  test('all of them are told at once', () => {
    const environment = { POSTERN_WORKERS: 'many', POSTERN_LOG_FSYNC: 'daily', POSTERN_NOTHING: '' };
    expect(problemsOf({ environment }).map(({ at }) => at)).toEqual(Object.keys(environment));
  });
});

type Node = z.core.JSONSchema._JSONSchema;

/** The variables that a schema calls for, found by another way than the program's: over its JSON Schema. */
function settingsOf(node: Node, path: readonly string[]): string[] {
  if (typeof node === 'boolean') return [];
  if (node.properties !== undefined)
    return Object.entries(node.properties).flatMap(([key, child]) => settingsOf(child, [...path, key]));
  const isRecord = node.type === 'object';
  const isListOfObjects = node.type === 'array' && (node.items as { type?: string }).type === 'object';
  if (isRecord || isListOfObjects) return [];
  const words = path.map((key) => key.replace(/(?=[A-Z])/g, '_').toUpperCase());
  return [`POSTERN_${words.join('_')}`];
}
