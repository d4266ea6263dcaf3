import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { postern, ROOT } from '../support/cli.ts';

const COMMON = ['--config', '--policies', '--certs', '--state', '--json', '--help'];
const VERBS: readonly (readonly [verb: string, options: readonly string[], exits: string])[] = [
  ['serve', ['--listen'], '0 stopped by a signal, 1 problems, 2 usage'],
  ['check', ['[dir]', '--fix', '--strict', '--format'], '0 good, 1 problems, 2 usage'],
  ['show', ['[department]'], '0 good, 1 problems, 2 usage'],
  [
    'replay',
    ['<log...>', '--at', '--since', '--until', '--department', '--host', '--top', '--format', '--reasons'],
    '0 no change, 3 changes, 1 problems, 2 usage',
  ],
  ['list import', ['--name', '--format', '--force', '--all', '--dry-run'], '0 good, 1 problems, 2 usage'],
  ['list stats', [], '0 good, 1 problems, 2 usage'],
  ['schema', ['--write'], '0 good, 1 problems, 2 usage'],
  [
    'explain',
    ['<url>', '--department', '--client', '--listener', '--user', '--group', '--address', '--at'],
    '0 forward, 3 block, 1 problems, 2 usage',
  ],
  [
    'page preview',
    ['--department', '--rule', '--host', '--language', '--format', '--out', '"html", "json", "text"'],
    '0 good, 1 problems, 2 usage',
  ],
  ['page words', ['[language]'], '0 good, 1 problems, 2 usage'],
  ['ca init', ['--organization', '--passphrase', '--passphrase-file'], '0 good, 1 problems, 2 usage'],
  ['ca show', [], '0 good, 1 problems, 2 usage'],
  ['pac', [], '0 good, 1 problems, 2 usage'],
  [
    'ca export',
    ['--format', '--only', '--for', '--out', '--password', '"pem", "der", "p12"'],
    '0 good, 1 problems, 2 usage',
  ],
  [
    'ca rotate',
    ['--organization', '--activate', '--finish', '--abandon', '--passphrase-file'],
    '0 good, 1 problems, 2 usage',
  ],
  [
    'ca import',
    ['--cert', '--key', '--chain', '--key-passphrase-file', '--passphrase-file'],
    '0 good, 1 problems, 2 usage',
  ],
  ['ca coverage', ['[log...]', '--since', '--clients'], '0 good, 1 problems, 2 usage'],
  ['reload', [], '0 good, 1 problems, 2 usage'],
  ['status', [], '0 good, 1 problems, 2 usage'],
];

const run = (...args: readonly string[]) => postern(args, { cwd: '/' });

describe('help', () => {
  test.each(VERBS)(
    'of `%s` names its options and what its exit status means',
    async (verb, options, exits) => {
      const { status, stdout, stderr } = await run(...verb.split(' '), '--help');
      expect(status).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toContain(`Usage: postern ${verb} `);
      for (const option of [...COMMON, ...options]) expect(stdout).toContain(option);
      expect(stdout).toContain(`Exit status: ${exits}.`);
    },
  );

  test('of `serve` names the signals', async () => {
    const { stdout } = await run('serve', '--help');
    for (const signal of ['HUP', 'USR1', 'TERM', 'INT']) expect(stdout).toContain(signal);
  });

  test('of the whole names every verb', async () => {
    const { status, stdout } = await run('--help');
    expect(status).toBe(0);
    for (const [verb] of VERBS) expect(stdout).toContain(`  ${verb.split(' ')[0]}`);
    expect((await run('ca', '--help')).stdout).toMatch(/ {2}init [\s\S]* {2}show [\s\S]* {2}export /);
  });

  test('`--version` is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };
    expect(await run('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('a mistake on the command line ends with 2, and says what to write', () => {
  test.each<[string, string[], string]>([
    ['no verb', [], 'Usage: postern'],
    ['no verb of the CA', ['ca'], 'Usage: postern ca'],
    ['an unknown verb', ['chekc'], 'Did you mean check?'],
    ['an unknown option', ['check', '--jsno'], 'Did you mean --json?'],
    ['an option without its value', ['check', '--config'], 'argument missing'],
    ['one argument too many', ['check', 'a', 'b'], 'Expected 1 argument but got 2'],
    ['no URL', ['explain'], "missing required argument 'url'"],
    ['a URL of another kind', ['explain', 'ftp://a.example/'], 'write it whole, with http, https, ws or wss'],
    [
      'a URL with a broken host',
      ['explain', 'https://a b/'],
      'the host holds a control character or a space',
    ],
    ['a port out of range', ['explain', 'https://a.example:99999/'], 'a number from 1 to 65535'],
    ['a client that is no address', ['explain', 'a.example', '--client', 'pc-7'], 'Write an IP address'],
    ['a time that is none', ['explain', 'a.example', '--at', 'soon'], '2026-06-01T10:00:00+09:00'],
    [
      'a word and a number for a time',
      ['explain', 'a.example', '--at', 'soon 9'],
      '2026-06-01T10:00:00+09:00',
    ],
    ['a time without an offset', ['explain', 'a.example', '--at', '2026-06-01T10:00:00'], 'time and offset'],
    ['a day without a time', ['explain', 'a.example', '--at', '2026-06-01'], 'time and offset'],
    ['an unknown format', ['ca', 'export', '--format', 'jks'], 'Allowed choices are pem, der, p12'],
    ['an address without a port', ['serve', '--listen', '127.0.0.1'], 'such as 127.0.0.1:3128'],
    ['a port without an address', ['serve', '--listen', '3128'], 'such as 127.0.0.1:3128'],
    ['a name to listen on', ['serve', '--listen', 'localhost:3128'], 'such as 127.0.0.1:3128'],
    ['a port to listen on out of range', ['serve', '--listen', '127.0.0.1:65536'], 'such as 127.0.0.1:3128'],
  ])('%s', async (_name, args, hint) => {
    const { status, stdout, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m); // no stack trace
  });
});
