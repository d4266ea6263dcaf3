import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type Holdings,
  type LogLine,
  type Observed,
  type ObservedSetup,
  startObserved,
} from '../../bench/support/observed.ts';
import type { Limits } from '../../src/proxy/bounds/limits.ts';
import { connectPeer, type Fault, type Peer, peerOn } from './peer.ts';
import { BLOCKING_POLICY } from './proxy.ts';

export type Side = 'client' | 'origin';

/**
 * How a request must have ended by its lines in the log, such as `tunnel-closed`, `upstream-failed dns_error` or
 * `malformed 400`; `nothing` when a connection that asked for nothing is to leave no line. Several requests on one
 * connection are joined by commas.
 */
export type Ending = string;

/** A state that one request can be in, and how it ends when one side fails there. */
export type State = {
  readonly state: string;
  /** Brings a request there; the origin is missing where none has been dialled. */
  reach(scene: Scene): Promise<Held>;
  /** What the other side does once it can, so that only the fault stands in the request's way. */
  goOn?(held: Held, side: Side, fault: Fault): unknown;
  readonly client?: Readonly<Partial<Record<Fault, Ending>>>;
  readonly origin?: Readonly<Partial<Record<Fault, Ending>>>;
};

export type Held = { readonly client: Peer; readonly origin?: Peer };

/** What one request has to itself: a client address, by which its lines are found, and an origin. */
export type Scene = {
  readonly clientAddress: string;
  /** An allowed and a blocked host with the origin's port, `host:port`. */
  readonly allowed: string;
  readonly blocked: string;
  readonly proxy: Observed;
  /** A connection to the proxy. */
  connect(): Promise<Peer>;
  /** The next connection that reaches the origin. */
  accept(): Promise<Peer>;
  /** Has the origin hang up on whoever comes from now on. */
  refuseAll(): void;
  /** How the requests of this scene ended, by the log. */
  endings(): readonly Ending[];
  /** Ends all that is left. */
  clear(): void;
};

type Cell = { readonly state: State; readonly side: Side; readonly fault: Fault; readonly ending: Ending };

/** Waits this short are for the table's stalls alone: everything else must end without any of them. */
const IMPATIENT: Partial<Limits> = {
  requestHeadMs: 1_000,
  keepAliveMs: 1_000,
  resolveMs: 1_000,
  dialMs: 1_000,
  exchangeIdleMs: 1_000,
  requestBodyMs: 1_000,
  clientHelloMs: 1_000,
  halfClosedMs: 1_000,
  tunnelIdleMs: 1_000,
  lingerMs: 1_000,
  blockPageMs: 1_000,
};
const NOTHING_LASTS: Partial<Limits> = { drainMs: 0 };
const SETTLE_DEADLINE_MS = 15_000;

/** Clients come from addresses of their own on the loopback network. */
export const POLICY = BLOCKING_POLICY.replace('[127.0.0.1]', '[127.0.0.0/8]');

/**
 * Promises, for every state of a path, every fault and either side: the process survives, the request has its lines and
 * no others, the next client is served, and nothing of it stays behind. One Postern goes through all of them, and a
 * second one, with short waits, through the stalls.
 */
export function faultTable(states: readonly State[]): void {
  const cells = states.flatMap((state) => [...cellsOf(state, 'client'), ...cellsOf(state, 'origin')]);
  const stalls = cells.filter(({ fault }) => fault === 'stall');
  describe('whoever breaks off or talks nonsense, and whenever', () => {
    const stage = setStage(cells.length, {});
    for (const [index, cell] of cells.entries())
      if (cell.fault !== 'stall')
        test(nameOf(cell), async () => {
          const scene = stage.scenes[index];
          if (scene === undefined) throw new Error('the table has no such cell');
          try {
            await play(cell, scene);
            await stage.expectAtRest();
            expect(scene.endings()).toEqual(endingsIn(cell)); // and nothing was added later
          } finally {
            scene.clear();
          }
        });
    test('the same process has gone through all of them', () => stage.expectSurvived());
  });
  describe('whoever falls silent, and whenever', () => {
    const stage = setStage(stalls.length, IMPATIENT);
    describe.concurrent('is waited for only so long', () => {
      for (const [index, cell] of stalls.entries())
        test(nameOf(cell), async () => {
          const scene = stage.scenes[index];
          if (scene === undefined) throw new Error('the table has no such cell');
          await play(cell, scene);
        });
    });
    test('and nothing of them stays behind', async () => {
      await stage.expectAtRest();
      stage.expectSurvived();
      expect(stage.scenes.map((scene) => scene.endings())).toEqual(stalls.map(endingsIn));
    });
  });
}

function cellsOf(state: State, side: Side): Cell[] {
  const endings = Object.entries(state[side] ?? {}) as [Fault, Ending][];
  return endings.map(([fault, ending]) => ({ state, side, fault, ending }));
}

const nameOf = ({ state, side, fault, ending }: Cell): string =>
  `${state.state}: ${fault} of the ${side} → ${ending}`;

const endingsIn = ({ ending }: Cell): readonly Ending[] => (ending === 'nothing' ? [] : ending.split(', '));

