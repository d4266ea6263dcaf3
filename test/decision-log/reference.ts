import { pino } from 'pino';
import { reasonFields } from '../../src/decision-log/line.ts';
import type { LogRecord } from '../../src/decision-log/record.ts';
import { suffixParts } from '../../src/policy/public-suffix.ts';
import { LIMIT_ANSWERS } from '../../src/policy/reached-limit.ts';

/** The slow way to a line: a plain object, pino, and a search for what must be escaped through the whole of it. */
export function referenceLine(record: LogRecord): string {
  let line = '';
  const logger = pino(
    { base: null, timestamp: false, formatters: { level: () => ({ v: 1 }) } },
    {
      write: (text: string) => {
        line += text;
      },
    },
  );
  logger.info(fieldsOf(record));
  return line.replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function fieldsOf(record: LogRecord): Record<string, unknown> {
  switch (record.event) {
    case 'decision': {
      const { incident, tunnel, facts, decision, policy, mode } = record;
      return {
        time: timeOf(facts.time),
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
        ...(decision.action === 'forward' && decision.wouldBlock !== undefined
          ? { wouldBlock: reasonFields(decision.wouldBlock) }
          : {}),
        policy,
        mode,
      };
    }
    case 'malformed':
      return {
        time: timeOf(record.time),
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
    case 'refusal':
      return {
        time: timeOf(record.time),
        event: 'refusal',
        ...record.incident,
        department: record.department ?? null,
        client: record.client ?? null,
        limit: record.limit,
        status: LIMIT_ANSWERS[record.limit].status,
        refused: record.refused,
      };
    case 'outcome': {
      const { time, incident, outcome, durationMs } = record;
      return { time: timeOf(time), event: 'outcome', id: incident.id, ...outcome, durationMs };
    }
  }
}

const timeOf = (time: number): string => new Date(time).toISOString();

const cap = (text: string | undefined): string | undefined =>
  text !== undefined && text.length > 2_048 ? `${text.slice(0, 2_048)}…` : text;
