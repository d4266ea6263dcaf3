import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BAD_PORTS } from '../../src/config/bad-ports.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { DEFAULT_LIMITS } from '../../src/proxy/bounds/limits.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';
import { configOf, type Layers, load } from './support.ts';

/** On a machine where Postern is installed, the absence of a file in the working directory is not "no file". */
const hasSystemFile = existsSync('/etc/postern/postern.yaml');

describe('flag over environment over file over default', () => {
  const path = { policies: ['policies'], ports: ['egress', 'connectPorts'], https: ['blockPage', 'https'] };
  const cases: readonly {
    name: string;
    layers: Required<Pick<Layers, 'file' | 'environment' | 'flags'>>;
    read: (config: Config) => unknown;
    expected: readonly unknown[];
  }[] = [
    {
      name: 'a scalar',
      layers: {
        file: 'blockPage: { https: refuse }',
        environment: { POSTERN_BLOCK_PAGE_HTTPS: 'page' },
        flags: [{ path: path.https, value: 'refuse' }],
      },
      read: (config) => config.blockPage.https,
      expected: ['page', 'refuse', 'page', 'refuse'],
    },
    {
      name: 'a list',
      layers: {
        file: 'egress: { connectPorts: [1001] }',
        environment: { POSTERN_EGRESS_CONNECT_PORTS: '1002,1003' },
        flags: [{ path: path.ports, value: [1004] }],
      },
      read: (config) => config.egress.connectPorts,
      expected: [[443, 8443], [1001], [1002, 1003], [1004]],
    },
    {
      name: 'a path',
      layers: {
        file: 'policies: /from/file',
        environment: { POSTERN_POLICIES: '/from/environment' },
        flags: [{ path: path.policies, value: '/from/flag' }],
      },
      read: (config) => config.policies.replace(/^.*\/policies$/, 'the default'),
      expected: ['the default', '/from/file', '/from/environment', '/from/flag'],
    },
  ];

  test.each(cases)('$name: each layer hides those below it', ({ layers, read, expected }) => {
    const { file, environment, flags } = layers;
    const all = [{ file: '' }, { file }, { file, environment }, { file, environment, flags }];
    expect(all.map((some) => read(configOf(some)))).toEqual(expected);
  });

  test.each(cases)('$name: a flag hides the file where the environment is silent', (one) => {
    const { file, flags } = one.layers;
    expect(one.read(configOf({ file, flags }))).toEqual(one.expected[3]);
  });

  test('a layer hides one setting, never its neighbours', () => {
    const config = configOf({
      file: 'log: { fsync: always, onError: continue }\negress: { connectPorts: [1], internalNetworks: [10.0.0.0/8] }',
      environment: { POSTERN_LOG_FSYNC: 'never', POSTERN_EGRESS_CONNECT_PORTS: '2' },
    });
    expect(config.log).toMatchObject({ fsync: 'never', onError: 'continue' });
    expect(config.egress.connectPorts).toEqual([2]);
    expect(config.egress.internalNetworks.map(({ text }) => text)).toEqual(['10.0.0.0/8']);
  });

  test('listening addresses of flags replace those of the file', () => {
    const file = 'listen: [{ port: 1 }, { host: 192.0.2.1, port: 2 }]';
    const flags = [{ path: ['listen'], value: [{ host: '127.0.0.1', port: 0 }] }];
    expect(configOf({ file }).listen).toEqual([
      { host: '127.0.0.1', port: 1 },
      { host: '192.0.2.1', port: 2 },
    ]);
    expect(configOf({ file, flags }).listen).toEqual([{ host: '127.0.0.1', port: 0 }]);
  });
});