async function play(cell: Cell, scene: Scene): Promise<void> {
  const { state, side, fault } = cell;
  const held = await state.reach(scene);
  const faulty = side === 'client' ? held.client : held.origin;
  if (faulty === undefined) throw new Error(`there is no ${side} in this state`);
  faulty.befall(fault);
  await state.goOn?.(held, side, fault);
  await vi.waitFor(() => expect(scene.endings()).toEqual(endingsIn(cell)), {
    timeout: SETTLE_DEADLINE_MS,
    interval: 10,
  });
  // The side that did no wrong has heard how it ended, and ends its connection as any program does.
  const other = side === 'client' ? held.origin : held.client;
  if (other !== undefined && !other.socket.destroyed) other.socket.end();
}

/** The requests of a scene that the log tells of, each by how it ended. */
function endingsOf(proxy: Observed, clientAddress: string): readonly Ending[] {
  const lines = proxy.lines();
  const decisions = lines.filter(({ event, client }) => event === 'decision' && client === clientAddress);
  return decisions.map((decision) => endingOf(decision, lines));
}

function endingOf(decision: LogLine, lines: readonly LogLine[]): Ending {
  const outcomes = lines.filter(({ event, id }) => event === 'outcome' && id === decision.id);
  if (decision.reason === 'malformed')
    return outcomes.length === 0 ? `malformed ${decision.status}` : 'malformed, and an outcome';
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length > 1) return `${outcomes.length} outcomes`;
  return [outcome.kind, outcome.cause].filter((part) => part !== undefined).join(' ');
}

export type Stage = {
  readonly proxy: Observed;
  readonly scenes: readonly Scene[];
  /** Waits until the process holds what it held before its first request. */
  expectAtRest(): Promise<void>;
  /** As `expectAtRest`, for a process whose policy folder has been replaced, and with it what it watches. */
  expectRestOfSockets(): Promise<void>;
  expectSurvived(): void;
};

/** Sets up a Postern and the origins of so many requests for the tests of a `describe`, and takes them down after it. */
export function setStage(
  requests: number,
  limits: Partial<Limits>,
  { under = [], config = {} }: Pick<Partial<ObservedSetup>, 'under' | 'config'> = {},
): Stage {
  const scenes: Scene[] = [];
  const origins: net.Server[] = [];
  let proxy: Observed;
  let atRest: Holdings;
  beforeAll(async () => {
    for (let number = 0; number < requests; number++) origins.push(await startOrigin());
    const ports = origins.map((origin) => (origin.address() as net.AddressInfo).port);
    proxy = await startObserved({
      config: {
        egress: {
          connectPorts: [443, ...ports],
          internalNetworks: ['127.0.0.0/8'],
          dns: {
            servers: ['127.0.0.1:1'],
            hosts: { 'allowed.test': ['127.0.0.1'], 'blocked.test': ['127.0.0.1'] },
          },
        },
        limits: { ...NOTHING_LASTS, ...limits },
        ...config,
      },
      policies: { 'office.yaml': POLICY },
      under,
    });
    atRest = await proxy.holdings();
    for (const [index, port] of ports.entries())
      scenes.push(sceneOf(proxy, origins[index] as net.Server, `127.1.0.${index + 1}`, port));
  });
  afterAll(async () => {
    for (const scene of scenes) scene.clear();
    for (const origin of origins) origin.close();
    expect(await proxy.stop()).toBe(0);
  });
  return {
    get proxy() {
      return proxy;
    },
    scenes,
    expectAtRest: () =>
      vi.waitFor(async () => expect(await proxy.holdings()).toEqual(atRest), {
        timeout: SETTLE_DEADLINE_MS,
        interval: 20,
      }),
    expectRestOfSockets: () =>
      vi.waitFor(
        async () => {
          const { descriptors } = await proxy.holdings();
          expect(descriptors.socket).toBe(atRest.descriptors.socket);
        },
        { timeout: SETTLE_DEADLINE_MS, interval: 20 },
      ),
    expectSurvived() {
      expect(proxy.hasEnded()).toBe(false);
      const bugs = proxy.announced.filter((line) => JSON.stringify(line).includes('this is a bug'));
      expect(bugs).toEqual([]);
    },
  };
}

async function startOrigin(): Promise<net.Server> {
  const origin = net.createServer();
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  return origin;
}

function sceneOf(proxy: Observed, origin: net.Server, clientAddress: string, port: number): Scene {
  const sockets = new Set<net.Socket>();
  let mayEnter = true;
  origin.on('connection', (socket: net.Socket) => {
    sockets.add(socket.on('error', () => {}));
    if (!mayEnter) socket.destroy();
  });
  return {
    clientAddress,
    allowed: `allowed.test:${port}`,
    blocked: `blocked.test:${port}`,
    proxy,
    async connect() {
      const peer = await connectPeer(proxy.port, clientAddress);
      sockets.add(peer.socket);
      return peer;
    },
    async accept() {
      const [socket] = (await once(origin, 'connection')) as [net.Socket];
      return peerOn(socket);
    },
    refuseAll() {
      mayEnter = false;
    },
    endings: () => endingsOf(proxy, clientAddress),
    clear() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
