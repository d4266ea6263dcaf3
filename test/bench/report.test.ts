import { describe, expect, it } from 'vitest';
import { type Report, reportAsJson, reportAsText } from '../../bench/support/report.ts';

const report: Report = {
  bench: 'example',
  machine: ['2 × processor'],
  sections: [
    {
      title: 'Section',
      notes: ['a note'],
      figures: [
        { what: 'quick enough', unit: 'ns', target: 1000, postern: 1000, squid: 5000 },
        { what: 'too large', unit: 'MB', target: 40, postern: 40.06 },
        { what: 'aimless', unit: 's', postern: 1 },
        { what: 'not measured', unit: 's', target: 2 },
      ],
    },
  ],
};

describe('the report of a bench', () => {
  it('marks what misses its target, and counts only what was measured against one', () => {
    expect(reportAsText(report).split('\n')).toEqual([
      'postern bench: example',
      '  2 × processor',
      '',
      'Section',
      '  a note',
      '                     target    Postern               Squid',
      '  quick enough   ≤ 1,000 ns   1,000 ns      met   5,000 ns',
      '  too large       ≤ 40.0 MB    40.1 MB   MISSED          –',
      '  aimless                       1.00 s                   –',
      '  not measured     ≤ 2.00 s          –                   –',
      '',
      '1 of 2 targets met, 1 MISSED',
      '',
    ]);
  });

  it('says the same as JSON, with a verdict on each figure', () => {
    const { sections } = JSON.parse(reportAsJson(report)) as {
      sections: { figures: { verdict: string }[] }[];
    };
    expect(sections[0]?.figures.map(({ verdict }) => verdict)).toEqual(['met', 'missed', 'none', 'none']);
  });
});
