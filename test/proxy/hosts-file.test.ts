import { expect, test } from 'vitest';
import { parseHosts } from '../../src/proxy/hosts-file.ts';

test('a hosts file gives every name of a line its address, and a name all of its addresses', () => {
  const hosts = parseHosts(
    '# comment\n127.0.0.1\tlocalhost Intranet # here\n::1 localhost\n\nnonsense host\n10.0.0.1\n',
  );
  expect(hosts.get('localhost')).toEqual(['127.0.0.1', '::1']);
  expect(hosts.get('intranet')).toEqual(['127.0.0.1']);
  expect(hosts.get('host')).toBeUndefined();
});
