import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Timings } from './children/decide.ts';
import type { Load } from './children/load.ts';
import { measurePosternStart, stateIn } from './peers/postern.ts';
import { measureSquidStart, squidVersion, writeSquidList } from './peers/squid.ts';
import type { Bench } from './support/bench.ts';
import { domainAt } from './support/domains.ts';
import { loadNow, machineLines } from './support/machine.ts';
import { listsCache, policiesCache, writePolicies } from './support/policies.ts';
import {
  count,
  LARGE_FACTOR,
  type Loads,
  type Measured,
  sectionsOf,
  TARGETS,
  TARGETS_HOLD_FOR,
} from './support/policy-report.ts';
import { runScript } from './support/process.ts';
import type { Start } from './support/server.ts';
import { median } from './support/statistics.ts';

const DECIDE = new URL('./children/decide.ts', import.meta.url);
const LOAD = new URL('./children/load.ts', import.meta.url);
const LOADS = 5;
const LARGE_LOADS = 3;
const STARTS = 3;

type Run = {
  /** For all that is written; goes at the end. */
  readonly folder: string;
  readonly domains: number;
  readonly squid: string | undefined;
  readonly tell: (step: string) => void;
};

export const policyBench: Bench = {
  summary: 'decisions, loading and memory with long lists, beside Squid',
  options: {
    // Shorter lists get no cache, and the large one of longer ones would be more text than a string can hold.
    domains: { about: 'names on the list', default: TARGETS_HOLD_FOR, min: 10_000, max: 2_000_000 },
  },
  async run({ domains = TARGETS_HOLD_FOR }, tell) {
    const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
    chmodSync(folder, 0o755); // Squid reads its list as another user
    try {
      const squid = squidVersion();
      const loadBefore = loadNow();
      const measured = await measure({ folder, domains, squid, tell });
      const peer =
        squid === undefined ? 'no Squid here (Debian: squid-openssl) to compare with' : `beside ${squid}`;
      return {
        bench: 'policy',
        machine: [...machineLines(loadBefore), peer],
        sections: sectionsOf(measured, domains === TARGETS_HOLD_FOR ? TARGETS : {}),
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(run: Run): Promise<Measured> {
  const { domains, tell } = run;
  tell(`writing lists of ${count(domains)} and ${count(domains * LARGE_FACTOR)} names`);
  const listed = sortedNames(domains);
  const empty = writeFolder(run, 'empty', [domainAt(0)]); // of one name: a list of none is an error
  const full = writeFolder(run, 'full', listed);
  const large = writeFolder(run, 'large', sortedNames(domains * LARGE_FACTOR));
  tell('deciding');
  const decisions = await runScript<Timings>(DECIDE, [full, String(domains)]);
  tell('loading with an empty list');
  const bare = {
    afresh: await medianLoad(LOADS, () => loadAfresh(empty)),
    fromCache: await medianLoad(LOADS, () => load(empty)),
  };
  const loads = await measureLoads(full, `${count(domains)} names`, LOADS, tell);
  const largeLoads = await measureLoads(large, `${count(domains * LARGE_FACTOR)} names`, LARGE_LOADS, tell);
  return {
    domains,
    decisions,
    bare,
    loads,
    largeLoads,
    starts: STARTS,
    postern: await posternStarts(run, empty, full),
    squid: run.squid === undefined ? undefined : await squidStarts(run, listed),
  };
}

/** As `postern list import` leaves them. */
const sortedNames = (length: number): readonly string[] =>
  Array.from({ length }, (_, index) => domainAt(index)).sort();

function writeFolder({ folder }: Run, name: string, listed: readonly string[]): string {
  const policies = join(folder, name, 'policies');
  writePolicies(policies, listed);
  return policies;
}

async function measureLoads(
  policies: string,
  list: string,
  times: number,
  tell: Run['tell'],
): Promise<Loads> {
  tell(`loading with ${list}, from the list`);
  const fromList = await medianLoad(times, () => loadAfresh(policies));
  if (!existsSync(listsCache(policies))) return { times, fromList, fromCache: undefined };
  tell(`loading with ${list}, from the cache`);
  return { times, fromList, fromCache: await medianLoad(times, () => load(policies)) };
}

/** As who has just imported a list and written policies: nothing is kept of either yet. */
function loadAfresh(policies: string): Promise<Load> {
  forget(policies, dirname(policies));
  return load(policies);
}

const load = (policies: string): Promise<Load> =>
  runScript<Load>(LOAD, [policies, policiesCache(dirname(policies))]);

function forget(policies: string, state: string): void {
  for (const cache of [listsCache(policies), policiesCache(state)]) rmSync(cache, { force: true });
}

async function medianLoad(times: number, load: () => Promise<Load>): Promise<Load> {
  const loads = await repeat(times, load);
  return {
    readySeconds: median(loads.map(({ readySeconds }) => readySeconds)),
    cpuSeconds: median(loads.map(({ cpuSeconds }) => cpuSeconds)),
    residentMb: median(loads.map(({ residentMb }) => residentMb)),
    peakMb: median(loads.map(({ peakMb }) => peakMb)),
  };
}

/** Who has just imported a list has no cache yet; who restarts has one. */
async function posternStarts(
  { folder, tell }: Run,
  empty: string,
  full: string,
): Promise<Measured['postern']> {
  tell('starting `postern serve`');
  const state = join(folder, 'serve');
  await measurePosternStart(state, empty); // makes the CA, which the others find
  return {
    empty: await medianStart(() => {
      forget(empty, stateIn(state));
      return measurePosternStart(state, empty);
    }),
    fromList: await medianStart(() => {
      forget(full, stateIn(state));
      return measurePosternStart(state, full);
    }),
    fromCache: await medianStart(() => measurePosternStart(state, full)),
  };
}

async function squidStarts({ folder, tell }: Run, listed: readonly string[]): Promise<Measured['squid']> {
  tell('starting Squid');
  const start = async (names: readonly string[]): Promise<Start> => {
    const list = join(folder, 'dstdomain.txt');
    writeSquidList(list, names);
    return medianStart(() => measureSquidStart(join(folder, 'squid'), list));
  };
  return { empty: await start([domainAt(0)]), full: await start(listed) };
}

async function medianStart(start: () => Promise<Start>): Promise<Start> {
  const starts = await repeat(STARTS, start);
  return {
    readySeconds: median(starts.map(({ readySeconds }) => readySeconds)),
    cpuSeconds: median(starts.map(({ cpuSeconds }) => cpuSeconds)),
    memory: {
      residentMb: median(starts.map(({ memory }) => memory.residentMb)),
      peakMb: median(starts.map(({ memory }) => memory.peakMb)),
    },
  };
}

/** One after the other: they would slow one another down. */
async function repeat<T>(times: number, measureOnce: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  while (results.length < times) results.push(await measureOnce());
  return results;
}
