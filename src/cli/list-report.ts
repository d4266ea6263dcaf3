import { visibleText } from '../block-page/text.ts';
import { type Effect, type Imported, printable } from '../lists/import-list.ts';
import type { StoredList } from '../lists/list-file.ts';
import type { ReadList } from '../lists/read.ts';
import { foreignLineHint } from '../policy/matching/foreign-line.ts';
import { count, out, table, visibleProblem } from './output.ts';

/** Lines that the terminal shows; `--json` has up to 10,000, and `--report` all. */
const MAX_SHOWN = 10;
const MAX_SHOWN_LENGTH = 60;
const DAY_MS = 86_400_000;

export function importedAsJson(imported: Imported): object {
  if (imported.outcome === 'unchanged') {
    const { outcome, name, path, entries } = imported;
    return { outcome, name, file: path, entries };
  }
  const { outcome, name, path, list, before } = imported;
  const { format, isDetected, counts, reasons, refusals } = list;
  return {
    outcome,
    name,
    file: path,
    format,
    detected: isDetected,
    before: before ?? null,
    ...counts,
    reasons: reasons.map(([why, lines]) => ({ why, lines })),
    refusals,
    ...(imported.outcome === 'written'
      ? { named: imported.effect.after.isNamed, policyProblems: imported.effect.after.problems }
      : {}),
  };
}

export function importedAsText(imported: Imported): string {
  const { name } = imported;
  if (imported.outcome === 'unchanged')
    return `${out.bold(name)}: unchanged, ${imported.entries} ${entries(imported.entries)}\n`;
  const { outcome, path, list, before } = imported;
  const verb = outcome === 'written' ? `written to ${path}` : 'would be written (--dry-run)';
  const number = list.entries.length;
  const was = before === undefined ? '' : `, ${before} before`;
  const detected = list.isDetected ? `  read as ${list.format}; --format names another\n` : '';
  const use = imported.outcome === 'written' ? useText(name, imported.effect) : '';
  return `${out.bold(name)}: ${number} ${entries(number)}${was}, ${verb}\n${detected}${whereLinesWent(list)}${refusedLines(list)}${use}`;
}

/** What comes of it: only where the policies load and a rule names the list does it take effect by itself. */
function useText(name: string, { before, after }: Effect): string {
  const [first] = after.problems;
  if (first !== undefined) {
    const { at, problem } = visibleProblem(first);
    const what =
      before.problems.length > 0
        ? 'the policies do not load, and did not before'
        : 'the policies no longer load with it';
    return `${out.yellow('warning')} ${what}: ${at} ${problem}\n  postern check tells all; a running Postern keeps what is in force\n`;
  }
  return after.isNamed
    ? 'A running Postern takes it up by itself.\n'
    : `No rule names it yet; this one would block what it lists:\n  - { id: ${name}, block: { categories: [${name}] } }\n`;
}

const entries = (number: number): string => (number === 1 ? 'entry' : 'entries');

function whereLinesWent({ counts }: ReadList): string {
  const others = [
    [counts.comments, 'comments and blank lines'],
    [counts.boilerplate, 'boilerplate'],
    [counts.duplicates, 'duplicates'],
    [counts.folded, 'covered by wider entries'],
    [counts.exceptions, 'exceptions'],
    [counts.excepted, 'taken out by exceptions'],
    [counts.includes, 'includes'],
    [counts.filtered, 'without the attribute'],
    [counts.refused, 'refused'],
  ] as const;
  const told = others.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return `  of ${count(counts.lines, 'line')}${told.length === 0 ? '' : `: ${told.join(', ')}`}\n`;
}

function refusedLines({ counts, reasons, refusals }: ReadList): string {
  if (counts.refused === 0) return '';
  const shown = refusals.slice(0, MAX_SHOWN);
  const groups = reasons.map(([why, number]) => {
    const lines = shown
      .filter((refusal) => refusal.why === why)
      .map(({ file, line, text }) => {
        const place = file === undefined ? `line ${line}` : `${file}:${line}`;
        return `      ${place}: ${printable(text).slice(0, MAX_SHOWN_LENGTH)}\n`;
      });
    return `  ${out.yellow('refused')} ${number}: ${why}\n${lines.join('')}`;
  });
  const rest =
    counts.refused > shown.length ? '  --json names more of the refused lines, --report FILE all\n' : '';
  return groups.join('') + rest;
}

export function statsAsJson({ name, path, bytes, modified, entries, ...list }: StoredList): object {
  const { unreadable, firstUnreadable, header } = list;
  const bad = firstUnreadable === undefined ? {} : { firstUnreadable };
  return {
    name,
    file: path,
    entries,
    unreadable,
    ...bad,
    bytes,
    modified: modified.toISOString(),
    ...header,
  };
}

export function statsAsText(lists: readonly StoredList[], now: Date): string {
  if (lists.length === 0) return 'there are no lists; postern list import makes one\n';
  const rows = lists.map(({ name, entries, bytes, modified, header }) => [
    name,
    String(entries),
    header?.format ?? '-',
    age(now.getTime() - (Date.parse(header?.imported ?? '') || modified.getTime())),
    size(bytes),
    header === undefined ? 'written by hand' : visibleText(header.source ?? '-'),
  ]);
  const columns = table([['NAME', 'ENTRIES', 'FORMAT', 'AGE', 'SIZE', 'SOURCE'], ...rows]);
  return `${columns}\n${lists.map(whatCannotBeRead).join('')}`;
}

function whatCannotBeRead({ name, unreadable, firstUnreadable }: StoredList): string {
  if (firstUnreadable === undefined) return '';
  const { line, text } = firstUnreadable;
  const hint = foreignLineHint(text) ?? '`postern check` says what is wrong, when a rule names the list';
  const why = `${count(unreadable, 'line')} cannot be read, so no rule can use the list`;
  const shown = printable(text).slice(0, MAX_SHOWN_LENGTH);
  return `${out.yellow(name)}: ${why}\n    line ${line}: ${shown}\n    ${out.dim('hint:')} ${hint}\n`;
}

function age(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return days < 1 ? 'today' : count(days, 'day');
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
