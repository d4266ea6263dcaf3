import { describe, expect, it } from 'vitest';
import { curveFigures } from '../../bench/growth/curve.ts';
import { growthChartOf } from '../../bench/support/growth-chart.ts';
import type { Figure, Report } from '../../bench/support/report.ts';
import { openElements } from '../support/xml.ts';

const report = (...figures: readonly Figure[]): Report => ({
  bench: 'example',
  machine: [],
  sections: [{ title: 'Section', notes: [], figures }],
});
const tunnels = (line: string, ...costs: readonly number[]) =>
  curveFigures({
    growing: 'open <tunnels>',
    line,
    unit: 'µs',
    points: costs.map((cost, at) => ({ size: 10 ** at, cost })),
  });
const polylines = (chart: string): readonly (readonly (readonly number[])[])[] =>
  [...chart.matchAll(/<polyline [^>]*points="([^"]+)"/g)].map(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number)),
  );

describe('the chart of growth', () => {
  const chart =
    growthChartOf([report(...tunnels('new', 400, 400, 400), ...tunnels('old', 10, 100, 1))]) ?? '';

  it('has level lines for what is flat, and the sizes at equal steps', () => {
    const [flat = [], moved = []] = polylines(chart);
    expect(new Set(flat.map(([, y]) => y)).size).toBe(1);
    expect(flat.map(([x]) => x)).toEqual([58, 217, 376]);
    expect(moved.map(([, y]) => y)).toEqual([181, 100, 262]); // ten times as much, and a tenth
  });

  it('says in the legend, and in words, what the ends cost', () => {
    expect(chart).toContain('>old: 10 µs → 1 µs, × 0.1</text>');
    expect(chart).toContain('new, from 1 to 100 open &lt;tunnels&gt;: 400 µs → 400 µs, × 1.');
  });

  it('is well-formed, and has colours for dark pages too', () => {
    expect(openElements(chart)).toEqual([]);
    expect(chart).toContain('@media (prefers-color-scheme: dark)');
    expect(chart).toContain('>open &lt;tunnels&gt;</text>');
  });

  it('has a picture for each thing that grows', () => {
    const bodies = curveFigures({
      growing: 'bytes',
      line: 'plain',
      unit: 'ns/B',
      points: [
        { size: 1e3, cost: 300 },
        { size: 1e9, cost: 0.5 },
      ],
    });
    const both = growthChartOf([report(...tunnels('new', 1, 2)), report(...bodies)]) ?? '';
    expect(both.match(/<g transform/g)).toHaveLength(2);
    expect(both).toContain('× 0.001</text>');
  });

  it('is not drawn of a single size, or of what has none', () => {
    expect(growthChartOf([report(...tunnels('new', 5))])).toBeUndefined();
    expect(growthChartOf([report({ what: 'it', unit: 'µs', postern: 5 })])).toBeUndefined();
  });
});
