import { expect, test } from 'vitest';
import { exchangeRaw } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { BLOCKING_POLICY, startProxy } from '../support/proxy.ts';
import { OK, startHostileOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { ask, head, statusesOf } from './support.ts';

// RFC 9110 sections 5 to 8: what goes on from hop to hop, and what ends here.

// Covers: EV-35; RFC 9110 section 7.6.1 connection; RFC 9110 section 7.6.1 known; RFC 9110 section 10.1.4; RFC 9112 section 7.4; RFC 9110 section 11.7.1; RFC 9110 section 7.8 hop
test('fields about the connection, named or known, end here, and no Proxy- field goes on', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  await exchangeRaw(
    proxy.port,
    head(
      origin,
      {},
      'Connection: close, X-Named',
      'connection: ,x-other , TE',
      'X-Named: secret',
      'X-OTHER: secret',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic c2VjcmV0',
      'Proxy-Anything: secret',
      'Proxy: http://attacker.test/',
      'TE: trailers, gzip',
      'Upgrade: h2c, HTTP/3',
      'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
      'Trailer: X-Sum',
      'X-Kept: 1',
    ),
  );
  expect(origin.received().split('\r\n').slice(0, -2)).toEqual([
    'GET / HTTP/1.1',
    `Host: allowed.test:${origin.port}`,
    'X-Kept: 1',
    expect.stringMatching(/^Via: 1\.1 postern-[0-9a-f]{8}$/),
  ]);
});

// Covers: EV-35; RFC 9110 section 7.6.1 all-recipients
test('Connection cannot name away what the message means, or whose it is', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const names = 'Host, Content-Length, Content-Type, Authorization, Cookie, Via, Content-Encoding';
  await exchangeRaw(
    proxy.port,
    `${head(
      origin,
      { method: 'POST' },
      `Connection: close, ${names}`,
      'Content-Length: 2',
      'Content-Type: text/plain',
      'Content-Encoding: identity',
      'Authorization: Basic x',
      'Cookie: a=1',
      'Via: 1.1 earlier',
    )}ab`,
  );
  for (const line of [
    'Content-Length: 2',
    'Content-Type: text/plain',
    'Authorization: Basic x',
    'Cookie: a=1',
    'Via: 1.1 earlier',
    'Content-Encoding: identity',
  ])
    expect(origin.received()).toContain(`\r\n${line}\r\n`);
});

// Covers: RFC 9110 section 5.1; RFC 9110 section 5.3; RFC 9110 section 7.7 content; RFC 9110 section 7.7 endpoints
test('unknown fields go on with spelling, order and repetition kept, and so does the content', async () => {
  const answer =
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\nCache-Control: no-transform\r\nServer: s\r\n\r\n\x1f\x8b\0\xff';
  const origin = await startRecordingOrigin(answer);
  const proxy = await startProxy();
  const fields = [
    'X-Second: 2',
    'x-FIRST: 1',
    'X-Second:   3  ',
    'User-Agent: u',
    'Range: bytes=0-1',
    'X-Empty:',
    'X-High: \xe9\xff',
  ];
  const received = await ask(proxy.port, head(origin, {}, ...fields));
  expect(origin.received()).toContain(
    '\r\nX-Second: 2\r\nx-FIRST: 1\r\nX-Second: 3\r\nUser-Agent: u\r\nRange: bytes=0-1\r\nX-Empty: \r\nX-High: \xe9\xff\r\n',
  );
  expect(received).toContain(
    '\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\nCache-Control: no-transform\r\nServer: s\r\n',
  );
  expect(received.endsWith('\r\n\r\n\x1f\x8b\0\xff')).toBe(true);
});

// Covers: RFC 9110 section 7.6.1 connection; RFC 9110 section 11.7.1
test('of a response, too, the fields about the connection end here', async () => {
  const origin = await startRecordingOrigin(
    OK.replace(
      '\r\n\r\n',
      '\r\nConnection: X-Named\r\nX-Named: 1\r\nKeep-Alive: timeout=99\r\nProxy-Authenticate: Basic\r\nProxy-Authentication-Info: x\r\nUpgrade: h2c\r\nTrailer: X\r\nX-Kept: 1\r\n\r\n',
    ),
  );
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, {}));
  expect(received).toContain('\r\nX-Kept: 1\r\n');
  expect(received).not.toMatch(/x-named|timeout=99|proxy-auth|upgrade|trailer/i);
});

