import { describe, expect, test } from 'vitest';
import type { Asker } from '../../src/policy/membership.ts';
import { policiesOf, problemsOf } from './support.ts';

const department = (id: string, members: object): string =>
  JSON.stringify({ department: id, title: id, members });

const POLICIES = policiesOf({
  'trade.yaml': department('trade', { networks: ['10.20.0.0/16'], groups: ['trade-staff'] }),
  'guests.yaml': department('guests', { ports: [3228] }),
  'research.yaml': department('research', { users: ['kim'], groups: ['lab', 'library'] }),
});

const find = (asker: Partial<Asker>) => POLICIES.membership.find({ client: '192.0.2.1', ...asker });

describe('who belongs to which department', () => {
  test.each<[string, Partial<Asker>, string | undefined]>([
    ['nobody claims them', {}, undefined],
    ['the network of the client', { client: '10.20.1.7' }, 'trade'],
    ['the listener, before the network', { client: '10.20.1.7', listenerPort: 3228 }, 'guests'],
    ['another listener says nothing', { client: '10.20.1.7', listenerPort: 3128 }, 'trade'],
    ['a group, before the listener', { listenerPort: 3228, groups: ['lab'] }, 'research'],
    ['two groups of one department', { groups: ['lab', 'library'] }, 'research'],
    ['a group that nobody claims says nothing', { client: '10.20.1.7', groups: ['choir'] }, 'trade'],
    ['groups of two departments: nobody', { client: '10.20.1.7', groups: ['lab', 'trade-staff'] }, undefined],
    ['the user, before their groups', { user: 'kim', groups: ['trade-staff'] }, 'research'],
    ['another user', { user: 'lee', client: '10.20.1.7' }, 'trade'],
  ])('%s', (_name, asker, id) => {
    expect(find(asker)).toBe(id);
  });

  test('one port, user or group in two departments is an error', () => {
    expect(
      problemsOf({
        'a.yaml': department('a', { ports: [3228], users: ['kim'], groups: ['lab'] }),
        'b.yaml': department('b', { ports: [3228], users: ['kim'], groups: ['lab'] }),
      }).split('\n'),
    ).toEqual([
      expect.stringMatching(
        /^policies\/b\.yaml:1:\d+: the port 3228 already belongs to `a`, at policies\/a\.yaml/,
      ),
      expect.stringMatching(/: the user kim already belongs to `a`/),
      expect.stringMatching(
        /: the group lab already belongs to `a`, .* \(a group belongs to one department\)$/,
      ),
    ]);
  });
});

describe('what is known of a client from before', () => {
  const CLIENT = '10.20.1.7';

  test('is asked for by the address alone: a user, a group or a listener decides anew each time', () => {
    const asked: readonly [Partial<Asker>, string | undefined][] = [
      [{}, 'trade'],
      [{ listenerPort: 3228 }, 'guests'],
      [{}, 'trade'],
      [{ user: 'kim' }, 'research'],
      [{ groups: ['lab'] }, 'research'],
      [{ groups: ['lab', 'trade-staff'] }, undefined],
      [{ groups: ['choir'] }, 'trade'],
      [{ listenerPort: 3128 }, 'trade'],
    ];
    for (const [others, id] of [...asked, ...asked.toReversed()])
      expect(find({ client: CLIENT, ...others }), JSON.stringify(others)).toBe(id);
  });

  test('that nobody claims it does not hold for a listener that somebody does', () => {
    const nobodys = { client: '203.0.113.9' };
    expect(find(nobodys)).toBeUndefined();
    expect(find({ ...nobodys, listenerPort: 3228 })).toBe('guests');
    expect(find(nobodys)).toBeUndefined();
  });

  test('is known to its own policies alone: those before and after them say what they say', () => {
    const owned = (id: string) =>
      policiesOf({ [`${id}.yaml`]: department(id, { networks: ['10.20.0.0/16'] }) }).membership;
    const [before, after, without] = [owned('a'), owned('b'), policiesOf({ 'c.yaml': department('c', {}) })];
    for (let round = 0; round < 2; round++) {
      expect(before.find({ client: CLIENT })).toBe('a');
      expect(after.find({ client: CLIENT })).toBe('b');
      expect(without.membership.find({ client: CLIENT })).toBeUndefined();
    }
  });

  test('is right for more clients than are remembered, and for texts that are no address', () => {
    for (let round = 0; round < 2; round++)
      for (let number = 0; number < 6_000; number++) {
        const ending = `${number >> 8}.${number & 0xff}`;
        expect(find({ client: `10.20.${ending}` })).toBe('trade');
        expect(find({ client: `10.21.${ending}` })).toBeUndefined();
        expect(find({ client: `nonsense ${ending}` })).toBeUndefined();
      }
  });
});
