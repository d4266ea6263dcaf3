import type { Command } from 'commander';
import type { AuthorityStatus } from '../app/authority.ts';
import { type Counters, type Gauges, sumOf } from '../metrics/counters.ts';
import type { Problem } from '../policy/result.ts';
import type { ParentState } from '../proxy/outward/health.ts';
import { type Answer, askRunning } from '../supervisor/control.ts';
import type { Endpoint } from '../supervisor/listen.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { count, EXIT, listenerText, printJson, printProblems, table, visibleProblem } from './output.ts';
import { bytesText } from './progress.ts';

/** The verbs that ask a running Postern, over the control socket in its state folder. */
export function addRunning(program: Command): void {
  withCommonOptions(program.command('reload'))
    .description(
      'have a running Postern read its policies anew; when they have problems, those in force stay',
    )
    .action((options: CommonOptions) => ask('reload', options, tellReload));
  withCommonOptions(program.command('status'))
    .description('whether a Postern is running, since when, and with which policies')
    .action((options: CommonOptions) => ask('status', options, tellStatus));
}

async function ask(
  command: 'reload' | 'status',
  options: CommonOptions,
  tell: (answer: Answer) => string,
): Promise<void> {
  const json = options.json ?? false;
  const config = configFor(options);
  const answer = config.ok ? await askRunning(config.value.state, command) : config;
  if (!answer.ok) {
    printProblems([answer.error].flat(), json);
    process.exitCode = EXIT.problems;
    return;
  }
  if (!answer.value.ok) {
    printProblems((answer.value.problems ?? []) as readonly Problem[], json);
    process.exitCode = EXIT.problems;
    return;
  }
  if (json) printJson(answer.value);
  else process.stdout.write(tell(answer.value));
}

function tellReload({ changed, policy, caChanged, warnings }: Answer): string {
  const told = (warnings as readonly Problem[]).map(visibleProblem);
  return [
    `${changed ? 'new policies are in force' : 'policies read, nothing changed'}: ${policy}\n`,
    ...(caChanged ? ['another CA signs for block pages\n'] : []),
    ...told.map(({ at, problem, hint }) => `warning: ${at}  ${problem}\n    hint: ${hint}\n`),
  ].join('');
}

function tellStatus(answer: Answer): string {
  const { pid, startedAt, policy, departments, listen, upstream } = answer;
  const metrics = answer.metrics as AllMetrics;
  const refused = answer.reloadProblems as readonly Problem[];
  const certificates = answer.certificateProblems as readonly Problem[];
  const caRefused = answer.caProblems as readonly Problem[];
  const ca = answer.ca as AuthorityStatus | undefined;
  const endpoints = (listen as Endpoint[]).map(listenerText);
  return `${table([
    ['running', `process ${pid}, since ${startedAt}`],
    ['listening', endpoints.join(', ')],
    ['serving', servingText(metrics)],
    ['decided', decidedText(metrics)],
    ['carried', `${bytesText(metrics.bytesTotal.up)} up, ${bytesText(metrics.bytesTotal.down)} down`],
    ['taking', takingText(metrics)],
    ...workerRows(answer.workers as readonly WorkerRow[]),
    ...(upstream as readonly ParentState[]).map((parent) => ['upstream', parentText(parent)]),
    ['policies', String(policy)],
    ['departments', (departments as string[]).join(', ')],
    ...(ca === undefined ? [] : [['CA', authorityText(ca)]]),
    ...(refused.length === 0
      ? []
      : [['last reload', `refused: ${count(refused.length, 'problem')}, see postern check`]]),
    ...(certificates.length === 0
      ? []
      : [['certificates', `not renewed: ${count(certificates.length, 'problem')}, see postern reload`]]),
    ...(caRefused.length === 0
      ? []
      : [['last CA', `refused: ${count(caRefused.length, 'problem')}, see postern reload`]]),
  ])}\n`;
}

/** As the answer has them: of one process, or of all. */
type AllMetrics = Counters & Gauges;

/** A worker as the answer tells of it. */
type WorkerRow = {
  readonly worker: number;
  readonly pid: number;
  readonly startedAt: string;
  readonly restarts: number;
} & (
  | { readonly state: 'serving'; readonly metrics: AllMetrics }
  | { readonly state: 'starting' | 'waiting' | 'silent' }
);

const servingText = ({ connections, tunnels }: Gauges): string =>
  `${count(connections, 'connection')}, ${count(tunnels, 'tunnel')}`;

/** Nothing of the only one, which is the process itself. */
const workerRows = (workers: readonly WorkerRow[]): readonly (readonly string[])[] =>
  workers.length === 1 ? [] : workers.map((worker) => [`worker ${worker.worker}`, workerText(worker)]);

function workerText(row: WorkerRow): string {
  const { pid, startedAt, restarts } = row;
  const again = restarts === 0 ? '' : `, started again ${count(restarts, 'time')}, last at ${startedAt}`;
  switch (row.state) {
    case 'serving': {
      const { metrics } = row;
      const decided = count(decisionsOf(metrics), 'decision');
      return `process ${pid}, ${servingText(metrics)}, ${decided}, ${takingText(metrics)}${again}`;
    }
    case 'starting':
      return `process ${pid}, starting${again}`;
    case 'silent':
      return `process ${pid}, does not answer${again}`;
    case 'waiting':
      return `ended, and will be started again${again}`;
  }
}

const decisionsOf = ({ decisionsTotal: { forward, block } }: Counters): number =>
  sumOf(forward) + sumOf(block);

/** Since the start of the program. */
function decidedText({ decisionsTotal, refusalsTotal, malformedTotal }: Counters): string {
  const { forward, block } = decisionsTotal;
  return `${sumOf(forward)} forwarded, ${sumOf(block)} blocked, ${sumOf(refusalsTotal)} refused, ${malformedTotal} malformed`;
}

/** How long it was at work, of the time that it has run. */
function takingText({ residentMemoryBytes, eventLoopSecondsTotal }: AllMetrics): string {
  const { active, idle } = eventLoopSecondsTotal;
  const busy = active + idle === 0 ? 0 : Math.round((100 * active) / (active + idle));
  return `${bytesText(residentMemoryBytes)} of memory, busy ${busy} % of the time`;
}

/** Until when the CA of the block pages is good, and what it is being exchanged for. */
function authorityText({ notAfter, daysLeft, state, nextActiveFrom }: AuthorityStatus): string {
  const end = daysLeft < 0 ? `ended at ${notAfter}` : `ends in ${count(daysLeft, 'day')}, at ${notAfter}`;
  switch (state) {
    case 'settled':
      return end;
    case 'waiting':
      return `${end}; the next one waits${nextActiveFrom ? `, and signs from ${nextActiveFrom}` : ''}`;
    case 'exchanged':
      return `${end}; the one before it is kept`;
  }
}

function parentText(parent: ParentState): string {
  switch (parent.state) {
    case 'up':
      return `${parent.name} up`;
    case 'down': {
      const seconds = Math.round(parent.downMs / 1_000);
      return `${parent.name} down for ${count(seconds, 'second')}: ${parent.cause}`;
    }
  }
}
