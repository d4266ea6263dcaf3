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
