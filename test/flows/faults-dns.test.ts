import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Holdings, type Observed, startObserved } from '../../bench/support/observed.ts';
import { POLICY } from '../support/faults.ts';
import { type DnsReply, type Question, startNameServer } from '../support/name-server.ts';
import { type Origin, startRawOrigin } from '../support/origin.ts';
import { connectPeer, type Fault } from '../support/peer.ts';

/** Names that cannot be looked up, in each of the three ways to ask, and clients that leave during the look-up. */

type Way = (authority: string) => string;
const WAYS: Readonly<Record<string, Way>> = {
  CONNECT: (authority) => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
  'plain HTTP': (authority) => `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  WebSocket: (authority) =>
    `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
};

async function startWith(
  reply: (question: Question) => DnsReply | Promise<DnsReply>,
): Promise<{ proxy: Observed; origin: Origin; server: Awaited<ReturnType<typeof startNameServer>> }> {
  const server = await startNameServer(reply);
  const origin = await startRawOrigin((socket) => socket.end());
  const proxy = await startObserved({
    config: {
      limits: { drainMs: 0, resolveMs: 1_000 },
      egress: {
        connectPorts: [origin.port],
        internalNetworks: ['127.0.0.0/8'],
        dns: { servers: [server.address] },
      },
    },
    policies: { 'office.yaml': POLICY },
  });
  onTestFinished(async () => expect(await proxy.stop()).toBe(0));
  return { proxy, origin, server };
}

const outcomesOf = (proxy: Observed): readonly string[] =>
  proxy
    .lines()
    .filter(({ event }) => event === 'outcome')
    .map(({ kind, cause }) => [kind, cause].join(' ').trim());

const decisionsOf = (proxy: Observed): number =>
  proxy.lines().filter(({ event }) => event === 'decision').length;

const FAILURES: readonly (readonly [name: string, reply: DnsReply, status: number, cause: string])[] = [
  ['says that it fails', { rcode: 'SERVFAIL' }, 502, 'dns_error'],
  ['says that there is no such name', { rcode: 'NXDOMAIN' }, 502, 'dns_error'],
  ['refuses', { rcode: 'REFUSED' }, 502, 'dns_error'],
  ['gives an empty answer', { records: [] }, 502, 'dns_error'],
  ['is silent', 'silence', 504, 'dns_timeout'],
  ['talks nonsense', { bytes: Buffer.from('\xff\x00garbage', 'latin1') }, 502, 'dns_error'],
];

// Covers: EV-13; EV-19; EV-28
test.each(FAILURES)(
  'a name server that %s: each request is told so, has its two lines, and goes nowhere',
  async (_name, reply, status, cause) => {
    const { proxy, origin } = await startWith(() => reply);
    const atRest = await proxy.holdings();
    await Promise.all(
      Object.values(WAYS).map(async (way, number) => {
        const client = await connectPeer(proxy.port);
        client.socket.write(way(`n${number}.allowed.test:${origin.port}`));
        await once(client.socket, 'close');
        expect(client.received().slice(0, 13)).toBe(`HTTP/1.1 ${status} `);
      }),
    );
    const outcomes = Array.from({ length: 3 }, () => `upstream-failed ${cause}`);
    await vi.waitFor(() => expect(outcomesOf(proxy)).toEqual(outcomes), { timeout: 10_000 });
    expect(decisionsOf(proxy)).toBe(3);
    expect(origin.accepted()).toBe(0);
    await vi.waitFor(async () => expect(await proxy.holdings()).toEqual(atRest), { timeout: 10_000 });
  },
);

const leavings = Object.entries(WAYS).flatMap(([name, way]) =>
  (['RST', 'FIN'] as readonly Fault[]).map((fault) => ({ name, way, fault })),
);

// Covers: EV-19; EV-28
test.each(leavings)(
  'a client of $name that leaves by $fault while its name is looked up: nobody is dialled for it',
  async ({ way, fault }) => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<DnsReply>();
    const { proxy, origin } = await startWith(() => {
      asked.resolve();
      return answer.promise;
    });
    const atRest = await proxy.holdings();
    const client = await connectPeer(proxy.port);
    client.socket.write(way(`allowed.test:${origin.port}`));
    await asked.promise;
    client.befall(fault);
    // While nobody knows where to, the loss of the client is noticed; only then the name server answers.
    if (fault === 'RST') await vi.waitFor(async () => expect(await clientsOf(proxy, atRest)).toBe(0));
    answer.resolve({ records: [{ address: '127.0.0.1' }] });
    // A client that has only ended its side may still be given its tunnel, and is decided on again for its silence.
    await vi.waitFor(() => expect(outcomesOf(proxy).at(0)).toBeDefined(), { timeout: 10_000 });
    if (fault === 'RST') {
      expect(outcomesOf(proxy)).toEqual(['client-left']);
      expect(origin.accepted()).toBe(0);
    }
    await vi.waitFor(async () => expect(await proxy.holdings()).toEqual(atRest), { timeout: 10_000 });
    expect(outcomesOf(proxy)).toHaveLength(decisionsOf(proxy));
  },
);

/** The connections of clients that a Postern holds beyond what it held at rest. */
async function clientsOf(proxy: Observed, atRest: Holdings): Promise<number> {
  const { resources } = await proxy.holdings();
  return (resources.TCPSocketWrap ?? 0) - (atRest.resources.TCPSocketWrap ?? 0);
}

// Covers: EV-12; EV-19
test('a name that flips between inside and outside, with mixed sets in between, never leads inside', async () => {
  const inside = { address: '10.0.0.1', ttl: 0 };
  const outside = { address: '127.0.0.1', ttl: 0 }; // opened for the test: the one address that may be dialled
  const turns = [[outside], [inside], [inside, outside], [outside, inside], [inside], [outside]];
  let turn = 0;
  const { proxy, origin } = await startWith(() => ({ records: turns[turn] ?? [] }));
  for (turn = 0; turn < turns.length; turn++) {
    const client = await connectPeer(proxy.port);
    client.socket.write(WAYS['plain HTTP']?.(`n${turn}.allowed.test:${origin.port}`) ?? '');
    await once(client.socket, 'close');
    const isBlocked = client.received().includes('destination_ip_prohibited');
    expect(isBlocked).toBe(!(turns[turn] ?? []).includes(outside));
  }
  expect(origin.accepted()).toBe(4);
  await vi.waitFor(() => expect(outcomesOf(proxy)).toHaveLength(turns.length), { timeout: 10_000 });
});
