import { join } from 'node:path';
import type { Contestant } from '../peers/contestant.ts';
import { servePostern } from '../peers/postern.ts';
import type { Section } from '../support/report.ts';
import { type LoadResult, runHttpLoad, runTunnelLoad } from '../traffic/load.ts';
import { measureInTurn, type Rounds } from '../traffic/measure.ts';
import type { Ground } from '../traffic/session.ts';
import { ORIGIN_BODY, ORIGIN_MARKER, ORIGIN_NAME } from '../traffic/site.ts';
import { curveFigures } from './curve.ts';
import { timeDecisions } from './decisions.ts';
import { clientOf, type Size, unlisted, writeGrowthPolicies } from './policies.ts';

/** What grows with the policies: a Postern for each size, which take turns. */

const CONNECTIONS = 16;
const CLIENTS = 1_000;
const DOMAINS = [1, 100, 10_000, 1_000_000];
const DEPARTMENTS = [1, 10, 100, 1_000];
/** Of an ordinary list, for those who ask for one of the departments' number. */
const SOME_LISTED = 1_000;
const FORWARDED_HOSTS = 100;
const forwardedHosts = Array.from({ length: FORWARDED_HOSTS }, (_, number) => unlisted(number));

export async function domainCurves(
  ground: Ground,
  rounds: Rounds,
  tell: (step: string) => void,
): Promise<Section> {
  const sizes = DOMAINS.map((listed) => ({ departments: 1, listed }));
  const { costs, decisions } = await measureSizes(ground, { sizes, load: hostsLoad(ground), rounds, tell });
  const growing = 'listed domains';
  const points = (read: (at: number) => number | undefined) =>
    DOMAINS.map((size, at) => ({ size, cost: read(at) }));
  return {
    title: 'While a list grows: domains on it',
    notes: [
      `a request is a GET of 1 KB by wrk over ${CONNECTIONS} kept connections, of ${FORWARDED_HOSTS} hosts that are not listed, in turn`,
      'a decision is one call: finding the department of the client, then deciding; medians of 100,000 on random hosts',
    ],
    figures: [
      ...curveFigures({ growing, line: 'forwarded request', unit: 'µs', points: points((at) => costs[at]) }),
      ...curveFigures({
        growing,
        line: 'decision, listed host',
        unit: 'ns',
        points: points((at) => decisions[at]?.listed),
      }),
      ...curveFigures({
        growing,
        line: 'decision, other host',
        unit: 'ns',
        points: points((at) => decisions[at]?.unlisted),
      }),
    ],
  };
}

export async function departmentCurves(
  ground: Ground,
  rounds: Rounds,
  tell: (step: string) => void,
): Promise<Section> {
  const sizes = DEPARTMENTS.map((departments) => ({ departments, listed: SOME_LISTED }));
  const { costs, decisions } = await measureSizes(ground, { sizes, load: clientsLoad(ground), rounds, tell });
  const growing = 'departments';
  const points = (read: (at: number) => number | undefined) =>
    DEPARTMENTS.map((size, at) => ({ size, cost: read(at) }));
  return {
    title: 'While departments are added, each of one network and eleven rules',
    notes: [
      `a request is a GET of 1 KB; ${CLIENTS.toLocaleString('en')} clients ask in turn, each from an address of its own, over a connection that it`,
      'keeps for a round (its set-up is counted), and they are spread evenly over the departments',
      'a decision is one call: finding the department of the client, then deciding; medians of 100,000, of random departments',
    ],
    figures: [
      ...curveFigures({ growing, line: 'forwarded request', unit: 'µs', points: points((at) => costs[at]) }),
      ...curveFigures({
        growing,
        line: 'decision by a rule',
        unit: 'ns',
        points: points((at) => decisions[at]?.ofRule),
      }),
      ...curveFigures({
        growing,
        line: 'decision, other host',
        unit: 'ns',
        points: points((at) => decisions[at]?.unlisted),
      }),
    ],
  };
}

type SizeLoad = (postern: Contestant, size: Size, seconds: number) => Promise<LoadResult>;

type Plan = {
  readonly sizes: readonly Size[];
  readonly load: SizeLoad;
  readonly rounds: Rounds;
  readonly tell: (step: string) => void;
};

/** Microseconds of a request, and nanoseconds of decisions, at each size. */
async function measureSizes(ground: Ground, { sizes, load, rounds, tell }: Plan) {
  const folders = sizes.map((_, at) => join(ground.folder, `size-${at}`));
  const posterns: Contestant[] = [];
  for (const [at, size] of sizes.entries()) {
    tell(`starting Postern with ${size.departments} departments and ${size.listed} listed names`);
    posterns.push(await serveSize(ground, folders[at] ?? '', size));
  }
  const subjects = sizes.map((size, at) => {
    const postern = posterns[at];
    if (postern === undefined) throw new Error('a Postern is missing');
    return {
      name: String(at),
      pid: postern.pid,
      perUnit: 1,
      load: () => load(postern, size, rounds.seconds),
    };
  });
  const measured = await measureInTurn(subjects, rounds.rounds, tell);
  const decided = sizes.map((size, at) => ({ ...size, policies: join(folders[at] ?? '', 'policies') }));
  return {
    costs: sizes.map((_, at) => measured.get(String(at))?.cpuMicros),
    decisions: await timeDecisions(decided, tell),
  };
}

function serveSize({ cores, origins, keep }: Ground, folder: string, size: Size): Promise<Contestant> {
  const policies = join(folder, 'policies');
  writeGrowthPolicies(policies, size);
  return keep(
    servePostern({ name: folder, folder, policies, origins, core: cores.proxy, names: forwardedHosts }),
  );
}

const hostsLoad =
  ({ cores, origins }: Ground): SizeLoad =>
  ({ port, mayClose }, _, seconds) =>
    runHttpLoad(
      {
        proxyPort: port,
        connections: CONNECTIONS,
        seconds,
        mayClose,
        targets: forwardedHosts.map((host) => `http://${host}:${origins.http}/1k`),
        expect: { status: 200, bytes: ORIGIN_BODY.length, marker: ORIGIN_MARKER },
      },
      cores.load,
    );

const clientsLoad =
  ({ cores, origins }: Ground): SizeLoad =>
  ({ port }, { departments }, seconds) =>
    runTunnelLoad(
      {
        proxyPort: port,
        lanes: CONNECTIONS,
        seconds,
        onWrong: 'fail',
        work: {
          kind: 'clients',
          from: { host: ORIGIN_NAME, port: origins.http },
          clients: clientsIn(departments),
        },
      },
      cores.load,
    );

/** As many for every number of departments, one department after the other. */
const clientsIn = (departments: number): readonly string[] =>
  Array.from({ length: CLIENTS }, (_, number) =>
    clientOf(number % departments, Math.floor(number / departments)),
  );
