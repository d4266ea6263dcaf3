import { execFileSync } from 'node:child_process';
import fs, { mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readPolicyFolder } from '../../src/policy-store/read-folder.ts';
import { describeProblem, errorOf, unwrap } from '../policy/support.ts';
import { folderWith } from '../support/temp-dir.ts';

const OFFICE = 'department: office\ntitle: Office\n';

const namesIn = (folder: string): readonly string[] =>
  unwrap(readPolicyFolder(folder)).map(({ name }) => name.slice(basename(folder).length + 1));

const problemsIn = (folder: string): readonly string[] =>
  errorOf(readPolicyFolder(folder)).map((problem) =>
    describeProblem(problem).replace(`${basename(folder)}/`, ''),
  );

/** Does something to the folder when one of the file system's own functions is next called, before or after it. */
function meanwhile(name: 'openSync' | 'readSync', when: 'before' | 'after', change: () => void): void {
  const original = fs[name] as (...args: unknown[]) => unknown;
  let isDone = false;
  const restore = (): void => {
    Object.assign(fs, { [name]: original });
    syncBuiltinESMExports();
  };
  const changing = (...args: unknown[]): unknown => {
    const act = (): void => {
      if (isDone) return;
      isDone = true;
      restore();
      change();
    };
    if (when === 'before') act();
    const result = original(...args);
    act();
    return result;
  };
  Object.assign(fs, { [name]: changing });
  syncBuiltinESMExports();
  onTestFinished(restore);
}

describe('a file counts by the end of its name, in whatever letters', () => {
  test('TRADE.YAML and Defense.Yml are policies, not silently none', () => {
    expect(namesIn(folderWith({ 'TRADE.YAML': OFFICE, 'Defense.Yml': OFFICE, 'NOTES.TXT': '' }))).toEqual([
      'Defense.Yml',
      'TRADE.YAML',
    ]);
  });

  test('a mark of the byte order before the text is not part of it', () => {
    expect(unwrap(readPolicyFolder(folderWith({ 'a.yaml': `\ufeff${OFFICE}` })))[0]?.text).toBe(OFFICE);
  });
});

// Covers: EV-40
describe('a file that changes while it is read is refused, for half of it may be old', () => {
  const CHANGED = ['a.yaml: it changed while it was read (save it again, or reload)'];

  test.each<[string, (path: string) => void]>([
    ['rewritten in place at the same size', (path) => writeFileSync(path, OFFICE.toUpperCase())],
    ['made longer', (path) => writeFileSync(path, OFFICE + OFFICE)],
    ['made shorter', (path) => truncateSync(path, 3)],
    [
      'replaced by a rename',
      (path) => {
        writeFileSync(`${path}.new`, OFFICE);
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'replaced by a link',
      (path) => {
        renameSync(path, `${path}.old`);
        symlinkSync(`${path}.old`, path);
      },
    ],
  ])('%s', (_name, change) => {
    const folder = folderWith({ 'a.yaml': OFFICE, 'b.yaml': OFFICE });
    meanwhile('readSync', 'after', () => change(join(folder, 'a.yaml')));
    expect(problemsIn(folder)).toEqual(CHANGED);
    expect(namesIn(folder)).toEqual(['a.yaml', 'b.yaml']);
  });

  test('removed', () => {
    const folder = folderWith({ 'a.yaml': OFFICE });
    meanwhile('readSync', 'after', () => fs.rmSync(join(folder, 'a.yaml')));
    expect(problemsIn(folder)).toEqual([expect.stringMatching(/^a\.yaml: the file cannot be read: ENOENT/)]);
  });

  test('its folder replaced by a link out of the policies', () => {
    const outside = folderWith({ 'a.yaml': 'department: evil\n' });
    const folder = folderWith({ 'sub/a.yaml': OFFICE });
    meanwhile('openSync', 'before', () => {
      renameSync(join(folder, 'sub'), join(folder, '.old'));
      symlinkSync(outside, join(folder, 'sub'));
    });
    expect(problemsIn(folder)).toEqual([
      'sub/a.yaml: it changed while it was read (save it again, or reload)',
    ]);
  });
});

// Covers: EV-40
describe('what comes in a file’s place before it is opened is neither followed nor waited for', () => {
  const replacing = (replace: (path: string) => void): readonly string[] => {
    const folder = folderWith({ 'a.yaml': OFFICE });
    const path = join(folder, 'a.yaml');
    meanwhile('openSync', 'before', () => {
      fs.rmSync(path);
      replace(path);
    });
    return problemsIn(folder);
  };

  test('a pipe', () => {
    expect(replacing((path) => execFileSync('mkfifo', [path]))).toEqual([
      'a.yaml: it is not a file (a pipe or a device would never end: remove it)',
    ]);
  });

  test('a link', () => {
    expect(replacing((path) => symlinkSync('/etc/passwd', path))).toEqual([
      expect.stringMatching(/^a\.yaml: the file cannot be read: ELOOP/),
    ]);
  });

  test('a folder', () => {
    expect(replacing((path) => mkdirSync(path))).toEqual([
      expect.stringMatching(/^a\.yaml: it is not a file/),
    ]);
  });

  test('a file of a gigabyte', () => {
    expect(
      replacing((path) => {
        writeFileSync(path, '');
        truncateSync(path, 1_000_000_000);
      }),
    ).toEqual(['a.yaml: the file is 1000 MB large (a policy file is text of at most 3 MB)']);
  });
});

describe('a folder of any size and shape ends in files or in one problem', () => {
  test('several thousand files are read', () => {
    const files = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`d${index}.yaml`, OFFICE]));
    expect(namesIn(folderWith(files))).toHaveLength(3_000);
  });

  test('more than five thousand are refused in one line', () => {
    const files = Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`d${index}.yaml`, '']));
    expect(problemsIn(folderWith(files))).toEqual([
      expect.stringMatching(/^d\d+\.yaml: the folder holds more than 5000 policy files/),
    ]);
  });

  test('twenty folders in one another are read, and one more is refused', () => {
    const deep = (count: number): string => 'f/'.repeat(count);
    expect(namesIn(folderWith({ [`${deep(20)}a.yaml`]: OFFICE }))).toEqual([`${deep(20)}a.yaml`]);
    expect(problemsIn(folderWith({ [`${deep(21)}a.yaml`]: OFFICE }))).toEqual([
      `${deep(21).slice(0, -1)}: the folder lies more than 20 folders deep (move it up, or out of the policies)`,
    ]);
  });

  test('a thousand folders in one another are refused', () => {
    const folder = folderWith();
    mkdirSync(join(folder, 'f/'.repeat(1_000)), { recursive: true });
    expect(problemsIn(folder)).toEqual([expect.stringMatching(/the folder lies more than 20 folders deep/)]);
  });
});
