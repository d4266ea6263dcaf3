import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { jsonSchemaOf, policySchema } from '../../../src/policy/language/json-schema.ts';
import { baseSchema, catalogSchema, departmentSchema } from '../../../src/policy/language/schema.ts';
import { checkerOf, type Findings, near } from '../../support/json-schema.ts';

const head = { name: 'test', title: 'Test', description: 'A test.' };
const findingsOfPolicy = checkerOf(jsonSchemaOf(policySchema, head));
const findingsOfCatalog = checkerOf(jsonSchemaOf(catalogSchema, head));

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

const department = (more: object = {}) => ({ department: 'office', title: 'Office', ...more });
const rule = (more: object) => department({ rules: [{ id: 'a', ...more }] });
const blocking = (what: object) => rule({ block: what });
const when = (schedule: object) => rule({ block: { domains: ['a.example'] }, when: schedule });
const exception = (more: object = {}) =>
  department({
    exceptions: [
      {
        id: 'lab',
        allow: { domains: ['a.example'] },
        for: { users: ['kim'] },
        until: '2026-12-31T18:00:00+09:00',
        approvedBy: 'cio',
        ...more,
      },
    ],
  });
const tested = (more: object) =>
  department({ tests: [{ request: 'https://a.example/', expect: 'forward', ...more }] });
const service = (more: object) => ({
  services: [
    {
      id: 'a',
      title: 'A',
      operator: 'A',
      jurisdiction: 'KR',
      category: ['ai-chat'],
      domains: ['a.example'],
      ...more,
    },
  ],
});

const NAMES = ['deepseek.com', '=WWW.Korea.KR.', '*.example.org', 'ngrok.*', 'a..*', '=go.kr', '도메인.한국'];
const ADDRESSES = ['203.0.113.7', '0x7f.1', '2130706433', '①②⑦.⓪.⓪.①', '[2001:DB8::7]', '[::ffff:10.0.0.1]'];
const NETWORKS = ['10.20.0.0/16', '0.0.0.0/0', '192.0.2.7', '2001:DB8::/48', '::1', '::ffff:10.0.0.0/104'];
const INSTANTS = ['2026-12-31T18:00:00+09:00', '2028-02-29T23:59:59.123456Z', '2026-12-31T18:00:00-00:00'];
const MOMENTS = [
  '2000-01-01',
  '2028-02-29',
  '2100-12-31',
  '2026-12-31T18:00Z',
  '2026-12-31T18:00:00.5+09:00',
];

/** A value that is written in a text, and where in a policy it may stand. */
const TEXTS: readonly (readonly [
  kind: string,
  samples: readonly string[],
  file: (text: string) => object,
])[] = [
  ['identifier', ['office', '7-eleven', 'a'.repeat(64)], (text) => department({ department: text })],
  ['text', ['Office', ' 사무실\n', '-'], (text) => department({ title: text })],
  ['name in one language', ['Office', ' 사무실\n', '-'], (text) => department({ title: { ko: text } })],
  ['domain', [...NAMES, ...ADDRESSES], (text) => blocking({ domains: [text] })],
  ['network', NETWORKS, (text) => blocking({ addresses: [text] })],
  [
    'pattern',
    ['^ai[0-9]+\\.', '(?i)chat', '[[:alpha:]]{9}', '\\Aa\\z'],
    (text) => blocking({ patterns: [text] }),
  ],
  ['country', ['CN', 'KR'], (text) => blocking({ services: { jurisdiction: [text] } })],
  ['day', ['mon', 'sat-mon', 'mon-fri'], (text) => when({ days: [text], timezone: 'UTC' })],
  [
    'range of hours',
    ['09:00-18:00', '22:00-06:00', '00:00-24:00'],
    (text) => when({ hours: text, timezone: 'UTC' }),
  ],
  [
    'time zone',
    ['Asia/Seoul', 'UTC', 'America/Argentina/Ushuaia'],
    (text) => when({ days: ['mon'], timezone: text }),
  ],
  ['date', MOMENTS, (text) => when({ from: text, timezone: 'UTC' })],
  ['date or instant', MOMENTS, (text) => when({ until: text })],
  [
    'day of review',
    ['2026-12-31', '2028-02-29'],
    (text) => rule({ block: { domains: ['a.kr'] }, review: text }),
  ],
  [
    'URL',
    ['https://a.example/x', 'HTTP://한국:81', ' https://a b@c/'],
    (text) => department({ contact: { url: text } }),
  ],
  [
    'e-mail address',
    ['help@office.example', "o'x+y@a-b.example"],
    (text) => department({ contact: { email: text } }),
  ],
  ['instant', INSTANTS, (text) => exception({ until: text })],
  [
    'requested URL',
    ['https://a.example/b?c#d', 'WSS://[::1]:444', 'ws://한국.'],
    (text) => tested({ request: text }),
  ],
  ['address of a client', ['10.0.0.1', '2001:DB8::1', '::'], (text) => tested({ client: text })],
];

