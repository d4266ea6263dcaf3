import { describe, expect, test } from 'vitest';
import { toldOfOffice } from './support.ts';

const TESTS = 'tests:\n  - { request: "https://github.io/", expect: block }\n';
const found = (rules: string): readonly string[] => toldOfOffice(rules + TESTS);

const rule = (before: string, behindId: string, beforeEntry: string, behindEntry: string): string => `rules:
${before}  - id: r${behindId}
    block:
      domains:
        - a.kr
${beforeEntry}        - github.io${behindEntry}
`;

describe('a comment `lint-ok`', () => {
  test.each([
    ['behind the entry', rule('', '', '', ' # lint-ok: shared-suffix')],
    ['above the entry', rule('', '', '        # lint-ok: shared-suffix\n', '')],
    [
      'above the entry, with words between',
      rule('', '', '        # lint-ok: shared-suffix\n        # All of it.\n', ''),
    ],
    ['with a reason behind the code', rule('', '', '', ' # lint-ok: shared-suffix (all of it is meant)')],
    ['behind the first line of the rule', rule('', ' # lint-ok: shared-suffix', '', '')],
    ['above the rule', rule('  # lint-ok: shared-suffix\n', '', '', '')],
  ])('%s silences the finding', (_where, rules) => {
    expect(found(rules)).toEqual([]);
    expect(found(rules.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  test('silences several codes at once', () => {
    const rules =
      'rules:\n  # lint-ok: shared-suffix, duplicate-entry\n  - { id: r, block: { domains: [github.io, github.io] } }\n';
    expect(found(rules)).toEqual([]);
  });

  test('speaks of no other line, and says when it silences nothing', () => {
    expect(found(rule('', '', '', '').replace('- a.kr', '- a.kr # lint-ok: shared-suffix'))).toEqual([
      'office.yaml:9:16: `lint-ok: shared-suffix` silences nothing here',
      expect.stringContaining('`github.io` covers the sites'),
    ]);
  });

  test('with a code that there is not, or with none, is a finding', () => {
    expect(found(rule('', ' # lint-ok: shared-sufix', '', ' # lint-ok'))).toEqual([
      'office.yaml:6:11: lint finds nothing by the name `shared-sufix`',
      expect.stringContaining('`github.io` covers the sites'),
      'office.yaml:10:21: `lint-ok` names nothing to silence',
    ]);
  });

  test('in a text is no comment', () => {
    const rules = `${rule('', '', '', '')}    reference: "see # lint-ok: shared-suffix"
    reason: |
      # lint-ok: shared-suffix
`;
    expect(found(rules)).toEqual([expect.stringContaining('`github.io` covers the sites')]);
  });
});
