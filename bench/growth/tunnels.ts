import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Contestant } from '../peers/contestant.ts';
import { servePostern } from '../peers/postern.ts';
import { treeMemoryBytes } from '../support/process-tree.ts';
import type { Section } from '../support/report.ts';
import { REST_MS, startHolder, tunnelsPossible, WARM_UP_TUNNELS } from '../traffic/idle.ts';
import { runTunnelLoad } from '../traffic/load.ts';
import { measureInTurn, type Rounds } from '../traffic/measure.ts';
import type { Ground } from '../traffic/session.ts';
import { curveFigures, type Point } from './curve.ts';
import { writeGrowthPolicies } from './policies.ts';

/** What a tunnel costs beside many idle ones: a Postern for each number of them, which take turns. */

const WANTED = 10_000;
const FEWER = [10, 100, 1_000];
/** What fewer tunnels take is lost in what memory varies by. */
const MEMORY_AT = [1_000, 3_000];
const LANES = 16;
/** What Postern keeps for itself, and for the load, of the descriptors. */
const SPARE_TUNNELS = 50;

export async function tunnelCurves(
  ground: Ground,
  rounds: Rounds,
  tell: (step: string) => void,
): Promise<Section> {
  const most = Math.min(WANTED, tunnelsPossible(1) - SPARE_TUNNELS);
  const sizes = [...FEWER, most];
  const policies = join(ground.folder, 'policies');
  writeGrowthPolicies(policies, { departments: 1, listed: 1 });
  const serve = (name: string): Promise<Contestant> => servePosternNamed(ground, policies, name);
  const memory = await memoryOfTunnels(ground, await serve('memory'), [...MEMORY_AT, most], tell);
  const subjects: Parameters<typeof measureInTurn>[0][number][] = [];
  for (const size of sizes) {
    tell(`opening ${size} tunnels`);
    const postern = await serve(`tunnels-${size}`);
    await openIdle(ground, postern, size);
    subjects.push({
      name: String(size),
      pid: postern.pid,
      perUnit: 1,
      load: () => exchanges(ground, postern, rounds.seconds),
    });
  }
  const measured = await measureInTurn(subjects, rounds.rounds, tell);
  const growing = 'open tunnels';
  return {
    title: 'While tunnels are open: idle ones',
    notes: [
      `a new tunnel has 1 KB through it and ends; ${LANES} at one time, beside those that are idle`,
      'memory is the proportional set size, for each of the tunnels that were opened since the size before; 500 were',
      'opened and closed first',
      ...(most < WANTED
        ? [
            `not ${WANTED.toLocaleString('en')}: the limit of open files, which nobody here may raise, ends there`,
          ]
        : []),
    ],
    figures: [
      ...curveFigures({
        growing,
        line: 'new tunnel',
        unit: 'µs',
        points: sizes.map((size) => ({ size, cost: measured.get(String(size))?.cpuMicros })),
      }),
      ...curveFigures({ growing, line: 'memory of each', unit: 'KB', points: memory }),
    ],
  };
}

const servePosternNamed = ({ folder, origins, cores, keep }: Ground, policies: string, name: string) =>
  keep(servePostern({ name, folder: join(folder, name), policies, origins, core: cores.proxy }));

async function openIdle({ origins, keep }: Ground, postern: Contestant, size: number): Promise<void> {
  const holder = await keep(Promise.resolve(startHolder(postern, origins)));
  await holder.hold(size);
}

async function memoryOfTunnels(
  { origins, keep }: Ground,
  postern: Contestant,
  sizes: readonly number[],
  tell: (step: string) => void,
): Promise<readonly Point[]> {
  const warmUp = startHolder(postern, origins);
  await warmUp.hold(WARM_UP_TUNNELS);
  await warmUp.stop();
  const holder = await keep(Promise.resolve(startHolder(postern, origins)));
  const points: Point[] = [];
  let before = { size: 0, bytes: await restingBytes(postern) };
  for (const size of sizes) {
    tell(`memory of ${size} tunnels`);
    await holder.hold(size);
    const bytes = await restingBytes(postern);
    points.push({ size, cost: (bytes - before.bytes) / (size - before.size) / 1024 });
    before = { size, bytes };
  }
  await holder.stop();
  return points;
}

async function restingBytes({ pid }: Contestant): Promise<number> {
  await pause(REST_MS);
  return treeMemoryBytes(pid);
}

const exchanges = ({ cores, origins }: Ground, { port, originHost }: Contestant, seconds: number) =>
  runTunnelLoad(
    {
      proxyPort: port,
      lanes: LANES,
      seconds,
      onWrong: 'fail',
      work: { kind: 'exchange', to: { host: originHost, port: origins.exchange } },
    },
    cores.load,
  );
