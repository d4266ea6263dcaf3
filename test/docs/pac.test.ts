import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pacFor } from '../../src/pac/pac.ts';
import { configOf } from '../config/support.ts';
import { settingsIn } from '../pac/support.ts';
import { pacResolver } from '../support/pac.ts';

/** What people copy from the page must be as the page says. */

const PAGE = readFileSync(new URL('../../docs/pac.md', import.meta.url), 'utf8');
const blocksOf = (kind: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);

test('the example of the settings says what goes where', async () => {
  const [file = '', ...others] = blocksOf('yaml');
  expect(others).toEqual([]);
  const find = await pacResolver(pacFor(settingsIn(file)));
  expect(await find('https://www.example.org/')).toBe(
    'PROXY proxy-1.example:3128; PROXY proxy-2.example:3128',
  );
  for (const url of ['http://www.partner.example/', 'http://10.9.1.2/', 'http://localhost:3000/'])
    expect(await find(url)).toBe('DIRECT');
});

test('every entry that the table of what goes direct shows is one', () => {
  const [, table = ''] = PAGE.split('| Entry | Stands for |');
  const cells = [...table.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = '']) => cell);
  const entries = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, entry = '']) => entry));
  const shown = entries.slice(0, entries.indexOf('<link-local>') + 1);
  expect(shown.length).toBeGreaterThan(8);
  const { direct } = configOf({ file: `pac: { direct: ${JSON.stringify(shown)} }` }).pac;
  expect(direct).toHaveLength(shown.length);
});

test("the browsers' policies are JSON, and name the file that Postern serves", () => {
  const policies = blocksOf('json').map((text) => JSON.parse(text) as unknown);
  expect(policies).toMatchObject([
    { ProxySettings: { ProxyMode: 'pac_script', ProxyPacUrl: 'http://proxy-1.example:3128/proxy.pac' } },
    { policies: { Proxy: { Mode: 'autoConfig', AutoConfigURL: 'http://proxy-1.example:3128/proxy.pac' } } },
  ]);
});

test('its links lead to pages that are there', () => {
  const pages = [...PAGE.matchAll(/\]\(([\w-]+\.md)/g)].map(([, page = '']) => page);
  expect(pages.length).toBeGreaterThan(3);
  for (const page of pages) expect(existsSync(new URL(`../../docs/${page}`, import.meta.url))).toBe(true);
});
