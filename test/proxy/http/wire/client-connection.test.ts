import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../../../src/proxy/bounds/limits.ts';
import { ClientConnection, isIdle } from '../../../../src/proxy/http/wire/client-connection.ts';
import type { IncomingRequest } from '../../../../src/proxy/http/wire/incoming-request.ts';
import type { OutgoingResponse } from '../../../../src/proxy/http/wire/outgoing-response.ts';
import { connectPeer, type Peer } from '../../../support/peer.ts';

const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** One side of a connection over loopback, and what it has heard: `GET /a`, `body x`, `complete`, `malformed 400`, … */
type Served = {
  readonly client: Peer;
  readonly socket: net.Socket;
  readonly events: string[];
  readonly exchanges: readonly Exchange[];
  told(event: string): Promise<void>;
};
type Exchange = { readonly request: IncomingRequest; readonly response: OutgoingResponse };

/** `answers`: each request at once with its own target. `takes`: the bodies. */
async function serve({
  bounds = {},
  answers = false,
  takes = true,
}: {
  readonly bounds?: Partial<Limits>;
  readonly answers?: boolean;
  readonly takes?: boolean;
} = {}): Promise<Served> {
  const events: string[] = [];
  const exchanges: Exchange[] = [];
  const accepted = Promise.withResolvers<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    accepted.resolve(socket);
    onTestFinished(() => void socket.destroy());
    socket.once('close', () => events.push('closed'));
    new ClientConnection(
      socket,
      { ...DEFAULT_LIMITS, ...bounds },
      {
        onRequest(request, response) {
          exchanges.push({ request, response });
          events.push(`${request.method} ${request.requestTarget}`);
          if (takes)
            request.body.take({
              onPiece: (piece) => events.push(`body ${piece.length > 100 ? piece.length : piece}`),
              onComplete: () => events.push('complete'),
              onBroken: () => events.push('broken'),
            });
          if (answers) answer({ request, response });
        },
        onLeaving: (request, head) => events.push(`leaving ${request.requestTarget} ${head}`),
        onOutOfTurn: (request, problem) => events.push(`out of turn ${request.requestTarget}: ${problem}`),
        onMalformed: ({ status }, line) =>
          events.push(`malformed ${status}${line === undefined ? '' : ` ${line.method}`}`),
        onBrokenBody: () => events.push('broken body'),
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const client = await connectPeer((server.address() as net.AddressInfo).port);
  onTestFinished(() => void client.socket.destroy());
  const socket = await accepted.promise;
  return {
    client,
    socket,
    events,
    exchanges,
    told: (event) => vi.waitFor(() => expect(events).toContain(event), { timeout: 5_000, interval: 5 }),
  };
}

/** With its own target as the body. */
function answer({ request, response }: Exchange): void {
  const body = request.requestTarget;
  response.writeHead(200, ['Content-Length', `${body.length}`]);
  response.endWith(body);
}

/** An answer that no kernel buffers whole: as long as the client does not read, it is not over. */
function beginEndless({ response }: Exchange): void {
  response.writeHead(200, []);
  response.write(Buffer.alloc(64_000_000));
}

const targets = (events: readonly string[]): string[] => events.filter((event) => / \/\w+$/.test(event));

describe('when a client leaves', () => {
  test('bytes that are no request and wait for their turn cost the client its connection, and nobody else', async () => {
    const { client, exchanges, told } = await serve();
    client.socket.write(`${get('/a')}no request\r\n\r\n`);
    await told('GET /a');
    beginEndless(exchanges[0] as Exchange);
    await client.until('200 OK');
    client.befall('stall');
    exchanges[0]?.response.end(); // which waits, for what was written before is on its way
    client.befall('RST');
    await told('closed');
    await told('malformed 400');
  });

  test('what it asked before it left is served, though the loss was met in writing', async () => {
    const { client, socket, events, exchanges, told } = await serve();
    client.befall('stall');
    const large = `X: ${'x'.repeat(40_000)}\r\n`;
    client.socket.write(get('/a') + get('/b', large) + get('/c', large) + get('/d', large));
    await told('GET /a');
    await vi.waitFor(() => expect(socket.isPaused()).toBe(true));
    client.socket.write('x'.repeat(1_000_000));
    await vi.waitFor(() =>
      expect(socket.readableLength).toBeGreaterThanOrEqual(socket.readableHighWaterMark),
    );
    beginEndless(exchanges[0] as Exchange);
    exchanges[0]?.response.end();
    client.befall('RST');
    await told('closed');
    expect(targets(events).slice(0, 3)).toEqual(['GET /a', 'GET /b', 'GET /c']);
  });
});

describe('what waits for its turn', () => {
  test('is read on when its turn has come, in the midst of a body too', async () => {
    const { client, socket, exchanges, told } = await serve();
    const large = `X: ${'x'.repeat(40_000)}\r\n`;
    client.socket.write(get('/a') + get('/b', large));
    client.socket.write(`POST /c HTTP/1.1\r\nHost: a\r\n${large}Content-Length: 4\r\n\r\n`);
    await told('GET /a');
    await vi.waitFor(() => expect(socket.isPaused()).toBe(true));
    client.socket.write('body');
    answer(exchanges[0] as Exchange);
    await told('GET /b');
    answer(exchanges[1] as Exchange);
    await told('POST /c');
    await told('body body');
    await told('complete');
  });

  test.each([
    ['heads', (index: number) => post(`/${index}`, 'x').replace('Host', `X: ${'x'.repeat(40_000)}\r\nHost`)],
    ['bodies', (index: number) => post(`/${index}`, 'x'.repeat(60_000))],
  ])('is not read beyond a bound of all of it: %s', async (_, request) => {
    const { client, socket, told } = await serve();
    client.socket.write(get('/a'));
    await told('GET /a');
    for (let index = 0; index < 50; index++) client.socket.write(request(index));
    await vi.waitFor(() => expect(socket.isPaused()).toBe(true));
    await vi.waitFor(() =>
      expect(socket.readableLength).toBeGreaterThanOrEqual(socket.readableHighWaterMark),
    );
    expect(socket.bytesRead).toBeLessThan(1_000_000);
  });
});

describe('requests that are pipelined', () => {
  // Covers: RFC 9112 section 9.3.2
  test('are served one after the other, and answered in their order', async () => {
    const { client, events, exchanges, told } = await serve();
    client.socket.write(get('/a') + post('/b', 'body') + get('/c'));
    await told('GET /a');
    expect(targets(events)).toEqual(['GET /a']);
    answer(exchanges[0] as Exchange);
    answer(exchanges[1] as Exchange);
    answer(exchanges[2] as Exchange);
    await client.until('/c');
    expect(events).toEqual(['GET /a', 'complete', 'POST /b', 'body body', 'complete', 'GET /c', 'complete']);
    expect(client.received().match(/(?<=\r\n\r\n)\/\w/g)).toEqual(['/a', '/b', '/c']);
  });

  test('may be 64 beside the one that is served, and the client that sends more is told once', async () => {
    const { client, events, told } = await serve();
    client.socket.write(get('/x').repeat(1 + 64 + 3));
    await told('out of turn /x: too many requests wait for their answers');
    expect(events.filter((event) => event.startsWith('out of turn'))).toHaveLength(1);
  });

  // Covers: EV-15
  test.each([
    ['a CONNECT', 'CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n', 'b:443'],
    ['a handshake', get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), '/ws'],
  ])(
    '%s behind one that has no answer yet is out of turn, and nothing behind it is a request',
    async (_, text, target) => {
      const { client, events, exchanges, told } = await serve();
      client.socket.write(get('/a') + text + get('/c'));
      await told(`out of turn ${target}: a tunnel was asked for before an earlier request was answered`);
      answer(exchanges[0] as Exchange);
      await client.until('/a');
      expect(targets(events)).toEqual(['GET /a']);
    },
  );

  // Covers: RFC 9112 section 9.6
  test.each([
    ['says that it is the last', get('/a', 'Connection: close\r\n')],
    ['would speak another protocol', get('/a', 'Connection: Upgrade\r\nUpgrade: h2c\r\n')],
    ['is of HTTP/1.0', get('/a').replace('1.1', '1.0')],
    ['is one whose end nobody can tell', get('/a', 'Content-Length: 1\r\nContent-Length: 2\r\n')],
  ])('behind one that %s are not read', async (_, text) => {
    const { client, events } = await serve({ answers: true });
    client.socket.write(text + get('/b'));
    client.socket.on('end', () => client.socket.end());
    await client.until('/a');
    await vi.waitFor(() => expect(events).toContain('closed'));
    expect(targets(events)).toEqual(['GET /a']);
    expect(client.received()).toContain('Connection: close');
  });

  test('behind bytes that are no request are not read, and these are refused in their turn', async () => {
    const { client, events, exchanges, told } = await serve();
    client.socket.write(`${get('/a')}GET /b HTTP/1.1\r\nHost : a\r\n\r\n${get('/c')}`);
    await told('GET /a');
    expect(events).not.toContain('malformed 400 GET');
    answer(exchanges[0] as Exchange);
    await told('malformed 400 GET');
    expect(targets(events)).toEqual(['GET /a']);
  });
});

describe('a connection leaves HTTP', () => {
  test('with a CONNECT, and what came behind it is of the tunnel', async () => {
    const { client, socket, told } = await serve();
    client.socket.write(`CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n${get('/c')}`);
    await told(`leaving b:443 ${get('/c')}`);
    expect(socket.isPaused()).toBe(true);
    expect(['data', 'end', 'close', 'drain', 'timeout'].map((event) => socket.listenerCount(event))).toEqual([
      0,
      1,
      1,
      0,
      0, // Node's own of the end, and this test's of the close
    ]);
    expect(isIdle(socket)).toBe(false);
  });

  // Covers: RFC 9110 section 7.8
  test.each([
    ['without `Connection: Upgrade`', get('/a', 'Upgrade: websocket\r\n')],
    ['in HTTP/1.0', get('/a', 'Connection: Upgrade\r\nUpgrade: websocket\r\n').replace('1.1', '1.0')],
    ['beside another protocol', get('/a', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n')],
  ])('not for a WebSocket %s', async (_, text) => {
    const { client, told } = await serve({ answers: true });
    client.socket.write(text);
    await told('GET /a');
    await client.until('Connection: close');
  });
});

describe('a body', () => {
  test('that breaks the rules breaks off, and nothing behind it is a request', async () => {
    const { client, events, told } = await serve();
    client.socket.write(
      `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n${get('/b')}`,
    );
    await told('broken body');
    expect(events).toEqual(['POST /a', 'body x', 'broken', 'broken body']);
  });

  test('that breaks while it waits is told in its turn', async () => {
    const { client, events, exchanges, told } = await serve();
    client.socket.write(`${get('/a')}POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n`);
    await told('GET /a');
    answer(exchanges[0] as Exchange);
    await told('broken body');
    expect(events).toEqual(['GET /a', 'complete', 'POST /b', 'broken', 'broken body']);
  });

  test('that ends with the client breaks off', async () => {
    const { client, told } = await serve();
    client.socket.end('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nbody');
    await told('broken');
    await told('broken body');
  });

  test('that its client goes on sending after the answer is read to its end, and then the next request', async () => {
    const { client, events, told } = await serve({ answers: true, takes: false });
    client.socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nbody');
    await client.until('/a');
    client.socket.write(`more${get('/b')}`);
    await told('GET /b');
    expect(targets(events)).toEqual(['POST /a', 'GET /b']);
  });

  // Covers: RFC 9112 section 9.6
  test('that breaks the rules after its answer does not cost the client that answer', async () => {
    const { client } = await serve({ answers: true, takes: false });
    const errors: unknown[] = [];
    client.socket.on('error', (error) => errors.push(error));
    client.socket.write('POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n');
    await client.until('/a');
    client.socket.end(`xx\r\n${'x'.repeat(30_000_000)}`);
    await once(client.socket, 'close');
    expect(errors).toEqual([]); // a reset could have overtaken it
  });

  test('after its answer has the time of `lingerMs`', async () => {
    const { client, told } = await serve({ answers: true, takes: false, bounds: { lingerMs: 50 } });
    client.socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nbody');
    await told('closed');
  });

  test('that is still coming when its connection is to close keeps it from being idle: a stop waits', async () => {
    const { client, socket } = await serve({ answers: true, takes: false });
    client.socket.write('POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 8\r\n\r\nbody');
    await client.until('/a');
    await vi.waitFor(() => expect(socket.writableFinished).toBe(true));
    expect(isIdle(socket)).toBe(false);
  });

  test('that nobody takes is not read beyond a bound', async () => {
    const { client, socket, told } = await serve({ takes: false });
    client.socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n');
    client.socket.write(Buffer.alloc(9_000_000));
    await told('POST /a');
    await vi.waitFor(() =>
      expect(socket.readableLength).toBeGreaterThanOrEqual(socket.readableHighWaterMark),
    );
    expect(socket.bytesRead).toBeLessThan(1_000_000);
  });
});

describe('a head', () => {
  test.each([
    ['no head at all', '\x16\x03\x01', 'malformed 400'],
    ['a line end that is none', 'GET / HTTP/1.1\nHost', 'malformed 400 GET'],
    ['a target without end', `GET /${'x'.repeat(70_000)}`, 'malformed 414 GET'],
    ['fields without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`, 'malformed 431 GET'],
    ['too large a whole', get('/', `X: ${'x'.repeat(70_000)}\r\n`), 'malformed 431 GET'],
    ['an unknown method', 'BREW / HTTP/1.1\r\n\r\n', 'malformed 501 BREW'],
  ])('that is %s is refused as soon as that can be told', async (_, text, event) => {
    const { client, told } = await serve();
    client.socket.write(text, 'latin1');
    await told(event);
  });

  test('that its client ends in the midst of is refused', async () => {
    const { client, told } = await serve();
    client.socket.end('GET / HTTP/1.1\r\n');
    await told('malformed 400 GET');
  });

  // Covers: RFC 9112 section 2.2
  test('may have line ends before it', async () => {
    const { client, events } = await serve({ answers: true });
    client.socket.write(`\r\n${get('/a')}\r\n\r\n${get('/b')}`);
    await client.until('/b');
    expect(targets(events)).toEqual(['GET /a', 'GET /b']);
  });

  // Covers: EV-31; RFC 9110 section 15.5.9
  test('that does not come whole in time is refused with 408, the first and any other', async () => {
    const first = await serve({ bounds: { requestHeadMs: 50 } });
    first.client.socket.write('GET / HTTP/1.1\r\n');
    await first.told('malformed 408 GET');
    const second = await serve({ answers: true, bounds: { requestHeadMs: 50 } });
    second.client.socket.write(`${get('/a')}GET / HTTP/1.1\r\n`);
    await second.told('malformed 408 GET');
  });
});

describe('an idle connection', () => {
  test('is one that serves nothing, and of which nothing has come', async () => {
    const { client, socket, exchanges, told } = await serve();
    expect(isIdle(socket)).toBe(true);
    client.socket.write('POST /a HTTP/1.1\r\nHost: a\r\n');
    await vi.waitFor(() => expect(isIdle(socket)).toBe(false));
    client.socket.write('Content-Length: 1\r\n\r\n');
    await told('POST /a');
    answer(exchanges[0] as Exchange);
    await client.until('/a');
    expect(isIdle(socket)).toBe(false); // its body is still coming
    client.socket.write('x');
    await vi.waitFor(() => expect(isIdle(socket)).toBe(true));
  });

  test('is kept for a little longer than its client is told, and then closed', async () => {
    const { client, told } = await serve({ answers: true, bounds: { keepAliveMs: 100 } });
    client.socket.write(get('/a'));
    await client.until('/a');
    const answeredAt = performance.now();
    await told('closed');
    expect(performance.now() - answeredAt).toBeGreaterThan(1_000);
  });

  test('is closed when its client ends its side', async () => {
    const { client, told } = await serve({ answers: true });
    client.socket.write(get('/a'));
    await client.until('/a');
    client.socket.end();
    await told('closed');
  });
});

describe('a client that has ended its side', () => {
  // Covers: RFC 9112 section 9.6
  test('has its answers all the same, to the last of them', async () => {
    const { client, exchanges, told } = await serve();
    client.socket.end(get('/a') + get('/b'));
    await told('GET /a');
    answer(exchanges[0] as Exchange);
    answer(exchanges[1] as Exchange);
    await client.until('/b');
    await told('closed');
  });

  test('and takes nothing is let go after `halfClosedMs`', async () => {
    const { client, told } = await serve({ bounds: { halfClosedMs: 50 } });
    client.socket.end(get('/a'));
    await told('GET /a');
    await told('closed');
  });
});
