import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { BROKEN_POLICY, TRADE_POLICY } from '../support/serve.ts';
import { folderWith } from '../support/temp-dir.ts';

const HOSTS = '# a list\n127.0.0.1 localhost\n0.0.0.0 b.example\n0.0.0.0 a.example\n0.0.0.0 com\n';
const folder = (files: Record<string, string> = {}) =>
  folderWith({ 'policies/trade.yaml': TRADE_POLICY, 'h.txt': HOSTS, ...files });
const run = (cwd: string, ...args: readonly string[]) => postern(['list', ...args], { cwd });
const listIn = (cwd: string, name: string) => readFileSync(join(cwd, `policies/lists/${name}.txt`), 'utf8');
const entriesIn = (cwd: string, name: string) =>
  listIn(cwd, name)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('import of a file', () => {
  test('writes the list with its head, and says what became of every line', async () => {
    const cwd = folder();
    const { status, stdout, stderr } = await run(cwd, 'import', 'h.txt', '--name', 'ads');
    expect(status).toBe(0);
    expect(stderr).toBe('ads: reading\nads: done\n');
    expect(stdout).toBe(`ads: 2 entries, written to ${cwd}/policies/lists/ads.txt
  read as hosts; --format names another
  of 5 lines: 1 comments and blank lines, 1 boilerplate, 1 refused
  refused 1: a single label: no name on the Internet
      line 5: 0.0.0.0 com
No rule names it yet; this one would block what it lists:
  - { id: ads, block: { categories: [ads] } }
`);
    expect(listIn(cwd, 'ads').replace(/imported: .*/, 'imported: T')).toBe(
      `# postern list\n# name: ads\n# source: ${cwd}/h.txt\n# format: hosts\n# imported: T\n# entries: 2\n=a.example\n=b.example\n`,
    );
    expect(statSync(join(cwd, 'policies/lists/ads.txt')).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(cwd, 'policies/lists'))).toEqual(['ads.txt']);
  });

  test('takes the name from the file, and source, format and options of the last time', async () => {
    const cwd = folder();
    expect((await run(cwd, 'import', 'h.txt', '--subdomains')).status).toBe(0);
    writeFileSync(join(cwd, 'h.txt'), `${HOSTS}0.0.0.0 c.example\n`);
    expect((await run(cwd, 'import', '--name', 'h')).status).toBe(0);
    expect(entriesIn(cwd, 'h')).toEqual(['a.example', 'b.example', 'c.example']);
  });

  test('with --dry-run writes nothing, and with --report and --json names every refused line', async () => {
    const cwd = folder();
    const result = await run(cwd, 'import', 'h.txt', '--dry-run', '--json', '--report', 'refused.txt');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(jsonOf(result)).toMatchObject({
      ok: true,
      outcome: 'dry-run',
      name: 'h',
      format: 'hosts',
      lines: 5,
      entries: 2,
      refusals: [{ line: 5, text: '0.0.0.0 com' }],
    });
    expect(readFileSync(join(cwd, 'refused.txt'), 'utf8')).toMatch(/^5\t.+\t0\.0\.0\.0 com\n$/);
    expect(existsSync(join(cwd, 'policies/lists'))).toBe(false);
  });

  test('shows no control characters of the list', async () => {
    const cwd = folder({ 'h.txt': `${HOSTS}0.0.0.0 a\u001b[2Jb\n` });
    expect((await run(cwd, 'import', 'h.txt')).stdout).not.toContain('\u001b');
  });
});

