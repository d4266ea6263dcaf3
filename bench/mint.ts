import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Contestant } from './peers/contestant.ts';
import { policyText, posternPolicyIn, servePostern } from './peers/postern.ts';
import type { Bench } from './support/bench.ts';
import { describeCores } from './support/cores.ts';
import { loadNow, machineLines } from './support/machine.ts';
import { restingMemory } from './support/process.ts';
import type { Figure, Section } from './support/report.ts';
import { median } from './support/statistics.ts';
import { type LoadResult, runTunnelLoad } from './traffic/load.ts';
import { type MintResult, mint } from './traffic/mint.ts';
import { type Ground, openGround } from './traffic/session.ts';
import { blockedDomains, ORIGIN_NAME } from './traffic/site.ts';

const CALM = 'calm';
const MAX_DELAY = 2;
const MAX_GROWTH = 1.1;
/** The flood comes from 127.0.0.1, so this is another client. */
const OTHER_CLIENT = '127.0.0.2';
const LANES = 8;

type Numbers = { readonly rounds: number; readonly seconds: number; readonly names: number };

/** What one Postern showed; memory in MB, before the first round and after the last. */
type Flooded = {
  readonly calm: readonly LoadResult[];
  readonly flooded: readonly LoadResult[];
  readonly minted: readonly MintResult[];
  readonly memory: { readonly before: number; readonly after: number };
};

export const mintBench: Bench = {
  summary: 'one client that asks for ever new blocked names, and another client beside it',
  options: {
    rounds: { about: 'measured rounds', default: 3, min: 1, max: 100 },
    seconds: { about: 'for which the load lasts in each', default: 5, min: 1, max: 600 },
    names: { about: 'different names in each round, at least', default: 10_000, min: 1, max: 1_000_000 },
  },
  async run({ rounds = 3, seconds = 5, names = 10_000 }, tell) {
    const loadBefore = loadNow();
    const numbers = { rounds, seconds, names };
    await using ground = await openGround(tell);
    const shipped = await measure(ground, 'shipped', SHIPPED, numbers, tell);
    const unlimited = await measure(ground, 'unlimited', UNLIMITED, numbers, tell);
    return {
      bench: 'mint',
      machine: [...machineLines(loadBefore), describeCores(ground.cores)],
      sections: [
        sectionOf('New names, with the certificates per client limited as shipped', shipped, numbers, true),
        sectionOf(
          'New names, without limits per client: each has its certificate signed',
          unlimited,
          numbers,
          false,
        ),
      ],
    };
  },
};

/** Requests are not limited: that limit would stop the flood before it comes to any certificate. */
const SHIPPED = { requestsPerMinutePerClient: 10_000_000, requestBurstPerClient: 10_000_000 };
const UNLIMITED = { exempt: ['127.0.0.0/8'] };

async function measure(
  ground: Ground,
  name: string,
  limits: Readonly<Record<string, unknown>>,
  { rounds, seconds, names }: Numbers,
  tell: (step: string) => void,
): Promise<Flooded> {
  const postern = await startIn(ground, name, limits);
  const [below = ''] = blockedDomains;
  const job = { proxyPort: postern.port, lanes: LANES, below };
  const other = (): Promise<LoadResult> => askAsOther(ground, postern, seconds);
  const flood = (label: string): Promise<MintResult> =>
    // A little longer than the other client, so that this is never alone.
    mint({ ...job, names, seconds: seconds + 2, label }, ground.cores.load);
  tell(`${name}: warming up`);
  await Promise.all([other(), flood('warm')]); // as much as in a round: what V8 takes for that is no growth
  const [calm, flooded]: [LoadResult[], LoadResult[]] = [[], []];
  const minted: MintResult[] = [];
  const before = (await restingMemory(postern.pid)).residentMb;
  for (let round = 1; round <= rounds; round++) {
    tell(`${name}: ${round} of ${rounds}`);
    calm.push(await other());
    const [beside, made] = await Promise.all([other(), flood(`r${round}`)]);
    flooded.push(beside);
    minted.push(made);
  }
  const after = (await restingMemory(postern.pid)).residentMb;
  await postern.stop();
  return { calm, flooded, minted, memory: { before, after } };
}

function startIn(
  ground: Ground,
  name: string,
  limits: Readonly<Record<string, unknown>>,
): Promise<Contestant> {
  const folder = join(ground.folder, name);
  const policy = posternPolicyIn(folder);
  mkdirSync(dirname(policy), { recursive: true });
  writeFileSync(policy, policyText(blockedDomains));
  const { origins, cores } = ground;
  return ground.keep(
    servePostern({ name, folder, policies: dirname(policy), origins, core: cores.proxy, limits }),
  );
}

/** 1 KB over plain HTTP, one request after the other. */
const askAsOther = ({ origins, cores }: Ground, { port }: Contestant, seconds: number): Promise<LoadResult> =>
  runTunnelLoad(
    {
      proxyPort: port,
      lanes: 1,
      seconds,
      onWrong: 'fail',
      work: { kind: 'clients', from: { host: ORIGIN_NAME, port: origins.http }, clients: [OTHER_CLIENT] },
    },
    cores.load,
  );

/** `isJudged`: how long the other client waits, and how much memory is taken, have targets. */
function sectionOf(title: string, measured: Flooded, numbers: Numbers, isJudged: boolean): Section {
  const { calm, flooded, minted, memory } = measured;
  const { rounds, seconds, names } = numbers;
  const wait = (what: string, read: (result: LoadResult) => number): Figure => ({
    what,
    unit: 'ms',
    postern: median(flooded.map(read)),
    peers: { [CALM]: median(calm.map(read)) },
  });
  const sum = (read: (result: MintResult) => number): number =>
    minted.reduce((total, result) => total + read(result), 0);
  return {
    title,
    notes: [
      `one client asks for ${names.toLocaleString('en')} different blocked names or more, ${LANES} tunnels at one time; another`,
      'asks for 1 KB over plain HTTP, one request after the other',
      `medians of ${rounds} rounds of ${seconds} s, ${CALM} and flooded in turn; memory before the first and after the last`,
    ],
    figures: [
      wait('median wait of the other client', ({ p50Ms }) => p50Ms),
      {
        ...wait('99th percentile of it', ({ p99Ms }) => p99Ms),
        target: isJudged ? { kind: 'ratio', to: CALM, atMost: MAX_DELAY } : undefined,
      },
      {
        what: 'resident memory',
        unit: 'MB',
        postern: memory.after,
        peers: { [CALM]: memory.before },
        target: isJudged ? { kind: 'ratio', to: CALM, atMost: MAX_GROWTH } : undefined,
      },
      { what: 'names that were asked for', unit: '', postern: sum(({ pages, refused }) => pages + refused) },
      { what: 'of these, with a certificate', unit: '', postern: sum(({ pages }) => pages) },
      {
        what: 'names in a second',
        unit: '/s',
        postern: sum(({ pages, refused }) => pages + refused) / sum(({ seconds: took }) => took),
      },
    ],
  };
}
