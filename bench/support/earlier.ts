import { readFileSync } from 'node:fs';
import type { Report } from './report.ts';

/**
 * Reports of earlier runs: the lines that `--json` printed, of several runs one after the other. Of each bench the last
 * one counts. A TypeError says what in the file is none.
 */
export function earlierReports(file: string): readonly Report[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TypeError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const reports = new Map<string, Report>();
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const report = reportIn(line);
    if (report === undefined) throw new TypeError(`${file}:${at + 1} is no report of a bench with --json`);
    reports.set(report.bench, report);
  }
  return [...reports.values()];
}

function reportIn(line: string): Report | undefined {
  try {
    const report = JSON.parse(line) as Report | null;
    return typeof report?.bench === 'string' && Array.isArray(report.sections) ? report : undefined;
  } catch {
    return undefined;
  }
}
