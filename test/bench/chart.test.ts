import { describe, expect, it } from 'vitest';
import { chartOf } from '../../bench/support/chart.ts';
import type { Figure, Report } from '../../bench/support/report.ts';
import { openElements } from '../support/xml.ts';

const report = (...figures: readonly Figure[]): Report => ({
  bench: 'example',
  machine: [],
  sections: [{ title: 'Section', notes: [], figures }],
});
const toSquid = { kind: 'ratio', to: 'Squid', atMost: 0.8 } as const;
const forward: Figure = {
  what: 'processor time for each request',
  chart: 'HTTP <1 KB>',
  unit: 'µs',
  target: toSquid,
  postern: 35,
  peers: { Squid: 70, mitmproxy: 700 },
};

describe('the chart of a run', () => {
  const chart = chartOf([report(forward, { ...forward, chart: undefined, what: 'in no chart' })]) ?? '';
  /** Width of each bar, in the order in which they stand. */
  const bars = [...chart.matchAll(/<rect class="(postern|peer)" x="340"[^>]* width="([\d.]+)"/g)].map(
    ([, kind, width]) => [kind, Number(width)],
  );

  it('has a bar for each proxy, as long as its cost is beside the one that the target is for', () => {
    expect(bars).toEqual([
      ['postern', 110],
      ['peer', 220],
      ['peer', 440],
    ]);
  });

  it('cuts off what is too long, and says how long it is', () => {
    expect(chart).toContain('>›10.00</text>');
    expect(chart).toContain('>0.50</text>');
  });

  it('marks the target', () => {
    expect(chart).toContain('<line class="target" x1="516" x2="516"');
  });

  it('moves the number of a bar out of the way of the target', () => {
    const near = chartOf([report({ ...forward, postern: 50 })]) ?? ''; // 0.71, the target is 0.80
    expect(near).toMatch(/<text x="522" [^>]*>0\.71</);
  });

  it('says in words what it shows', () => {
    expect(chart).toContain('role="img" aria-labelledby="title desc"');
    expect(chart).toContain('<title id="title">What Postern costs beside its peers</title>');
    expect(chart).toContain(
      '<desc id="desc">HTTP &lt;1 KB&gt;: Postern 0.50, mitmproxy 10.00 times what Squid takes; the target is 0.80.</desc>',
    );
  });

  it('has colours for dark pages too', () => {
    expect(chart).toContain('@media (prefers-color-scheme: dark)');
  });

  it('is well-formed: every element is closed in order', () => {
    expect(openElements(chart)).toEqual([]);
  });

  it('takes no name for markup', () => {
    const names = { Squid: 70, '</text><script>&amp;': 80 };
    const odd = chartOf([report({ ...forward, chart: 'a & b < "c"', peers: names })]) ?? '';
    expect(openElements(odd)).toEqual([]);
    expect(odd).toContain('>&lt;/text&gt;&lt;script&gt;&amp;amp;</text>');
    expect(odd).toContain('>a &amp; b &lt; "c"</text>');
    expect(odd).not.toContain('<script');
  });

  it('is not drawn where the peer was not measured, or nothing belongs in it', () => {
    expect(chartOf([report({ ...forward, peers: {} })])).toBeUndefined();
    expect(chartOf([report({ ...forward, chart: undefined })])).toBeUndefined();
  });
});
