import { describe, expect, test } from 'vitest';
import { githubCommands } from '../../../src/cli/formats/github.ts';
import { locateIn, type Report } from '../../../src/cli/formats/report.ts';
import { sarifLog } from '../../../src/cli/formats/sarif.ts';
import { CODES } from '../../../src/lint/finding.ts';

const report = (parts: Partial<Report>): Report => ({
  problems: [],
  warnings: [],
  fixed: [],
  summary: undefined,
  ...parts,
});
const problem = (at: string, text = 'wrong') => ({ at, problem: text, hint: 'mend it' });
const FIX = { file: 'policies/a.yaml', start: 10, end: 14, replacement: '', change: 'removed b' };
const WARNING = { code: 'duplicate-entry', ...problem('policies/a.yaml:3:4'), fix: FIX } as const;

describe('a place', () => {
  const locate = locateIn('/srv/deploy/policies', '/srv');

  test('in a policy file is found from the working directory', () => {
    expect(locate('policies/catalog/ai.yaml:3:14')).toEqual({
      file: 'deploy/policies/catalog/ai.yaml',
      line: 3,
      column: 14,
    });
    expect(locateIn('/srv/policies', '/srv/deploy')('policies/a.yaml:1:1')?.file).toBe('../policies/a.yaml');
  });

  test('in the configuration too; a variable, a flag or a folder is no place in a file', () => {
    expect(locate('/srv/postern.yaml:1:1')?.file).toBe('postern.yaml');
    for (const at of ['POSTERN_WORKER', '--workers', 'policies', '/srv/policies'])
      expect(locate(at)).toBeUndefined();
  });
});

describe('a workflow command', () => {
  const locate = locateIn('/srv/policies', '/srv');

  test('escapes what would end it, or one of its properties', () => {
    const told = githubCommands(
      report({ problems: [problem('policies/a,b:c%.yaml:3:4', '100%\r\nof: it, all')] }),
      locate,
    );
    expect(told).toBe(
      '::error file=policies/a%2Cb%3Ac%25.yaml,line=3,col=4,title=policy-error::100%25%0D%0Aof: it, all%0Ahint: mend it\n',
    );
  });

  test('without a place in a file names what it is about', () => {
    expect(githubCommands(report({ problems: [problem('POSTERN_WORKER')] }), locate)).toBe(
      '::error title=policy-error::POSTERN_WORKER: wrong%0Ahint: mend it\n',
    );
  });
});

/** The properties that the specification requires, and those that code scanning asks for. */
type Sarif = {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly version: string;
        readonly rules: readonly {
          readonly id: string;
          readonly shortDescription: { readonly text: string };
        }[];
      };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations?: readonly unknown[];
      readonly fixes?: readonly unknown[];
    }[];
  }[];
};

describe('a SARIF log', () => {
  const logOf = (parts: Partial<Report>): Sarif =>
    JSON.parse(JSON.stringify(sarifLog(report(parts), locateIn('/srv/policies', '/srv')))) as Sarif;

  test('says what the tool is and what it looks for, with nothing found too', () => {
    const log = logOf({});
    expect(log).toMatchObject({ $schema: expect.stringMatching(/^https:/), version: '2.1.0' });
    expect(log.runs).toHaveLength(1);
    const { driver } = log.runs[0]?.tool ?? {};
    expect(driver).toMatchObject({ name: 'postern', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(driver?.rules.map(({ id }) => id)).toEqual(['policy-error', ...Object.keys(CODES)]);
    for (const { shortDescription } of driver?.rules ?? []) expect(shortDescription.text).toMatch(/\.$/);
    expect(log.runs[0]?.results).toEqual([]);
  });

  test('has a result for each problem and each warning, with its rule, level, message and place', () => {
    const log = logOf({ problems: [problem('policies/a b.yaml:1:2')], warnings: [WARNING] });
    const [error, warning] = log.runs[0]?.results ?? [];
    expect(error).toEqual({
      ruleId: 'policy-error',
      ruleIndex: 0,
      level: 'error',
      message: { text: 'wrong (mend it)' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'policies/a%20b.yaml' },
            region: { startLine: 1, startColumn: 2 },
          },
        },
      ],
    });
    expect(warning).toMatchObject({ ruleId: 'duplicate-entry', level: 'warning' });
    const rules = log.runs[0]?.tool.driver.rules ?? [];
    expect(rules[warning?.ruleIndex ?? -1]?.id).toBe('duplicate-entry');
  });

  test('offers the fix of what can be fixed', () => {
    expect(logOf({ warnings: [WARNING] }).runs[0]?.results[0]?.fixes).toEqual([
      {
        description: { text: 'removed b' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'policies/a.yaml' },
            replacements: [
              { deletedRegion: { charOffset: 10, charLength: 4 }, insertedContent: { text: '' } },
            ],
          },
        ],
      },
    ]);
  });

  test('names in the message what is no place in a file', () => {
    const [result] = logOf({ problems: [problem('POSTERN_WORKER')] }).runs[0]?.results ?? [];
    expect(result).toMatchObject({ message: { text: 'POSTERN_WORKER: wrong (mend it)' } });
    expect(result).not.toHaveProperty('locations');
  });
});
