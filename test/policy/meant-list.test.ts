import { expect, test } from 'vitest';
import { meantListFile } from '../../src/policy/meant-list.ts';

test.each([
  ['vpn.list', 'vpn.txt'],
  ['gambling.TXT', 'gambling.txt'],
  ['Gambling.txt', 'gambling.txt'],
  ['sub/ads.txt', 'ads.txt'],
  ['My Ads_2.hosts', 'my-ads-2.txt'],
  ['ads', 'ads.txt'],
  ['도박.txt', undefined],
  ['.txt', undefined],
])('`%s` is meant for %s', (file, meant) => {
  expect(meantListFile(file)).toBe(meant);
});
