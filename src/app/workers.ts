import { extname, join } from 'node:path';
import { logName } from '../decision-log/writer.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { type PolicySnapshot, snapshotOf } from '../policy-store/snapshot.ts';
import { shareOf } from '../supervisor/capacity.ts';
import { checkFree, type Endpoint } from '../supervisor/listen.ts';
import { replaceEverywhere } from '../supervisor/replace-everywhere.ts';
import { defaultMemoryMb } from '../supervisor/resources.ts';
import { spawnWorker, type WorkerProcess } from '../supervisor/worker-process.ts';
import { startWorkers, type Workers } from '../supervisor/workers.ts';
import type { ProxyAnnouncement, WorkerAnnouncement } from './announcement.ts';
import type { Crew } from './crew.ts';
import type { Answers, Order } from './orders.ts';
import type { ProxySetup } from './proxy.ts';
import type { Prepared } from './setup.ts';
import { createWorkerReports, type WorkerReports } from './worker-report.ts';

// `.ts` in the sources, `.js` where they have been compiled: the compiler mends imports, not this name.
const WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/**
 * What every worker is made of, as it was read at start, and the policies that are live: whoever is started again becomes
 * what the others are, whatever stands in the files by then.
 */
type Live = { setup: ProxySetup; policies: PolicySnapshot };

/** Has so many workers serve. This process, the primary, carries no traffic. */
export async function serveByWorkers(
  count: number,
  { setup, folder }: Prepared,
  announce: (announcement: WorkerAnnouncement) => void,
): Promise<Result<Crew>> {
  const { config } = setup;
  const limits = shareOf(config.limits, count, defaultMemoryMb());
  if (!limits.ok) return fail([limits.error]);
  const free = await checkFree(config.listen);
  if (!free.ok) return free;
  const live: Live = {
    setup: { ...setup, config: { ...config, limits: limits.value } },
    policies: snapshotOf(folder),
  };
  const reports = createWorkerReports((worker) => ask(worker, { kind: 'status' }));
  let endpoints: readonly Endpoint[] = [];
  let workers: Workers | undefined;
  // What one finds odd when it starts, the others do too, and each that starts again.
  const isToBeHeard = (number: number): boolean =>
    workers === undefined ? number === 1 : workers.list()[number - 1]?.state === 'serving';
  const started = await startWorkers({
    count,
    spawn: (number) =>
      spawnWorker(WORKER, (said) => {
        if (isToBeHeard(number)) announce({ ...(said as ProxyAnnouncement), worker: number });
      }),
    async start(worker, number) {
      const begun = await startOne(worker, number, live);
      if (begun === 'gone' || !begun.ok) return begun;
      endpoints = begun.value.endpoints;
      return succeed(undefined);
    },
    tellStop: (worker) => tell(worker, { kind: 'stop' }),
    look: (worker) => void reports.of(worker),
    tell: announce,
  });
  if (!started.ok) return started;
  workers = started.value;
  return succeed(crewOf(workers, reports, endpoints, live));
}

/** The ports that the first one found are those of all, and of each that starts again. */
async function startOne(
  worker: WorkerProcess,
  number: number,
  live: Live,
): Promise<Answers['start'] | 'gone'> {
  const { policies, setup } = live;
  const order = { kind: 'start', setup: { ...setup, worker: number }, policies } as const;
  const started = await handOver(worker, order);
  if (started === 'gone' || !started.ok) return started;
  const { endpoints } = started.value;
  const { config } = live.setup;
  const listen = config.listen.map((one, index) => ({ ...one, port: endpoints[index]?.port ?? one.port }));
  live.setup = { ...live.setup, config: { ...config, listen } };
  return started;
}

function crewOf(workers: Workers, reports: WorkerReports, endpoints: readonly Endpoint[], live: Live): Crew {
  const { log, limits } = live.setup.config;
  return {
    endpoints,
    logFile: join(log.dir, logName('*')),
    async usePolicies(next) {
      const policies = snapshotOf(next);
      const replaced = await replaceEverywhere<WorkerProcess>({
        present: workers.present,
        prepare: (worker) => handOver(worker, { kind: 'prepare', policies }),
        decide: () => {
          live.policies = policies;
        },
        commit: (worker) => ask(worker, { kind: 'commit', version: policies.version }),
        forget: (worker) => tell(worker, { kind: 'forget' }),
      });
      if (!replaced.ok) return replaced;
      return replaced.value ? succeed(undefined) : fail([NOBODY_LEFT]);
    },
    async useCertificates(certificates) {
      live.setup = { ...live.setup, certificates };
      const all = workers.present();
      await Promise.all(all.map((worker) => ask(worker, { kind: 'certificates', certificates })));
    },
    async useAuthority(authority) {
      live.setup = { ...live.setup, authority };
      const all = workers.present();
      await Promise.all(all.map((worker) => ask(worker, { kind: 'authority', authority })));
    },
    async useLook(look) {
      live.setup = { ...live.setup, look };
      await Promise.all(workers.present().map((worker) => ask(worker, { kind: 'look', look })));
    },
    useTicketSecret(secret) {
      live.setup = { ...live.setup, ticketSecret: secret };
      for (const worker of workers.present()) tell(worker, { kind: 'ticket-secret', secret });
    },
    async reopenLogs() {
      const all = workers.present();
      const answers = await Promise.all(all.map((worker) => ask(worker, { kind: 'reopen-log' })));
      return answers.filter((answer): answer is Problem => answer !== 'gone' && answer !== undefined);
    },
    async status() {
      const members = await Promise.all(workers.list().map(reports.of));
      return { members, counters: reports.counters() };
    },
    stop: () => workers.stop(limits.drainMs),
  };
}

async function ask<K extends keyof Answers>(
  worker: WorkerProcess,
  order: Extract<Order, { readonly kind: K }>,
): Promise<Answers[K] | 'gone'> {
  const said = await worker.ask(order);
  return said === 'gone' ? said : (said.answer as Answers[K]);
}

/** As `ask`, of orders with policies: those may be larger than a message can be. */
async function handOver<K extends 'start' | 'prepare'>(
  worker: WorkerProcess,
  order: Extract<Order, { readonly kind: K }>,
): Promise<Answers[K] | Result<never> | 'gone'> {
  try {
    return await ask(worker, order);
  } catch (error) {
    const problem = `the policies cannot be handed to a worker: ${(error as Error).message}`;
    return fail([{ at: 'policies', problem, hint: 'shorten their lists, or run with `workers: 1`' }]);
  }
}

const tell = (worker: WorkerProcess, order: Order): void => worker.tell(order);

const NOBODY_LEFT: Problem = {
  at: 'workers',
  problem: 'every worker ended while it took the policies',
  hint: 'see that there is memory enough for them; those in force stay',
};