describe('what would harm a list is refused, and the list stays byte for byte', () => {
  const many = Array.from({ length: 9 }, (_, index) => `n${index}.example\n`).join('');

  test.each<[string, string, string, string[]]>([
    ['fewer than two thirds of the entries', 'a.example\n', 'it shrank from 9 entries to 1', []],
    [
      'more refused than honoured lines',
      `${many}${'a b\n'.repeat(10)}`,
      '10 are refused and 9 honoured',
      ['--format', 'plain'],
    ],
    ['no entry', 'com\n', 'it gives no entry', ['--format', 'plain', '--force']],
    ['a web page', '<!doctype html>\n', 'it is a web page', []],
    ['too many bytes', 'a.example\n'.repeat(200_000), 'it is larger than 1 MB', ['--max-size', '1']],
  ])('%s', async (_name, text, problem, args) => {
    const cwd = folder({ 'x.txt': many });
    expect((await run(cwd, 'import', 'x.txt')).status).toBe(0);
    const before = listIn(cwd, 'x');
    writeFileSync(join(cwd, 'x.txt'), text);
    const { status, stderr } = await run(cwd, 'import', 'x.txt', ...args);
    expect(status).toBe(1);
    expect(stderr).toContain(problem);
    expect(listIn(cwd, 'x')).toBe(before);
    expect(readdirSync(join(cwd, 'policies/lists'))).toEqual(['x.txt']);
  });

  test('--force takes a list that shrank', async () => {
    const cwd = folder({ 'x.txt': many });
    await run(cwd, 'import', 'x.txt');
    writeFileSync(join(cwd, 'x.txt'), 'a.example\n');
    expect((await run(cwd, 'import', 'x.txt', '--force')).status).toBe(0);
    expect(entriesIn(cwd, 'x')).toEqual(['a.example']);
  });

  test('a list that a person wrote', async () => {
    const cwd = folder({ 'policies/lists/h.txt': 'own.example\n' });
    expect((await run(cwd, 'import', 'h.txt')).stderr).toContain('was not imported');
    expect(listIn(cwd, 'h')).toBe('own.example\n');
  });

  test('a folder that cannot be written', async () => {
    const cwd = folder({ 'policies/lists': 'a file\n' });
    expect(await run(cwd, 'import', 'h.txt')).toMatchObject({ status: 1, stdout: '' });
  });
});

describe('a source that cannot be read says what to write instead', () => {
  test.each<[string, string[], string, string]>([
    [
      'a name of a list',
      ['encrypted-dns'],
      'there is no such file',
      'to renew a list write --name encrypted-dns',
    ],
    ['a path', ['gone/h.txt'], 'there is no such file', 'check the path'],
    [
      'an address of another kind',
      ['ftp://x/y'],
      'only http and https addresses can be fetched',
      'import the file',
    ],
    ['an empty file', ['empty.txt'], 'it is empty', 'whether it came whole'],
    [
      'an empty file of a named format',
      ['empty.txt', '--format', 'hosts'],
      'gives no entry',
      'whether it came whole',
    ],
  ])('%s', async (_name, args, problem, hint) => {
    const { status, stderr } = await run(folder({ 'empty.txt': '' }), 'import', ...args);
    expect(status).toBe(1);
    expect(stderr).toContain(problem);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain('--format');
  });

  test('the file that the list came from, when it has gone', async () => {
    const cwd = folder();
    await run(cwd, 'import', 'h.txt');
    rmSync(join(cwd, 'h.txt'));
    expect((await run(cwd, 'import', '--name', 'h')).stderr).toContain('is not there any more');
  });
});

