import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import type { Facts } from '../../../src/policy/facts.ts';
import { createEgress } from '../../../src/proxy/outward/egress.ts';
import { host, network, pattern } from '../../policy/support.ts';

const PROXY_PORT = 3128;
const CONSOLE_PORT = 3180;

function egressWith({
  networks = [],
  names = [],
  addressLiterals = 'refuse',
}: {
  networks?: readonly string[];
  names?: readonly string[];
  addressLiterals?: 'refuse' | 'allow';
} = {}) {
  return createEgress(
    {
      connectPorts: [443],
      forbiddenHttpPorts: [],
      internalNetworks: networks.map(network),
      internalNames: names.map(pattern),
      tunnels: { addressLiterals },
    },
    () => new Set([PROXY_PORT, CONSOLE_PORT]),
  );
}

const rangeAt = (egress: ReturnType<typeof egressWith>, address: string, name = 'a.example', port = 443) =>
  egress.forbidsAddress(host(name), address, port)?.range;

// Covers: EV-11
test('an internal network is opened for every name, and nothing beside it', () => {
  const egress = egressWith({ networks: ['10.1.0.0/16', 'fd12::/16'] });
  expect(rangeAt(egress, '10.1.2.3')).toBeUndefined();
  expect(rangeAt(egress, '::ffff:10.1.2.3')).toBeUndefined();
  expect(rangeAt(egress, 'fd12::1')).toBeUndefined();
  expect(rangeAt(egress, '10.2.0.1')).toBe('private');
  expect(rangeAt(egress, '64:ff9b::10.1.2.3')).toBe('private'); // another machine's 10.1.2.3, behind the gateway
  expect(rangeAt(egress, '127.0.0.1')).toBe('loopback');
});

// Covers: EV-11
test('an internal name opens what it leads to, and no other name', () => {
  const egress = egressWith({ names: ['intranet.example', '=one.test'] });
  for (const name of ['intranet.example', 'www.intranet.example', 'one.test'])
    expect(rangeAt(egress, '10.1.2.3', name), name).toBeUndefined();
  for (const name of ['intranet.example.test', 'xintranet.example', 'www.one.test'])
    expect(rangeAt(egress, '10.1.2.3', name), name).toBe('private');
});