// Covers: EV-41; RFC 7838 section 2.4
test('Alt-Svc, which leads around the proxy, reaches no client: in no head, interim head or trailer', async () => {
  const origin = await startRecordingOrigin(
    'HTTP/1.1 103 Early Hints\r\nAlt-Svc: h3=":443"\r\nLink: </a>\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nalt-svc: h3=":443"; ma=86400\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nALT-SVC: h3=":443"\r\nX-Sum: 1\r\n\r\n',
  );
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, {}));
  expect(statusesOf(received)).toEqual([103, 200]);
  expect(received).toContain('X-Sum: 1');
  expect(received).not.toMatch(/alt-svc/i);
});

// Covers: RFC 9110 section 7.6.3 via; RFC 9110 section 15.2 forward
test('Via is added to what others wrote there, in requests, responses and interim responses', async () => {
  const origin = await startRecordingOrigin(
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nVia: 1.0 far\r\nContent-Length: 2\r\n\r\nok',
  );
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, {}, 'Via: 1.0 near, 1.1 nearer (a comment)'));
  expect(origin.received()).toMatch(
    /\r\nVia: 1\.0 near, 1\.1 nearer \(a comment\)\r\n(.*\r\n)*Via: 1\.1 postern-/,
  );
  expect(received).toMatch(/103 Early Hints\r\nLink: <\/a>\r\nVia: 1\.1 postern-\S+\r\n\r\n/);
  expect(received).toMatch(/\r\nVia: 1\.0 far\r\n(.*\r\n)*Via: 1\.1 postern-/);
});

// Covers: EV-34; RFC 9110 section 7.6 loop; RFC 9110 section 7.6.3 via
test.for(['1.1 NAME', '1.1 other, 1.0 Name (by way of another)', 'HTTP/1.1 name'])(
  'our own name in Via is a loop, however it is spelt: %s',
  async (via) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy();
    await ask(proxy.port, head(origin, {}));
    const name = /Via: 1\.1 (\S+)/.exec(origin.received())?.[1] ?? '';
    const received = await ask(
      proxy.port,
      head(origin, {}, `Via: ${via.replace(/name/i, name.toUpperCase())}`),
    );
    expect(statusesOf(received)).toEqual([502]);
    expect(received).toContain('error=proxy_loop_detected');
    expect(origin.accepted()).toBe(1);
  },
);

// Covers: RFC 9110 section 6.6.1
test('a response without a date is given one, and a date that is there stays', async () => {
  const proxy = await startProxy();
  const undated = await ask(proxy.port, head(await startRecordingOrigin(), {}));
  expect(undated.match(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/gm)).toHaveLength(1);
  const dated = OK.replace('\r\n\r\n', '\r\nDate: Thu, 06 Feb 2025 01:00:00 GMT\r\n\r\n');
  const kept = await ask(proxy.port, head(await startRecordingOrigin(dated), {}));
  expect(kept.match(/^Date: .*\r$/gim)).toEqual(['Date: Thu, 06 Feb 2025 01:00:00 GMT\r']);
});

