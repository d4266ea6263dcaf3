import { expect, test } from 'vitest';
import type { Host } from '../../../src/policy/host.ts';
import type { ServerName } from '../../../src/proxy/tunnels/client-hello.ts';
import type { Opening } from '../../../src/proxy/tunnels/opening.ts';
import { judgeOpening, namesAnother, type TunnelSettings } from '../../../src/proxy/tunnels/tunnel-rules.ts';

const DEFAULTS: TunnelSettings = {
  notTls: 'refuse',
  noSni: 'refuse',
  sniMismatch: 'refuse',
  ech: 'outer',
  addressLiterals: 'refuse',
  plainPorts: [],
};

const host = (text: string): Host => text as Host;
const hello = (serverName: ServerName, hasEch = false) => ({ kind: 'hello', serverName, hasEch }) as const;
const named = (text: string, hasEch = false) => hello({ kind: 'host', host: host(text) }, hasEch);

const SAME = named('ok.example');
const OTHER = named('other.example');
const NAMELESS = hello({ kind: 'absent' });
const INVALID = hello({ kind: 'invalid', text: 'ok.example\0' });

type Case = readonly [
  what: string,
  opening: Exclude<Opening, { kind: 'gone' }>,
  settings: Partial<TunnelSettings>,
  verdict: string,
  asked?: string,
];

// Covers: EV-05; EV-06; EV-07; EV-17
test.for<Case>([
  ['the host that was asked for', SAME, {}, 'as-asked'],
  ['another name', OTHER, {}, 'sni-mismatch other.example'],
  ['another name, for the policies', OTHER, { sniMismatch: 'decide' }, 'ask other.example'],
  ['what is no name', INVALID, {}, 'sni-mismatch ok.example\0'],
  [
    'what is no name, where others are for the policies',
    INVALID,
    { sniMismatch: 'decide' },
    'sni-mismatch ok.example\0',
  ],
  ['no name', NAMELESS, {}, 'sni-missing'],
  ['no name, where that is allowed', NAMELESS, { noSni: 'allow' }, 'as-asked'],
  ['no TLS', { kind: 'not-tls' }, {}, 'not-tls'],
  ['no TLS, where that is allowed', { kind: 'not-tls' }, { notTls: 'allow' }, 'as-asked'],
  ['nothing in time', { kind: 'late', hasBegun: false }, {}, 'not-tls'],
  [
    'nothing in time, where no TLS is allowed',
    { kind: 'late', hasBegun: false },
    { notTls: 'allow' },
    'not-tls',
  ],
  ['a part in time', { kind: 'late', hasBegun: true }, { notTls: 'allow' }, 'client-hello-unreadable'],
  [
    'what cannot be read',
    { kind: 'malformed', problem: 'x' },
    { notTls: 'allow' },
    'client-hello-unreadable',
  ],
  ['GREASE ECH', named('ok.example', true), {}, 'as-asked'],
  ['an ECH for a public name', named('public.example', true), {}, 'sni-mismatch public.example'],
  ['an ECH, where none is to pass', named('ok.example', true), { ech: 'refuse' }, 'ech-forbidden ok.example'],
  ['no name, for an address', NAMELESS, {}, 'as-asked', '192.0.2.1'],
  ['a name, for an address', OTHER, {}, 'ask other.example', '192.0.2.1'],
  ['what is no name, for an address', INVALID, {}, 'sni-mismatch ok.example\0', '192.0.2.1'],
])('a tunnel that opens with %s', ([, opening, settings, expected, asked = 'ok.example']) => {
  const verdict = judgeOpening(opening, host(asked), { ...DEFAULTS, ...settings });
  switch (verdict.kind) {
    case 'as-asked':
      return expect(expected).toBe('as-asked');
    case 'other-name':
      return expect(expected).toBe(`ask ${verdict.host}`);
    case 'refused': {
      const { reason, serverName } = verdict;
      return expect(expected).toBe(serverName === undefined ? reason.code : `${reason.code} ${serverName}`);
    }
  }
});

test.each([
  ['the host itself', SAME, false],
  ['none', NAMELESS, false],
  ['another', OTHER, true],
  ['what is no name', INVALID, true],
])('of a host, a hello that names %s', (_what, opening, expected) => {
  expect(namesAnother(opening, host('ok.example'))).toBe(expected);
});
