import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { readPolicyFolder } from '../../src/policy-store/read-folder.ts';
import { ask, describeProblem, errorOf, NOW, unwrap } from '../policy/support.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

const OFFICE = 'department: office\ntitle: Office\n';

/** The files that are read, by their names below the folder. */
const namesIn = (folder: string): readonly string[] =>
  unwrap(readPolicyFolder(folder)).map(({ name }) => name.slice(basename(folder).length + 1));

/** What is wrong, with the folder's own name left out. */
const problemsIn = async (folder: string): Promise<readonly string[]> =>
  errorOf(await loadPolicies(folder, NOW)).map((problem) =>
    describeProblem(problem).replace(`${basename(folder)}/`, ''),
  );

describe('what is read', () => {
  test('every .yaml and .yml file in the folder and below it, in the order of their names', async () => {
    const folder = folderWith({
      'b.yaml': '',
      'a.yml': '',
      'catalog/ai.yaml': '',
      'catalog/deep/er/x.yml': '',
      'README.md': '',
      'a.yaml.bak': '',
      'a.yaml~': '',
      '#a.yaml#': '',
      yaml: '',
      'list.txt': '',
    });
    expect(namesIn(folder)).toEqual(['a.yml', 'b.yaml', 'catalog/ai.yaml', 'catalog/deep/er/x.yml']);
  });

  test('by names that begin with the folder’s own, as the log shows them', async () => {
    const folder = join(folderWith({ 'policies/catalog/ai.yaml': 'services: []' }), 'policies');
    for (const spelling of [folder, `${folder}/`])
      expect(unwrap(readPolicyFolder(spelling))).toEqual([
        { name: 'policies/catalog/ai.yaml', text: 'services: []' },
      ]);
  });

  test('no hidden file or folder: editors and mounted configuration leave such behind', async () => {
    const folder = folderWith({
      '.a.yaml.swp': '',
      '.b.yaml': 'not: [yaml',
      '.git/c.yaml': '',
      'd.yaml': OFFICE,
    });
    expect(namesIn(folder)).toEqual(['d.yaml']);
    expect((await loadPolicies(folder, NOW)).ok).toBe(true);
  });

  test('a catalog in its folder, and departments in others', async () => {
    const folder = folderWith({
      'catalog/ai.yml':
        'services: [{ id: deepseek, title: D, operator: D, jurisdiction: CN, category: [ai-chat], domains: [deepseek.com] }]',
      'ministries/office.yaml': `${OFFICE}rules: [{ id: ban, block: { services: [deepseek] } }]`,
      'shared/base.yml': 'base: shared\n',
    });
    const { departments } = unwrap(await loadPolicies(folder, NOW));
    expect(departments.get('office')?.rules[0]?.at).toBe(`${basename(folder)}/ministries/office.yaml:3:9`);
  });
});

