import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNetwork } from '../../../src/policy/network.ts';
import {
  type ClientBounds,
  clientKey,
  createClientLimits,
  type Visit,
} from '../../../src/proxy/bounds/client-limits.ts';

const BOUNDS: ClientBounds = {
  connections: 5,
  connectionsPerClient: 3,
  tunnelsPerClient: 2,
  requestsPerMinutePerClient: 60,
  requestBurstPerClient: 10,
  certificatesPerMinutePerClient: 30,
  certificateBurstPerClient: 4,
  exempt: [],
};

function limitsOf(bounds: Partial<ClientBounds> = {}) {
  let time = 0;
  const limits = createClientLimits({ ...BOUNDS, ...bounds }, () => time);
  return {
    ...limits,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    visit: (client: string): Visit => {
      const entered = limits.enter(client);
      if (!entered.ok) throw new Error(entered.error);
      return entered.value;
    },
    limitFor: (client: string) => {
      const entered = limits.enter(client);
      return entered.ok ? 'none' : entered.error;
    },
  };
}

const network = (text: string) => {
  const parsed = parseNetwork(text);
  if (!parsed.ok) throw new Error(parsed.error.problem);
  return parsed.value;
};

describe('connections', () => {
  test('of one client end at its limit, and others still come in', () => {
    const { visit, limitFor } = limitsOf();
    for (let index = 0; index < 3; index++) visit('10.0.0.1');
    expect(limitFor('10.0.0.1')).toBe('connectionsPerClient');
    expect(limitFor('10.0.0.2')).toBe('none');
  });

  test('of all clients end at the limit for all', () => {
    const { visit, limitFor, count } = limitsOf();
    for (let index = 0; index < 5; index++) visit(`10.0.0.${index}`);
    expect(limitFor('10.0.0.9')).toBe('connections');
    expect(count().connections).toBe(5);
  });

  test('make room when they end, once each', () => {
    const { visit, limitFor, count } = limitsOf();
    const visits = [1, 2, 3].map(() => visit('10.0.0.1'));
    visits[0]?.leave();
    visits[0]?.leave();
    expect(count().connections).toBe(2);
    visit('10.0.0.1');
    expect(limitFor('10.0.0.1')).toBe('connectionsPerClient');
  });

  test('of an IPv6 client are those of its /64, whatever addresses it takes there', () => {
    const { visit, limitFor } = limitsOf();
    for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::']) visit(address);
    expect(limitFor('2001:db8::dead:beef')).toBe('connectionsPerClient');
    expect(limitFor('2001:db8:0:1::1')).toBe('none');
  });

  test('of an exempt network have no limit of their own, but the one for all', () => {
    const { visit, limitFor } = limitsOf({ exempt: [network('10.9.0.0/16')] });
    const visits = Array.from({ length: 5 }, () => visit('10.9.0.1'));
    expect(visits.map((one) => one.tunnel())).toEqual(visits.map(() => undefined));
    for (let index = 0; index < 100; index++) expect(visits[0]?.request()).toBeUndefined();
    expect(limitFor('10.9.0.1')).toBe('connections');
  });
});

describe('tunnels', () => {
  test('of one client end at their limit, and its requests go on', () => {
    const { visit } = limitsOf();
    const visits = [1, 2, 3].map(() => visit('10.0.0.1'));
    expect(visits.map((one) => one.tunnel())).toEqual([undefined, undefined, 'tunnelsPerClient']);
    expect(visits[2]?.request()).toBeUndefined();
    visits[0]?.leave();
    expect(visits[2]?.tunnel()).toBeUndefined();
  });

  test('are counted once, and not after their end', () => {
    const { visit, count } = limitsOf();
    const one = visit('10.0.0.1');
    one.tunnel();
    one.tunnel();
    expect(count().tunnels).toBe(1);
    one.leave();
    one.tunnel();
    expect(count()).toMatchObject({ connections: 0, tunnels: 0 });
  });
});

describe('requests', () => {
  test('may come in a burst, and then as fast as the rate', () => {
    const { visit, pass } = limitsOf();
    const one = visit('10.0.0.1');
    const taken = (): number => {
      let count = 0;
      while (one.request() === undefined) count += 1;
      return count;
    };
    expect(taken()).toBe(10);
    expect(one.request()).toBe('requestsPerMinutePerClient');
    pass(3_000);
    expect(taken()).toBe(3);
    pass(3_600_000);
    expect(taken()).toBe(10);
  });

  test('are counted over all connections of a client, those that ended too', () => {
    const { visit } = limitsOf();
    const first = visit('10.0.0.1');
    for (let index = 0; index < 10; index++) first.request();
    first.leave();
    expect(visit('10.0.0.1').request()).toBe('requestsPerMinutePerClient');
    expect(visit('10.0.0.2').request()).toBeUndefined();
  });
});

