import { expect, test } from 'vitest';
import { bodies, clientsInTurn } from '../../bench/traffic/http-units.ts';
import { patternAt } from '../../bench/traffic/pattern.ts';
import { ORIGIN_BODY } from '../../bench/traffic/site.ts';
import { startHttpOrigin } from '../support/origin.ts';

const target = { host: 'origin.example', port: 80, path: '/it' };
const BYTES = 5_000;

test.each([
  ['the pattern', patternAt(0, BYTES), undefined],
  ['other bytes', Buffer.alloc(BYTES), /wrong bytes after/],
  ['too few bytes', patternAt(0, BYTES - 1), /4999 of 5000 bytes/],
])('a body of %s is told from the right one', async (_, body, problem) => {
  const proxy = await startHttpOrigin((_request, response) => void response.end(body));
  const unit = bodies(proxy.port, target, BYTES);
  if (problem === undefined) await unit();
  else await expect(unit()).rejects.toThrow(problem);
});

test('clients ask in turn, each from its own address over one connection', async () => {
  const asked: string[] = [];
  const proxy = await startHttpOrigin((request, response) => {
    asked.push(`${request.socket.remoteAddress} ${request.url}`);
    response.end(ORIGIN_BODY);
  });
  const unit = clientsInTurn(proxy.port, target, ['127.0.0.2', '127.0.0.3']);
  for (let count = 0; count < 4; count++) await unit();
  const [first, second] = ['127.0.0.2', '127.0.0.3'].map((from) => `${from} http://origin.example:80/it`);
  expect(asked).toEqual([first, second, first, second]);
  expect(proxy.accepted()).toBe(2);
});

test('a proxy that refuses is an error', async () => {
  const proxy = await startHttpOrigin((_request, response) => void response.writeHead(403).end(ORIGIN_BODY));
  await expect(bodies(proxy.port, target, ORIGIN_BODY.length)()).rejects.toThrow('status 403');
});
