import type { Decision, Evidence } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import { lineOf } from '../policy/policy.ts';
import { suffixParts } from '../policy/public-suffix.ts';
import { LIMIT_ANSWERS } from '../policy/reached-limit.ts';
import type { DecisionRecord, LogRecord, MalformedRecord, RefusalRecord } from './record.ts';

/** A record as the fields of one log line, in the order and under the names of docs/log-format.md. */
export function lineFields(record: LogRecord): Record<string, unknown> {
  switch (record.event) {
    case 'decision':
      return decisionFields(record);
    case 'malformed':
      return malformedFields(record);
    case 'refusal':
      return refusalFields(record);
    case 'outcome': {
      const { time, incident, outcome, durationMs } = record;
      return { time: timestamp(time), event: 'outcome', id: incident.id, ...outcome, durationMs };
    }
  }
}

function decisionFields({
  incident,
  tunnel,
  facts,
  decision,
  policy,
  mode,
}: DecisionRecord): Record<string, unknown> {
  return {
    time: timestamp(facts.time),
    event: 'decision',
    ...incident,
    tunnel: tunnel?.id,
    department: facts.department ?? null,
    client: facts.client,
    user: cap(facts.user),
    via: facts.via,
    method: cap(facts.method),
    host: facts.host,
    domain: suffixParts(facts.host).registrableDomain,
    port: facts.port,
    sni: cap(facts.sni),
    path: cap(facts.path),
    action: decision.action,
    ...reasonFields(decision.reason),
    ...wouldBlockFields(decision),
    policy,
    mode,
  } satisfies Partial<Record<keyof Facts | string, unknown>>;
}

function malformedFields(record: MalformedRecord): Record<string, unknown> {
  return {
    time: timestamp(record.time),
    event: 'decision',
    ...record.incident,
    department: record.department ?? null,
    client: record.client,
    via: record.via,
    method: cap(record.method),
    target: cap(record.target),
    action: 'block',
    reason: 'malformed',
    problem: cap(record.problem),
    status: record.status,
  };
}

function refusalFields(record: RefusalRecord): Record<string, unknown> {
  return {
    time: timestamp(record.time),
    event: 'refusal',
    ...record.incident,
    department: record.department ?? null,
    client: record.client ?? null,
    limit: record.limit,
    status: LIMIT_ANSWERS[record.limit].status,
    refused: record.refused,
  };
}

/** Why, under the names of the log: the code, and the rule, exception or address it came from. */
export function reasonFields(reason: Decision['reason']): Record<string, unknown> {
  switch (reason.code) {
    case 'rule':
      return {
        reason: 'rule',
        rule: reason.rule.id,
        ...originFields(reason.by),
        source: lineOf(reason.rule.at),
      };
    case 'exception':
      return {
        reason: 'exception',
        exception: reason.exception.id,
        ...originFields(reason.by),
        source: lineOf(reason.exception.at),
      };
    case 'client-hello-unreadable':
      return { reason: reason.code, problem: reason.problem };
    case 'address-forbidden':
      return { reason: reason.code, address: reason.address, range: reason.range };
    case 'default':
    case 'department-unknown':
    case 'port-forbidden':
    case 'proxy-loop':
    case 'address-literal':
    case 'not-tls':
    case 'sni-missing':
    case 'sni-mismatch': // the name is a field of its own
    case 'ech-forbidden':
      return { reason: reason.code };
  }
}

/** The service or the list through which a rule names the host: what a reader would else search for long. */
function originFields({ origin }: Evidence): Record<string, unknown> {
  switch (origin.kind) {
    case 'rule':
      return {};
    case 'service':
      return { service: origin.service };
    case 'category':
      return { category: origin.category };
  }
}

/** Observe mode: the block that was not carried out, beside the forward that was. */
function wouldBlockFields(decision: Decision): Record<string, unknown> {
  return decision.action === 'forward' && decision.wouldBlock !== undefined
    ? { wouldBlock: reasonFields(decision.wouldBlock) }
    : {};
}

const timestamp = (time: number): string => new Date(time).toISOString();

const MAX_FIELD_CHARACTERS = 2_048;
const cap = (text: string | undefined): string | undefined =>
  text !== undefined && text.length > MAX_FIELD_CHARACTERS ? `${text.slice(0, MAX_FIELD_CHARACTERS)}…` : text;
