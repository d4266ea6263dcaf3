import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHostsFile, parseHosts } from '../../../../src/proxy/outward/dns/hosts-file.ts';
import { folderWith } from '../../../support/temp-dir.ts';

test('a hosts file gives every name of a line its address, and a name all of its addresses', () => {
  const hosts = parseHosts(
    '# comment\n127.0.0.1\tlocalhost Intranet # here\n::1 localhost\n\nnonsense host\n10.0.0.1\n',
  );
  expect(hosts.get('localhost')).toEqual(['127.0.0.1', '::1']);
  expect(hosts.get('intranet')).toEqual(['127.0.0.1']);
  expect(hosts.get('host')).toBeUndefined();
});

test.each([
  [
    'IPv6, short and in full',
    '2001:db8::7 six\n2001:DB8:0:0:0:0:0:8 six\n',
    'six',
    ['2001:db8::7', '2001:DB8:0:0:0:0:0:8'],
  ],
  ['aliases after a name', '192.0.2.1 a.example a b', 'b', ['192.0.2.1']],
  ['indented lines and lines of Windows', '  192.0.2.1   a.example\r\n', 'a.example', ['192.0.2.1']],
  ['a comment that begins in a word', '192.0.2.1 a.example#b.example', 'a.example', ['192.0.2.1']],
  ['a name in a comment', '192.0.2.1 a.example # b.example', 'b.example', undefined],
  ['no address where one belongs', '192.0.2.256 a.example\n127.1 a.example', 'a.example', undefined],
])('a hosts file is read as hosts(5) has it: %s', (_name, text, name, addresses) => {
  expect(parseHosts(text).get(name)).toEqual(addresses);
});

test('a change of the file holds within a second, and not before it is asked for again', () => {
  const path = join(folderWith({ hosts: '192.0.2.1 a.example\n' }), 'hosts');
  let now = 0;
  const hosts = openHostsFile(path, () => now);
  expect(hosts('a.example')).toEqual(['192.0.2.1']);
  writeFileSync(path, '192.0.2.22 b.example\n');
  now += 999;
  expect(hosts('a.example')).toEqual(['192.0.2.1']);
  now += 1;
  expect(hosts('a.example')).toBeUndefined();
  expect(hosts('b.example')).toEqual(['192.0.2.22']);
});

test('a change of the file is noticed, whatever became of the file', () => {
  const folder = folderWith({ hosts: '192.0.2.1 a.example\n' });
  const path = join(folder, 'hosts');
  let now = 0;
  const hostsNow = openHostsFile(path, () => now);
  const hosts: typeof hostsNow = (name) => {
    now += 1_000;
    return hostsNow(name);
  };
  expect(hosts('a.example')).toEqual(['192.0.2.1']);

  writeFileSync(path, '192.0.2.22 a.example\n');
  expect(hosts('a.example')).toEqual(['192.0.2.22']);

  // Replaced by a file of the same size and time, as by `cp -p` and `mv`.
  const moment = new Date('2026-01-01T00:00:00Z');
  utimesSync(path, moment, moment);
  expect(hosts('a.example')).toEqual(['192.0.2.22']);
  writeFileSync(`${path}.new`, '192.0.2.33 a.example\n');
  utimesSync(`${path}.new`, moment, moment);
  renameSync(`${path}.new`, path);
  expect(hosts('a.example')).toEqual(['192.0.2.33']);

  rmSync(path);
  expect(hosts('a.example')).toBeUndefined();
  writeFileSync(path, '192.0.2.44 a.example\n');
  expect(hosts('a.example')).toEqual(['192.0.2.44']);
});
