import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createAuthority } from '../../src/tls/authority.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';
import { type Holdings, type Observed, startObserved } from '../support/observed.ts';
import { createRandom } from '../support/random.ts';
import { ACTS, type Scene } from './acts.ts';
import { type Credentials, type Origins, startOrigins } from './origins.ts';
import { type Expected, judge, type Verdict } from './verdict.ts';
import { type Visit, visit } from './visit.ts';

export type SoakSetup = { readonly seconds: number; readonly clients: number; readonly seed: number };

export type ActCount = { visits: number; broken: number; requests: number; failures: string[] };

export type SoakReport = {
  readonly acts: ReadonlyMap<string, ActCount>;
  readonly verdict: Verdict;
  readonly isSameProcess: boolean;
  /** What it complained about as a bug of its own. */
  readonly bugs: readonly string[];
  /** Resident memory without garbage, in MB: after the warm-up, and in the end. */
  readonly memoryMb: { readonly warm: number; readonly end: number };
  readonly holdings: { readonly start: Holdings; readonly end: Holdings };
};

/** A part of the time: enough for the compiler and the caches to have seen everything. */
const WARM_UP = 0.25;
const ABORTED = 0.3;
const ACT_DEADLINE_MS = 60_000;
const NOTICE_MS = 10_000;
const REST_DEADLINE_MS = 30_000;
const RELOAD_EVERY_MS = 2_000;
const TELL_EVERY_MS = 5_000;

const POLICY = `department: soak
title: The Soak
members: { networks: [127.0.0.0/8] }
default: allow
rules:
  - { id: no-blocked, block: { domains: [blocked.test] } }
`;

/** Runs clients of all kinds against one Postern for so long, and gives what can be said of it afterwards. */
export async function soak(setup: SoakSetup, tell: (progress: string) => void): Promise<SoakReport> {
  const random = createRandom(setup.seed);
  const origins = await startOrigins(credentialsFor('allowed.test'), random);
  const postern = await startObserved({
    config: {
      egress: {
        connectPorts: [443, origins.secure, origins.fickle],
        internalNetworks: ['127.0.0.0/8'],
        dns: { hosts: { 'allowed.test': ['127.0.0.1'], 'blocked.test': ['127.0.0.1'] } },
      },
    },
    policies: { 'soak.yaml': POLICY },
  });
  try {
    return await soakWith(postern, origins, random, setup, tell);
  } finally {
    await postern.stop();
    await origins.stop();
  }
}

async function soakWith(
  postern: Observed,
  origins: Origins,
  random: () => number,
  { seconds, clients }: SoakSetup,
  tell: (progress: string) => void,
): Promise<SoakReport> {
  const start = await postern.holdings();
  const crowd = createCrowd(postern, { origins, random, ca: readFileSync(postern.caFile, 'utf8') });
  tell(`process ${postern.pid}: ${clients} clients at a time, ${seconds} s`);
  await crowd.visitFor(seconds * WARM_UP, clients, tell);
  await atRest(postern, start);
  const warm = await postern.settledMemory();
  tell(`warm: ${warm.residentMb.toFixed(1)} MB`);
  await crowd.visitFor(seconds * (1 - WARM_UP), clients, tell);
  const end = await atRest(postern, start);
  const memory = await postern.settledMemory();
  tell('reading the log');
  return {
    acts: crowd.acts,
    verdict: await judge(postern.logFile, crowd.expected),
    isSameProcess: !postern.hasEnded(),
    bugs: postern.announced.map((line) => JSON.stringify(line)).filter((line) => line.includes('is a bug')),
    memoryMb: { warm: warm.residentMb, end: memory.residentMb },
    holdings: { start, end },
  };
}

/** What the process holds when everybody has gone; the same as at the start, unless something has stayed behind. */
async function atRest(postern: Observed, start: Holdings): Promise<Holdings> {
  const deadline = performance.now() + REST_DEADLINE_MS;
  let now = await postern.holdings();
  while (!isDeepStrictEqual(now, start) && performance.now() < deadline) {
    await pause(100);
    now = await postern.holdings();
  }
  return now;
}

function createCrowd(postern: Observed, scene: Scene) {
  const acts = new Map<string, ActCount>();
  const expected = new Map<string, Expected>();
  const names = Object.keys(ACTS);
  for (const name of names) acts.set(name, { visits: 0, broken: 0, requests: 0, failures: [] });
  let visits = 0;

  const visitOnce = async (): Promise<void> => {
    const name = names[Math.floor(scene.random() * names.length)] ?? '';
    const isDoomed = scene.random() < ABORTED;
    const visited = await visit(postern.port, visits++, isDoomed, scene.random);
    const deadline = setTimeout(
      () => visited.socket.destroy(new Error(`it took ${ACT_DEADLINE_MS} ms`)),
      ACT_DEADLINE_MS,
    );
    let failure: string | undefined;
    try {
      await Promise.race([ACTS[name]?.(visited, scene), goneFor(visited)]);
    } catch (error) {
      failure = String(error);
    }
    clearTimeout(deadline);
    const isAborted = visited.isAborted();
    visited.agent.destroy();
    if (!visited.socket.destroyed) visited.socket.end();
    expected.set(visited.address, { requests: visited.requests, isAborted });
    const count = acts.get(name);
    if (count === undefined) return;
    count.visits += 1;
    count.requests += visited.requests;
    if (isAborted) count.broken += 1;
    else if (failure !== undefined) count.failures.push(`${visited.address}: ${failure}`);
  };

  return {
    acts,
    expected,
    async visitFor(seconds: number, clients: number, tell: (progress: string) => void): Promise<void> {
      const end = performance.now() + seconds * 1_000;
      const reloads = setInterval(() => postern.signal('SIGHUP'), RELOAD_EVERY_MS);
      const progress = setInterval(
        () => tell(`${visits} visits, ${Math.ceil((end - performance.now()) / 1_000)} s left`),
        TELL_EVERY_MS,
      );
      const client = async (): Promise<void> => {
        while (performance.now() < end && !postern.hasEnded()) await visitOnce();
      };
      await Promise.all(Array.from({ length: clients }, client));
      clearInterval(reloads);
      clearInterval(progress);
    },
  };
}

/** Rejects some time after a connection has closed: an act that still waits then waits for ever. */
function goneFor({ socket, isAborted }: Visit): Promise<never> {
  return new Promise((_, reject) => {
    const tooLate = (): void => reject(new Error('it was not noticed that the connection has closed'));
    const onClose = (): void => void setTimeout(tooLate, isAborted() ? 0 : NOTICE_MS);
    if (socket.closed) onClose();
    else socket.once('close', onClose);
  });
}

/** A certificate of nobody's, for clients that do not ask whose it is. */
function credentialsFor(host: string): Credentials {
  const folder = mkdtempSync(join(tmpdir(), 'postern-soak-'));
  try {
    const authority = createAuthority(folder, { now: new Date() });
    if (!authority.ok) throw new Error(JSON.stringify(authority.error));
    const { certificatePem, keyPem } = createLeafIssuer(authority.value)(host, new Date());
    return { cert: certificatePem, key: keyPem };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
