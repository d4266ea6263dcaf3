import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXAMPLE } from '../block-page/looks.ts';
import { postern } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const POLICY = `
department: office
title: { en: The Office, ko: 사무실 }
members: { networks: [10.1.0.0/16] }
page: office
contact: { email: help@office.test }
rules:
  - id: games
    block: { domains: [games.test] }
    reason: { en: Not at work. }
    page: plain
tests:
  - { request: "https://play.games.test/", expect: block, rule: games }
`;

const CONFIG = `
blockPage:
  templates: pages
  languages: languages
  requestUrl: "https://help.test/?code={code}"
`;

const named = (name: string): string => EXAMPLE.replace('<main>', `<main><p>the page ${name}</p>`);

const folder = (files: Readonly<Record<string, string>> = {}): string =>
  folderWith({
    'postern.yaml': CONFIG,
    'policies/office.yaml': POLICY,
    'pages/office.html': named('office'),
    'pages/plain.html': named('plain'),
    'languages/README.md': 'Other files than languages may lie here.',
    ...files,
  });

const preview = (cwd: string, ...args: readonly string[]) => postern(['page', 'preview', ...args], { cwd });

describe('`postern page preview`', () => {
  test('renders the page of a rule, with its template, as the department would see it', async () => {
    const { status, stdout, stderr } = await preview(folder(), '--rule', 'games', '--language', 'ko');
    expect([status, stderr]).toEqual([0, '']);
    for (const part of ['the page plain', 'play.games.test', '사무실', 'Not at work.', '<html lang="ko"'])
      expect(stdout).toContain(part);
  });

  test('renders what no rule allows by the template of the department, and of no department by none', async () => {
    const cwd = folder();
    const office = await preview(cwd, '--department', 'office', '--host', 'www.Example.ORG.');
    for (const part of ['the page office', 'www.example.org', 'not on your department’s list'])
      expect(office.stdout).toContain(part);
    expect((await preview(cwd)).stdout).toContain('Your device is not registered');
  });

  test('prints text, problem details, or with --json the status and the fields too', async () => {
    const cwd = folder();
    expect((await preview(cwd, '--rule', 'games', '--format', 'text')).stdout).toContain(
      'Incident code: 7F3K-9Q2M',
    );
    const problem = JSON.parse((await preview(cwd, '--rule', 'games', '--format', 'json')).stdout);
    expect(problem).toMatchObject({ rule: 'games', request: 'https://help.test/?code=7F3K-9Q2M' });
    const whole = JSON.parse((await preview(cwd, '--rule', 'games', '--json')).stdout);
    expect(whole).toMatchObject({ ok: true, status: 403, headers: { 'Content-Language': 'en' } });
    expect(whole.body).toContain('the page plain');
  });

  test('writes to a file', async () => {
    const cwd = folder();
    const { stdout } = await preview(cwd, '--rule', 'games', '--out', 'page.html');
    expect(stdout).toBe('');
    expect(readFileSync(join(cwd, 'page.html'), 'utf8')).toContain('the page plain');
  });

  test('shows what stands in for a broken template, and tells what is broken', async () => {
    const cwd = folder({ 'pages/plain.html': '<p>{{hosts}}</p>' });
    const { status, stdout, stderr } = await preview(cwd, '--rule', 'games');
    expect(status).toBe(1);
    expect(stdout).toContain('the page office');
    expect(stderr).toContain(`${join(cwd, 'pages/plain.html')}:1:4  there is no slot \`hosts\``);
    expect(stderr).toContain('did you mean {{host}}?');
  });

  test.each([
    [['--rule', 'gams'], 'did you mean games?'],
    [['--department', 'offise'], 'did you mean office?'],
    [['--language', 'ja'], 'there are: en, ko'],
    [['--host', 'a b'], '--host'],
    [['--format', 'pdf'], 'Allowed choices are html, json, text'],
  ])('answers %j with what to write, and 2', async (args, hint) => {
    const { status, stderr } = await preview(folder(), ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(hint);
  });
});

describe('a language of one’s own', () => {
  test('begins with the words that `postern page words` prints, and is shown as soon as its file is there', async () => {
    const words = await postern(['page', 'words', 'en'], { cwd: folder() });
    expect(words.status).toBe(0);
    const text = words.stdout.replace('This site is blocked', 'ブロックされています');
    const cwd = folder({ 'languages/ja.yaml': text });
    expect((await postern(['check'], { cwd })).stderr).toBe('');
    expect((await preview(cwd, '--rule', 'games', '--language', 'ja')).stdout).toContain(
      '<h1>ブロックされています</h1>',
    );
    expect((await postern(['page', 'words', 'JA'], { cwd })).stdout).toContain('ブロックされています');
  });
});

describe('`postern check`', () => {
  test('tells all that is wrong with the files of the pages, each with its place', async () => {
    const cwd = folder({
      'postern.yaml': `${CONFIG}  logo: logo.svg\n`,
      'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg">\n<script/></svg>',
      'pages/Upper.html': EXAMPLE,
      'pages/plain.html': EXAMPLE.replace('<main>', '<main onclick="a()">'),
      'languages/ja.yaml': 'gateway: a\n',
      'languages/japanese.yaml': 'gateway: a\n',
      'policies/office.yaml': POLICY.replace('page: office', 'page: ofice'),
    });
    const { status, stdout } = await postern(['check', '--json'], { cwd });
    expect(status).toBe(1);
    const told = (JSON.parse(stdout).problems as { at: string; problem: string; hint: string }[]).map(
      ({ at, problem, hint }) => `${at.replace(`${cwd}/`, '')} ${problem}; ${hint}`,
    );
    for (const expected of [
      /^logo\.svg:2:1 the logo is refused: it has a script;/,
      /^pages\/Upper\.html the file has no name to be called by; use lower-case letters/,
      /^pages\/plain\.html:\d+:7 `onclick=` is an event handler;/,
      /^languages\/ja\.yaml:1:1 `site` is missing;/,
      /^languages\/japanese\.yaml the file has no name to be called by; call it by its language/,
      /^policies\/office\.yaml:2:13 there is no template for `page: ofice`; did you mean `office`\?/,
    ])
      expect(told).toContainEqual(expect.stringMatching(expected));
  });

  test('tells where the configuration names a folder that is not there', async () => {
    const cwd = folderWith({ 'postern.yaml': CONFIG, 'policies/office.yaml': POLICY });
    const { stderr } = await postern(['check'], { cwd });
    expect(stderr).toMatch(/postern\.yaml:3:14\s+\S*pages: cannot be read: ENOENT/);
    expect(stderr).toMatch(/postern\.yaml:4:14\s+\S*languages: cannot be read: ENOENT/);
  });

  test.each(['ftp://a.test/', 'https://{host}/', 'https://a.test/"', 'https://a.test/{user}', 'a.test'])(
    'refuses %j as the URL to ask at',
    async (url) => {
      const cwd = folderWith({
        'postern.yaml': `blockPage: { requestUrl: '${url}' }`,
        'policies/office.yaml': POLICY.replace(/ *page: \w+\n/g, ''),
      });
      const { status, stderr } = await postern(['check'], { cwd });
      expect(status).toBe(1);
      expect(stderr).toContain('is no URL for requests');
    },
  );
});
