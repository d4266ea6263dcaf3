import type { Locate, Report } from './report.ts';

/**
 * Workflow commands, with which GitHub marks lines of a change:
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
 */
export function githubCommands({ problems, warnings }: Report, locate: Locate): string {
  return [
    ...problems.map((problem) => commandOf('error', 'policy-error', problem, locate)),
    ...warnings.map((finding) => commandOf('warning', finding.code, finding, locate)),
  ]
    .map((command) => `${command}\n`)
    .join('');
}

type Told = { readonly at: string; readonly problem: string; readonly hint: string };

function commandOf(level: 'error' | 'warning', title: string, told: Told, locate: Locate): string {
  const place = locate(told.at);
  const properties = [
    ...(place === undefined ? [] : [`file=${escapeProperty(place.file)}`, `line=${place.line}`]),
    ...(place === undefined ? [] : [`col=${place.column}`]),
    `title=${escapeProperty(title)}`,
  ];
  const problem = place === undefined ? `${told.at}: ${told.problem}` : told.problem;
  return `::${level} ${properties.join(',')}::${escapeData(`${problem}\nhint: ${told.hint}`)}`;
}

// As in https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts: the `%` first.
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