// Covers: RFC 9110 section 6.6.1 own
test('answers of our own are dated, on plain connections and after CONNECT', async () => {
  const proxy = await startProxy({ config: { blockPage: { https: 'refuse' } } });
  for (const line of [
    'GET http://blocked.test/',
    'GET /',
    'CONNECT blocked.test:443',
    'CONNECT blocked.test:0',
  ])
    expect(await exchangeRaw(proxy.port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
      /\r\nDate: \w{3}, /,
    );
});

// Covers: RFC 9110 section 6.5.1; RFC 9112 section 7.1.2; RFC 9110 section 7.6.1 connection
test('trailers pass in both directions, less those that frame, route, authenticate or are named by Connection', async () => {
  const trailers =
    'X-Sum: 1\r\nHost: evil.test\r\nAuthorization: x\r\nSet-Cookie: a=1\r\nX-Hop: 1\r\nProxy-Authorization: x\r\n';
  const origin = await startRecordingOrigin(
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\n\r\n2\r\nok\r\n0\r\n${trailers}\r\n`,
  );
  const proxy = await startProxy();
  const request = head(origin, { method: 'POST' }, 'Connection: close, X-Hop', 'Transfer-Encoding: chunked');
  const received = await exchangeRaw(proxy.port, `${request}1\r\na\r\n0\r\n${trailers}\r\n`);
  expect(received.endsWith('\r\n0\r\nX-Sum: 1\r\n\r\n')).toBe(true);
  expect(origin.received().endsWith('\r\n0\r\nX-Sum: 1\r\n\r\n')).toBe(true);
});

// Covers: RFC 9110 section 8.6 no-length; RFC 9112 section 6.1 no-coding
test.for(['204 No Content', '103 Early Hints'])(
  'a %s goes on without a length or a transfer coding',
  async (status) => {
    const origin = await startHostileOrigin(
      `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nX-Kept: 1\r\n\r\n${status.startsWith('1') ? OK : ''}`,
    );
    const proxy = await startProxy();
    const [first] = (await ask(proxy.port, head(origin, {}))).split('\r\n\r\n');
    expect(first).toContain('X-Kept: 1');
    expect(first).not.toMatch(/content-length|transfer-encoding/i);
  },
);

// Covers: RFC 9110 section 8.6 head
test('the length that a HEAD or a 304 tells of goes on, without a body', async () => {
  const proxy = await startProxy();
  const origin = await startHostileOrigin('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n');
  expect(await ask(proxy.port, head(origin, { method: 'HEAD' }))).toMatch(
    /\r\nContent-Length: 1234\r\n(.*\r\n)*\r\n$/,
  );
  const unchanged = await startHostileOrigin(
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: "1"\r\n\r\n',
  );
  expect(await ask(proxy.port, head(unchanged, {}))).toMatch(/\r\nContent-Length: 1234\r\n(.*\r\n)*\r\n$/);
});

// Covers: EV-36; RFC 9110 section 7.8 hop; RFC 9110 section 7.8 http-1.0; RFC 9113 section 3.1
test.for([
  ['h2c', 'HTTP/1.1', 'GET', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'],
  ['TLS', 'HTTP/1.1', 'OPTIONS', 'Upgrade: TLS/1.2'],
  [
    'WebSocket in HTTP/1.0',
    'HTTP/1.0',
    'GET',
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x',
  ],
  [
    'WebSocket by POST',
    'HTTP/1.1',
    'POST',
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x',
  ],
  ['WebSocket among others', 'HTTP/1.1', 'GET', 'Upgrade: websocket, h2c'],
])(
  'an upgrade to %s is not passed on: the request goes as a plain one, and nothing follows it',
  async ([, version, method, fields]) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy();
    const request = head(
      origin,
      { method: String(method), version: String(version) },
      'Connection: Upgrade, HTTP2-Settings',
      String(fields),
    );
    const received = await exchangeRaw(proxy.port, request + head(origin, { path: '/smuggled' }));
    expect(statusesOf(received)).toEqual([200]);
    expect(origin.received()).not.toMatch(/upgrade|http2-settings|smuggled/i);
  },
);

// Covers: EV-10
test('a WebSocket handshake with a body is refused, so that the body is nobody’s first frame', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const request = head(
    origin,
    {},
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: x',
    'Content-Length: 3',
  );
  expect(statusesOf(await exchangeRaw(proxy.port, `${request}abc`))).toEqual([400]);
  expect(origin.accepted()).toBe(0);
});

// Covers: EV-42; RFC 9110 section 15.4
test('a redirect is passed on and never followed', async () => {
  const inside = await startHttpOrigin((_, response) => response.end('inside'));
  const origin = await startHostileOrigin(
    `HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${inside.port}/\r\nContent-Length: 0\r\n\r\n`,
  );
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, {}));
  expect(statusesOf(received)).toEqual([302]);
  expect(received).toContain(`\r\nLocation: http://127.0.0.1:${inside.port}/\r\n`);
  expect(inside.accepted()).toBe(0);
});

// Covers: EV-14
test('no field makes a client another’s: the department comes from its connection', async () => {
  const proxy = await startProxy({
    policies: {
      'office.yaml': BLOCKING_POLICY,
      'lab.yaml': 'department: lab\ntitle: Lab\nmembers: { networks: [10.9.9.9] }\ndefault: allow\n',
    },
  });
  const claims = [
    'X-Forwarded-For: 10.9.9.9',
    'Forwarded: for=10.9.9.9',
    'X-Real-IP: 10.9.9.9',
    'X-Department: lab',
    'Proxy-Authorization: Basic bGFiOmxhYg==',
  ];
  const request = `GET http://blocked.test/ HTTP/1.1\r\nHost: x\r\n${claims.join('\r\n')}\r\nConnection: close\r\n\r\n`;
  expect(statusesOf(await exchangeRaw(proxy.port, request))).toEqual([403]);
  expect(await proxy.linesOf('decision', 1)).toMatchObject([{ department: 'office', client: '127.0.0.1' }]);
});
