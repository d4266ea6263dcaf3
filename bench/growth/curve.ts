import type { Figure, Unit } from '../support/report.ts';

/** How a cost changes while something grows. */

/** What the largest size may cost more than the smallest one and still be called flat: what two like runs differ by. */
export const FLAT = 1.25;

export type Point = { readonly size: number; readonly cost: number | undefined };

export type Curve = {
  /** What grows, such as `open tunnels`. */
  readonly growing: string;
  /** What is measured. */
  readonly line: string;
  readonly unit: Unit;
  /** From the smallest size to the largest one. */
  readonly points: readonly Point[];
  /** How a size is written. */
  readonly sizeText?: (size: number) => string;
  /** Sizes below it have another cost for a reason that is told. */
  readonly flatFrom?: number;
};

const number = (size: number): string => size.toLocaleString('en');

/** A row for each size, and one that says how many times the cost of the smallest that of the largest is. */
export function curveFigures(curve: Curve): readonly Figure[] {
  const { growing, line, unit, points, sizeText = number, flatFrom } = curve;
  const ratios = flatFrom === undefined ? [undefined] : [undefined, flatFrom];
  return [
    ...points.map(
      ({ size, cost }, at): Figure => ({
        what: `${at === 0 ? `${line}: ` : '  '}${sizeText(size)}`,
        unit,
        postern: cost,
        curve: { growing, line, size, at: sizeText(size) },
      }),
    ),
    ...ratios.map((from) => ratioFigure({ ...curve, sizeText }, from)),
  ];
}

function ratioFigure(
  { points, sizeText }: Curve & { readonly sizeText: (size: number) => string },
  from: number | undefined,
): Figure {
  const [first, last] = endsOf(points, from);
  return {
    what: `  at ${sizeText(last?.size ?? 0)}, times that at ${sizeText(first?.size ?? 0)}`,
    unit: '×',
    target: { kind: 'amount', atMost: FLAT },
    postern: growthOf(points, from),
  };
}

/** How many times the cost of the smallest size, or of the one it begins from, that of the largest is. */
export function growthOf(points: readonly Point[], from?: number): number | undefined {
  const [first, last] = endsOf(points, from);
  if (first?.cost === undefined || last?.cost === undefined || first.cost <= 0) return undefined;
  return last.cost / first.cost;
}

function endsOf(points: readonly Point[], from = 0): readonly [Point | undefined, Point | undefined] {
  const those = points.filter(({ size }) => size >= from);
  return [those[0], those.at(-1)];
}
