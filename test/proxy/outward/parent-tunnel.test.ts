import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTunnelAnswer } from '../../../src/proxy/outward/parent-tunnel.ts';

const MAX_HEAD_BYTES = 64;
const read = (text: string) => readTunnelAnswer(Buffer.from(text, 'latin1'), MAX_HEAD_BYTES);
const established = (rest: string) => ({ kind: 'established', rest: Buffer.from(rest, 'latin1') });

test.each([
  ['nothing yet', '', { kind: 'incomplete' }],
  ['the beginning of a head', 'HTTP/1', { kind: 'incomplete' }],
  ['a head without its end', 'HTTP/1.1 200 OK\r\nA: b\r\n', { kind: 'incomplete' }],
  ['a head with its end', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n', established('')],
  ['a status without a reason', 'HTTP/1.1 200\r\n\r\n', established('')],
  ['any other success, of HTTP/1.0', 'HTTP/1.0 299 x\r\n\r\n', established('')],
  ['the first bytes of the tunnel', 'HTTP/1.1 200 OK\r\n\r\n\r\n\x16', established('\r\n\x16')],
  ['fields that would frame a content', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab', established('ab')],
  ['interim responses', 'HTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nz', established('z')],
  ['an interim response alone', 'HTTP/1.1 100 Continue\r\n\r\n', { kind: 'incomplete' }],
  ['a refusal', 'HTTP/1.1 407 Auth\r\n\r\nbody', { kind: 'refused', status: 407 }],
  ['a redirection', 'HTTP/1.1 302 Found\r\n\r\n', { kind: 'refused', status: 302 }],
  ['a switch of protocols', 'HTTP/1.1 101 x\r\n\r\n', { kind: 'malformed' }],
  ['another protocol', 'SSH-2.0', { kind: 'malformed' }],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', { kind: 'malformed' }],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', { kind: 'malformed' }],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', { kind: 'malformed' }],
  ['a line that is no status line', 'HTTP/1.1 \r\n\r\n', { kind: 'malformed' }],
  ['an end of line alone', 'HTTP/1.1 200 OK\n\nx', { kind: 'incomplete' }],
  ['a head of the largest size', `HTTP/1.1 200 ${'x'.repeat(51)}\r\n\r\n`, established('')],
  ['a larger head', `HTTP/1.1 200 ${'x'.repeat(52)}\r\n\r\n`, { kind: 'malformed' }],
  ['a larger head without an end', `HTTP/1.1 200 ${'x'.repeat(52)}`, { kind: 'malformed' }],
  ['a flood of interim responses', 'HTTP/1.1 100 x\r\n\r\n'.repeat(10), { kind: 'malformed' }],
])('%s', (_name, text, answer) => {
  expect(read(text)).toEqual(answer);
});

test('in whatever pieces an answer comes, it is read the same, and never before it is whole', () => {
  const head = 'HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n';
  fc.assert(
    fc.property(fc.nat(head.length - 1), fc.uint8Array({ maxLength: 99 }), (cut, rest) => {
      expect(read(head.slice(0, cut))).toEqual({ kind: 'incomplete' });
      const answer = readTunnelAnswer(Buffer.concat([Buffer.from(head), rest]), MAX_HEAD_BYTES);
      expect(answer).toEqual({ kind: 'established', rest: Buffer.from(rest) });
    }),
  );
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => readTunnelAnswer(Buffer.from(bytes), MAX_HEAD_BYTES)).not.toThrow();
    }),
  );
});