// Covers: EV-11
test.each(['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '::ffff:169.254.169.254'])(
  'the metadata of a cloud at %s is opened by its own address alone',
  (address) => {
    const wide = ['0.0.0.0/0', '::/0', '169.254.0.0/16', '100.64.0.0/10', 'fd00::/8', '169.254.169.254/31'];
    expect(rangeAt(egressWith({ networks: wide, names: ['a.example'] }), address)).toBe('cloud-metadata');
    expect(rangeAt(egressWith({ networks: [address] }), address)).toBeUndefined();
  },
);

// Covers: EV-11; EV-30; EV-34
test.each([PROXY_PORT, CONSOLE_PORT])(
  'the own port %i is closed at every address of this machine, however it is opened or written',
  (port) => {
    const egress = egressWith({ networks: ['0.0.0.0/0', '::/0'], names: ['a.example'] });
    const own = Object.values(networkInterfaces()).flatMap((entries = []) =>
      entries.map(({ address }) => address),
    );
    const ipv4 = own.filter((address) => !address.includes(':'));
    const forms = [
      ...own,
      ...ipv4.flatMap((address) => [`::ffff:${address}`, `64:ff9b::${address}`]),
      '0.0.0.0',
      '::',
      '::1',
      '127.0.0.1',
      '127.9.9.9',
      '::ffff:0.0.0.0',
      '::ffff:7f00:1',
      '0:0:0:0:0:0:0:1',
    ];
    for (const address of forms)
      expect(rangeAt(egress, address, 'a.example', port), address).toBe('own-listener');
    expect(rangeAt(egress, '203.0.113.9', 'a.example', port)).toBeUndefined(); // another machine's proxy
    expect(rangeAt(egress, '127.0.0.1', 'a.example', 443)).toBeUndefined();
  },
);

// Covers: EV-16
test('a tunnel may ask for the listed ports, and a plain request for any', () => {
  const egress = egressWith();
  const facts = { time: 0, department: 'a', client: '10.0.0.1', method: 'GET', host: host('a.example') };
  expect(egress.forbidsPort({ ...facts, via: 'connect', port: 443 })).toBe(false);
  expect(egress.forbidsPort({ ...facts, via: 'connect', port: 22 })).toBe(true);
  expect(egress.forbidsPort({ ...facts, via: 'http', port: 8080 })).toBe(false);
});

// Covers: EV-06
test('a tunnel to an address passes only when somebody named the address', () => {
  const forbids = (name: string, setup: Parameters<typeof egressWith>[0] = {}, facts: Partial<Facts> = {}) =>
    egressWith(setup).forbidsLiteral(
      {
        time: 0,
        department: 'a',
        client: '',
        via: 'connect',
        method: 'CONNECT',
        host: host(name),
        port: 443,
        ...facts,
      },
      { code: 'default' },
    );
  expect(forbids('1.2.3.4')).toBe(true);
  expect(forbids('[2606:4700::1111]')).toBe(true);
  expect(forbids('a.example')).toBe(false);
  expect(forbids('1.2.3.4', {}, { via: 'http' })).toBe(false);
  expect(forbids('1.2.3.4', { addressLiterals: 'allow' })).toBe(false);
  expect(forbids('1.2.3.4', { networks: ['1.2.3.0/24'] })).toBe(false);
  expect(forbids('1.2.3.4', { names: ['=1.2.3.4'] })).toBe(false);
  expect(forbids('1.2.3.4', { networks: ['1.2.4.0/24'], names: ['a.example'] })).toBe(true);
});

// Covers: EV-11
test('what is known of an address from before opens it for no other name, port or settings', () => {
  const named = egressWith({ names: ['intranet.example'] });
  const opened = egressWith({ networks: ['10.1.0.0/16'] });
  for (let round = 0; round < 2; round++) {
    expect(rangeAt(named, '10.1.2.3', 'intranet.example')).toBeUndefined();
    expect(rangeAt(named, '10.1.2.3', 'a.example')).toBe('private');
    expect(rangeAt(opened, '10.1.2.3', 'a.example')).toBeUndefined();
    expect(rangeAt(egressWith(), '10.1.2.3', 'intranet.example')).toBe('private');
    expect(rangeAt(egressWith({ networks: ['127.0.0.0/8'] }), '127.0.0.1', 'a.example', 80)).toBeUndefined();
    expect(rangeAt(egressWith({ networks: ['127.0.0.0/8'] }), '127.0.0.1', 'a.example', PROXY_PORT)).toBe(
      'own-listener',
    );
  }
});

// Covers: EV-11; EV-30
test('a port that becomes our own is closed at once, at addresses that were asked for before as well', () => {
  const own = new Set<number>();
  const egress = createEgress(
    {
      connectPorts: [443],
      forbiddenHttpPorts: [],
      internalNetworks: [network('127.0.0.0/8')],
      internalNames: [],
      tunnels: { addressLiterals: 'refuse' },
    },
    () => own,
  );
  expect(rangeAt(egress, '127.0.0.1', 'a.example', 8_080)).toBeUndefined();
  own.add(8_080);
  expect(rangeAt(egress, '127.0.0.1', 'a.example', 8_080)).toBe('own-listener');
});

// Covers: EV-11
test('more addresses than are remembered are each judged by themselves, however they take turns', () => {
  const egress = egressWith({ networks: ['10.1.0.0/16'] });
  for (let round = 0; round < 2; round++)
    for (let number = 0; number < 6_000; number++) {
      const ending = `${number >> 8}.${number & 0xff}`;
      expect(rangeAt(egress, `10.1.${ending}`)).toBeUndefined();
      expect(rangeAt(egress, `10.2.${ending}`)).toBe('private');
      expect(rangeAt(egress, `93.184.${ending}`)).toBeUndefined();
      expect(rangeAt(egress, `::${(number + 2).toString(16)}:1`)).toBe('not-global-unicast');
    }
  expect(rangeAt(egress, '169.254.169.254')).toBe('cloud-metadata');
});

// Covers: EV-11
test('of networks within one another, any one opens what lies in it, and only the narrowest of all metadata', () => {
  const nested = ['10.0.0.0/8', '10.1.0.0/16', '169.254.0.0/16', '169.254.169.254/32'];
  for (const networks of [nested, nested.toReversed()]) {
    const egress = egressWith({ networks });
    expect(rangeAt(egress, '10.1.2.3')).toBeUndefined();
    expect(rangeAt(egress, '10.9.2.3')).toBeUndefined();
    expect(rangeAt(egress, '169.254.169.254')).toBeUndefined();
    expect(rangeAt(egress, '169.254.170.2')).toBe('cloud-metadata');
  }
});
