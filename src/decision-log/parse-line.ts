import { isIP } from 'node:net';
import type { Facts, Via } from '../policy/facts.ts';
import { type Host, parseHost } from '../policy/host.ts';
import { createMemory } from '../policy/memory.ts';
import { fail, type Result, succeed } from '../policy/result.ts';

/** The version of the lines in docs/log-format.md that is understood here. */
const READABLE_VERSION = 1;

/** What one line of the log says, as far as the policies are concerned. */
export type LogEntry =
  | LoggedDecision
  /** A request that was refused because it could not be understood; it has no host. */
  | { readonly kind: 'malformed'; readonly time: number; readonly department: string | undefined }
  | { readonly kind: 'outcome' }
  /** So many lines are missing here. */
  | { readonly kind: 'gap'; readonly lines: number }
  /** An event that a later version may add. */
  | { readonly kind: 'other' };

export type LoggedDecision = {
  readonly kind: 'decision';
  /** What was asked, with the department of then. */
  readonly facts: Facts;
  readonly verdict: Verdict;
  /** The version of the policies that decided. */
  readonly policy: string | undefined;
};

/** A decision as it is told: by name and place, and not by the rule itself, which may be gone by now. */
export type Verdict = {
  readonly action: 'forward' | 'block';
  readonly ground: Ground;
  /** Observe mode: why it would have been blocked. */
  readonly wouldBlock?: Ground;
};

/** Why: the word that the log has for it, and the rule or exception. */
export type Ground = { readonly code: string; readonly id?: string; readonly source?: string };

export type Fields = Readonly<Record<string, unknown>>;

/** Text of one line → what it says, or what is wrong with it. */
export function parseLine(text: string): Result<LogEntry, string> {
  if (isPlain(text, 'outcome')) return OUTCOME; // half of all lines, and nothing in them is wanted
  const fields = fieldsOf(text);
  return fields.ok ? readFields(fields.value) : fields;
}

/** The fields of a line in a version that is understood here, or what is wrong with it. */
export function fieldsOf(text: string): Result<Fields, string> {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return fail(text.endsWith('}') ? 'it is not JSON' : 'it is not JSON, or breaks off');
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    return fail('it is not a JSON object');
  const { v } = fields as Fields;
  if (v !== READABLE_VERSION)
    return fail(
      typeof v === 'number'
        ? `it is of version ${v} of the format; version ${READABLE_VERSION} is understood`
        : 'it is no line of a decision log: it has no `v`',
    );
  return succeed(fields as Fields);
}

const OUTCOME: Result<LogEntry, string> = succeed({ kind: 'outcome' });

/**
 * Whether a line is written as version 1 writes it: with its `time` of 24 characters, it is known by its first 62. What
 * such a line has is written in one way only, and can be looked for in its text.
 */
export const isPlain = (text: string, event: 'decision' | 'outcome'): boolean =>
  text.startsWith(PLAIN[event], 41) && text.startsWith('{"v":1,"time":"') && text.endsWith('}');

const PLAIN = { decision: '"event":"decision",', outcome: '"event":"outcome",' } as const;

function readFields(fields: Fields): Result<LogEntry, string> {
  switch (fields.event) {
    case 'decision':
      return readDecision(fields);
    case 'outcome':
      return OUTCOME;
    case 'gap':
      return typeof fields.lines === 'number'
        ? succeed({ kind: 'gap', lines: fields.lines })
        : missing('lines');
    case undefined:
      return missing('event');
    default:
      return succeed({ kind: 'other' });
  }
}

function readDecision(fields: Fields): Result<LogEntry, string> {
  const { client, method, port, sni, path, user, policy, department } = fields;
  const time = timeOf(fields.time);
  if (time === undefined) return missing('time');
  if (department !== null && typeof department !== 'string') return missing('department');
  const verdict = verdictOf(fields);
  if (verdict === undefined) return missing('action and reason');
  if (verdict.ground.code === 'malformed')
    return succeed({ kind: 'malformed', time, department: department ?? undefined });
  const host = hostOf(fields.host);
  if (host === undefined) return missing('host');
  if (!isAddress(client)) return missing('client');
  const via = viaOf(fields.via);
  if (via === undefined) return missing('via');
  if (typeof method !== 'string') return missing('method');
  if (!isPort(port)) return missing('port');
  const facts: Facts = {
    time,
    department: department ?? undefined,
    client,
    via,
    method,
    host,
    port,
    ...(typeof user === 'string' ? { user } : {}),
    ...(typeof sni === 'string' ? { sni } : {}),
    ...(typeof path === 'string' ? { path } : {}),
  };
  return succeed({
    kind: 'decision',
    facts,
    verdict,
    policy: typeof policy === 'string' ? policy : undefined,
  });
}

export const missing = (field: string): Result<never, string> => fail(`it has no proper \`${field}\``);

function verdictOf(fields: Fields): Verdict | undefined {
  const { action } = fields;
  const ground = groundOf(fields);
  if ((action !== 'forward' && action !== 'block') || ground === undefined) return undefined;
  const wouldBlock =
    typeof fields.wouldBlock === 'object' && fields.wouldBlock !== null
      ? groundOf(fields.wouldBlock as Fields)
      : undefined;
  return wouldBlock === undefined ? { action, ground } : { action, ground, wouldBlock };
}

function groundOf({ reason, rule, exception, source }: Fields): Ground | undefined {
  if (typeof reason !== 'string') return undefined;
  const id = rule ?? exception;
  if (typeof id !== 'string') return { code: reason };
  return typeof source === 'string' ? { code: reason, id, source } : { code: reason, id };
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || !TIMESTAMP.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

const VIAS: Readonly<Record<Via, true>> = { http: true, connect: true, websocket: true, tls: true };
const viaOf = (value: unknown): Via | undefined =>
  typeof value === 'string' && Object.hasOwn(VIAS, value) ? (value as Via) : undefined;

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;

/** Hosts and clients come again and again; to prove one costs more than all else about its line. */
const REMEMBERED = 50_000;

const hosts = createMemory<{ readonly host: Host | undefined }>(REMEMBERED);
const hostOf = (value: unknown): Host | undefined =>
  typeof value === 'string' ? hosts(value, proveHost).host : undefined;

function proveHost(text: string): { readonly host: Host | undefined } {
  const parsed = parseHost(text);
  return { host: parsed.ok ? parsed.value : undefined };
}

const addresses = createMemory<{ readonly isAddress: boolean }>(REMEMBERED);
export const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && addresses(value, proveAddress).isAddress;

const proveAddress = (text: string): { readonly isAddress: boolean } => ({ isAddress: isIP(text) !== 0 });
