import net from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/proxy/bounds/limits.ts';
import { ClientConnection } from '../../src/proxy/http/wire/client-connection.ts';
import type { IncomingRequest } from '../../src/proxy/http/wire/incoming-request.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 300);

/** A request as far as it can be read in more than one way: the rest is how it looked. */
type Read = {
  readonly line: string;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
};

/** What a connection was understood to say: requests that kept the rules and came whole, and why there are no more. */
type Heard = { readonly requests: readonly Read[]; readonly end: string | undefined };

/** Has a connection of its own read the segments, each as one read of the kernel gives it. */
async function hear(segments: readonly string[]): Promise<Heard> {
  const socket = await accept();
  const requests: Read[] = [];
  let end: string | undefined;
  const stop = (why: string): void => {
    end ??= why;
  };
  new ClientConnection(socket, DEFAULT_LIMITS, {
    onRequest(request, response) {
      if (!response.keepsAlive) stop(request.violation?.problem ?? 'the last');
      const answer = (): void => {
        response.writeHead(204, []);
        response.end();
      };
      if (request.violation !== undefined) answer();
      else
        collect(request, (read) => {
          requests.push(read);
          answer();
        });
    },
    onLeaving: () => stop('leaves'),
    onOutOfTurn: (_, problem) => stop(problem),
    onMalformed: ({ problem }) => stop(problem),
    onBrokenBody: () => stop('its body broke'),
  });
  for (const segment of segments) {
    await new Promise(setImmediate); // so that an answer is over before the next segment
    socket.emit('data', Buffer.from(segment, 'latin1'));
  }
  await new Promise(setImmediate);
  socket.destroy();
  return { requests, end };
}

function collect(request: IncomingRequest, onRead: (read: Read) => void): void {
  const { method, requestTarget, httpVersion, rawHeaders, body } = request;
  let text = '';
  body.take({
    onPiece(piece) {
      text += piece.toString('latin1');
    },
    onComplete: () =>
      onRead({
        line: `${method} ${requestTarget} HTTP/${httpVersion}`,
        fields: rawHeaders,
        body: text,
        trailers: body.rawTrailers,
      }),
    onBroken() {},
  });
}

let server: net.Server | undefined;

/** The proxy's side of a new connection. */
async function accept(): Promise<net.Socket> {
  if (server === undefined) {
    const listening = net.createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    server = listening;
    onTestFinished(() => {
      listening.close();
      server = undefined;
    });
  }
  const accepted = new Promise<net.Socket>((resolve) => server?.once('connection', resolve));
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  client.on('error', () => {}).resume();
  const socket = await accepted;
  socket.once('close', () => client.destroy());
  return socket;
}

/** Reads as the grammar says it, past line ends before a head, and up to what it cannot read. */
function readPlainly(bytes: string): Read[] {
  const text = bytes.replace(/^[\r\n]+/, '');
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return [];
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const fields = lines.flatMap(field);
  const fieldNamed = (name: string): string | undefined =>
    fields[
      fields.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name) + 1 || fields.length
    ];
  const rest = text.slice(end + 4);
  const length = Number(fieldNamed('content-length') ?? 0);
  const read =
    fieldNamed('transfer-encoding') === undefined
      ? { body: rest.slice(0, length), trailers: [], rest: rest.slice(length) }
      : readChunks(rest);
  if (read === undefined || (fieldNamed('transfer-encoding') === undefined && rest.length < length))
    return [];
  return [{ line, fields, body: read.body, trailers: read.trailers }, ...readPlainly(read.rest)];
}

function field(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
}

function readChunks(text: string): { body: string; trailers: string[]; rest: string } | undefined {
  const [line, size = ''] = /^([\da-f]+)(?:;[^\r\n]*)?\r\n/i.exec(text) ?? [];
  if (line === undefined) return undefined;
  const length = Number.parseInt(size, 16);
  const from = line.length;
  if (length === 0) {
    const trailers = /^(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(from))?.[0];
    if (trailers === undefined) return undefined;
    const lines = trailers.split('\r\n').filter((one) => one !== '');
    return { body: '', trailers: lines.flatMap(field), rest: text.slice(from + trailers.length) };
  }
  if (text.slice(from + length, from + length + 2) !== '\r\n') return undefined;
  const more = readChunks(text.slice(from + length + 2));
  return more && { ...more, body: text.slice(from, from + length) + more.body };
}

