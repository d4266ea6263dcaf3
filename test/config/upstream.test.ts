import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readParentFiles } from '../../src/config/parent-files.ts';
import type { ParentEntry } from '../../src/config/upstream-schema.ts';
import { certify } from '../support/parent.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';
import { configOf, load, problemsOf } from './support.ts';

const upstream = (entry: string): string => `egress: { upstream: [${entry}] }`;
const proxy = (fields: string): string => upstream(`{ proxies: [{ ${fields} }] }`);

test('an entry comes out with hosts as the proxy knows them, and paths beside the file', () => {
  const file = upstream(
    '{ domains: [a.kr], departments: [x], resolve: local, proxies: [{ url: "HTTPS://Parent.Example:1/", ca: ca.pem, username: u, passwordFile: ../p }, direct] }',
  );
  const { folder, loaded } = load({ file });
  expect(loaded.ok && loaded.value.egress.upstream).toMatchObject([
    {
      domains: [{ kind: 'domain', host: 'a.kr' }],
      departments: ['x'],
      resolve: 'local',
      proxies: [
        {
          url: { scheme: 'https', host: 'parent.example', port: 1 },
          ca: join(folder, 'ca.pem'),
          username: 'u',
          passwordFile: join(folder, '..', 'p'),
        },
        'direct',
      ],
    },
  ]);
});

test('without conditions an entry is for everything, and the parent looks names up', () => {
  const [entry] = configOf({ file: upstream('{ proxies: [{ url: "http://[::1]:3128" }] }') }).egress.upstream;
  expect(entry).toEqual({
    resolve: 'parent',
    proxies: [{ url: { scheme: 'http', host: '[::1]', port: 3128 } }],
  });
});

describe('what a parent cannot be is told by place, problem and remedy', () => {
  test.each([
    ['a misspelt way', upstream('{ proxies: [dierct] }'), 'none of the forms', 'write `direct`'],
    ['no way at all', upstream('{ proxies: [] }'), '`proxies` cannot be `[]`', 'at least one proxy'],
    ['nine ways', upstream(`{ proxies: [${Array(9).fill('direct')}] }`), 'cannot be', 'at most 8'],
    ['no hosts', upstream('{ domains: [], proxies: [direct] }'), 'cannot be `[]`', 'remove the key'],
    [
      'no departments',
      upstream('{ departments: [], proxies: [direct] }'),
      'cannot be `[]`',
      'remove the key',
    ],
    ['a whole suffix', upstream('{ domains: [com], proxies: [direct] }'), 'public suffix', 'example.com'],
    [
      'an unknown word',
      upstream('{ resolve: here, proxies: [direct] }'),
      'unknown resolve',
      'parent or local',
    ],
    ['another protocol', proxy('url: "socks5://a:1"'), 'is not the URL of a proxy', 'http:// or https://'],
    ['no port', proxy('url: "http://a"'), 'names no port', 'http://parent.example:3128'],
    ['a path', proxy('url: "http://a:1/b"'), 'is not the URL of a proxy', 'a host and a port'],
    ['a port out of range', proxy('url: "http://a:65536"'), 'the port is not valid', '1 to 65535'],
    ['a CA without TLS', proxy('url: "http://a:1", ca: x'), 'no TLS', 'https://'],
    ['a user alone', proxy('url: "http://a:1", username: x'), 'without a password', 'passwordFile'],
    ['a password alone', proxy('url: "http://a:1", passwordFile: x'), 'without a user', 'username'],
    [
      'a colon in a name',
      proxy('url: "http://a:1", username: "a:b", passwordFile: x'),
      'no colon',
      'name alone',
    ],
    [
      'a password in the file',
      proxy('url: "http://a:1", password: x'),
      'unknown key `password`',
      'passwordFile',
    ],
  ])('%s', (_name, file, problem, hint) => {
    const problems = problemsOf({ file });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.at).toMatch(/^postern\.yaml:1:\d+$/);
    expect(problems[0]?.problem).toContain(problem);
    expect(problems[0]?.hint).toContain(hint);
  });

  test.each(['http://user:secret@a:1', 'socks5://user:secret@a:1'])(
    'credentials in its URL are refused, and not shown again: %s',
    (url) => {
      const problems = problemsOf({ file: proxy(`url: "${url}"`) });
      expect(problems).toMatchObject([{ problem: 'the URL carries credentials' }]);
      expect(JSON.stringify(problems)).not.toContain('secret');
    },
  );
});

describe('the files of a parent', () => {
  const entry = (fields: Partial<ParentEntry>): ParentEntry =>
    ({ url: { scheme: 'https', host: 'a', port: 1 }, ...fields }) as ParentEntry;
  const file = (text: string, mode: number): string => {
    const path = writeIn(folderWith(), 'file', text);
    chmodSync(path, mode);
    return path;
  };

  test.each([
    ['as it is', 'word', 'word'],
    ['but for the end of its line', 'word\n', 'word'],
    ['but for an end of line of Windows', ' two words \r\n', ' two words '],
  ])('the password is the text of its file, %s', (_name, text, password) => {
    expect(readParentFiles(entry({ passwordFile: file(text, 0o640) }))).toEqual({
      ok: true,
      value: { password, ca: undefined },
    });
  });

  // Covers: EV-22
  test.each([
    ['that everybody may read', 'word', 0o644, 'open to everybody (mode 0644)'],
    ['that everybody may write', 'word', 0o602, 'open to everybody (mode 0602)'],
    ['that is empty', '\n', 0o600, 'the password is empty'],
    ['of two lines', 'one\ntwo\n', 0o600, 'one line'],
    ['that is endless', 'x'.repeat(2_000), 0o600, 'at most 1024 bytes'],
  ])('a password file %s is refused, and its text not shown', (_name, text, mode, problem) => {
    const passwordFile = file(text, mode);
    const read = readParentFiles(entry({ passwordFile }));
    expect(read).toMatchObject({ ok: false, error: [{ at: passwordFile }] });
    expect(JSON.stringify(read)).toContain(problem);
    expect(JSON.stringify(read)).not.toMatch(/word"|two/);
  });

  test('a CA file holds certificates that can be read, or it is refused: TLS would take it for a list of none', () => {
    const { caFile } = certify('a.test');
    expect(readParentFiles(entry({ ca: caFile }))).toMatchObject({
      value: { ca: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/) },
    });
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    for (const text of ['', 'no certificate', broken])
      expect(readParentFiles(entry({ ca: file(text, 0o644) }))).toMatchObject({
        error: [{ problem: 'the file holds no certificate that can be read' }],
      });
  });

  test('all that is wrong with them is told at once', () => {
    const read = readParentFiles(entry({ ca: '/nowhere/ca.pem', passwordFile: '/nowhere/password' }));
    expect(!read.ok && read.error.map(({ at }) => at)).toEqual(['/nowhere/password', '/nowhere/ca.pem']);
  });

  test('a pipe in the place of a file is not waited for', () => {
    const pipe = join(folderWith(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(readParentFiles(entry({ ca: pipe }))).toMatchObject({
      ok: false,
      error: [{ at: pipe, problem: 'it is not a file of at most 1000000 bytes' }],
    });
  });
});
