import { expect, test } from 'vitest';
import { foreignLineHint } from '../../../src/policy/matching/foreign-line.ts';

test.each([
  ['0.0.0.0 ads.example', 'a hosts'],
  ['127.0.0.1\tads.example # why', 'a hosts'],
  ['::1 localhost', 'a hosts'],
  ['fe80::1%lo0 localhost', 'a hosts'],
  ['||ads.example^', 'an Adblock'],
  ['@@||ads.example^$important', 'an Adblock'],
  ['! Title: ads', 'an Adblock'],
  ['[Adblock Plus 2.0]', 'an Adblock'],
  ['site.example##.ad', 'an Adblock'],
  ['address=/ads.example/0.0.0.0', 'a dnsmasq'],
  ['server=/ads.example/', 'a dnsmasq'],
  ['  local=/ads.example/\r', 'a dnsmasq'],
  ['$TTL 300', 'an RPZ zone'],
  ['ads.example CNAME .', 'an RPZ zone'],
  ['full:ads.example', 'a v2fly'],
])('`%s` looks like a line of %s file', (text, format) => {
  expect(foreignLineHint(text)).toBe(
    `this looks like a line of ${format} file: \`postern list import FILE --name …\` reads those`,
  );
});

test.each([
  'ads.example',
  '=ads.example',
  '*.ads.example',
  'ngrok.*',
  'ads.example # no more',
  '203.0.113.7',
  '203.0.113.0/24',
  '[2001:db8::7]',
  '2001:db8::/48',
  '/^ads[0-9]+\\.example$/',
  '# a comment',
  'co.kr',
  'ads.example:443',
  'https://ads.example/',
  'two words',
  '',
])('`%s` looks like none', (text) => {
  expect(foreignLineHint(text)).toBeUndefined();
});
