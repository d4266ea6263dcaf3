import { describe, expect, it } from 'vitest';
import { type Report, ratioTo, reportAsJson, reportAsText, verdictOn } from '../../bench/support/report.ts';

const report: Report = {
  bench: 'example',
  machine: ['2 × processor'],
  sections: [
    {
      title: 'Section',
      notes: ['a note'],
      figures: [
        {
          what: 'quick enough',
          unit: 'ns',
          target: { kind: 'amount', atMost: 1000 },
          postern: 1000,
          peers: { Squid: 5000 },
        },
        { what: 'too large', unit: 'MB', target: { kind: 'amount', atMost: 40 }, postern: 40.06 },
        { what: 'aimless', unit: 's', postern: 1 },
        { what: 'not measured', unit: 's', target: { kind: 'amount', atMost: 2 } },
      ],
    },
    {
      title: 'Beside peers',
      notes: [],
      figures: [
        {
          what: 'cheap',
          unit: 'µs',
          target: { kind: 'ratio', to: 'Squid', atMost: 0.8 },
          postern: 56,
          peers: { Squid: 70, tinyproxy: 224 },
        },
        {
          what: 'dear',
          unit: 'µs',
          target: { kind: 'ratio', to: 'Squid', atMost: 0.8 },
          postern: 57,
          peers: { Squid: 70, tinyproxy: undefined },
        },
        { what: 'alone', unit: 'µs', target: { kind: 'ratio', to: 'Squid', atMost: 0.8 }, postern: 57 },
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
      '                     target    Postern               Squid      ×',
      '  quick enough   ≤ 1,000 ns   1,000 ns      met   5,000 ns   0.20',
      '  too large       ≤ 40.0 MB    40.1 MB   MISSED          –',
      '  aimless                       1.00 s                   –',
      '  not measured     ≤ 2.00 s          –                   –',
      '',
      'Beside peers',
      '                  target   Postern              Squid      ×   tinyproxy      ×',
      '  cheap   ≤ 0.80 × Squid   56.0 µs      met   70.0 µs   0.80    224.0 µs   0.25',
      '  dear    ≤ 0.80 × Squid   57.0 µs   MISSED   70.0 µs   0.81           –',
      '  alone   ≤ 0.80 × Squid   57.0 µs                  –                  –',
      '',
      '2 of 4 targets met, 2 MISSED',
      '',
    ]);
  });

  it('says the same as JSON, with ratios and a verdict on each figure', () => {
    const { sections } = JSON.parse(reportAsJson(report)) as {
      sections: { figures: { verdict: string; ratios: Record<string, number> }[] }[];
    };
    expect(sections[0]?.figures.map(({ verdict }) => verdict)).toEqual(['met', 'missed', 'none', 'none']);
    expect(sections[1]?.figures.map(({ verdict }) => verdict)).toEqual(['met', 'missed', 'none']);
    expect(sections[1]?.figures[0]?.ratios).toEqual({ Squid: 0.8, tinyproxy: 0.25 });
  });
});

describe('a ratio', () => {
  it("is how many times a peer's figure Postern's is", () => {
    expect(ratioTo(70, 56)).toBe(0.8);
    expect(ratioTo(70, 0)).toBe(0);
  });

  it.each([
    ['nothing was measured of the peer', undefined, 56],
    ['nothing was measured of Postern', 70, undefined],
    ['the peer took nothing', 0, 56],
    ['noise made the peer cheaper than nothing', -3, 56],
    ['noise made Postern cheaper than nothing', 70, -3],
  ])('is none where %s', (_, peer, postern) => {
    expect(ratioTo(peer, postern)).toBeUndefined();
    const target = { kind: 'ratio', to: 'Squid', atMost: 0.8 } as const;
    expect(verdictOn({ what: 'it', unit: 'µs', target, postern, peers: { Squid: peer } })).toBe('none');
  });
});