describe('what cannot be read is a problem, and nothing goes live', () => {
  test('a missing folder', async () => {
    const folder = join(folderWith(), 'nowhere');
    expect(errorOf(await loadPolicies(folder, NOW))).toEqual([
      {
        at: folder,
        problem: expect.stringMatching(/^the policies cannot be read: ENOENT/),
        hint: 'name the policy folder with --policies, or create it',
      },
    ]);
  });

  test('a file in the folder’s place', async () => {
    const file = writeIn(folderWith(), 'policies', OFFICE);
    expect(errorOf(await loadPolicies(file, NOW))[0]?.problem).toMatch(
      /^the policies cannot be read: ENOTDIR/,
    );
  });

  // Covers: EV-13
  test('an empty folder, which is no policy at all', async () => {
    expect(await problemsIn(folderWith())).toEqual([
      'policies: there is no department (add a file with `department:`)',
    ]);
  });

  test('a link to nowhere, beside every other file’s problems of this kind', async () => {
    const folder = folderWith({ 'b.yaml': OFFICE });
    symlinkSync(join(folder, 'gone'), join(folder, 'a.yaml'));
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
    expect(await problemsIn(folder)).toEqual([
      expect.stringMatching(
        /^a\.yaml: the file cannot be read: ENOENT.* \(check that it is there and readable\)$/,
      ),
      expect.stringMatching(/^loop\.yaml: the file cannot be read: ELOOP/),
    ]);
  });

  test('a file that is not UTF-8, which a page would show as rubbish', async () => {
    const folder = folderWith({ 'a.yaml': OFFICE });
    writeFileSync(join(folder, 'a.yaml'), Buffer.from([0xc2, 0xf7, 0xb4, 0xdc])); // 차단 in CP949
    expect(await problemsIn(folder)).toEqual(['a.yaml: the file is not UTF-8 (save it as UTF-8)']);
  });

  test('a file too large to be one, without reading it', async () => {
    const folder = folderWith({ 'b.yaml': OFFICE, 'a.yaml': '' });
    truncateSync(join(folder, 'a.yaml'), 50_000_000_000); // sparse: it takes no room
    expect(await problemsIn(folder)).toEqual([
      'a.yaml: the file is 50000 MB large (a policy file is text of at most 3 MB)',
    ]);
  });

  test('a file of too many characters', async () => {
    const folder = folderWith({ 'a.yaml': '#'.repeat(1_000_001) });
    expect(await problemsIn(folder)).toEqual([
      'a.yaml:1:1: the file is larger than 1 million characters (split it; long lists of domains belong into lists/*.txt)',
    ]);
  });

  // To read a pipe is to wait for a writer: the proxy would stand still.
  test('a pipe, without waiting for somebody to write into it', async () => {
    const folder = folderWith({ 'b.yaml': OFFICE });
    execFileSync('mkfifo', [join(folder, 'a.yaml')]);
    expect(await problemsIn(folder)).toEqual([
      'a.yaml: it is not a file (a pipe or a device would never end: remove it)',
    ]);
  });

  test('a link to a folder that is named like a file', async () => {
    const folder = folderWith({ 'b.yaml': OFFICE, 'sub/c.yaml': 'base: c' });
    symlinkSync('sub', join(folder, 'a.yaml'));
    expect(await problemsIn(folder)).toEqual([expect.stringMatching(/^a\.yaml: it is not a file/)]);
  });

  test('bytes of another encoding, which a text editor may leave', async () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'a.yaml'), Buffer.from(OFFICE, 'utf16le'));
    expect(await problemsIn(folder)).toEqual(['a.yaml:1:1: the file holds a NUL byte (is it a text file?)']);
  });
});

// EV-40
describe('a link', () => {
  // Covers: EV-40
  test('out of the folder is refused, relative or absolute, to a file or through a folder', async () => {
    const outside = folderWith({ 'office.yaml': OFFICE });
    const folder = folderWith({ 'b.yaml': OFFICE });
    symlinkSync(join(outside, 'office.yaml'), join(folder, 'absolute.yaml'));
    symlinkSync(join('..', basename(outside), 'office.yaml'), join(folder, 'relative.yaml'));
    symlinkSync(outside, join(folder, '.hidden'));
    symlinkSync('.hidden/office.yaml', join(folder, 'through.yaml'));
    symlinkSync('/etc/passwd', join(folder, 'passwd.yaml'));
    const refused = (name: string): string =>
      `${name}: the link leads out of the policy folder (put the file itself into the folder)`;
    expect(await problemsIn(folder)).toEqual(
      ['absolute.yaml', 'passwd.yaml', 'relative.yaml', 'through.yaml'].map(refused),
    );
  });

  test('to a sibling whose name begins like the folder’s is refused too', async () => {
    const parent = folderWith({ 'policies/b.yaml': OFFICE, 'policies-old/a.yaml': OFFICE });
    symlinkSync('../policies-old/a.yaml', join(parent, 'policies', 'a.yaml'));
    expect(await problemsIn(join(parent, 'policies'))).toEqual([
      expect.stringMatching(/^a\.yaml: the link leads out/),
    ]);
  });

  test('within the folder is followed, and named as it lies there', async () => {
    const folder = folderWith({ 'sub/office.yaml.txt': OFFICE });
    symlinkSync('sub/office.yaml.txt', join(folder, 'a.yaml'));
    expect(unwrap(readPolicyFolder(folder))).toEqual([{ name: `${basename(folder)}/a.yaml`, text: OFFICE }]);
  });

  test('as Kubernetes mounts configuration is followed: `..data` to a dated folder, the files to `..data`', async () => {
    const folder = folderWith({ '..2026_11_23/office.yaml': OFFICE });
    symlinkSync('..2026_11_23', join(folder, '..data'));
    symlinkSync('..data/office.yaml', join(folder, 'office.yaml'));
    expect(namesIn(folder)).toEqual(['office.yaml']);
    expect((await loadPolicies(folder, NOW)).ok).toBe(true);
  });

  test('may be the folder itself', async () => {
    const parent = folderWith({ 'releases/2/office.yaml': OFFICE });
    symlinkSync('releases/2', join(parent, 'policies'));
    expect(unwrap(readPolicyFolder(join(parent, 'policies')))).toEqual([
      { name: 'policies/office.yaml', text: OFFICE },
    ]);
  });
});