describe('where the file is found', () => {
  test('`postern.yaml` in the working directory, without being asked', () => {
    const { folder, loaded } = load({ file: 'log: { fsync: always }' });
    expect(loaded.ok && loaded.value).toMatchObject({
      file: join(folder, 'postern.yaml'),
      log: { fsync: 'always' },
    });
  });

  test('a file that is named hides the one in the working directory', () => {
    const cwd = folderWith({ 'postern.yaml': 'log: { fsync: always }', 'other.yaml': '{}' });
    const loaded = loadConfig({ file: 'other.yaml', flags: [], environment: {}, cwd });
    expect(loaded.ok && loaded.value.log.fsync).toBe('never');
  });

  test.skipIf(hasSystemFile)('without any file the built-in defaults run', () => {
    const { folder, loaded } = load({});
    expect(loaded).toEqual({
      ok: true,
      value: {
        file: undefined,
        at: expect.any(Function),
        text: '',
        listen: [{ host: '127.0.0.1', port: 3128 }],
        policies: join(folder, 'policies'),
        certs: join(folder, 'certs'),
        state: join(folder, 'var'),
        workers: 'auto',
        egress: {
          connectPorts: [443, 8443],
          forbiddenHttpPorts: BAD_PORTS,
          internalNetworks: [],
          internalNames: [],
          tunnels: {
            notTls: 'refuse',
            noSni: 'refuse',
            sniMismatch: 'refuse',
            ech: 'outer',
            addressLiterals: 'refuse',
            plainPorts: [],
          },
          dns: { servers: [], hosts: {} },
          upstream: [],
        },
        log: { dir: join(folder, 'var', 'log'), fsync: 'never', onError: 'block' },
        blockPage: { https: 'page' },
        pac: { proxies: [], direct: [{ kind: 'group', group: '<loopback>' }], fallback: 'none' },
        limits: DEFAULT_LIMITS,
      },
    });
  });

  test.each([
    ['an empty file', ''],
    ['a file with blank lines only', '\n  \n'],
    ['a file that is all commented out', '# listen:\n#   - { port: 3128 }\n'],
    ['an empty mapping', '{}'],
  ])('%s leaves the defaults in force', (_name, file) => {
    expect(configOf({ file })).toMatchObject({ workers: 'auto', egress: { connectPorts: [443, 8443] } });
  });
});

describe('paths', () => {
  const elsewhere = (text: string) => {
    const root = folderWith({ 'etc/postern.yaml': text });
    const cwd = join(root, 'home');
    return { root, cwd, file: join(root, 'etc/postern.yaml') };
  };

  test('in the file they are relative to the file', () => {
    const { root, cwd, file } = elsewhere(
      'policies: ./rules\ncerts: ../ca\nstate: /var/lib/postern\nlog: { dir: log }',
    );
    const loaded = loadConfig({ file, flags: [], environment: {}, cwd });
    expect(loaded.ok && loaded.value).toMatchObject({
      policies: join(root, 'etc/rules'),
      certs: join(root, 'ca'),
      state: '/var/lib/postern',
      log: { dir: join(root, 'etc/log') },
    });
  });

  test('those that the file does not name stand beside it too', () => {
    const { root, cwd, file } = elsewhere('workers: 1');
    const loaded = loadConfig({ file, flags: [], environment: {}, cwd });
    expect(loaded.ok && loaded.value).toMatchObject({
      policies: join(root, 'etc/policies'),
      certs: join(root, 'etc/certs'),
      state: join(root, 'etc/var'),
      log: { dir: join(root, 'etc/var/log') },
    });
  });

  test('in flags and variables they are relative to the working directory', () => {
    const { cwd, file } = elsewhere('policies: ./rules\ncerts: ./ca');
    const loaded = loadConfig({
      file,
      flags: [{ path: ['policies'], value: 'mine' }],
      environment: { POSTERN_CERTS: './ours', POSTERN_LOG_DIR: 'log' },
      cwd,
    });
    expect(loaded.ok && loaded.value).toMatchObject({
      policies: join(cwd, 'mine'),
      certs: join(cwd, 'ours'),
      log: { dir: join(cwd, 'log') },
    });
  });

  test('a file that is named by a relative path is found from the working directory', () => {
    const { root } = elsewhere('policies: ./rules');
    const loaded = loadConfig({ file: 'etc/postern.yaml', flags: [], environment: {}, cwd: root });
    expect(loaded.ok && loaded.value.policies).toBe(resolve(root, 'etc/rules'));
  });

  test('the log follows the state folder, wherever that was set', () => {
    const { cwd, file } = elsewhere('state: ./from-file');
    const loaded = loadConfig({ file, flags: [], environment: { POSTERN_STATE: '/run/postern' }, cwd });
    expect(loaded.ok && loaded.value.log.dir).toBe('/run/postern/log');
  });

  test('the log stays where it was put when the state folder moves', () => {
    const { root, cwd, file } = elsewhere('log: { dir: ./audit }');
    const loaded = loadConfig({ file, flags: [{ path: ['state'], value: '/run' }], environment: {}, cwd });
    expect(loaded.ok && loaded.value.log.dir).toBe(join(root, 'etc/audit'));
  });

  test('an empty path is refused, and never means the working directory', () => {
    const cwd = folderWith();
    writeIn(cwd, 'postern.yaml', '');
    const loaded = loadConfig({
      file: undefined,
      flags: [{ path: ['policies'], value: '' }],
      environment: {},
      cwd,
    });
    expect(loaded).toMatchObject({ ok: false, error: [{ at: '--policies', problem: 'must not be empty' }] });
  });
});