describe('what would keep the policies from loading', () => {
  /** A rule that blocks what the list holds, and a test that needs one host open. */
  const LISTING = `${TRADE_POLICY}  - id: h
    block: { categories: [h] }
tests:
  - { request: "https://a.example/", expect: forward }
`;
  const listing = (files: Record<string, string> = {}) =>
    folder({ 'policies/trade.yaml': LISTING, 'policies/lists/h.txt': 'own.example\n', ...files });
  const GOOD = '0.0.0.0 b.example\n0.0.0.0 c.example\n';
  const visibleIn = (cwd: string) =>
    readdirSync(join(cwd, 'policies/lists')).filter((name) => name !== '.compiled.cache');

  test('is not imported: the old list stands again, and the failing test is named', async () => {
    const cwd = listing({ 'g.txt': GOOD });
    expect(await run(cwd, 'import', 'g.txt', '--name', 'h', '--force')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('A running Postern takes it up by itself.'),
    });
    const before = listIn(cwd, 'h');
    const { status, stdout, stderr } = await run(cwd, 'import', 'h.txt');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('the policies no longer load with it: policies/trade.yaml:11:');
    expect(stderr).toContain('--force keeps it');
    expect(listIn(cwd, 'h')).toBe(before);
    expect(visibleIn(cwd)).toEqual(['h.txt']);
    expect((await postern(['check'], { cwd })).status).toBe(0);
  });

  test('is imported with --force, which says what no longer loads', async () => {
    const cwd = listing();
    const { status, stdout } = await run(cwd, 'import', 'h.txt', '--force');
    expect(status).toBe(0);
    expect(stdout).toContain('warning the policies no longer load with it: policies/trade.yaml:11:');
    expect(entriesIn(cwd, 'h')).toEqual(['=a.example', '=b.example']);
    expect(visibleIn(cwd)).toEqual(['h.txt']);
  });

  test('says so and goes on where they did not load before', async () => {
    const cwd = folder({ 'policies/trade.yaml': BROKEN_POLICY });
    const { status, stdout } = await run(cwd, 'import', 'h.txt');
    expect(status).toBe(0);
    expect(stdout).toContain('warning the policies do not load, and did not before: policies/trade.yaml:4:');
    expect(entriesIn(cwd, 'h')).toEqual(['=a.example', '=b.example']);
  });

  test('is no hindrance where the list is what the policies were waiting for', async () => {
    const cwd = folder({ 'policies/trade.yaml': LISTING, 'h.txt': GOOD });
    expect((await postern(['check'], { cwd })).status).toBe(1);
    const { status, stdout } = await run(cwd, 'import', 'h.txt');
    expect(status).toBe(0);
    expect(stdout).toContain('A running Postern takes it up by itself.');
    expect((await postern(['check'], { cwd })).status).toBe(0);
  });

  test('with --all, holds up that list alone', async () => {
    let isNew = false;
    const { port } = await startHttpOrigin((request, response) => {
      const more = request.url === '/h.txt' ? 'a.example' : 'd.example';
      response.end(isNew ? `${GOOD}0.0.0.0 ${more}\n` : GOOD);
    });
    const cwd = folder({ 'policies/trade.yaml': LISTING });
    for (const name of ['h', 'i']) await run(cwd, 'import', `http://127.0.0.1:${port}/${name}.txt`);
    isNew = true;
    const result = await run(cwd, 'import', '--all', '--json');
    expect(result.status).toBe(1);
    expect(jsonOf(result)).toMatchObject({
      lists: [
        { ok: false, name: 'h' },
        { ok: true, name: 'i', entries: 3 },
      ],
    });
    expect(entriesIn(cwd, 'h')).toEqual(['=b.example', '=c.example']);
  });
});

