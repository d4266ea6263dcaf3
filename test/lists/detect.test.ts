import { expect, test } from 'vitest';
import { detectFormat } from '../../src/lists/detect.ts';
import { errorOf, unwrap } from '../policy/support.ts';

test.each([
  ['plain', '# x\na.example\n203.0.113.7\n203.0.113.0/24'],
  ['squid', '# x\n.a.example\nb.example\n203.0.113.7'],
  ['plain', `.stray.example\n${'a.example\n'.repeat(20)}`],
  ['hosts', '# x\n127.0.0.1 localhost\nfe80::1%lo0 localhost\n0.0.0.0 a.example'],
  ['dnsmasq', 'address=/a.example/0.0.0.0\nserver=/b.example/'],
  ['adblock', '[Adblock Plus 2.0]\n! x\n||a.example^\nb.example\nc.example##.ad\n||d.example^$third-party'],
  [
    'rpz',
    '$TTL 300\n@ SOA localhost. root.localhost. 1 2 3 4 5\n NS localhost.\na.example CNAME .\n*.a.example CNAME .',
  ],
  ['v2fly', 'include:other\na.example\nb.example @cn\nfull:c.example'],
])('%s is told by its lines', (format, text) => {
  expect(unwrap(detectFormat(text.split('\n')))).toBe(format);
});

test.each([
  ['a mixture', '0.0.0.0 a.example\naddress=/b.example/\nc.example', 'cannot be told'],
  ['prose', 'Dear all,\nplease find the list attached.', 'cannot be told'],
  ['nothing but comments', '# a list\n\n', 'nothing but comments'],
  ['nothing', '\n', 'it is empty'],
  ['a web page', '<!DOCTYPE html>\n<html>', 'a web page'],
])('%s is not guessed at', (_name, text, problem) => {
  expect(errorOf(detectFormat(text.split('\n'))).problem).toContain(problem);
});
