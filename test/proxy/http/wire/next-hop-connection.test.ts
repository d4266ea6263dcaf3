import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import type { Answer } from '../../../../src/proxy/http/wire/answer.ts';
import { NextHopConnection, type NoAnswer } from '../../../../src/proxy/http/wire/next-hop-connection.ts';
import { startRawOrigin } from '../../../support/origin.ts';
import { type Peer, peerOn } from '../../../support/peer.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What has happened in an exchange so far, in order: `interim 103`, `answer 200`, `body ok`, `over, reusable`, … */
type Exchange = {
  readonly events: string[];
  readonly answer: () => Answer;
  told(event: string): Promise<void>;
};

/** Two ends of a connection over loopback. */
async function connect(
  bounds: Partial<{ exchangeIdleMs: number; maxHeaderBytes: number }> = {},
): Promise<{ connection: NextHopConnection; origin: Peer }> {
  const accepted = Promise.withResolvers<Peer>();
  const { port } = await startRawOrigin((socket) => accepted.resolve(peerOn(socket)));
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  const connection = new NextHopConnection(socket, {
    exchangeIdleMs: 60_000,
    maxHeaderBytes: 1_000,
    ...bounds,
  });
  return { connection, origin: await accepted.promise };
}

/** Sends a request without a body, and takes its answer unless it is left waiting. */
function ask(
  connection: NextHopConnection,
  { method = 'GET', takes = true }: { readonly method?: string; readonly takes?: boolean } = {},
): Exchange {
  const events: string[] = [];
  let answer: Answer | undefined;
  connection.begin(method, GET.replace('GET', method), {
    onInterim: ({ statusCode }) => events.push(`interim ${statusCode}`),
    onAnswer(begun) {
      answer = begun;
      events.push(`answer ${begun.head.statusCode}`);
      if (takes) take(begun, events);
    },
    onNoAnswer: ({ error, isStale }: NoAnswer) => events.push(`${error}${isStale ? ', stale' : ''}`),
    onDrain: () => events.push('drain'),
    onSilence: () => events.push('silence'),
    onOver: (isReusable) => events.push(isReusable ? 'over, reusable' : 'over'),
  });
  connection.requestSent();
  return {
    events,
    answer: () => answer as Answer,
    told: (event) => vi.waitFor(() => expect(events).toContain(event), { timeout: 5_000, interval: 5 }),
  };
}

const take = (answer: Answer, events: string[]): void =>
  answer.take({
    onPiece: (piece) => events.push(`body ${piece}`),
    onComplete: () => events.push('complete'),
    onBroken: () => events.push('broken'),
  });

const closed = ({ socket }: NextHopConnection): Promise<void> =>
  new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));

describe('a connection is used again', () => {
  test('after an answer that is whole', async () => {
    const { connection, origin } = await connect();
    const first = ask(connection);
    origin.socket.write(OK);
    await first.told('complete');
    const second = ask(connection);
    await origin.until(GET + GET);
    origin.socket.write('HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n');
    await second.told('complete');
    expect(first.events).toEqual(['answer 200', 'body ok', 'over, reusable', 'complete']);
    expect(second.events).toEqual(['answer 404', 'body no', 'over, reusable', 'complete']);
  });

  test('after answers that have no body, whatever length they tell', async () => {
    const { connection, origin } = await connect();
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 304],
      ['GET', 204],
    ] as const) {
      const exchange = ask(connection, { method });
      origin.socket.write(`HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\n`);
      await exchange.told('complete');
      expect(exchange.events).toEqual([`answer ${status}`, 'over, reusable', 'complete']);
    }
  });

  test('and reads, though the end of an answer came when its taker could take no more', async () => {
    const { connection, origin } = await connect();
    const first = ask(connection, { takes: false });
    origin.socket.write(OK.slice(0, -2));
    await first.told('answer 200');
    const { events } = first;
    const answer = first.answer();
    answer.take({
      onPiece() {
        answer.pause();
      },
      onComplete: () => events.push('complete'),
      onBroken: () => events.push('broken'),
    });
    origin.socket.write('ok');
    await first.told('complete');
    const second = ask(connection);
    origin.socket.write(OK);
    await second.told('complete');
  });
});

