import type { Decision } from '../policy/decide.ts';
import type { Facts, Via } from '../policy/facts.ts';
import type { ProxyError } from '../policy/proxy-error.ts';
import type { ReachedLimit } from '../policy/reached-limit.ts';
import type { Incident } from './incident.ts';

/** What was decided on one request, written before any byte flows. */
export type DecisionRecord = {
  readonly event: 'decision';
  readonly incident: Incident;
  /** Of the CONNECT in whose tunnel this was found. */
  readonly tunnel?: Incident;
  readonly facts: Facts;
  readonly decision: Decision;
  /** The version of the policy set that decided. */
  readonly policy: string;
  readonly mode: 'enforce' | 'observe';
};

/** What could not be understood, and so not be decided on: refused, in one line that has no outcome. */
export type MalformedRecord = {
  readonly event: 'malformed';
  readonly incident: Incident;
  readonly time: number;
  readonly department: string | undefined;
  readonly client: string;
  readonly via: Via | undefined;
  readonly method: string | undefined;
  /** The request target as it came, capped. */
  readonly target: string | undefined;
  /** Undefined: the connection was closed without an answer. */
  readonly status: number | undefined;
  readonly problem: string;
};

/**
 * Connections or requests that were turned away because a limit was reached, before anything was decided: they have no
 * outcome. Those of one client at one limit share an incident.
 */
export type RefusalRecord = {
  readonly event: 'refusal';
  readonly incident: Incident;
  readonly time: number;
  readonly department: string | undefined;
  /** Undefined: clients beyond those that are told apart. */
  readonly client: string | undefined;
  readonly limit: ReachedLimit;
  /** How many there were since the last record of the incident. */
  readonly refused: number;
};

/** How a decided request ended, written exactly once. */
export type OutcomeRecord = {
  readonly event: 'outcome';
  readonly incident: Incident;
  readonly time: number;
  readonly outcome: Outcome;
  readonly durationMs: number;
};

/** Byte counts are of bodies and tunnels; message heads are not counted. */
export type Outcome =
  | ({ readonly kind: 'tunnel-closed'; readonly bytesUp: number; readonly bytesDown: number } & Carrier)
  | ({
      readonly kind: 'response-relayed';
      readonly status: number;
      readonly bytesUp: number;
      readonly bytesDown: number;
    } & Carrier)
  /** A TRACE or an OPTIONS that may be forwarded no further (RFC 9110 section 7.6.2). */
  | { readonly kind: 'answered-by-proxy'; readonly status: number }
  | { readonly kind: 'block-page-served' }
  | { readonly kind: 'block-page-unseen'; readonly cause: UnseenCause }
  /** It was cut off, because the body of its request came too slowly. */
  | ({ readonly kind: 'client-too-slow'; readonly bytesUp: number; readonly bytesDown: number } & Carrier)
  | ({ readonly kind: 'client-left'; readonly bytesUp?: number; readonly bytesDown?: number } & Carrier)
  | ({
      readonly kind: 'upstream-failed';
      readonly cause: ProxyError;
      /** When it failed after a response had begun, or because of what a parent proxy answered. */
      readonly status?: number;
      readonly bytesUp?: number;
      readonly bytesDown?: number;
    } & Carrier);

/** The parent proxy that carried a request, or the last that was tried, such as `parent.example:3128`. */
export type Carrier = { readonly upstream?: string };

/**
 * Why nobody read a page: the client said that it does not know our CA, or that it does not take our certificate, it
 * left without a word once it had that, the handshake failed in another way, the client left, it took too long, it
 * asked our TLS server for another host; or the page could not be shown at all, since browsers replace a refusal of
 * CONNECT by an error of their own, the client had as many certificates signed as it may, and a tunnel that is open
 * already has no place for one.
 */
export type UnseenCause =
  | 'ca-unknown'
  | 'certificate-refused'
  | 'left-at-certificate'
  | 'tls-refused'
  | 'client-left'
  | 'deadline'
  | 'sni-mismatch'
  | 'connect-refused'
  | 'certificate-limit'
  | 'mid-tunnel';

export type LogRecord = DecisionRecord | MalformedRecord | RefusalRecord | OutcomeRecord;

/** The data path's one output. The file, and whatever else wants to know, are readers of these records. */
export type DecisionLog = {
  write(record: LogRecord): void;
  /**
   * Resolves to true once all that was written so far is with the kernel, so that no client sees an answer whose
   * decision a crash could lose; to false when it could not be written and the setting says to block.
   */
  committed(): Promise<boolean>;
};
