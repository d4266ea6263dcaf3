import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import type { Counters, Gauges } from '../../src/metrics/counters.ts';
import { askRunning } from '../../src/supervisor/control.ts';
import { connectRaw, openTunnel, type RawClient } from './client.ts';
import { freshFolder, type Line, linesOf, type Serve, startServe, TRADE_POLICY } from './serve.ts';
import { writeIn } from './temp-dir.ts';

export type WorkerLine = {
  readonly worker: number;
  readonly pid: number;
  readonly restarts: number;
  readonly state: string;
  readonly policy: string;
  readonly connections: number;
  readonly tunnels: number;
  /** Undefined while it does not serve. */
  readonly metrics?: Counters & Gauges;
};

export type Status = Line & {
  readonly policy: string;
  readonly metrics: Counters & Gauges;
  readonly workers: readonly WorkerLine[];
};

export type ServeWorkers = Serve & {
  readonly cwd: string;
  status(): Promise<Status>;
  /** Asks it to read everything anew, and gives its answer. */
  reload(): Promise<Line>;
  /** The lines of all workers' logs, worker by worker. */
  logs(): readonly (readonly Line[])[];
  write(policy: string): void;
};

type Setup = {
  readonly workers?: number;
  /** The configuration beside names, which all lead to 127.0.0.1. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Ports of tunnels that may carry anything. */
  readonly plainPorts?: readonly number[];
};

/** `postern serve` with two workers, in a folder of its own. No question leaves the machine. */
export async function startServeWorkers({
  workers = 2,
  config,
  plainPorts = [],
}: Setup = {}): Promise<ServeWorkers> {
  const cwd = freshFolder();
  const egress = {
    connectPorts: [443, ...plainPorts],
    tunnels: { plainPorts },
    internalNetworks: ['127.0.0.0/8'],
    dns: { servers: ['127.0.0.1:1'], hosts: { 'allowed.test': ['127.0.0.1'] } },
  };
  writeIn(cwd, 'postern.yaml', stringify({ egress, ...config }));
  const env = { POSTERN_WORKERS: String(workers) };
  const serve = await startServe({ cwd, env, ownListeners: config?.listen !== undefined });
  const ask = async (command: 'status' | 'reload'): Promise<Line> => {
    const answer = await askRunning(join(cwd, 'var'), command);
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    return answer.value;
  };
  const running: ServeWorkers = {
    ...serve,
    cwd,
    status: async () => (await ask('status')) as Status,
    reload: () => ask('reload'),
    logs: () => {
      const folder = dirname(serve.logFile);
      return readdirSync(folder)
        .sort()
        .map((name) => linesOf(join(folder, name)));
    },
    write: (policy) => void writeIn(cwd, 'policies/trade.yaml', policy),
  };
  onTestFinished(async () => {
    // Workers outlive a primary that is killed for as long as their tunnels do.
    const known = await running.status().then(
      ({ workers }) => workers,
      () => [],
    );
    serve.process.kill('SIGKILL');
    await serve.ended;
    for (const { pid } of known) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  return running;
}

/** A policy whose one rule, for deepseek.com, has this name. */
export const policyWith = (rule: string): string => TRADE_POLICY.replace('id: deepseek', `id: ${rule}`);

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The kernel spreads connections by chance: to miss one of two workers so many times is one chance in 2^40. */
const MOST_TRIES = 41;

/** Its answer leaves the connection open. */
const BLOCKED = 'GET http://deepseek.com/ HTTP/1.1\r\nHost: deepseek.com\r\nAccept: application/json\r\n\r\n';

/** Opens connections until each worker has one. */
export async function connectToAll({ port, status }: ServeWorkers): Promise<readonly RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < MOST_TRIES) {
    const client = connectRaw(port);
    client.socket.write(BLOCKED);
    await client.until((received) => received.endsWith('}\n'));
    clients.push(client);
    if ((await status()).workers.every(({ connections }) => connections > 0)) return clients;
  }
  throw new Error('a worker never had a connection');
}

/** Opens tunnels to a port until each worker has so many. */
export async function tunnelThroughAll(
  { port, status }: ServeWorkers,
  origin: number,
  each = 1,
): Promise<readonly RawClient[]> {
  const tunnels: RawClient[] = [];
  while (tunnels.length < MOST_TRIES * each) {
    tunnels.push(await openTunnel(port, `allowed.test:${origin}`));
    if ((await status()).workers.every(({ tunnels: count }) => count >= each)) return tunnels;
  }
  throw new Error('a worker never had a tunnel');
}
