import type { CurvePoint, Figure, Report } from './report.ts';
import { escapeXml, round } from './svg.ts';

/**
 * The curves of growth in a report: for each thing that grows a picture, in which each line is a cost at each size, as a
 * multiple of that at the smallest one. Both axes are logarithmic. An SVG that stands alone, in light and in dark, for eyes
 * and for screen readers.
 */

type Point = CurvePoint & { readonly cost: number; readonly unit: string };
type Line = { readonly name: string; readonly points: readonly Point[] };
type Picture = { readonly growing: string; readonly lines: readonly Line[] };

const COLUMNS = 2;
const PICTURE = { width: 420, height: 300 } as const;
const HEAD_HEIGHT = 64;
/** Of the axes within a picture. */
const FRAME = { left: 58, right: 376, top: 100, bottom: 262 } as const;
const LEGEND_TOP = 44;
const LEGEND_HEIGHT = 17;
/** What is drawn at least, so that a flat line looks flat: a tenth of the first cost to ten times it. */
const LEAST_DECADES = { from: -1, to: 1 } as const;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 13px; font-weight: 600 }
  .head { font-size: 17px; font-weight: 600 }
  .quiet { fill: #59636e }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .one { stroke: #59636e; stroke-width: 1; stroke-dasharray: 2 2 }
  .line { fill: none; stroke-width: 2 }
  .line0 { stroke: #0b63c4 } .dot0 { fill: #0b63c4 }
  .line1 { stroke: #9a3a00; stroke-dasharray: 7 3 } .dot1 { fill: #9a3a00 }
  .line2 { stroke: #6639ba; stroke-dasharray: 2 3 } .dot2 { fill: #6639ba }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9aa5b1 }
    .grid { stroke: #30363d }
    .one { stroke: #9aa5b1 }
    .line0 { stroke: #58a6ff } .dot0 { fill: #58a6ff }
    .line1 { stroke: #ffa657 } .dot1 { fill: #ffa657 }
    .line2 { stroke: #d2a8ff } .dot2 { fill: #d2a8ff }
  }`;
const COLOURS = 3;

/** Undefined when no report has a curve of two points. */
export function growthChartOf(reports: readonly Report[]): string | undefined {
  const figures = reports.flatMap(({ sections }) => sections.flatMap((section) => section.figures));
  const pictures = picturesOf(figures.flatMap((figure) => pointOf(figure) ?? []));
  if (pictures.length === 0) return undefined;
  const [width, height] = [
    COLUMNS * PICTURE.width,
    HEAD_HEIGHT + Math.ceil(pictures.length / COLUMNS) * PICTURE.height,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">How the costs of Postern grow</title>',
    `<desc id="desc">${escapeXml(pictures.map(description).join(' '))}</desc>`,
    `<style>${STYLE}\n</style>`,
    '<text class="head" x="16" y="28">How the costs of Postern grow</text>',
    '<text class="quiet" x="16" y="48">What a unit costs, as a multiple of its cost at the smallest size. Level is flat. Both axes are logarithmic.</text>',
    ...pictures.flatMap(pictureLines),
    '</svg>',
    '',
  ].join('\n');
}

const pointOf = ({ curve, postern, unit }: Figure): Point | undefined =>
  curve === undefined || postern === undefined || postern <= 0
    ? undefined
    : { ...curve, cost: postern, unit };

function picturesOf(points: readonly Point[]): readonly Picture[] {
  return [...Map.groupBy(points, ({ growing }) => growing)].flatMap(([growing, ofPicture]) => {
    const lines = [...Map.groupBy(ofPicture, ({ line }) => line)].map(([name, ofLine]) => ({
      name,
      points: ofLine.toSorted((a, b) => a.size - b.size),
    }));
    const drawn = lines.filter((line) => line.points.length > 1);
    return drawn.length === 0 ? [] : [{ growing, lines: drawn }];
  });
}

function pictureLines({ growing, lines }: Picture, number: number): readonly string[] {
  const all = lines.flatMap(({ points }) => points);
  const sizes = all.map(({ size }) => Math.log10(size));
  const times = lines.flatMap((line) => line.points.map((point) => timesOf(line, point)));
  const decades = {
    from: Math.min(LEAST_DECADES.from, Math.floor(Math.log10(Math.min(...times)))),
    to: Math.max(LEAST_DECADES.to, Math.ceil(Math.log10(Math.max(...times)))),
  };
  const place: Place = {
    x: scale([Math.min(...sizes), Math.max(...sizes)], [FRAME.left, FRAME.right]),
    y: scale([decades.from, decades.to], [FRAME.bottom, FRAME.top]),
  };
  const [left, top] = [
    (number % COLUMNS) * PICTURE.width,
    HEAD_HEIGHT + Math.floor(number / COLUMNS) * PICTURE.height,
  ];
  const ticks = new Map(all.map(({ size, at }) => [size, at]));
  return [
    `<g transform="translate(${left} ${top})">`,
    `<text class="title" x="16" y="22">${escapeXml(growing)}</text>`,
    ...decadeLines(decades, place),
    ...[...ticks].flatMap(([size, at]) => [
      `<text class="quiet" x="${place.x(Math.log10(size))}" y="${FRAME.bottom + 18}" text-anchor="middle">${escapeXml(at)}</text>`,
    ]),
    ...lines.flatMap((line, at) => lineLines(line, at, place)),
    '</g>',
  ];
}

type Place = { x(logarithm: number): number; y(logarithm: number): number };

/** From logarithms to places, straight. */
const scale =
  ([low, high]: readonly [number, number], [from, to]: readonly [number, number]) =>
  (value: number): number =>
    round(high === low ? from : from + ((value - low) / (high - low)) * (to - from));

function decadeLines({ from, to }: { from: number; to: number }, { y }: Place): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at).flatMap((decade) => [
    `<line class="${decade === 0 ? 'one' : 'grid'}" x1="${FRAME.left}" x2="${FRAME.right}" y1="${y(decade)}" y2="${y(decade)}"/>`,
    `<text class="quiet" x="${FRAME.left - 8}" y="${y(decade) + 4}" text-anchor="end">× ${decadeText(decade)}</text>`,
  ]);
}

const decadeText = (decade: number): string =>
  (10 ** decade).toLocaleString('en', { maximumFractionDigits: Math.max(0, -decade) });

/** The curve, and its legend: its name, and its first and last costs. */
function lineLines(line: Line, at: number, { x, y }: Place): readonly string[] {
  const colour = at % COLOURS;
  const places = line.points.map(
    (point) => [x(Math.log10(point.size)), y(Math.log10(timesOf(line, point)))] as const,
  );
  const legend = LEGEND_TOP + at * LEGEND_HEIGHT;
  return [
    `<polyline class="line line${colour}" points="${places.map((place) => place.join(',')).join(' ')}"/>`,
    ...places.map(([left, top]) => `<circle class="dot${colour}" cx="${left}" cy="${top}" r="3"/>`),
    `<line class="line line${colour}" x1="16" x2="40" y1="${legend - 4}" y2="${legend - 4}"/>`,
    `<text x="46" y="${legend}">${escapeXml(`${line.name}: ${endsText(line)}`)}</text>`,
  ];
}

const timesOf = ({ points }: Line, { cost }: Point): number => cost / (points[0]?.cost ?? Number.NaN);

function endsText(line: Line): string {
  const [first, last] = [line.points[0], line.points.at(-1)];
  return first === undefined || last === undefined
    ? ''
    : `${costText(first)} → ${costText(last)}, × ${threeDigits(timesOf(line, last))}`;
}

const costText = ({ cost, unit }: Point): string => `${threeDigits(cost)} ${unit}`;

const threeDigits = (value: number): string =>
  value.toLocaleString('en', value < 1_000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });

/** What a picture shows, in words. */
const description = ({ growing, lines }: Picture): string =>
  lines
    .map((line) => {
      const sizes = `${line.points[0]?.at} to ${line.points.at(-1)?.at} ${growing}`;
      return `${line.name}, from ${sizes}: ${endsText(line)}.`;
    })
    .join(' ');
