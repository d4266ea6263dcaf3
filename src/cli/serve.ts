import { relative } from 'node:path';
import { type Command, Option } from 'commander';
import type { Announcement } from '../app/announcement.ts';
import { type Postern, startPostern } from '../app.ts';
import { visibleText } from '../block-page/text.ts';
import type { Config } from '../config/load.ts';
import { surviveFaults } from '../supervisor/faults.ts';
import type { Address, Endpoint } from '../supervisor/listen.ts';
import {
  type CommonOptions,
  configFor,
  type ListenOption,
  parseListen,
  withCommonOptions,
} from './options.ts';
import { count, EXIT, endpointText, err, listenerText, out, printJson, printProblems } from './output.ts';
import { VERSION } from './version.ts';

type ServeOptions = CommonOptions & { readonly listen?: readonly ListenOption[] };

export function addServe(program: Command): void {
  withCommonOptions(program.command('serve'), '0 stopped by a signal, 1 problems, 2 usage')
    .description('run the proxy; the CA and the state folder are created when missing')
    .addOption(
      new Option('--listen <address:port>', 'where to listen; may be repeated').argParser(parseListen),
    )
    .addHelpText('after', SIGNALS)
    .action(serve);
}

const SIGNALS = `
Signals: HUP reloads the policies, the certificates of listeners and the CA, USR1 opens the log file anew, TERM and INT let running requests end and stop.`;

async function serve(options: ServeOptions): Promise<void> {
  const json = options.json ?? false;
  const config = configFor(options, options.listen ? [{ path: ['listen'], value: options.listen }] : []);
  const announce = (announcement: Announcement): void =>
    json ? printJson(announcement) : tell(announcement);
  const postern = config.ok ? await startPostern(config.value, announce) : config;
  if (!config.ok || !postern.ok) {
    printProblems(postern.ok ? [] : postern.error, json);
    process.exitCode = EXIT.problems;
    return;
  }
  surviveFaults((problem) => announce({ kind: 'warning', problem }));
  obeySignals(postern.value);
  if (json)
    printJson({
      kind: 'listening',
      endpoints: postern.value.endpoints,
      log: postern.value.logFile,
      pid: process.pid,
      workers: postern.value.workers,
    });
  else process.stdout.write(greeting(config.value, postern.value));
}

function obeySignals(postern: Postern): void {
  process.on('SIGHUP', () => postern.reload());
  process.on('SIGUSR1', () => postern.reopenLogs());
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) process.exit(EXIT.problems); // asked twice: somebody is in a hurry
    isStopping = true;
    process.stderr.write('stopping: what is under way has 10 seconds to end; once more stops at once\n');
    await postern.stop();
    process.exit(EXIT.good);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function tell(announcement: Announcement): void {
  const time = err.dim(new Date().toISOString());
  switch (announcement.kind) {
    case 'ca-created':
      process.stderr.write(`${time} created a CA in ${shown(announcement.directory)}: keep ca.key secret\n`);
      return;
    case 'warning':
      process.stderr.write(`${time} ${err.yellow('warning')}${ofWorker(announcement)}\n`);
      printProblems([announcement.problem], false);
      return;
    case 'log-recovered':
      process.stderr.write(`${time} the decision log${ofWorker(announcement)} is written again\n`);
      return;
    case 'relieved':
      process.stderr.write(`${time} ${RELIEVED[announcement.resource]}${ofWorker(announcement)}\n`);
      return;
    case 'worker-ended': {
      const { worker, pid, cause, restartMs } = announcement;
      const next = `it is started again in ${restartMs / 1_000} s`;
      process.stderr.write(
        `${time} ${err.red(`worker ${worker}, process ${pid}, ended`)}: ${cause}; ${next}\n`,
      );
      return;
    }
    case 'worker-started':
      process.stderr.write(
        `${time} worker ${announcement.worker} serves again, process ${announcement.pid}\n`,
      );
      return;
    case 'worker-failed':
      process.stderr.write(`${time} ${err.red(`worker ${announcement.worker} cannot serve`)}\n`);
      printProblems(announcement.problems, false);
      return;
    case 'reloaded': {
      const { changed, policy } = announcement;
      process.stderr.write(
        `${time} ${changed ? 'new policies are in force' : 'policies read, nothing changed'}: ${short(policy)}\n`,
      );
      return;
    }
    case 'reload-refused':
      process.stderr.write(`${time} ${err.red('the policies were not reloaded')}; those in force stay\n`);
      printProblems(announcement.problems, false);
      return;
    case 'certificates-renewed':
      process.stderr.write(`${time} new certificates are in use\n`);
      return;
    case 'certificates-refused':
      process.stderr.write(`${time} ${err.red('the certificates were not renewed')}; those in use stay\n`);
      printProblems(announcement.problems, false);
      return;
    case 'ca-renewed': {
      const { subject, sha256Fingerprint } = announcement;
      process.stderr.write(
        `${time} another CA signs for block pages: ${visibleText(subject)}, SHA-256 ${sha256Fingerprint}\n`,
      );
      return;
    }
    case 'ca-refused':
      process.stderr.write(`${time} ${err.red('the CA was not reloaded')}; the one before it still signs\n`);
      printProblems(announcement.problems, false);
  }
}

