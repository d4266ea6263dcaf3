import type { Decision, Evidence } from '../policy/decide.ts';
import { lineOf } from '../policy/policy.ts';
import { suffixParts } from '../policy/public-suffix.ts';
import { LIMIT_ANSWERS } from '../policy/reached-limit.ts';
import type { Incident } from './incident.ts';
import { member, members } from './json.ts';
import type { DecisionRecord, LogRecord, MalformedRecord, RefusalRecord } from './record.ts';
import { timestamp } from './timestamp.ts';

/** Version of the line schema in docs/log-format.md. */
const SCHEMA_VERSION = 1;

/**
 * A record as one line of the log with its end, under the names and in the order of docs/log-format.md. It is put
 * together member by member: an object for `JSON.stringify`, or a logger, takes two to four times as long.
 */
export function recordLine(record: LogRecord): string {
  switch (record.event) {
    case 'decision':
      return decisionLine(record);
    case 'malformed':
      return malformedLine(record);
    case 'refusal':
      return refusalLine(record);
    case 'outcome':
      return (
        lineStart(record.time, 'outcome', record.incident) +
        members(record.outcome) +
        member('durationMs', record.durationMs) +
        LINE_END
      );
  }
}

function decisionLine({ incident, tunnel, facts, decision, policy, mode }: DecisionRecord): string {
  return (
    lineStart(facts.time, 'decision', incident) +
    member('code', incident.code) +
    member('tunnel', tunnel?.id) +
    member('department', facts.department ?? null) +
    member('client', facts.client) +
    member('user', cap(facts.user)) +
    member('via', facts.via) +
    member('method', cap(facts.method)) +
    member('host', facts.host) +
    member('domain', suffixParts(facts.host).registrableDomain) +
    member('port', facts.port) +
    member('sni', cap(facts.sni)) +
    member('path', cap(facts.path)) +
    member('action', decision.action) +
    members(reasonFields(decision.reason)) +
    wouldBlockMember(decision) +
    member('policy', policy) +
    member('mode', mode) +
    LINE_END
  );
}

function malformedLine(record: MalformedRecord): string {
  return (
    lineStart(record.time, 'decision', record.incident) +
    member('code', record.incident.code) +
    member('department', record.department ?? null) +
    member('client', record.client) +
    member('via', record.via) +
    member('method', cap(record.method)) +
    member('target', cap(record.target)) +
    member('action', 'block') +
    member('reason', 'malformed') +
    member('problem', cap(record.problem)) +
    member('status', record.status) +
    LINE_END
  );
}

function refusalLine(record: RefusalRecord): string {
  return (
    lineStart(record.time, 'refusal', record.incident) +
    member('code', record.incident.code) +
    member('department', record.department ?? null) +
    member('client', record.client ?? null) +
    member('limit', record.limit) +
    member('status', LIMIT_ANSWERS[record.limit].status) +
    member('refused', record.refused) +
    LINE_END
  );
}

const lineStart = (time: number, event: 'decision' | 'refusal' | 'outcome', { id }: Incident): string =>
  `{"v":${SCHEMA_VERSION},"time":"${timestamp(time)}","event":"${event}"${member('id', id)}`;

const LINE_END = '}\n';

/** Why, under the names of the log: the code, and the rule, exception or address it came from. */
export function reasonFields(reason: Decision['reason']): Record<string, string> {
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
    case 'own-site':
    case 'address-literal':
    case 'not-tls':
    case 'sni-missing':
    case 'sni-mismatch': // the name is a field of its own
    case 'ech-forbidden':
      return { reason: reason.code };
  }
}

/** The service or the list through which a rule names the host: what a reader would else search for long. */
function originFields({ origin }: Evidence): Record<string, string> {
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
const wouldBlockMember = (decision: Decision): string =>
  decision.action === 'forward' && decision.wouldBlock !== undefined
    ? `,"wouldBlock":{${members(reasonFields(decision.wouldBlock)).slice(1)}}`
    : '';

const MAX_FIELD_CHARACTERS = 2_048;
const cap = (text: string | undefined): string | undefined =>
  text !== undefined && text.length > MAX_FIELD_CHARACTERS ? `${text.slice(0, MAX_FIELD_CHARACTERS)}…` : text;
