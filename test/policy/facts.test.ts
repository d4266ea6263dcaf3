import { expect, test } from 'vitest';
import { factsOf } from './support.ts';

test.each(['https', 'wss'])('%s comes as a tunnel: its path is not known', (scheme) => {
  const facts = factsOf(`${scheme}://chat.deepseek.com/secret`);
  expect(facts).toMatchObject({ via: 'connect', method: 'CONNECT', host: 'chat.deepseek.com', port: 443 });
  expect(facts).not.toHaveProperty('path');
});

test.each([
  ['http', 'http'],
  ['ws', 'websocket'],
])(
  '%s comes as a request: its path is known, without the query, which carries what people typed',
  (scheme, via) => {
    expect(factsOf(`${scheme}://chat.deepseek.com/a?secret`)).toMatchObject({
      via,
      method: 'GET',
      port: 80,
      path: '/a',
    });
  },
);

test('who asks, and when, is taken over', () => {
  const who = { time: 1, department: 'office', user: 'kim', groups: ['staff'], client: '10.0.0.9' };
  expect(factsOf('http://a.example/', who)).toMatchObject(who);
});