describe('import from the web', () => {
  const serve = async (listener: RequestListener) =>
    `http://127.0.0.1:${(await startHttpOrigin(listener)).port}/ads.txt`;

  test('asks whether the list has changed, and leaves it when not', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.headers['if-none-match']);
      if (asked.at(-1) === '"v1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"v1"' }).end(HOSTS);
    });
    const cwd = folder();
    expect((await run(cwd, 'import', url)).status).toBe(0);
    const before = listIn(cwd, 'ads');
    expect(before).toContain(`# source: ${url}\n# format: hosts\n`);
    expect(before).toContain('# etag: "v1"\n');
    expect(await run(cwd, 'import', '--name', 'ads')).toMatchObject({
      status: 0,
      stdout: 'ads: unchanged, 2 entries\n',
    });
    expect(listIn(cwd, 'ads')).toBe(before);
    expect((await run(cwd, 'import', '--name', 'ads', '--force')).stdout).toContain('written');
    expect(asked).toEqual([undefined, '"v1"', undefined]);
  });

  test.each<[string, RequestListener, string]>([
    ['an error', (_request, response) => response.writeHead(500).end('a.example'), 'status 500'],
    [
      'an answer that breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 1_000 });
        response.write(HOSTS, () => response.destroy());
      },
      'it cannot be fetched',
    ],
  ])('%s leaves the list as it was', async (_name, listener, problem) => {
    let isFirst = true;
    const url = await serve((request, response) => {
      if (isFirst) response.end(HOSTS);
      else listener(request, response);
      isFirst = false;
    });
    const cwd = folder();
    await run(cwd, 'import', url);
    const before = listIn(cwd, 'ads');
    const { status, stderr } = await run(cwd, 'import', '--name', 'ads');
    expect(status).toBe(1);
    expect(stderr).toContain(problem);
    expect(listIn(cwd, 'ads')).toBe(before);
  });

  test('--all renews what came from the web; one that fails does not hold up the others', async () => {
    let isDown = false;
    const bad = await serve((_request, response) => response.writeHead(isDown ? 503 : 200).end(HOSTS));
    const good = await serve((_request, response) =>
      response.end(isDown ? `${HOSTS}0.0.0.0 c.example` : HOSTS),
    );
    const cwd = folder();
    await run(cwd, 'import', bad, '--name', 'bad');
    await run(cwd, 'import', good, '--name', 'good');
    await run(cwd, 'import', 'h.txt');
    isDown = true;
    const result = await run(cwd, 'import', '--all', '--json');
    expect(result.status).toBe(1);
    expect(jsonOf(result)).toMatchObject({
      ok: false,
      lists: [
        { ok: false, name: 'bad' },
        { ok: true, name: 'good', entries: 3 },
      ],
    });
  });
});

describe('a mistake on the command line ends with 2', () => {
  test.each<[string, string[]]>([
    ['nothing to import', ['import']],
    ['no name', ['import', '-']],
    ['--all and a source', ['import', 'h.txt', '--all']],
    ['a name that no rule can say', ['import', 'h.txt', '--name', 'A b']],
    ['an unknown format', ['import', 'h.txt', '--format', 'csv']],
    ['a size that is none', ['import', 'h.txt', '--max-size', 'much']],
  ])('%s', async (_name, args) => {
    expect(await run(folder(), ...args)).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('stats', () => {
  test('shows imported lists and those that a person wrote', async () => {
    const cwd = folder({ 'policies/lists/own.txt': '# mine\na.example\nb.example # why\n' });
    await run(cwd, 'import', 'h.txt');
    const { status, stdout } = await run(cwd, 'stats');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}h +2 +hosts +today +1 KB +\/.*h\.txt$/m);
    expect(stdout).toMatch(/^ {2}own +2 +- +today +1 KB +written by hand$/m);
    expect(jsonOf(await run(cwd, 'stats', '--json'))).toMatchObject({
      ok: true,
      lists: [
        { name: 'h', entries: 2, format: 'hosts', source: `${cwd}/h.txt` },
        { name: 'own', entries: 2 },
      ],
    });
  });

  test('counts what can be read, and marks a list that no rule can use', async () => {
    const cwd = folder({ 'policies/lists/ads.txt': `a.example\n${HOSTS}` });
    const { status, stdout } = await run(cwd, 'stats');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}ads +1 /m);
    expect(stdout).toContain(`ads: 4 lines cannot be read, so no rule can use the list
    line 3: 127.0.0.1 localhost
    hint: this looks like a line of a hosts file: \`postern list import FILE --name …\` reads those
`);
    expect(jsonOf(await run(cwd, 'stats', '--json'))).toMatchObject({
      lists: [{ name: 'ads', entries: 1, unreadable: 4, firstUnreadable: { line: 3 } }],
    });
  });

  test('of no lists says how to make one', async () => {
    expect((await run(folder(), 'stats')).stdout).toContain('postern list import');
  });
});
