import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { connectRaw } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { startHostileOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { type Message, toProxy, type Vector, vectorsIn } from './llhttp-vectors.ts';
import { readMessages } from './message-reader.ts';

const LLHTTP = join(ROOT, '../shared/data/llhttp');
const vectors = (kind: 'request' | 'response'): (readonly [string, Vector])[] =>
  existsSync(LLHTTP) ? vectorsIn(LLHTTP, kind).map((vector) => [vector.name, vector] as const) : [];

/** What Postern refuses although the parser takes it, by the problem in the log. */
const STRICTER = [
  /^the only transfer coding understood here is chunked$/, // RFC 9112 section 6.1: we would have to decode the other
  /^HTTP\/2\.0 is not spoken/, // the preface of HTTP/2
  /^the request line is not valid HTTP\/1\.1$/, // RTSP, ICE, and HTTP/0.9, which names no version
  /^the request target is not an absolute URL$/, // a fragment, which no target has (RFC 9112 section 3.2)
  /^CONNECT has no body$/,
  /^the authority carries user information$/,
];

describe.skipIf(!existsSync(LLHTTP))("llhttp's own vectors (skipped where they are absent)", () => {
  test('are there', () => {
    expect(vectors('request').length).toBeGreaterThan(100);
    expect(vectors('response').length).toBeGreaterThan(50);
  });

  // Covers: EV-10; RFC 9112 section 2.2 grammar; RFC 9112 section 11.2; RFC 9112 section 7.1 decode
  test.for(vectors('request'))(
    '%s: what is an error reaches no origin whole, and what is good arrives equal',
    async ([, vector]) => {
      const origin = await startRecordingOrigin();
      const proxy = await startProxy();
      const client = connectRaw(proxy.port);
      client.socket.end(toProxy(vector.bytes, origin), 'latin1');
      await client.closed();
      const arrived = readMessages(origin.received(), 'request').filter(({ isComplete }) => isComplete);
      const sent = vector.messages.filter(({ isComplete, start }) => isComplete && start[0] !== 'CONNECT');
      expect(arrived.map(requestEssence)).toEqual(sent.slice(0, arrived.length).map(requestEssence));
      const problems = proxy.lines().flatMap(({ problem }) => (typeof problem === 'string' ? [problem] : []));
      if (arrived.length < sent.length) expect(problems.join()).toMatch(anyOf(STRICTER));
      if (vector.error === undefined && sent.length === arrived.length)
        expect(
          problems.filter(
            (problem) =>
              !anyOf(STRICTER).test(problem) && vector.messages.every((message) => message.isComplete),
          ),
        ).toEqual([]);
    },
  );

  // Covers: EV-33; RFC 9112 section 11.1; RFC 9112 section 7.1 decode; RFC 9112 section 8 response
  test.for(vectors('response'))(
    '%s: what is an error reaches no client whole, and what is good arrives equal',
    async ([, vector]) => {
      const origin = await startHostileOrigin(vector.bytes);
      const proxy = await startProxy();
      const client = connectRaw(proxy.port);
      client.socket.write(
        `GET http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      const { received, error } = await client.closed();
      const [answer, ...more] = readMessages(received, 'response').filter(isFinal);
      expect(more).toEqual([]);
      const final = vector.messages.find((message) => !message.hasHead || isFinal(message));
      const isRefused = answer?.start[1] === '502';
      if (final === undefined || !final.hasHead || isUnusable(final)) expect(answer?.start[1]).toBe('502');
      // What breaks in the segment of its head has its client reset before a byte of it has gone on.
      else if (answer === undefined && vector.error !== undefined) expect(error?.code).toBe('ECONNRESET');
      else if (!isRefused || vector.error === undefined) {
        expect(answer && responseEssence(answer)).toEqual(responseEssence(final));
        if (isWhole(final))
          expect([answer?.isComplete, answer?.body, error]).toEqual([true, final.body, undefined]);
        else expect([answer?.isComplete ?? false, error?.code]).toEqual([false, 'ECONNRESET']);
      }
    },
  );
});

/** The status stands second in what a client reads, and last in what the parser tells. */
const statusOf = ({ start }: Message): string =>
  start[1]?.length === 3 && start[0]?.startsWith('HTTP/') ? start[1] : (start.at(-1) ?? '');
const isFinal = (message: Message): boolean =>
  !/^1\d\d$/.test(statusOf(message)) || statusOf(message) === '101';

/** What that parser takes, and no client may see: other protocols, and see `responseFault`. */
const isUnusable = (message: Message): boolean => {
  if (message.start[0] !== 'HTTP') return true;
  const coding = valuesOf(message, 'transfer-encoding').join(', ').toLowerCase();
  return statusOf(message) === '101' || message.start[1] === '0.9' || (coding !== '' && coding !== 'chunked');
};

/** Whether it ends by itself, or may end with its connection (RFC 9112 section 6.3). */
const isWhole = (message: Message): boolean =>
  message.isComplete ||
  (valuesOf(message, 'content-length').length === 0 && valuesOf(message, 'transfer-encoding').length === 0);

const valuesOf = ({ fields }: Message, name: string): string[] =>
  fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value.trim());

const responseEssence = (message: Message): readonly unknown[] => [statusOf(message), fieldsOf(message)];

const anyOf = (patterns: readonly RegExp[]): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join('|'));

/** Fields that are written anew, or end here (docs/differences-from-squid.md). */
const REWRITTEN =
  /^(?:host|via|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|content-length|upgrade|http2-settings|expect|date|alt-svc)$/i;

const fieldsOf = ({ fields }: Message): string[] => {
  const named = fields
    .filter(([name]) => /^connection$/i.test(name))
    .flatMap(([, value]) => value.toLowerCase().split(/[ ,]+/));
  return fields
    .filter(([name]) => !REWRITTEN.test(name) && !named.includes(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value.trim()}`);
};

/** What must be the same on both sides: method, path, fields in their order, and content. */
function requestEssence(message: Message): readonly unknown[] {
  const [method, target = ''] = message.start;
  const path = target.replace(/^http:\/\/[^/?]*/, '').replace(/^(?=\?|$)/, '/');
  return [method, path === '*' && method !== 'OPTIONS' ? '/' : path, fieldsOf(message), message.body];
}
