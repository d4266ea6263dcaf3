import { expect, test } from 'vitest';
import { mailLink, phoneLink, webLink } from '../../src/block-page/links.ts';

test.each([
  ['https://ai.motie.example', 'https://ai.motie.example/'],
  ['http://예.example/길?q=가#"', 'http://xn--2j5b.example/%EA%B8%B8?q=%EA%B0%80#%22'],
  ["https://a.example/'<>", 'https://a.example/%27%3C%3E'],
  ['javascript:alert(1)', undefined],
  ['JaVaScRiPt:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['//a.example', undefined],
  ['/path', undefined],
  ['', undefined],
])('as a web address, %s → %s', (url, link) => {
  expect(webLink(url)).toBe(link);
});

test.each([
  ['helpdesk@motie.example', 'mailto:helpdesk@motie.example?subject=a%26b%20%EF%BF%BD%27'],
  ['a?cc=b@c.example', 'mailto:a%3Fcc%3Db@c.example?subject=a%26b%20%EF%BF%BD%27'],
  ['a@b@c', undefined],
  ['a b@c.example', undefined],
  ['', undefined],
])('as a mail address, %s → %s', (address, link) => {
  expect(mailLink(address, "a&b \ud800'")).toBe(link);
});

test.each([
  ['+82-44-000-0000', 'tel:+82440000000'],
  ['(044) 203 4000', 'tel:0442034000'],
  ['044-203-4000 내선 12', undefined],
  ['---', undefined],
  ['javascript:1', undefined],
])('as a phone number, %s → %s', (phone, link) => {
  expect(phoneLink(phone)).toBe(link);
});