const token = fc.stringMatching(/^[a-z!#$%&'*+.^_`|~-]{1,12}$/);
const content = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/);
const ows = fc.constantFrom('', ' ', '\t', ' \t ');
const ownField = fc
  .tuple(token, ows, content, ows)
  .map(([name, before, value, after]) => `x-${name}:${before}${value}${after}\r\n`);
const bytes = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 40 });

const chunk = fc
  .tuple(
    bytes.filter((data) => data !== ''),
    fc.constantFrom('', ';a', ';a=b;c="d, \\"e;"'),
  )
  .map(([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`);

/** The field that frames a body, and the body. */
const framedBody = fc.oneof(
  fc.constant({ framing: '', body: '' }),
  bytes.map((body) => ({ framing: `Content-Length: ${body.length}\r\n`, body })),
  fc
    .tuple(fc.array(chunk, { maxLength: 3 }), fc.array(ownField, { maxLength: 2 }))
    .map(([chunks, trailers]) => ({
      framing: 'Transfer-Encoding: chunked\r\n',
      body: `${chunks.join('')}0\r\n${trailers.join('')}\r\n`,
    })),
);

type Sent = { readonly head: string; readonly body: string };

const request: fc.Arbitrary<Sent> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS'),
    target: fc.stringMatching(/^\/[!-~]{0,20}$/),
    before: fc.array(ownField, { maxLength: 3 }),
    after: fc.array(ownField, { maxLength: 3 }),
    content: framedBody,
  })
  .map(({ method, target, before, after, content: { framing, body } }) => ({
    head: `${method} ${target} HTTP/1.1\r\n${before.join('')}Host: a\r\n${framing}${after.join('')}\r\n`,
    body,
  }));

const requests = fc.array(request, { minLength: 1, maxLength: 6 });
const textOf = (sent: readonly Sent[]): string => sent.map(({ head, body }) => head + body).join('');

function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => place % text.length))].sort((a, b) => a - b);
  return [...at, text.length]
    .map((end, index) => text.slice(at[index - 1] ?? 0, end))
    .filter((one) => one !== '');
}

// Covers: EV-08; RFC 9112 section 11.2
test('requests are the same in whatever segments they come', async () => {
  await fc.assert(
    fc.asyncProperty(requests, fc.array(fc.nat(2_000), { maxLength: 30 }), async (sent, places) => {
      const text = textOf(sent);
      const expected = { requests: readPlainly(text), end: undefined };
      expect(expected.requests).toHaveLength(sent.length);
      expect(await hear([text])).toEqual(expected);
      expect(await hear(cut(text, places))).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
});

test('requests are the same where each byte comes alone', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (sent) => {
      const text = textOf(sent);
      expect(await hear([...text])).toEqual({ requests: readPlainly(text), end: undefined });
    }),
    { numRuns: Math.ceil(RUNS / 20) },
  );
});

// Covers: EV-08; EV-10; RFC 9112 section 11.2
test('a byte in a head that is another is read as the grammar says, or ends what is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      requests,
      fc.nat(2_000),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('\r\n\0\t :;,/0159Cc\x0b\x7f\x85\xa0', 'latin1'))),
      fc.array(fc.nat(2_000), { maxLength: 5 }),
      async (sent, place, byte, places) => {
        const [first, ...rest] = sent as [Sent, ...Sent[]];
        const at = place % first.head.length;
        const head = first.head.slice(0, at) + String.fromCharCode(byte) + first.head.slice(at + 1);
        const text = head + first.body + textOf(rest);
        const heard = await hear(cut(text, places));
        const plain = readPlainly(text);
        expect(heard.requests).toEqual(plain.slice(0, heard.requests.length));
        if (heard.requests.length < plain.length) expect(heard.end).toBeDefined();
        expect((await hear([text])).requests).toEqual(heard.requests);
      },
    ),
    { numRuns: RUNS * 2 },
  );
});
