import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { connectRaw } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { startHostileOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { hasSquid, startSquid } from '../support/squid.ts';
import { toProxy, type Vector, vectorsIn } from './llhttp-vectors.ts';
import { readMessages } from './message-reader.ts';
import { type Difference, renderDifferences } from './squid-differences.ts';

const LLHTTP = join(ROOT, '../shared/data/llhttp');
const PAGE = join(ROOT, 'docs/differences-from-squid.md');

describe.skipIf(!existsSync(LLHTTP) || !hasSquid)(
  "the same bytes through Squid (needs Debian's squid-openssl and llhttp's vectors)",
  () => {
    // Covers: EV-10; EV-33
    test('come out alike, or docs/differences-from-squid.md says how not, and why', async () => {
      const squid = await startSquid();
      const proxy = await startProxy({
        limits: { keepAliveMs: 300, requestHeadMs: 500, exchangeIdleMs: 500, lingerMs: 100 },
      });
      const compare = (kind: 'request' | 'response', through: Through): Promise<Difference>[] =>
        vectorsIn(LLHTTP, kind)
          .filter(hasNoTunnel)
          .map(async (vector) => ({
            name: vector.name,
            postern: await through(proxy.port, vector),
            squid: await through(squid.port, vector),
          }));
      const requests = await Promise.all(compare('request', throughRequest));
      const responses = await Promise.all(compare('response', throughResponse));
      const all = [...requests, ...responses];
      const page = renderDifferences(
        all.filter((each) => each.postern !== each.squid),
        all.length,
      );
      if (process.env.UPDATE_DIFFERENCES === '1') writeFileSync(PAGE, page.text);
      expect(page.problems).toEqual([]);
      expect(readFileSync(PAGE, 'utf8')).toBe(page.text);
    }, 120_000);
  },
);

/** Tunnels to names of the Internet, which this test does not look up, tell of name servers alone. */
const hasNoTunnel = ({ bytes }: Vector): boolean => !bytes.startsWith('CONNECT ');

type Through = (port: number, vector: Vector) => Promise<string>;

/** What became of a request: how many reached the origin, and the status of a refusal. */
async function throughRequest(port: number, vector: Vector): Promise<string> {
  const origin = await startRecordingOrigin();
  const client = connectRaw(port);
  client.socket.write(toProxy(vector.bytes, origin), 'latin1');
  const { received } = await client.closed();
  const arrived = readMessages(origin.received(), 'request').filter(({ isComplete }) => isComplete).length;
  const statuses = [...received.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status = '']) => status);
  const refusals = statuses.filter((status) => status !== '200');
  return [...(arrived > 0 ? [`${arrived} forwarded`] : []), ...refusals].join(', ') || 'nothing';
}

/** What a client saw of a response: its status, and whether its body was whole. */
async function throughResponse(port: number, vector: Vector): Promise<string> {
  const origin = await startHostileOrigin(vector.bytes);
  const client = connectRaw(port);
  const host = `allowed.test:${origin.port}`;
  client.socket.write(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const { received, error } = await client.closed();
  const [answer, ...more] = splitResponses(received);
  if (answer === undefined) return 'nothing';
  if (more.length > 0) return `bytes behind the ${answer.start[1]}`;
  if (answer.fields.some(([name]) => name === 'X-Transformed-From')) return `${answer.start[1]}, as HTTP/0.9`;
  return `${answer.start[1]}${answer.isComplete && error === undefined ? '' : ', broken off'}`;
}

/** The final responses; of a connection that is to close after the first there should be one. */
const splitResponses = (received: string) =>
  readMessages(received.replace(/\r\n\r\n\r\nHTTP\//g, '\r\n\r\nHTTP/'), 'response').filter(
    ({ start }) => !start[1]?.startsWith('1'),
  );
