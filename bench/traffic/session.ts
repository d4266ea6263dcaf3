import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contestant, Peer, Setting } from '../peers/contestant.ts';
import { pageBytesOf, startPostern } from '../peers/postern.ts';
import { boundTo, type Cores, chooseCores, describeCores } from '../support/cores.ts';
import { startNginx } from './nginx.ts';
import type { NodePorts, OriginPorts } from './site.ts';

const TUNNEL_ORIGIN = fileURLToPath(new URL('../children/tunnel-origin.ts', import.meta.url));

/** Everything of one bench, running: the origins, Postern, and the peers that are installed. */
export type Session = {
  readonly postern: Contestant;
  readonly peers: readonly Contestant[];
  readonly cores: Cores;
  readonly setting: Setting;
  /** What the reader has to know of them. */
  readonly lines: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
};

/** Where a bench takes place: a folder, the processors, and the origins. */
export type Ground = {
  readonly folder: string;
  readonly cores: Cores;
  readonly origins: OriginPorts;
  /** Stops a program that is being started at the end, before those that were started earlier. */
  keep<Program extends { stop(): Promise<void> }>(starting: Promise<Program>): Promise<Program>;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function openGround(tell: (step: string) => void, cores = chooseCores()): Promise<Ground> {
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  opened.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  chmodSync(folder, 0o755); // Squid and nginx read theirs as other users
  tell('starting the origins');
  const nginx = await startNginx(folder, cores.origin);
  opened.defer(() => nginx.stop());
  const node = await startNodeOrigins(cores.origin);
  opened.defer(() => node.stop());
  const running = opened.move();
  return {
    folder,
    cores,
    origins: { http: nginx.port, ...node.ports },
    async keep(starting) {
      const program = await starting;
      running.defer(() => program.stop());
      return program;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export async function openSession(peers: readonly Peer[], tell: (step: string) => void): Promise<Session> {
  await using opened = new AsyncDisposableStack();
  const ground = opened.use(await openGround(tell));
  const { folder, cores, origins, keep } = ground;
  tell('starting the proxies');
  const common = { folder, core: cores.proxy, origins };
  const postern = await keep(startPostern(common));
  const setting: Setting = { ...common, pageBytes: await pageBytesOf(postern) };
  const installed = peers.filter((peer) => peer.version() !== undefined);
  const contestants: Contestant[] = [];
  for (const peer of installed) contestants.push(await keep(peer.start(setting)));
  const running = opened.move();
  return {
    postern,
    peers: contestants,
    cores,
    setting,
    lines: [...peerLines(peers), describeCores(cores)],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Which peers were measured, and which are missing here. */
function peerLines(peers: readonly Peer[]): readonly string[] {
  const versions = new Set(peers.flatMap((peer) => peer.version() ?? []));
  const missing = new Set(
    peers.filter((peer) => peer.version() === undefined).map((peer) => peer.debianPackage),
  );
  return [
    ...(versions.size > 0 ? [`beside ${[...versions].join(', ')}`] : []),
    ...(missing.size > 0 ? [`not installed here, and left out: ${[...missing].join(', ')}`] : []),
  ];
}

async function startNodeOrigins(core: number | undefined) {
  const [file = '', ...args] = boundTo(core, [process.execPath, TUNNEL_ORIGIN]);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(([status]) => Promise.reject(new Error(`the origins of tunnels ended with status ${status}`))),
  ]);
  return {
    ports: JSON.parse(String(line)) as NodePorts,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
