import { expect, test, vi } from 'vitest';
import { EXAMPLE } from '../block-page/looks.ts';
import { request } from '../support/client.ts';
import { BLOCKING_POLICY, startProxy, type TestProxy } from '../support/proxy.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

const page = async (proxy: TestProxy): Promise<string> =>
  (await request(proxy.port, 'http://blocked.test/', { headers: { accept: 'text/html' } })).body.toString();

const warnings = (proxy: TestProxy): readonly string[] =>
  proxy.announcements.flatMap((told) => (told.kind === 'warning' ? [told.problem.problem] : []));

const waitFor = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

test.each([1, 2])(
  'with %i workers, a template goes live on a reload, and a broken one leaves what is built in',
  async (workers) => {
    const pages = folderWith({ 'default.html': EXAMPLE.replace('<main>', '<main><p>the first page</p>') });
    const proxy = await startProxy({ config: { workers, blockPage: { templates: pages } } });
    expect(await page(proxy)).toContain('the first page');

    writeIn(pages, 'default.html', EXAMPLE.replace('<main>', '<main><p>the second page</p>'));
    proxy.reload();
    await waitFor(async () => expect(await page(proxy)).toContain('the second page'));

    writeIn(pages, 'default.html', EXAMPLE.replace('<main>', '<main><script>alert(1)</script>'));
    proxy.reload();
    await waitFor(async () => expect(warnings(proxy)).toContain('`<script>`: a page has no scripts'));
    await waitFor(async () => expect(await page(proxy)).toContain('<div class="card">'));
    expect(await page(proxy)).not.toContain('alert(1)');
  },
);

test('a start with broken files is a start, and each is told of', async () => {
  const files = folderWith({ 'default.html': '<p>', 'logo.svg': '<svg><script/></svg>' });
  const proxy = await startProxy({ config: { blockPage: { templates: files, logo: `${files}/logo.svg` } } });
  expect(await page(proxy)).toContain('<div class="card">');
  expect(warnings(proxy)).toContain('`<p>` does not stand in `<body>`');
  expect(warnings(proxy)).toContain('the logo is refused: it has a script');
});

test('policies that name a template which is not there go live all the same, with a warning', async () => {
  const proxy = await startProxy();
  proxy.writePolicy('office.yaml', `${BLOCKING_POLICY}page: office\n`);
  proxy.reload();
  await waitFor(async () => expect(warnings(proxy)).toContain('there is no template for `page: office`'));
  expect(proxy.announcements.filter(({ kind }) => kind === 'reloaded')).not.toEqual([]);
  expect(await page(proxy)).toContain('The Office');
});
