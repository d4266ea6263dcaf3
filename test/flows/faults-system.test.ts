import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { request } from '../support/client.ts';
import { type Stage, setStage } from '../support/faults.ts';
import { connectPeer, type Peer } from '../support/peer.ts';
import { linesOf } from '../support/serve.ts';
import { clientHello } from '../support/tls-peers.ts';

/** What the machine runs out of: descriptors, and room for the log. */

/** Has a command run with its log folder on a disk of 64 KB, which nobody else sees and which goes with it. */
const TINY_DISK = [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  'mkdir -p var/log && mount -t tmpfs -o size=64k tmpfs var/log && exec "$@"',
  'sh',
];
const CLIENTS = 120;
/** Descriptors that are left to it beyond those it has at rest; fewer than the clients need, let alone their origins. */
const SPARE = 40;

/** Takes away its descriptors while it runs: what it has reckoned with at its start is not there any more. */
async function makeScarce({ proxy }: Stage): Promise<void> {
  const { descriptors } = await proxy.holdings();
  const held = Object.values(descriptors).reduce((sum, count) => sum + count, 0);
  const { status, stderr } = spawnSync('prlimit', [`--pid=${proxy.pid}`, `--nofile=${held + SPARE}:`]);
  if (status !== 0) throw new Error(`prlimit (Debian: util-linux): ${stderr}`);
}

/** Clients that all ask for the same at once; undefined for those that were not even taken. */
function crowd({ proxy }: Stage, text: string): Promise<readonly (Peer | undefined)[]> {
  const client = async (): Promise<Peer | undefined> => {
    const peer = await connectPeer(proxy.port).catch(() => undefined);
    peer?.socket.write(text);
    return peer;
  };
  return Promise.all(Array.from({ length: CLIENTS }, client));
}

const get = (authority: string): string => `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
const connect = (authority: string): string => `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`;

// Covers: EV-19; EV-28; EV-32
describe('out of descriptors', () => {
  const stage = setStage(1, {});
  test.for([
    ['blocked requests', get, false],
    ['blocked tunnels', connect, false],
    ['allowed requests', get, true],
    ['allowed tunnels', connect, true],
  ] as const)(
    'more %s than it has descriptors for: each has its lines, and the next client is served',
    async ([, head, isAllowed]) => {
      const [scene] = stage.scenes;
      if (scene === undefined) throw new Error('no scene');
      await makeScarce(stage);
      const clients = await crowd(stage, head(isAllowed ? scene.allowed : scene.blocked));
      // libuv closes what it has no descriptor for. What it has one for may find none for its origin.
      const isClosed = (): boolean => clients.some((client) => client?.socket.closed ?? true);
      await vi.waitFor(() => expect(isClosed()).toBe(true), { timeout: 10_000 });
      if (isAllowed)
        await vi.waitFor(() => expect(causesOf(stage)).toContain('connection_limit_reached'), {
          timeout: 10_000,
        });
      for (const client of clients) client?.socket.resetAndDestroy();
      scene.clear();
      await stage.expectAtRest();
      expectWholeLog(linesOf(stage.proxy.logFile));
      const answer = await request(stage.proxy.port, `http://${scene.blocked}/`);
      expect(answer.status).toBe(403);
      await stage.expectAtRest();
      stage.expectSurvived();
    },
  );

  test('the policies in force stay when they cannot be read anew', async () => {
    const [scene] = stage.scenes;
    if (scene === undefined) throw new Error('no scene');
    await makeScarce(stage);
    const clients = await crowd(stage, '');
    await vi.waitFor(
      () => {
        stage.proxy.signal('SIGHUP'); // one that comes before the last client is let in still finds descriptors
        expect(stage.proxy.announced.at(-1)?.kind).toBe('reload-refused');
      },
      { timeout: 10_000, interval: 200 },
    );
    for (const client of clients) client?.socket.resetAndDestroy();
    await stage.expectAtRest();
    expect((await request(stage.proxy.port, `http://${scene.blocked}/`)).status).toBe(403);
    await stage.expectAtRest();
    stage.expectSurvived();
  });
});

const causesOf = ({ proxy }: Stage): readonly unknown[] => proxy.lines().map(({ cause }) => cause);

const problemsOf = ({ proxy }: Stage): string => JSON.stringify(proxy.announced);

/** One outcome for every decision, and no line that cannot be read. */
function expectWholeLog(lines: ReturnType<typeof linesOf>): void {
  const decided = lines.filter(({ event, reason }) => event === 'decision' && reason !== 'malformed');
  const ended = lines.filter(({ event }) => event === 'outcome');
  expect(ended.map(({ id }) => id).toSorted()).toEqual(decided.map(({ id }) => id).toSorted());
}

// Covers: EV-28
describe.each(['block', 'continue'] as const)(
  'a full disk under the log, with log.onError: %s',
  (onError) => {
    const stage = setStage(1, {}, { under: TINY_DISK, config: { log: { onError } } });

    test('lines that fit in half wait for room, and none is lost or doubled', async () => {
      const [scene] = stage.scenes;
      if (scene === undefined) throw new Error('no scene');
      const { port, pid, logFile } = stage.proxy;
      const seen = join(`/proc/${pid}/root`, logFile); // the disk is in its name space alone
      const filler = join(dirname(seen), 'filler');
      const ask = async (): Promise<number> => (await request(port, `http://${scene.blocked}/`)).status;
      expect(await ask()).toBe(403);
      fillUp(filler);
      const during: number[] = [];
      while (!problemsOf(stage).includes('the decision log cannot be written: ENOSPC'))
        during.push(await ask());
      const full = await ask();
      expect(full).toBe(onError === 'block' ? 500 : 403);

      const accepted = scene.accept();
      const tunnel = await scene.connect();
      tunnel.socket.write(connect(scene.allowed));
      if (onError === 'continue') {
        const origin = await accepted;
        tunnel.socket.write(await clientHello('allowed.test'));
        await origin.until('\x16\x03');
        origin.socket.end();
      }
      await once(tunnel.socket, 'close');
      expect(tunnel.received()).toMatch(onError === 'block' ? /^HTTP\/1\.1 500 / : /^HTTP\/1\.1 200 /);

      rmSync(filler);
      await vi.waitFor(() => expect(problemsOf(stage)).toContain('log-recovered'), { timeout: 10_000 });
      expect(await ask()).toBe(403);
      await stage.expectAtRest();
      const lines = linesOf(seen);
      const statuses = lines.filter(({ event }) => event === 'decision');
      expect(statuses).toHaveLength(during.length + 4); // before, full, the tunnel, after
      expect(new Set(statuses.map(({ id }) => id)).size).toBe(statuses.length);
      expectWholeLog(lines);
      expect(lines.some(({ event }) => event === 'gap')).toBe(false);
      stage.expectSurvived();
    });
  },
);

/** Writes until the disk takes no more. */
function fillUp(path: string): void {
  const piece = Buffer.alloc(4_096);
  for (;;) {
    try {
      writeFileSync(path, piece, { flag: 'a' });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
      return;
    }
  }
}