describe('certificates', () => {
  const signedFor = (visit: Visit): number => {
    let count = 0;
    while (visit.certificate()) count += 1;
    return count;
  };

  // Covers: EV-24
  test('may be signed in a burst, and then as fast as the rate', () => {
    const { visit, pass } = limitsOf();
    const one = visit('10.0.0.1');
    expect(signedFor(one)).toBe(4);
    pass(6_000);
    expect(signedFor(one)).toBe(3);
    pass(3_600_000);
    expect(signedFor(one)).toBe(4);
  });

  test('are counted over all connections of a client, and apart from its requests and from other clients', () => {
    const { visit } = limitsOf();
    const first = visit('10.0.0.1');
    signedFor(first);
    first.leave();
    const second = visit('10.0.0.1');
    expect(second.certificate()).toBe(false);
    expect(second.request()).toBeUndefined();
    expect(visit('10.0.0.2').certificate()).toBe(true);
  });

  test('of an exempt network have no limit', () => {
    const { visit } = limitsOf({ exempt: [network('10.9.0.0/16')] });
    const one = visit('10.9.0.1');
    for (let index = 0; index < 100; index++) expect(one.certificate()).toBe(true);
  });

  test('are remembered of a client that is gone until it could have a full burst again', () => {
    const { visit, sweep, count, pass } = limitsOf();
    const gone = visit('10.0.0.1');
    signedFor(gone);
    gone.leave();
    pass(7_000);
    sweep();
    expect(count().clients).toBe(1);
    pass(1_000);
    sweep();
    expect(count().clients).toBe(0);
  });
});

describe('memory', () => {
  test('a client that is gone is forgotten as soon as it could ask at full burst again, and not before', () => {
    const { visit, sweep, count, pass } = limitsOf();
    const gone = visit('10.0.0.1');
    for (let index = 0; index < 5; index++) gone.request();
    visit('10.0.0.2');
    gone.leave();
    pass(4_000);
    sweep();
    expect(count().clients).toBe(2);
    pass(1_000);
    sweep();
    expect(count()).toEqual({ connections: 1, tunnels: 0, clients: 1 });
  });

  test('stays bounded however many addresses somebody has', () => {
    const { visit, count } = limitsOf();
    for (let index = 0; index < 120_000; index++) {
      const one = visit(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
      one.request();
      one.leave();
    }
    expect(count().clients).toBeLessThanOrEqual(50_005);
  });
});

test('the key of a client is its address, and of an IPv6 address the /64', () => {
  expect(clientKey('10.0.0.1')).toBe('10.0.0.1');
  expect(clientKey('2001:db8:1:2:3::')).toBe(clientKey('2001:0DB8:1:2::9'));
  expect(clientKey('2001:db8:1:2::')).not.toBe(clientKey('2001:db8:1:3::'));
  expect(clientKey('::ffff:10.0.0.1')).not.toBe(clientKey('::ffff:10.0.0.2'));
});

// Covers: EV-32
test('whatever comes and goes in whatever order, no count is ever beyond its limit, and all end at zero', () => {
  const act = fc.record({
    what: fc.constantFrom('enter', 'tunnel', 'request', 'certificate', 'leave', 'pass', 'sweep'),
    client: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2', '10.9.0.1'),
    which: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const limits = limitsOf({ exempt: [network('10.9.0.0/16')] });
      const visits: Visit[] = [];
      for (const { what, client, which } of acts) {
        const visit = visits[which % (visits.length || 1)];
        if (what === 'enter') {
          const entered = limits.enter(client);
          if (entered.ok) visits.push(entered.value);
        } else if (what === 'pass') limits.pass(which * 1_000);
        else if (what === 'sweep') limits.sweep();
        else visit?.[what]();
        expect(limits.count().connections).toBeLessThanOrEqual(BOUNDS.connections);
        expect(limits.count().tunnels).toBeLessThanOrEqual(limits.count().connections);
      }
      for (const visit of visits) visit.leave();
      limits.pass(600_000);
      limits.sweep();
      expect(limits.count()).toEqual({ connections: 0, tunnels: 0, clients: 0 });
    }),
    { numRuns: 500 },
  );
});
