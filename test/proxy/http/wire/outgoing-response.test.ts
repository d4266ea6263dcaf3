import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { IncomingRequest } from '../../../../src/proxy/http/wire/incoming-request.ts';
import { OutgoingResponse } from '../../../../src/proxy/http/wire/outgoing-response.ts';
import { connectPeer, type Peer } from '../../../support/peer.ts';

type Begun = {
  readonly response: OutgoingResponse;
  readonly client: Peer;
  readonly socket: net.Socket;
  /** What was told of its end: `whole` or `lost`, and `over` to the connection. */
  readonly endings: string[];
};

/** A response on a connection of its own. */
async function begin(
  request: Partial<Pick<IncomingRequest, 'method' | 'httpVersion' | 'rawHeaders'>> = {},
): Promise<Begun> {
  const accepted = Promise.withResolvers<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => accepted.resolve(socket.resume()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const client = await connectPeer((server.address() as net.AddressInfo).port);
  const socket = await accepted.promise;
  onTestFinished(() => {
    client.socket.destroy();
    socket.destroy();
  });
  const endings: string[] = [];
  const head = { method: 'GET', requestTarget: '/', httpVersion: '1.1', rawHeaders: [], ...request };
  const incoming = new IncomingRequest(socket, head, undefined, { pause() {}, resume() {} });
  const response: OutgoingResponse = new OutgoingResponse(incoming, head.httpVersion === '1.1', {
    socket,
    keptForSeconds: 65,
    responseOver: (_, isWhole) => endings.push(`over ${isWhole ? 'whole' : 'lost'}`),
  });
  response.whenOver((isWhole) => endings.push(isWhole ? 'whole' : 'lost'));
  socket.on('error', () => socket.destroy());
  socket.once('close', () => response.lose());
  return { response, client, socket, endings };
}

const piece = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The bytes of a response, but for its date. */
async function bytesOf({ client, socket }: Begun): Promise<string> {
  socket.end();
  await once(client.socket, 'end');
  return client.received().replace(/Date: [^\r]+ GMT\r\n/, 'Date: now\r\n');
}

const KEPT = 'Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n\r\n';

describe('a response is framed', () => {
  // Covers: RFC 9112 section 6.3; RFC 9110 section 6.6.1
  test('by its length, where that is known', async () => {
    const begun = await begin();
    begun.response.writeHead(200, ['Content-Length', '4']);
    begun.response.write(piece('bo'));
    begun.response.write(piece('dy'));
    begun.response.end();
    expect(await bytesOf(begun)).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\nDate: now\r\n${KEPT}body`);
    expect(begun.endings).toEqual(['whole', 'over whole']);
  });

  // Covers: RFC 9112 section 7.1
  test('in chunks where it is not, with the trailers behind them', async () => {
    const begun = await begin();
    begun.response.writeHead(200, [], 'Fine');
    begun.response.write(piece('x'.repeat(17)));
    begun.response.write(Buffer.alloc(0)); // which would be the end
    begun.response.write(piece('dy'));
    begun.response.end(['X-Sum', '1']);
    expect(await bytesOf(begun)).toBe(
      `HTTP/1.1 200 Fine\r\nDate: now\r\nTransfer-Encoding: chunked\r\n${KEPT}` +
        `11\r\n${'x'.repeat(17)}\r\n2\r\ndy\r\n0\r\nX-Sum: 1\r\n\r\n`,
    );
  });

  test('by the end of the connection for HTTP/1.0, and then no trailers follow', async () => {
    const begun = await begin({ httpVersion: '1.0' });
    begun.response.writeHead(200, []);
    begun.response.write(piece('body'));
    begun.response.end(['X-Sum', '1']);
    expect(await bytesOf(begun)).toBe('HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\n\r\nbody');
  });

  test.each([
    ['HEAD', 200, ['Content-Length', '4']],
    ['HEAD', 200, []],
    ['GET', 304, ['Content-Length', '4']],
    ['GET', 204, []],
  ] as const)('by nothing where it has no body: %s, %i, %j', async (method, status, headers) => {
    const begun = await begin({ method });
    begun.response.writeHead(status, headers, '');
    begun.response.endWith('body');
    const lines = headers.length === 0 ? '' : 'Content-Length: 4\r\n';
    expect(await bytesOf(begun)).toBe(`HTTP/1.1 ${status} \r\n${lines}Date: now\r\n${KEPT}`);
  });

  test('alike, however large its pieces are', async () => {
    const begun = await begin();
    begun.response.writeHead(200, ['Content-Length', '20000']);
    begun.response.write(piece('x'.repeat(20_000)));
    begun.response.end();
    expect(await bytesOf(begun)).toBe(
      `HTTP/1.1 200 OK\r\nContent-Length: 20000\r\nDate: now\r\n${KEPT}${'x'.repeat(20_000)}`,
    );
  });
});

describe('a head', () => {
  test('keeps the date that it has', async () => {
    const begun = await begin();
    begun.response.writeHead(204, ['date', 'then']);
    begun.response.end();
    expect(await bytesOf(begun)).toBe(`HTTP/1.1 204 No Content\r\ndate: then\r\n${KEPT}`);
  });

  test('goes out without a piece of the body, when told so', async () => {
    const { response, client } = await begin();
    response.writeHead(200, []);
    response.flushHead();
    await client.until('\r\n\r\n');
    expect(response.hasBegun).toBe(true);
    response.write(piece('body'));
    await client.until('4\r\nbody\r\n');
    expect(client.received().match(/HTTP/g)).toHaveLength(1);
  });

  // Covers: RFC 9110 section 10.1.1
  test('says that the connection closes, to a client that still waits for 100', async () => {
    const { response, client } = await begin({ rawHeaders: ['Expect', '100-Continue'] });
    response.writeHead(204, []);
    response.end();
    await client.until('Connection: close');
    expect(response.keepsAlive).toBe(false);
  });
});

describe('an interim response', () => {
  // Covers: RFC 9110 section 15.2
  test('comes before the final one, as often as it is told', async () => {
    const begun = await begin({ rawHeaders: ['Expect', '100-continue'] });
    begun.response.writeInterim(103, 'Early Hints', ['Link', '</a>']);
    begun.response.writeInterim(100, 'Continue', []);
    begun.response.writeHead(204, []);
    begun.response.writeInterim(103, 'Early Hints', []);
    begun.response.end();
    expect(await bytesOf(begun)).toBe(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n' +
        `HTTP/1.1 204 No Content\r\nDate: now\r\n${KEPT}`,
    );
  });

  test('does not come to a client of HTTP/1.0', async () => {
    const begun = await begin({ httpVersion: '1.0' });
    begun.response.writeInterim(103, 'Early Hints', []);
    begun.response.writeHead(204, []);
    begun.response.end();
    expect(await bytesOf(begun)).toMatch(/^HTTP\/1.1 204 /);
  });
});

describe('the end of a response', () => {
  test('is told when all of it has gone, and the client may hold it back', async () => {
    const { response, client, endings } = await begin();
    client.befall('stall');
    response.writeHead(200, []);
    expect(response.write(Buffer.alloc(64_000_000))).toBe(false);
    expect(response.isHeldBack).toBe(true);
    response.end();
    await new Promise(setImmediate);
    expect([endings, response.isOver]).toEqual([[], false]);
    client.socket.resume();
    await vi.waitFor(() => expect(endings).toEqual(['whole', 'over whole']), { timeout: 5_000 });
    expect(response.isOver).toBe(true);
  });

  test('is told as a loss when the client is gone before', async () => {
    const { response, client, endings } = await begin();
    client.befall('stall');
    response.writeHead(200, []);
    response.write(Buffer.alloc(64_000_000));
    response.end();
    await new Promise(setImmediate);
    client.befall('RST');
    await vi.waitFor(() => expect(endings).toEqual(['lost', 'over lost']));
    response.whenOver((isWhole) => endings.push(`${isWhole}`));
    expect(endings.at(-1)).toBe('false');
  });

  test('is no whole one where our side of the connection was ended before', async () => {
    const { response, socket, client, endings } = await begin();
    socket.end();
    response.writeHead(200, ['Content-Length', '4']);
    expect(response.isOver).toBe(true);
    response.endWith('body');
    expect(endings).toEqual([]);
    client.socket.end();
    await vi.waitFor(() => expect(endings).toEqual(['lost', 'over lost']));
  });
});
