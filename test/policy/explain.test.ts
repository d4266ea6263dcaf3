import { expect, test } from 'vitest';
import { explain } from '../../src/policy/explain.ts';
import { allow, block, describeDecision, exception, factsOf, LATER, office } from './support.ts';

const POLICIES = office({
  rules: [
    block('ban', ['deepseek.com']),
    block('elsewhere', ['chatgpt.com']),
    block('odd-port', ['deepseek.com'], { ports: [8443] }),
    block('spares-kim', ['deepseek.com'], { unless: { users: ['kim'] } }),
    allow('portal', ['=chat.deepseek.com']),
  ],
  exceptions: [
    exception('research', ['deepseek.com']),
    exception('for-lee', ['deepseek.com'], { for: { users: ['lee'] } }),
    exception('ended', ['deepseek.com'], { until: '2020-01-01T00:00:00Z' }),
    exception('ended-for-lee', ['deepseek.com'], { until: '2020-01-01T00:00:00Z', for: { users: ['lee'] } }),
    exception('elsewhere', ['chatgpt.com']),
  ],
});

const told = (url: string, who: Parameters<typeof factsOf>[1] = {}) => {
  const { decision, department, rules, exceptions } = explain(factsOf(url, who), POLICIES);
  const verdicts = (entries: typeof rules | typeof exceptions) =>
    Object.fromEntries(entries.map(({ of, verdict }) => [of.id, verdict]));
  return {
    decision: describeDecision(decision),
    department: department?.id,
    rules: verdicts(rules),
    exceptions: verdicts(exceptions),
  };
};

test('every rule and exception says whether it applies, and if not, what stands in its way', () => {
  expect(told('https://chat.deepseek.com/', { user: 'kim' })).toEqual({
    decision: 'forward by exception research',
    department: 'office',
    rules: {
      ban: 'applies',
      elsewhere: 'other-host',
      'odd-port': 'other-port',
      'spares-kim': 'spared',
      portal: 'applies',
    },
    exceptions: {
      research: 'applies',
      'for-lee': 'other-people',
      ended: 'expired',
      'ended-for-lee': 'expired',
      elsewhere: 'other-host',
    },
  });
});

test('they stand in the order of the file', () => {
  const { rules, exceptions } = explain(factsOf('https://a.example/'), POLICIES);
  expect(rules.map(({ of }) => of.id)).toEqual(['ban', 'elsewhere', 'odd-port', 'spares-kim', 'portal']);
  expect(exceptions.map(({ of }) => of.id)).toEqual([
    'research',
    'for-lee',
    'ended',
    'ended-for-lee',
    'elsewhere',
  ]);
});

test('an exception that ends at this very millisecond has expired', () => {
  expect(told('https://deepseek.com/', { user: 'kim', time: Date.parse(LATER) }).exceptions).toMatchObject({
    research: 'expired',
  });
});

test('of an unknown department there is nothing to tell', () => {
  expect(told('https://chat.deepseek.com/', { department: 'another' })).toEqual({
    decision: 'block by department-unknown',
    department: undefined,
    rules: {},
    exceptions: {},
  });
});
