import { join } from 'node:path';
import { writeGrowthPolicies } from './growth/policies.ts';
import { type PosternSetup, servePostern } from './peers/postern.ts';
import type { Bench } from './support/bench.ts';
import { allowedCores } from './support/cores.ts';
import { loadNow, machineLines } from './support/machine.ts';
import type { Section } from './support/report.ts';
import { type LoadResult, runHttpLoad, runTunnelLoad } from './traffic/load.ts';
import { type Measured, measureInTurn, type Rounds } from './traffic/measure.ts';
import { type Ground, openGround } from './traffic/session.ts';
import { ORIGIN_BODY, ORIGIN_MARKER, ORIGIN_NAME } from './traffic/site.ts';
import {
  decisionsByWorker,
  describePlaces,
  expectedGain,
  LEAST_CORES,
  placesOf,
  sharesOf,
  type WorkerPlaces,
} from './traffic/workers.ts';

const ONE = 'one worker';
const TWO = 'two workers';
const LEAST_GAIN = 1.8;
/** Enough that both workers have some. */
const CONNECTIONS = 64;

type Load = (port: number) => Promise<LoadResult>;
type Pair = { readonly one: Measured; readonly two: Measured };
type Proxies = Readonly<Record<'one' | 'two', { readonly pid: number; readonly port: number }>>;

export const workersBench: Bench = {
  summary: 'two workers beside one',
  options: {
    rounds: { about: 'measured rounds, after a warm-up', default: 5, min: 1, max: 100 },
    seconds: { about: 'for which the load lasts in each', default: 3, min: 1, max: 600 },
  },
  async run({ rounds = 5, seconds = 3 }, tell) {
    const loadBefore = loadNow();
    const places = placesOf(allowedCores());
    await using ground = await openGround(tell, places.cores);
    tell('starting Postern with one worker, and with two');
    const policies = join(ground.folder, 'policies');
    writeGrowthPolicies(policies, { departments: 1, listed: 1 });
    const [oneIn, twoIn] = [join(ground.folder, 'one'), join(ground.folder, 'two')];
    const common = { policies, origins: ground.origins };
    const serve = (setup: PosternSetup) => ground.keep(servePostern(setup));
    const proxies: Proxies = {
      one: await serve({ ...common, name: ONE, folder: oneIn, core: places.cores.proxy }),
      two: await serve({ ...common, name: TWO, folder: twoIn, core: places.two, workers: 2 }),
    };
    const measure = (load: Load): Promise<Pair> => measurePair(proxies, load, { rounds, seconds }, tell);
    const requests = await measure(requestsLoad(ground, seconds));
    const before = decisionsByWorker(twoIn);
    const tunnels = await measure(tunnelsLoad(ground, seconds));
    const shares = sharesOf(before, decisionsByWorker(twoIn));
    return {
      bench: 'workers',
      machine: [...machineLines(loadBefore), describePlaces(places)],
      sections: [
        {
          ...pairSection(
            'Plain HTTP forwarded: GET of 1 KB on kept connections',
            'request',
            requests,
            places,
          ),
          notes: [
            `wrk with ${CONNECTIONS} connections`,
            ...(places.two === undefined ? NOT_MEASURABLE : []),
            roundsText({ rounds, seconds }),
          ],
        },
        {
          ...pairSection('CONNECT: a tunnel with 1 KB, each on a new connection', 'tunnel', tunnels, places),
          notes: [
            `${CONNECTIONS} at one time, by a load of one processor, which tires before two workers do`,
            roundsText({ rounds, seconds }),
          ],
        },
        sharesSection(shares, [requests, tunnels]),
      ],
    };
  },
};

async function measurePair(
  { one, two }: Proxies,
  load: Load,
  { rounds }: Rounds,
  tell: (step: string) => void,
): Promise<Pair> {
  const subject = (name: string, { pid, port }: Proxies['one']) => ({
    name,
    pid,
    perUnit: 1,
    load: () => load(port),
  });
  const measured = await measureInTurn([subject(ONE, one), subject(TWO, two)], rounds, tell);
  const [ofOne, ofTwo] = [measured.get(ONE), measured.get(TWO)];
  if (ofOne === undefined || ofTwo === undefined) throw new Error('nothing was measured');
  return { one: ofOne, two: ofTwo };
}

function pairSection(
  title: string,
  of: string,
  { one, two }: Pair,
  places: WorkerPlaces,
): Omit<Section, 'notes'> {
  const canJudge = places.two !== undefined && of === 'request';
  return {
    title,
    figures: [
      {
        what: `${of}s in a second`,
        unit: '/s',
        postern: two.rate,
        peers: { [ONE]: one.rate },
        target: canJudge ? { kind: 'gain', over: ONE, atLeast: LEAST_GAIN } : undefined,
      },
      {
        what: `processor time for each ${of}`,
        unit: 'µs',
        postern: two.cpuMicros,
        peers: { [ONE]: one.cpuMicros },
      },
      {
        what: `${of}s for a second of processor time`,
        unit: '/s',
        postern: 1e6 / two.cpuMicros,
        peers: { [ONE]: 1e6 / one.cpuMicros },
      },
      { what: 'processors used', unit: '%', postern: two.busy * 100, peers: { [ONE]: one.busy * 100 } },
    ],
  };
}

const NOT_MEASURABLE = [
  `two workers beside one in throughput: not measurable here. It takes ${LEAST_CORES} processors, two for the workers and one each`,
  'for the load and the origins; with fewer, more workers take theirs from the load',
];

const roundsText = ({ rounds, seconds }: Rounds): string =>
  `Postern with two workers, beside itself with one; medians of ${rounds} rounds of ${seconds} s, in turn`;

function sharesSection(shares: readonly number[], pairs: readonly Pair[]): Section {
  const [requests, tunnels] = pairs;
  const busiest = Math.max(...shares);
  const gain = (pair: Pair | undefined) =>
    pair && expectedGain({ one: pair.one.cpuMicros, two: pair.two.cpuMicros, busiest });
  return {
    title: 'What two free processors would give',
    notes: [
      'shares are of the connections for the tunnels above, from the logs of the workers; fair is 50 %',
      'the gain is worked out from processor time: twice as many requests for as much of it, until the busier worker has no',
      'more; what processors take from each other in memory and caches is not in it',
    ],
    figures: [
      ...shares.map((share, at) => ({
        what: `connections of worker ${at + 1}`,
        unit: '%' as const,
        postern: share * 100,
      })),
      { what: 'gain, requests', unit: '×', postern: gain(requests) },
      { what: 'gain, tunnels', unit: '×', postern: gain(tunnels) },
    ],
  };
}

const requestsLoad =
  ({ origins, cores }: Ground, seconds: number): Load =>
  (port) =>
    runHttpLoad(
      {
        proxyPort: port,
        connections: CONNECTIONS,
        seconds,
        mayClose: false,
        targets: [`http://${ORIGIN_NAME}:${origins.http}/1k`],
        expect: { status: 200, bytes: ORIGIN_BODY.length, marker: ORIGIN_MARKER },
      },
      cores.load,
    );

const tunnelsLoad =
  ({ origins, cores }: Ground, seconds: number): Load =>
  (port) =>
    runTunnelLoad(
      {
        proxyPort: port,
        lanes: CONNECTIONS,
        seconds,
        onWrong: 'fail',
        work: { kind: 'exchange', to: { host: ORIGIN_NAME, port: origins.exchange } },
      },
      cores.load,
    );
