import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { newIncident } from '../../src/decision-log/incident.ts';
import type {
  DecisionRecord,
  MalformedRecord,
  Outcome,
  OutcomeRecord,
} from '../../src/decision-log/record.ts';
import type { Decision, Evidence } from '../../src/policy/decide.ts';
import type { Facts } from '../../src/policy/facts.ts';
import type { Host } from '../../src/policy/host.ts';
import type { Exception, Rule, Target } from '../../src/policy/policy.ts';

export const TIME = Date.parse('2026-11-23T06:00:00.123Z');
export const INCIDENT = { id: '01KAQWERTY0123456789ABCDEF', code: '89AB-CDEF' };

/** A host as it is, even where `parseHost` would refuse it: the log must stand what should never come. */
export const hostOf = (text: string): Host => text as Host;

export const FACTS: Facts = {
  time: TIME,
  department: 'trade-ministry',
  client: '10.20.1.7',
  via: 'http',
  method: 'GET',
  host: hostOf('chat.deepseek.com'),
  port: 80,
  path: '/a/b',
};

const audience = { users: new Set<string>(), groups: new Set<string>(), networks: [] };

const target: Target = {
  services: [],
  domains: [],
  categories: [],
  addresses: [],
  patterns: [],
  sets: [],
};

/** The rule names the host itself. */
export const LISTED: Evidence = { set: 0, origin: { kind: 'rule' }, specificity: 9 };

export const RULE: Rule = {
  id: 'deepseek',
  action: 'block',
  target,
  ports: new Set(),
  when: undefined,
  unless: { ...audience, target },
  locked: false,
  mode: 'enforce',
  status: 403,
  reason: { en: 'It is not for the log.' },
  reference: 'PIPC, 2025-02',
  alternatives: [],
  page: undefined,
  review: undefined,
  at: 'policies/trade-ministry.yaml:14:5',
};

export const EXCEPTION: Exception = {
  id: 'ai-safety-research',
  target,
  for: audience,
  until: TIME + 1,
  approvedBy: 'cio',
  ticket: 'SEC-1042',
  at: 'policies/trade-ministry.yaml:40:5',
};

export const BLOCKED: Decision = { action: 'block', reason: { code: 'rule', rule: RULE, by: LISTED } };

export const decisionRecord = (
  facts: Partial<Facts> = {},
  decision: Decision = BLOCKED,
  rest: Partial<DecisionRecord> = {},
): DecisionRecord => ({
  event: 'decision',
  incident: INCIDENT,
  facts: { ...FACTS, ...facts },
  decision,
  policy: 'sha256:0123',
  mode: 'enforce',
  ...rest,
});

export const outcomeRecord = (outcome: Outcome): OutcomeRecord => ({
  event: 'outcome',
  incident: INCIDENT,
  time: TIME,
  outcome,
  durationMs: 12,
});

export const malformedRecord = (rest: Partial<MalformedRecord> = {}): MalformedRecord => ({
  event: 'malformed',
  incident: INCIDENT,
  time: TIME,
  department: 'trade-ministry',
  client: '10.20.1.7',
  via: 'http',
  method: 'GET',
  target: 'example.org',
  status: 400,
  problem: 'the request target is not an absolute URL',
  ...rest,
});

/** A decision with an incident of its own, on a path that tells it from others. */
export const numbered = (number: number): DecisionRecord =>
  decisionRecord({ path: `/${number}` }, BLOCKED, { incident: newIncident(TIME + number) });

const BLNS = fileURLToPath(new URL('../../../shared/data/strings/blns.json', import.meta.url));
const absent = !existsSync(BLNS);
if (absent) console.warn(`skipped: the naughty strings are not at ${BLNS}`);

/** https://github.com/minimaxir/big-list-of-naughty-strings; empty where the list is absent. */
export const NAUGHTY: readonly string[] = absent ? [] : JSON.parse(readFileSync(BLNS, 'utf8'));