describe('what comes back may go live', () => {
  const TESTED = `${OFFICE}default: allow\nrules: [{ id: ban, block: { domains: [deepseek.com] } }]\ntests:\n`;

  test('when its own tests pass', async () => {
    const folder = folderWith({
      'a.yaml': `${TESTED}  - { request: "https://deepseek.com/", expect: block, rule: ban }\n`,
    });
    expect(unwrap(await loadPolicies(folder, NOW)).departments.has('office')).toBe(true);
  });

  test('and not when one fails', async () => {
    const folder = folderWith({
      'a.yaml': `${TESTED}  - { request: "https://deepseek.com/", expect: forward }\n`,
    });
    expect(await problemsIn(folder)).toEqual([
      'a.yaml:6:5: https://deepseek.com/: expected forward, but it is block by the rule `ban` (postern explain https://deepseek.com/ --department office --client 0.0.0.0)',
    ]);
  });

  test('the tests are asked at the time that is given', async () => {
    const exception =
      'exceptions: [{ id: e, allow: { domains: [deepseek.com] }, for: { users: [kim] }, until: 2026-12-31T18:00:00Z, approvedBy: cio }]\n';
    const folder = folderWith({
      'a.yaml': `${exception}${TESTED}  - { request: "https://deepseek.com/", user: kim, expect: block }\n`,
    });
    expect((await loadPolicies(folder, NOW)).ok).toBe(false);
    expect((await loadPolicies(folder, Date.parse('2026-12-31T18:00:00Z'))).ok).toBe(true);
  });

  test('problems of several files come in one go', async () => {
    const folder = folderWith({ 'a.yaml': 'department: A\ntitle: A\n', 'sub/b.yaml': '[', 'c.yaml': OFFICE });
    expect((await problemsIn(folder)).map((problem) => problem.split(':')[0])).toEqual([
      'a.yaml',
      'sub/b.yaml',
    ]);
  });
});

test('a folder within may be empty, and a folder may be named like a file', async () => {
  const folder = folderWith({ 'dir.yaml/office.yaml': OFFICE });
  mkdirSync(join(folder, 'empty'));
  expect(namesIn(folder)).toEqual(['dir.yaml/office.yaml']);
});

describe('lists are read by what the policies name, not by what their text has in it', () => {
  const RULE = (name: string): string =>
    `${OFFICE}default: allow\nrules: [{ id: a, block: { categories: [${name}] } }]\n`;
  const lists = { 'lists/ads.txt': 'ads.example.org\n', 'lists/games.txt': 'games.example.org\n' };

  test('a word in a comment brings no list in, and another list none of its version', async () => {
    const named = unwrap(await loadPolicies(folderWith({ 'a.yaml': RULE('ads'), ...lists }), NOW));
    const folder = folderWith({ 'a.yaml': `${RULE('ads')}# games\n`, ...lists });
    const mentioned = unwrap(await loadPolicies(folder, NOW));
    for (const policies of [named, mentioned]) {
      expect(ask(policies, 'https://ads.example.org/')).toBe('block by rule a');
      expect(ask(policies, 'https://games.example.org/')).toBe('forward by default');
    }
    writeIn(folder, 'lists/games.txt', 'other.example.org\n');
    expect(unwrap(await loadPolicies(folder, NOW)).version).toBe(mentioned.version);
    writeIn(folder, 'lists/ads.txt', 'other.example.org\n');
    expect(unwrap(await loadPolicies(folder, NOW)).version).not.toBe(mentioned.version);
  });

  test('a name that is written with an escape brings its list in', async () => {
    const policies = unwrap(await loadPolicies(folderWith({ 'a.yaml': RULE('"\\x61ds"'), ...lists }), NOW));
    expect(ask(policies, 'https://ads.example.org/')).toBe('block by rule a');
  });
});