describe('an editor marks nothing that Postern accepts', () => {
  test.each(TEXTS)('as a %s', (_kind, samples, file) => {
    let accepted = 0;
    fc.assert(
      fc.property(near(samples), (text) => {
        if (!accepts(departmentSchema, file(text))) return;
        accepted++;
        expect(findingsOfPolicy(file(text))).toEqual([]);
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  const either = <T>(...values: readonly T[]) => fc.constantFrom(...values);
  const list = <T>(...values: readonly T[]) => fc.subarray([...values]);
  const some = <T>(...values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
  /** A mapping that has each key as often as not, and those that are required always. */
  const mapping = (keys: Readonly<Record<string, fc.Arbitrary<unknown>>>, ...required: readonly string[]) =>
    fc
      .tuple(fc.record(keys), fc.subarray(Object.keys(keys)))
      .map(([whole, kept]) =>
        Object.fromEntries(
          Object.entries(whole).filter(([key]) => required.includes(key) || kept.includes(key)),
        ),
      );
  const text = fc.oneof(either('A', ''), mapping({ en: either('A', ' '), ko: either('가') }));
  const audience = { users: list('kim'), groups: list('staff', ''), networks: list('10.0.0.0/8') };
  const hosts = {
    services: fc.oneof(some('deepseek'), mapping({ category: some('ai-chat'), jurisdiction: some('CN') })),
    domains: some('a.example', 'ngrok.*'),
    categories: some('vpn'),
    addresses: some('192.0.2.0/24'),
    patterns: some('^ai'),
  };
  const conditions = {
    ports: some(443, 8443),
    when: mapping({
      days: some('mon'),
      hours: fc.oneof(either('09:00-18:00'), some('22:00-06:00')),
      timezone: either('UTC'),
      from: either('2026-01-01', '2026-01-01T00:00:00Z'),
      until: either('2026-12-31', '2026-12-31T00:00:00Z'),
    }),
    unless: mapping({ ...audience, ...hosts }),
    review: either('2026-12-31'),
  };
  const aboutBlocking = {
    locked: fc.boolean(),
    mode: either('enforce', 'observe'),
    status: either(403, 451),
    reason: text,
    reference: either('Circular'),
    alternatives: fc.array(mapping({ title: text, url: either('https://a.example/') }, 'title', 'url')),
  };
  const blockRule = mapping({ block: mapping(hosts), ...conditions, ...aboutBlocking }, 'block').map(rule);
  const allowRule = mapping({ allow: mapping(hosts), ...conditions }, 'allow').map(rule);
  const anyException = mapping(
    {
      id: either('a'),
      allow: mapping(hosts),
      for: mapping(audience),
      until: either('2026-12-31T00:00:00Z'),
      approvedBy: either('cio'),
      ticket: either('1'),
    },
    ...['id', 'allow', 'for', 'until', 'approvedBy'],
  );
  const anyTest = mapping(
    {
      request: either('https://a.example/'),
      client: either('10.0.0.1', '::1'),
      user: either('kim'),
      groups: list('staff'),
      at: either('2026-12-31T00:00:00Z'),
      expect: either('forward', 'block'),
      rule: either('a'),
      exception: either('a'),
      default: either(true),
      wouldBlock: either<unknown>(true, false, 'a'),
    },
    ...['request', 'expect'],
  );
  const head = {
    extends: list('baseline'),
    default: either('allow', 'block'),
    mode: either('enforce', 'observe'),
    contact: mapping({ email: either('a@a.example'), phone: either('1'), url: either('https://a.example/') }),
  };
  const members = mapping({ ...audience, ports: list(3128) });

  const SHAPES: readonly (readonly [string, fc.Arbitrary<object>, z.ZodType, Findings])[] = [
    ['rule that blocks', blockRule, departmentSchema, findingsOfPolicy],
    ['rule that allows', allowRule, departmentSchema, findingsOfPolicy],
    [
      'exception',
      anyException.map((one) => department({ exceptions: [one] })),
      departmentSchema,
      findingsOfPolicy,
    ],
    ['test', anyTest.map((one) => department({ tests: [one] })), departmentSchema, findingsOfPolicy],
    [
      'department',
      mapping({ ...head, members, title: text }).map(department),
      departmentSchema,
      findingsOfPolicy,
    ],
    ['base', mapping({ ...head, base: either('b'), title: text }), baseSchema, findingsOfPolicy],
    [
      'service',
      mapping({ note: either('A', ''), domains: hosts.domains }).map(service),
      catalogSchema,
      findingsOfCatalog,
    ],
  ];

  test.each(SHAPES)('in the shape of a %s', (_kind, files, schema, findings) => {
    let accepted = 0;
    fc.assert(
      fc.property(files, (file) => {
        if (!accepts(schema, file)) return;
        accepted++;
        expect(findings(file)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test('in the examples of the language’s page', () => {
    const page = readFileSync(new URL('../../../docs/policy-language.md', import.meta.url), 'utf8');
    const files = [...page.matchAll(/^```yaml (policy|catalog|fragment=\w+)\n([\s\S]*?)^```$/gm)].map(
      ([, kind, written = '']) => ({ kind, file: parse(written) as object }),
    );
    expect(files.length).toBeGreaterThan(10);
    for (const { kind = '', file } of files) {
      const findings = kind === 'catalog' ? findingsOfCatalog : findingsOfPolicy;
      expect(findings(kind.startsWith('fragment') ? department(file) : file), JSON.stringify(file)).toEqual(
        [],
      );
    }
  });
});

const DOMAINS = { domains: ['a.example'] };

describe('an editor marks what Postern refuses too', () => {
  test.each<[string, object]>([
    ['an empty file', {}],
    ['a department without a title', { department: 'office' }],
    ['a misspelt key', department({ ruels: [] })],
    ['a misspelt key of a rule', rule({ blokc: DOMAINS })],
    ['a misspelt default', department({ default: 'blokc' })],
    ['a file that is both a department and a base', department({ base: 'b' })],
    ['a base with members', { base: 'b', members: {} }],
    ['a base with tests', { base: 'b', tests: [] }],
    ['an identifier in capitals', department({ department: 'Office' })],
    ['a title without words', department({ title: {} })],
    ['a rule that neither blocks nor allows', rule({})],
    ['a rule that both blocks and allows', rule({ block: DOMAINS, allow: DOMAINS })],
    ['an allow rule with a reason', rule({ allow: DOMAINS, reason: 'A' })],
    ['an allow rule that is locked', rule({ allow: DOMAINS, locked: true })],
    ['a rule that names nothing', blocking({})],
    ['a rule that lists nothing', blocking({ domains: [] })],
    ['a selector that selects by nothing', blocking({ services: {} })],
    ['a URL for a domain', blocking({ domains: ['https://a.example/'] })],
    ['a wildcard in the middle', blocking({ domains: ['a.*.example'] })],
    ['a name for a network', blocking({ addresses: ['a.example'] })],
    ['a country in words', blocking({ services: { jurisdiction: ['China'] } })],
    ['a port out of range', rule({ block: DOMAINS, ports: [65_536] })],
    ['a status of another kind', rule({ block: DOMAINS, status: 404 })],
    ['an empty schedule', when({})],
    ['days without a time zone', when({ days: ['mon'] })],
    ['a day in full', when({ days: ['monday'], timezone: 'UTC' })],
    ['hours without minutes', when({ hours: '9-18', timezone: 'UTC' })],
    ['an instant without its offset', when({ until: '2026-12-31T18:00:00' })],
    ['an exception without an end', exception({ until: undefined })],
    ['an exception that ends on a date', exception({ until: '2026-12-31' })],
    ['an exception for nobody', exception({ for: {} })],
    ['a test of a host alone', tested({ request: 'a.example' })],
    ['a test with two that decide', tested({ rule: 'a', default: true })],
    ['a test with an exception that blocks', tested({ expect: 'block', exception: 'a' })],
    ['a test that blocks and would block', tested({ expect: 'block', wouldBlock: true })],
    ['a URL without its scheme', department({ contact: { url: 'a.example' } })],
  ])('%s', (_what, file) => {
    const written = JSON.parse(JSON.stringify(file)) as object; // what is undefined is not written
    const schema = 'base' in written && !('department' in written) ? baseSchema : departmentSchema;
    expect(accepts(schema, written)).toBe(false);
    expect(findingsOfPolicy(written)).not.toEqual([]);
  });

  test('a service without a category', () => {
    expect(accepts(catalogSchema, service({ category: [] }))).toBe(false);
    expect(findingsOfCatalog(service({ category: [] }))).not.toEqual([]);
  });
});
