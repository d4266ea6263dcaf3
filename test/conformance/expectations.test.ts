import { expect, test } from 'vitest';
import { connectRaw, exchangeRaw } from '../support/client.ts';
import { startRawOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';
import { OK, startHostileOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { ask, head, statusesOf } from './support.ts';

// RFC 9110 sections 10.1.1 and 15.2: who waits for whom before a body.

/** An origin that says 100 when it has the head, and answers when it has as many bytes of body. */
function startContinuingOrigin(bodyLength: number): Promise<Awaited<ReturnType<typeof startRawOrigin>>> {
  return startRawOrigin((socket) => {
    let received = '';
    let hasContinued = false;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const [start = '', body] = received.split('\r\n\r\n');
      if (body === undefined) return;
      if (!hasContinued && /\r\nExpect: 100-continue/i.test(start))
        socket.write('HTTP/1.1 100 Continue\r\nX-From: origin\r\n\r\n');
      hasContinued = true;
      if (body.length >= bodyLength) socket.end(OK);
    });
  });
}

// Covers: RFC 9110 section 10.1.1 proxy; RFC 9110 section 15.2 forward; RFC 9110 section 15.2.1
test('100-continue goes end to end: the origin says when, and only then the body is sent', async () => {
  const origin = await startContinuingOrigin(4);
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(
    head(origin, { method: 'PUT' }, 'Content-Length: 4', 'Expect: 100-continue', 'Connection: close'),
  );
  expect(await client.until((received) => received.includes('\r\n\r\n'))).toBe(
    'HTTP/1.1 100 Continue\r\n\r\n',
  );
  client.socket.write('body');
  expect(statusesOf((await client.closed()).received)).toEqual([100, 200]);
});

// Covers: RFC 9110 section 10.1.1 final; RFC 9110 section 10.1.1 proxy
test.for([
  ['by the proxy', 'blocked.test', 403],
  ['by the origin', 'allowed.test', 417],
])(
  'a client that expects 100 and is refused %s hears so at once, and its connection is not reused',
  async ([, host, status]) => {
    const origin = await startHostileOrigin('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
    const proxy = await startProxy({ limits: { lingerMs: 200 } });
    const client = connectRaw(proxy.port);
    client.socket.write(
      head(origin, { method: 'PUT' }, 'Content-Length: 4', 'Expect: 100-continue').replace(
        '//allowed.test',
        `//${host}`,
      ),
    );
    const { received } = await client.closed();
    expect(statusesOf(received)).toEqual([status]);
    expect(received).toMatch(/\r\nConnection: close\r\n/i);
  },
);

// Covers: RFC 9110 section 10.1.1 http-1.0; RFC 9110 section 15.2 http-1.0
test('an HTTP/1.0 client has no expectation: the field ends here, and it gets no interim response', async () => {
  const origin = await startRecordingOrigin(
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${OK}`,
  );
  const proxy = await startProxy();
  const request = head(
    origin,
    { method: 'PUT', version: 'HTTP/1.0' },
    'Content-Length: 4',
    'Expect: 100-continue',
  );
  expect(statusesOf(await exchangeRaw(proxy.port, `${request}body`))).toEqual([200]);
  expect(origin.received()).not.toMatch(/expect/i);
  expect(origin.received().endsWith('\r\n\r\nbody')).toBe(true);
});

// Covers: RFC 9110 section 10.1.1 other
test('an expectation that is not known here goes on: its origin may know it', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  expect(statusesOf(await ask(proxy.port, head(origin, {}, 'Expect: the-unexpected')))).toEqual([200]);
  expect(origin.received()).toContain('\r\nExpect: the-unexpected\r\n');
});

// Covers: RFC 9110 section 15.2 forward; RFC 9110 section 15.2 parse
test('interim responses pass in their order, unknown ones too, each at once', async () => {
  const proceed = Promise.withResolvers<void>();
  const origin = await startRawOrigin((socket) => {
    socket.once('data', async () => {
      socket.write(
        'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 199 What Ever\r\nX: 1\r\n\r\n',
      );
      await proceed.promise;
      socket.end(OK);
    });
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(head(origin, {}, 'Connection: close'));
  await client.until((received) => statusesOf(received).length === 3);
  proceed.resolve();
  expect(statusesOf((await client.closed()).received)).toEqual([102, 103, 199, 200]);
});

// Covers: RFC 9110 section 15.2.2
test('a 101 that nobody asked for reaches no client', async () => {
  const origin = await startHostileOrigin(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\n',
  );
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, {}));
  expect(statusesOf(received)).toEqual([502]);
  expect(received).toContain('error=http_upgrade_failed');
});