describe('a connection is not used again', () => {
  test.each([
    ['that says it closes', 'HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok'],
    ['in HTTP/1.0', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok'],
    ['with bytes behind it', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
    ['that is kept for too short', OK.replace('Content', 'Keep-Alive: timeout=1\r\nContent')],
  ])('after an answer %s', async (_, text) => {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.write(text);
    await closed(connection);
    expect(exchange.events).toEqual(['answer 200', 'body ok', 'over', 'complete']);
  });

  test('after an answer that came before all of its request was sent', async () => {
    const { connection, origin } = await connect();
    const events: string[] = [];
    connection.begin('PUT', 'PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\n', {
      onInterim: () => {},
      onAnswer: (answer) => take(answer, events),
      onNoAnswer: () => {},
      onDrain: () => {},
      onSilence: () => {},
      onOver: (isReusable) => events.push(isReusable ? 'over, reusable' : 'over'),
    });
    origin.socket.write(OK);
    await closed(connection);
    expect(events).toEqual(['body ok', 'over', 'complete']);
  });

  test('after bytes that nobody asked for', async () => {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.write(OK);
    await exchange.told('over, reusable');
    const onEnd = vi.fn();
    connection.onEnd = onEnd;
    origin.socket.write(OK);
    await closed(connection);
    expect(onEnd).toHaveBeenCalledOnce();
    expect(exchange.events).toEqual(['answer 200', 'body ok', 'over, reusable', 'complete']);
  });

  test.each(['FIN', 'RST'] as const)('after its next hop has ended it by %s', async (fault) => {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.write(OK);
    await exchange.told('over, reusable');
    const onEnd = vi.fn();
    connection.onEnd = onEnd;
    origin.befall(fault);
    await closed(connection);
    expect(connection.isOpen).toBe(false);
    expect(onEnd).toHaveBeenCalledOnce();
  });

  test('after it has been idle for as long as an exchange may be', async () => {
    const { connection, origin } = await connect({ exchangeIdleMs: 50 });
    const exchange = ask(connection);
    origin.socket.write(OK);
    await exchange.told('over, reusable');
    await closed(connection);
  });
});

describe('there is no answer', () => {
  test.each(['FIN', 'RST'] as const)(
    'on a new connection that ends by %s, which is not stale',
    async (fault) => {
      const { connection, origin } = await connect();
      const exchange = ask(connection);
      await origin.until(GET);
      origin.befall(fault);
      await closed(connection);
      expect(exchange.events).toEqual(['connection_terminated']);
    },
  );

  test.each(['FIN', 'RST'] as const)(
    'on a used connection that ends by %s, which is stale',
    async (fault) => {
      const { connection, origin } = await connect();
      const first = ask(connection);
      origin.socket.write(OK);
      await first.told('complete');
      const second = ask(connection);
      await origin.until(GET + GET);
      origin.befall(fault);
      await closed(connection);
      expect(second.events).toEqual(['connection_terminated, stale']);
    },
  );

  test('on a used connection that ends within the head, which is not stale: the request has arrived', async () => {
    const { connection, origin } = await connect();
    const first = ask(connection);
    origin.socket.write(OK);
    await first.told('complete');
    const second = ask(connection);
    await origin.until(GET + GET);
    origin.socket.end('HTTP/1.1 2');
    await closed(connection);
    expect(second.events).toEqual(['connection_terminated']);
  });

  test('on a connection that had closed before the exchange began', async () => {
    const { connection } = await connect();
    connection.destroy();
    await closed(connection);
    const exchange = ask(connection);
    await exchange.told('connection_terminated');
    expect(exchange.events).toEqual(['connection_terminated']);
  });

  test('on a connection that had closed before it was taken over', async () => {
    const { port } = await startRawOrigin(() => {});
    const socket = net.connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    const exchange = ask(new NextHopConnection(socket, { exchangeIdleMs: 60_000, maxHeaderBytes: 1_000 }));
    await exchange.told('connection_terminated');
  });

  test.each([
    ['another protocol', 'SSH-2.0-x', 'http_protocol_error'],
    ['a head that breaks the grammar', 'HTTP/1.1 200 OK\nA: b\r\n\r\n', 'http_protocol_error'],
    ['lengths that differ', OK.replace('Content', 'Content-Length: 3\r\nContent'), 'http_protocol_error'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n', 'http_upgrade_failed'],
    [
      'a head that is too long',
      `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(1_000)}`,
      'http_response_header_section_size',
    ],
  ])('in %s', async (_, text, error) => {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.write(text);
    await closed(connection);
    expect(exchange.events).toEqual([error]);
  });

  test('behind more interim responses than anybody has use for', async () => {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(33));
    await closed(connection);
    expect(exchange.events).toEqual([
      ...Array.from({ length: 32 }, () => 'interim 103'),
      'http_protocol_error',
    ]);
  });

  test('in a head that drips for longer than an exchange may be idle', async () => {
    const { connection, origin } = await connect({ exchangeIdleMs: 100 });
    const exchange = ask(connection);
    origin.socket.write('HTTP/1.1 200 OK\r\nA: ');
    const drip = setInterval(() => origin.socket.write('b'), 5);
    origin.socket.once('close', () => clearInterval(drip));
    await closed(connection);
    expect(exchange.events).toEqual(['http_response_timeout']);
  });
});

test('a head may come byte by byte, behind interim responses and line ends', async () => {
  const { connection, origin } = await connect();
  const exchange = ask(connection);
  origin.socket.setNoDelay(true);
  for (const byte of `\r\n\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n${OK.slice(0, -2)}`) {
    origin.socket.write(byte);
    await new Promise(setImmediate);
  }
  origin.socket.write('ok');
  await exchange.told('complete');
  expect(exchange.events).toEqual(['interim 103', 'answer 200', 'body ok', 'over, reusable', 'complete']);
});

describe('a body that lasts until its connection ends', () => {
  const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\n\r\nall there is';

  test('is whole when that ends in order', async () => {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.end(UNTIL_CLOSE);
    await closed(connection);
    expect(exchange.events).toEqual(['answer 200', 'body all there is', 'over', 'complete']);
  });

  test('is broken when that is reset', async () => {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.write(UNTIL_CLOSE);
    await exchange.told('body all there is');
    origin.befall('RST');
    await exchange.told('broken');
    expect(exchange.events).toEqual(['answer 200', 'body all there is', 'broken']);
  });
});

test.each([
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'],
])('a body with %s is broken when its connection ends before it, in order or not', async (_, text) => {
  for (const fault of ['FIN', 'RST'] as const) {
    const { connection, origin } = await connect();
    const exchange = ask(connection);
    origin.socket.write(text);
    await exchange.told('answer 200');
    origin.befall(fault);
    await exchange.told('broken');
    expect(exchange.events.at(-1)).toBe('broken');
  }
});

test('many small chunks in one segment go on as one piece', async () => {
  const { connection, origin } = await connect();
  const exchange = ask(connection);
  origin.socket.write(
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(100)}0\r\n\r\n`,
  );
  await exchange.told('complete');
  expect(exchange.events).toEqual(['answer 200', `body ${'x'.repeat(100)}`, 'over, reusable', 'complete']);
});

test('a body in chunks is broken by bytes that are no chunk', async () => {
  const { connection, origin } = await connect();
  const exchange = ask(connection);
  origin.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n-1\r\n');
  await closed(connection);
  expect(exchange.events).toEqual(['answer 200', 'body ok', 'broken']);
});

test('silence is told, and told again when it goes on after its taker has taken more', async () => {
  const { connection, origin } = await connect({ exchangeIdleMs: 50 });
  const exchange = ask(connection);
  origin.socket.write(OK.slice(0, -1));
  await exchange.told('body o');
  exchange.answer().pause();
  await exchange.told('silence');
  exchange.answer().resume();
  await vi.waitFor(() => expect(exchange.events.filter((event) => event === 'silence')).toHaveLength(2));
  origin.socket.write('k');
  await exchange.told('complete');
});

test('whoever destroys a connection hears nothing more of it', async () => {
  const { connection, origin } = await connect();
  const exchange = ask(connection);
  origin.socket.write(OK.slice(0, -1));
  await exchange.told('body o');
  connection.destroy();
  await closed(connection);
  expect(exchange.events).toEqual(['answer 200', 'body o']);
});

test('the chunks of one turn of the event loop leave together', async () => {
  const { connection, origin } = await connect();
  ask(connection, { method: 'PUT' });
  await origin.until('\r\n\r\n');
  for (const piece of ['a', 'b']) connection.writeChunk(Buffer.from(piece));
  const text = '1\r\na\r\n1\r\nb\r\n';
  expect(connection.socket.writableLength).toBe(text.length);
  await origin.until(text);
});

test('a next hop that reads again after it did not is told of, and gets every chunk', async () => {
  const { connection, origin } = await connect();
  origin.socket.pause();
  const exchange = ask(connection, { method: 'PUT' });
  const piece = Buffer.alloc(65_536, 'x');
  let sent = 0;
  do sent += 1;
  while (connection.writeChunk(piece) || sent < 100);
  connection.write('0\r\n\r\nend');
  origin.socket.resume();
  await exchange.told('drain');
  await origin.until('x\r\n0\r\n\r\nend');
});
