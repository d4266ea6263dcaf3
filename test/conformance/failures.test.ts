import { expect, test } from 'vitest';
import { PROXY_ERROR_STATUS } from '../../src/policy/proxy-error.ts';
import { connectRaw, exchangeRaw } from '../support/client.ts';
import { startRawOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';
import { startHostileOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { ask, head, statusesOf } from './support.ts';

// RFC 9209: whatever fails or is refused here says so in Proxy-Status, by the type and with the status of the RFC.

const PROXY_STATUS =
  /^Proxy-Status: postern; error=([a-z_]+); details="(?:[^"\\]|\\.)*incident [0-9A-Z]{4}-[0-9A-Z]{4}"\r$/m;

const FAILURES: readonly (readonly [type: keyof typeof PROXY_ERROR_STATUS, status: number, line: string])[] =
  [
    ['http_request_denied', 403, 'GET http://blocked.test/'],
    ['http_request_denied', 403, 'CONNECT allowed.test:22'],
    ['http_request_error', 400, 'GET http://user@allowed.test/'],
    ['http_request_error', 400, 'CONNECT allowed.test'],
    ['http_request_error', 421, 'GET /'],
    ['dns_error', 502, 'GET http://nowhere.invalid/'],
    ['dns_error', 502, 'CONNECT nowhere.invalid:443'],
    ['destination_ip_prohibited', 502, 'GET http://192.168.0.1/'],
    ['destination_ip_prohibited', 502, 'CONNECT 169.254.169.254:443'],
    ['connection_refused', 502, 'GET http://allowed.test:2/'],
  ];

// Covers: RFC 9209 section 2; RFC 9209 section 2.3.2; RFC 9209 section 2.3.5; RFC 9209 section 2.3.7; RFC 9209 section 2.3.16; RFC 9209 section 2.3.17
test.for(FAILURES)('%s is told with %i: %s', async ([type, status, line]) => {
  const proxy = await startProxy();
  const received = await exchangeRaw(proxy.port, `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(statusesOf(received)).toEqual([status]);
  expect(PROXY_STATUS.exec(received)?.[1]).toBe(type);
  const [line1] = await proxy.linesOf('decision', 1);
  expect(received).toContain(`incident ${line1?.code}"`);
});

// Covers: RFC 9209 section 2.3.26; RFC 9110 section 15.6.5
test('an origin that does not answer in time is a 504', async () => {
  const origin = await startRawOrigin((socket) => socket.resume());
  const proxy = await startProxy({ limits: { exchangeIdleMs: 100 } });
  const received = await ask(proxy.port, head(origin, {}));
  expect(statusesOf(received)).toEqual([504]);
  expect(PROXY_STATUS.exec(received)?.[1]).toBe('http_response_timeout');
});

// Covers: RFC 9209 section 2; RFC 8941 section 3.3.3
test('every error type has a status that is an error, and the details are one well-formed string', async () => {
  for (const status of Object.values(PROXY_ERROR_STATUS)) expect(status).toBeGreaterThanOrEqual(400);
  const proxy = await startProxy();
  const received = await exchangeRaw(
    proxy.port,
    'GET "\\"://x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  expect(received).toMatch(PROXY_STATUS);
});

// Covers: RFC 9209 section 2.3.27
test('a WebSocket whose origin switches to something else is http_upgrade_failed', async () => {
  const origin = await startHostileOrigin(
    'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n',
  );
  const proxy = await startProxy();
  const handshake = head(origin, {}, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x');
  const received = await exchangeRaw(proxy.port, handshake);
  expect(statusesOf(received)).toEqual([502]);
  expect(PROXY_STATUS.exec(received)?.[1]).toBe('http_upgrade_failed');
});

// Covers: EV-28
test('every attempt leaves its decision or its malformed line, whatever comes of it, and each decision one outcome', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const attempts = [
    ...FAILURES.map(([, , line]) => `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    head(origin, {}, 'Connection: close'),
    'noise\r\n\r\n',
    `GET http://allowed.test/${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ];
  for (const attempt of attempts) {
    const client = connectRaw(proxy.port);
    client.socket.write(attempt);
    await client.closed();
  }
  const decisions = await proxy.linesOf('decision', attempts.length);
  expect(decisions).toHaveLength(attempts.length);
  const decided = decisions.filter(({ reason }) => reason !== 'malformed').map(({ id }) => id);
  const outcomes = await proxy.linesOf('outcome', decided.length);
  expect(outcomes.map(({ id }) => id).sort()).toEqual([...decided].sort());
});
