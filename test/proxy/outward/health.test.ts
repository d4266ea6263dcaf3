import { expect, test } from 'vitest';
import { parseHost } from '../../../src/policy/host.ts';
import { createHealth, type Health } from '../../../src/proxy/outward/health.ts';
import { createParent, type Parent } from '../../../src/proxy/outward/parent.ts';

function parent(name: string): Parent {
  const host = parseHost(name);
  if (!host.ok) throw new Error(name);
  return createParent({ url: { scheme: 'http', host: host.value, port: 3128 } });
}

const [A, B] = [parent('a.example'), parent('b.example')];

/** A health, and a clock that the test sets. */
function healthAt(): { health: Health; clock: { now: number } } {
  const clock = { now: 0 };
  return { health: createHealth(() => clock.now), clock };
}

test('parents that answer are tried in the order in which they are listed', () => {
  const { health } = healthAt();
  expect(health.inOrder([A, B, 'direct'])).toEqual([A, B, 'direct']);
});

test('a parent that could not be reached is left alone for twice as long each time, up to a minute', () => {
  const { health, clock } = healthAt();
  const pauses = Array.from({ length: 9 }, () => {
    health.missed(A, 'connection_refused');
    const failedAt = clock.now;
    while (!health.inOrder([A, B]).includes(A)) clock.now += 500;
    return (clock.now - failedAt) / 1_000;
  });
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test('one request at a time finds out whether a parent is back', () => {
  const { health, clock } = healthAt();
  health.missed(A, 'connection_refused');
  clock.now = 1_000;
  expect(health.inOrder([A, B])).toEqual([A, B]);
  health.begin(A);
  expect(health.inOrder([A, B])).toEqual([B]);
  health.reached(A);
  expect(health.inOrder([A, B])).toEqual([A, B]);
});

test('when all are down all are tried, the one that failed longest ago first', () => {
  const { health, clock } = healthAt();
  health.missed(B, 'connection_refused');
  clock.now = 10;
  health.missed(A, 'connection_timeout');
  expect(health.inOrder([A, B])).toEqual([B, A]);
});

test('the direct way is never down', () => {
  const { health } = healthAt();
  health.missed(A, 'connection_refused');
  expect(health.inOrder([A, 'direct'])).toEqual(['direct']);
});

test('its state tells since when a parent is down, and why it last failed', () => {
  const { health, clock } = healthAt();
  expect(health.stateOf(A)).toEqual({ name: 'a.example:3128', state: 'up' });
  health.missed(A, 'connection_refused');
  clock.now = 5_000;
  health.missed(A, 'connection_timeout');
  clock.now = 6_000;
  expect(health.stateOf(A)).toEqual({
    name: 'a.example:3128',
    state: 'down',
    cause: 'connection_timeout',
    downMs: 6_000,
  });
});
