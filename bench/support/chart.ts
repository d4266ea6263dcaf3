import { type Figure, type Report, ratioTo, type Target } from './report.ts';
import { escapeXml, round } from './svg.ts';

/**
 * The figures of a run that have a name in the chart, as horizontal bars: each proxy's cost as a multiple of the peer's
 * that the target is for, which is 1. An SVG that stands alone, in light and in dark, for eyes and for screen readers.
 */

type Bar = { readonly name: string; readonly ratio: number; readonly isPostern: boolean };
type Group = {
  readonly title: string;
  readonly to: string;
  readonly target: number;
  readonly bars: readonly Bar[];
};

const WIDTH = 840;
const LABELS_END = 340;
const BARS_END = 780;
/** What is longer is cut off there, and says how long it is. */
const MAX_RATIO = 2;
const BAR_HEIGHT = 14;
const GROUP_GAP = 20;
const NUMBER_WIDTH = 40;
const TITLE_HEIGHT = 22;
const HEAD_HEIGHT = 92;
const FOOT_HEIGHT = 12;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .head { font-size: 17px; font-weight: 600 }
  .quiet { fill: #59636e }
  .postern { fill: #0b63c4 }
  .peer { fill: #aeb7c0 }
  .axis { stroke: #59636e; stroke-width: 1 }
  .target { stroke: #9a3a00; stroke-width: 2 }
  .aim { fill: #9a3a00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9aa5b1 }
    .postern { fill: #58a6ff }
    .peer { fill: #545d68 }
    .axis { stroke: #9aa5b1 }
    .target { stroke: #ffa657 }
    .aim { fill: #ffa657 }
  }`;

/** Undefined when no report has a figure for it. */
export function chartOf(reports: readonly Report[]): string | undefined {
  const figures = reports.flatMap(({ sections }) => sections.flatMap((section) => section.figures));
  const groups = figures.flatMap((figure) => groupOf(figure) ?? []);
  if (groups.length === 0) return undefined;
  const heights = groups.map(({ bars }) => TITLE_HEIGHT + bars.length * BAR_HEIGHT + GROUP_GAP);
  const tops = heights.map(
    (_, at) => HEAD_HEIGHT + heights.slice(0, at).reduce((sum, next) => sum + next, 0),
  );
  const height = HEAD_HEIGHT + heights.reduce((sum, next) => sum + next, 0) + FOOT_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">What Postern costs beside its peers</title>',
    `<desc id="desc">${escapeXml(description(groups))}</desc>`,
    `<style>${STYLE}\n</style>`,
    ...headLines(),
    ...groups.flatMap((group, at) => groupLines(group, tops[at] ?? 0)),
    '</svg>',
    '',
  ].join('\n');
}

function groupOf({ chart, target, postern, peers = {} }: Figure): Group | undefined {
  const reference = ratioTarget(target);
  if (chart === undefined || reference === undefined || postern === undefined) return undefined;
  const one = peers[reference.to];
  const bars = [['Postern', postern] as const, ...Object.entries(peers)].flatMap(([name, value]) => {
    const ratio = ratioTo(one, value);
    return ratio === undefined ? [] : [{ name, ratio, isPostern: name === 'Postern' }];
  });
  return bars.length === 0 ? undefined : { title: chart, to: reference.to, target: reference.atMost, bars };
}

const ratioTarget = (target: Target | undefined) => (target?.kind === 'ratio' ? target : undefined);

const x = (ratio: number): number =>
  round(LABELS_END + (Math.min(ratio, MAX_RATIO) / MAX_RATIO) * (BARS_END - LABELS_END));

function headLines(): readonly string[] {
  return [
    '<text class="head" x="16" y="28">What Postern costs beside its peers</text>',
    '<text class="quiet" x="16" y="48">Processor time or memory for each piece of work, as a multiple of what Squid takes. Shorter is better.</text>',
    `<rect class="postern" x="16" y="62" width="22" height="10"/><text x="44" y="72">Postern</text>`,
    `<rect class="peer" x="112" y="62" width="22" height="10"/><text x="140" y="72">peers</text>`,
    `<line class="target" x1="196" x2="196" y1="60" y2="74"/><text class="aim" x="204" y="72">target: at most</text>`,
  ];
}

function groupLines({ title, to, target, bars }: Group, top: number): readonly string[] {
  const first = top + TITLE_HEIGHT;
  const end = first + bars.length * BAR_HEIGHT;
  return [
    `<text class="title" x="16" y="${first - 7}">${escapeXml(title)}</text>`,
    `<text class="quiet" x="${x(1)}" y="${first - 7}" text-anchor="middle">${escapeXml(to)} = 1</text>`,
    ...bars.flatMap((bar, at) => barLines(bar, first + at * BAR_HEIGHT, target)),
    `<line class="axis" x1="${LABELS_END}" x2="${LABELS_END}" y1="${first}" y2="${end}"/>`,
    `<line class="axis" x1="${x(1)}" x2="${x(1)}" y1="${first + BAR_HEIGHT}" y2="${end}" stroke-dasharray="2 2"/>`,
    `<line class="target" x1="${x(target)}" x2="${x(target)}" y1="${first - 3}" y2="${first + BAR_HEIGHT + 1}"/>`,
  ];
}

function barLines({ name, ratio, isPostern }: Bar, top: number, target: number): readonly string[] {
  const kind = isPostern ? 'postern' : 'peer';
  const width = round(x(ratio) - LABELS_END);
  const mark = ratio > MAX_RATIO ? '›' : '';
  // The number makes way for the target, which stands across Postern's bar.
  const isInTheWay = isPostern && x(target) >= x(ratio) && x(target) < x(ratio) + NUMBER_WIDTH;
  return [
    `<text class="${isPostern ? 'title' : 'quiet'}" x="${LABELS_END - 8}" y="${top + 11}" text-anchor="end">${escapeXml(name)}</text>`,
    `<rect class="${kind}" x="${LABELS_END}" y="${top + 2}" width="${width}" height="${BAR_HEIGHT - 4}"/>`,
    `<text x="${(isInTheWay ? x(target) : x(ratio)) + 6}" y="${top + 11}">${mark}${ratio.toFixed(2)}</text>`,
  ];
}

/** What the picture shows, in words. */
function description(groups: readonly Group[]): string {
  const sentences = groups.map(({ title, to, target, bars }) => {
    const times = bars
      .filter(({ name }) => name !== to)
      .map(({ name, ratio }) => `${name} ${ratio.toFixed(2)}`)
      .join(', ');
    return `${title}: ${times} times what ${to} takes; the target is ${target.toFixed(2)}.`;
  });
  return sentences.join(' ');
}
