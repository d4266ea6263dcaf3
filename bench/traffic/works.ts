import { readFileSync } from 'node:fs';
import type { Contestant, Peer } from '../peers/contestant.ts';
import { mitmproxy } from '../peers/mitmproxy.ts';
import { squid, squidBump, squidBumpRsa } from '../peers/squid.ts';
import { tinyproxy } from '../peers/tinyproxy.ts';
import { type LoadResult, runHttpLoad, runTunnelLoad } from './load.ts';
import type { Session } from './session.ts';
import {
  BLOCK_MARKER,
  BULK_BYTES,
  blockedDomains,
  GIGABYTE,
  ORIGIN_BODY,
  ORIGIN_MARKER,
  warmHosts,
} from './site.ts';
import type { TunnelWork } from './units.ts';

/** One kind of work that is asked of every proxy. */
export type Work = {
  readonly title: string;
  /** In the chart. */
  readonly short: string;
  readonly notes: readonly string[];
  /** What the cost is of, such as `request`. */
  readonly of: string;
  /** How many of them a unit of the load is. */
  readonly perUnit: number;
  readonly peers: readonly Peer[];
  /** Postern's processor time is to be at most so many times that of a peer, and its p99 no longer where it says so. */
  readonly target: { readonly peer: Peer; readonly cost: number; readonly p99: boolean };
  load(contestant: Contestant, run: Run): Promise<LoadResult>;
};

export type Run = {
  readonly session: Session;
  readonly seconds: number;
  /** Another one for each run of a bench. */
  readonly number: number;
};

const CONNECTIONS = 16;
const BULK_LANES = 4;
const PLAIN = [squid, tinyproxy, mitmproxy];
const OPENING = [squidBump, squidBumpRsa, mitmproxy];

export const forward: Work = {
  title: 'Plain HTTP forwarded: GET of 1 KB on kept connections',
  short: 'HTTP, 1 KB',
  notes: [`wrk with ${CONNECTIONS} connections; the origin is nginx`],
  of: 'request',
  perUnit: 1,
  peers: PLAIN,
  target: { peer: squid, cost: 0.8, p99: true },
  load: ({ port, originHost, mayClose }, { session, seconds }) =>
    runHttpLoad(
      {
        proxyPort: port,
        connections: CONNECTIONS,
        seconds,
        mayClose,
        targets: [`http://${originHost}:${session.setting.origins.http}/1k`],
        expect: { status: 200, bytes: ORIGIN_BODY.length, marker: ORIGIN_MARKER },
      },
      session.cores.load,
    ),
};

export const connect: Work = {
  title: 'CONNECT: a tunnel, a ClientHello to the origin and 1 KB back, the end',
  short: 'Tunnel with 1 KB',
  notes: [
    `${CONNECTIONS} tunnels at one time; the origin answers a ClientHello with 1 KB and does no TLS, for every proxy alike`,
  ],
  of: 'tunnel',
  perUnit: 1,
  peers: PLAIN,
  target: { peer: squid, cost: 0.95, p99: true },
  load: tunnelLoad(CONNECTIONS, ({ originHost }, { session }) => ({
    kind: 'exchange',
    to: { host: originHost, port: session.setting.origins.exchange },
  })),
};

export const bulk: Work = bulkWork('down', 'to the client');
export const upload: Work = bulkWork('up', 'from the client');

export const blockHttp: Work = {
  title: 'Block page over plain HTTP',
  short: 'HTTP block page',
  notes: [`wrk with ${CONNECTIONS} connections asks for ${blockedDomains.length} blocked hosts in turn`],
  of: 'page',
  perUnit: 1,
  peers: PLAIN,
  target: { peer: squid, cost: 0.95, p99: true },
  load: ({ port, mayClose }, { session, seconds }) =>
    runHttpLoad(
      {
        proxyPort: port,
        connections: CONNECTIONS,
        seconds,
        mayClose,
        targets: blockedDomains.map((host) => `http://${host}/`),
        expect: { status: 403, bytes: session.setting.pageBytes, marker: BLOCK_MARKER },
      },
      session.cores.load,
    ),
};

export const blockHttps: Work = {
  title: 'Block page over HTTPS, of hosts that have a certificate already',
  short: 'HTTPS block page, known host',
  notes: [
    `${CONNECTIONS} at one time: CONNECT, a full TLS 1.3 handshake whose certificate is verified, GET, the page`,
    ...keyNotes(),
  ],
  of: 'page',
  perUnit: 1,
  peers: OPENING,
  target: { peer: squidBump, cost: 0.75, p99: true },
  load: tunnelLoad(CONNECTIONS, (contestant) => pageWork(contestant, undefined)),
};

export const blockHttpsNew: Work = {
  title: 'Block page over HTTPS, of a new host each time',
  short: 'HTTPS block page, new host',
  notes: ['as above, of a host that nobody has asked for before', ...keyNotes()],
  of: 'page',
  perUnit: 1,
  peers: OPENING,
  target: { peer: squidBump, cost: 0.35, p99: false },
  load: tunnelLoad(CONNECTIONS, (contestant, { number }) => pageWork(contestant, `run-${number}`)),
};

function keyNotes(): readonly string[] {
  return ["keys are P-256; mitmproxy's are RSA-2048, and so are Squid's in a column of its own"];
}

function bulkWork(kind: 'down' | 'up', way: string): Work {
  return {
    title: `Bulk through a tunnel, ${way}`,
    short: `Tunnel, GB ${way}`,
    notes: [
      `${BULK_LANES} tunnels at one time, each carries ${BULK_BYTES / 2 ** 20} MiB; latency is of a whole one`,
    ],
    of: 'GB',
    perUnit: BULK_BYTES / GIGABYTE,
    peers: PLAIN,
    target: { peer: squid, cost: 0.8, p99: true },
    load: tunnelLoad(BULK_LANES, ({ originHost }, { session }) => ({
      kind,
      to: { host: originHost, port: session.setting.origins[kind] },
    })),
  };
}

function tunnelLoad(lanes: number, workOf: (contestant: Contestant, run: Run) => TunnelWork): Work['load'] {
  return (contestant, run) => {
    const work = workOf(contestant, run);
    const { session, seconds } = run;
    const job = { proxyPort: contestant.port, lanes, seconds, work, onWrong: 'fail' } as const;
    return runTunnelLoad(job, session.cores.load);
  };
}

function pageWork({ name, caFile }: Contestant, below: string | undefined): TunnelWork {
  if (caFile === undefined) throw new Error(`${name} shows no page over TLS`);
  return { kind: 'page', hosts: warmHosts, caPem: readFileSync(caFile, 'utf8'), below };
}
