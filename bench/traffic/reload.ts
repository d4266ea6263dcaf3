import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Contestant } from '../peers/contestant.ts';
import { policyText, posternPolicyIn } from '../peers/postern.ts';
import { squidListIn, writeSquidList } from '../peers/squid.ts';
import { treeCpuMicros } from '../support/process-tree.ts';
import { runTunnelLoad } from './load.ts';
import type { Session } from './session.ts';
import { BLOCK_MARKER, BROWSER_FIELDS, blockedDomains, RELOADED_NAME } from './site.ts';

/** What one reload takes: of a proxy with nothing else to do, and of one under load. */
export type Reload = {
  /** From the signal until a request is decided by the new policies. */
  readonly idleMs: number;
  /** Of all processes, the requests that ask whether it is done included. */
  readonly idleCpuMs: number;
  readonly loadedMs: number;
};

export type ReloadRun = {
  readonly reloads: readonly Reload[];
  /** Of the load through which the reloads came, those that failed included; who fails tries again at once. */
  readonly tunnels: number;
  readonly failed: number;
  readonly p99Ms: number;
};

const POLL_MS = 10;
const RELOAD_DEADLINE_MS = 60_000;
const LANES = 16;
/** For what a program does after it has let the new policies in. */
const AFTERMATH_MS = 1_000;

/** Reloads so many times at rest, then so many times while tunnels are opened, each through a new connection. */
export async function measureReloads(
  contestant: Contestant,
  session: Session,
  reloads: number,
): Promise<ReloadRun> {
  let isBlocked = false;
  const reloadOnce = (): Promise<number> => {
    isBlocked = !isBlocked;
    return reload(contestant, session, isBlocked);
  };
  const idle: { ms: number; cpuMs: number }[] = [];
  while (idle.length < reloads) {
    const before = treeCpuMicros(contestant.pid);
    const ms = await reloadOnce();
    await pause(AFTERMATH_MS);
    idle.push({ ms, cpuMs: (treeCpuMicros(contestant.pid) - before) / 1e3 });
  }
  const loading = runTunnelLoad(loadJob(contestant, session, reloads * 2 + 2), session.cores.load);
  const loaded: number[] = [];
  await pause(AFTERMATH_MS);
  while (loaded.length < reloads) {
    loaded.push(await reloadOnce());
    await pause(AFTERMATH_MS);
  }
  const { units, wrong, p99Ms } = await loading;
  return {
    reloads: idle.map(({ ms, cpuMs }, at) => ({
      idleMs: ms,
      idleCpuMs: cpuMs,
      loadedMs: loaded[at] ?? Number.NaN,
    })),
    tunnels: units + wrong,
    failed: wrong,
    p99Ms,
  };
}

const loadJob = ({ port, originHost }: Contestant, { setting }: Session, seconds: number) =>
  ({
    proxyPort: port,
    lanes: LANES,
    seconds,
    work: { kind: 'exchange', to: { host: originHost, port: setting.origins.exchange } },
    onWrong: 'count',
  }) as const;

/** Blocks one more host, or lets it through again; gives the milliseconds until that is so. */
async function reload({ name, pid, port }: Contestant, session: Session, block: boolean): Promise<number> {
  const { folder, origins } = session.setting;
  const blocked = block ? [...blockedDomains, RELOADED_NAME] : blockedDomains;
  if (name === 'Postern') writeFileSync(posternPolicyIn(folder), policyText(blocked));
  else writeSquidList(squidListIn(folder, name), blocked);
  const start = performance.now();
  process.kill(pid, 'SIGHUP');
  while (performance.now() - start < RELOAD_DEADLINE_MS) {
    if ((await isBlocked(port, origins.http)) === block) return performance.now() - start;
    await pause(POLL_MS);
  }
  throw new Error(`${name} has not taken the new policies`);
}

/** Undefined when the proxy does not answer. */
function isBlocked(proxyPort: number, originPort: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const path = `http://${RELOADED_NAME}:${originPort}/1k`;
    const headers = { ...BROWSER_FIELDS, host: `${RELOADED_NAME}:${originPort}` };
    request({ host: '127.0.0.1', port: proxyPort, path, headers, agent: false }, (response) =>
      text(response).then(
        (page) => resolve(response.statusCode === 403 && page.includes(BLOCK_MARKER)),
        () => resolve(undefined),
      ),
    )
      .on('error', () => resolve(undefined))
      .end();
  });
}