/** Said by one of several, it says which. */
const ofWorker = (announcement: object): string =>
  'worker' in announcement ? ` of worker ${announcement.worker}` : '';

const RELIEVED = {
  memory: 'memory is below its limit: connections are taken again',
  descriptors: 'files can be opened: connections are taken again',
} as const;

function greeting(config: Config, { endpoints, logFile, policies, workers }: Postern): string {
  const plain = endpoints.find(({ scheme, proxyProtocol }) => scheme === 'http' && !proxyProtocol);
  const departments = [...policies.departments.values()];
  const rules = departments.reduce((sum, department) => sum + department.rules.length, 0);
  const ca = shown(`${config.certs}/ca.crt`);
  return `
${out.bold(`Postern ${VERSION}`)} is running, process ${process.pid}${workers === 1 ? '' : `, with ${count(workers, 'worker')}`}.

  proxy     ${endpoints.map(listenerText).join(', ')}
  config    ${config.file === undefined ? 'built-in defaults' : shown(config.file)}
  policies  ${shown(config.policies)}: ${count(departments.length, 'department')}, ${count(rules, 'rule')}, ${short(policies.version)}
  log       ${shown(logFile)}

Try it from another shell:
${plain === undefined ? '' : trials(plain, config.blockPage.https === 'page' ? ` --cacert ${ca}` : '')}  ${COMMAND} explain${config.file === undefined ? '' : ` --config ${shown(config.file)}`} https://chat.deepseek.com/
${config.blockPage.https === 'page' ? `\nTo see block pages over HTTPS without a warning, a browser must trust ${ca}.` : ''}
Saved policy files take effect by themselves. Ctrl+C stops.

`;
}

/** What can be tried at once on a listener that anybody may speak plain HTTP to. */
function trials(endpoint: Endpoint, trust: string): string {
  const proxy = `http://${endpointText(reachable(endpoint))}`;
  return `  curl -x ${proxy}${trust} https://chat.deepseek.com/
  curl -x ${proxy} -H 'Accept: application/json' http://chat.deepseek.com/
`;
}

/** How the reader's shell calls this program: a checkout has a script for it. */
const COMMAND = process.argv[1]?.endsWith('.ts') ? 'bin/postern' : 'postern';

/** An address to try: one that listens on all of the machine's is reached on loopback. */
const reachable = ({ host, port }: Endpoint): Address => ({
  host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host,
  port,
});

const short = (version: string): string => version.slice(0, 'sha256:'.length + 12);

/** A path as a person at this working directory would write it. */
function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return visibleText(here.startsWith('..') || process.cwd() === '/' ? path : here);
}
