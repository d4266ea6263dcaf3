import type { BlockReason } from '../policy/decide.ts';
import { PROXY_ERROR_STATUS, type ProxyError } from '../policy/proxy-error.ts';
import { LIMIT_ANSWERS } from '../policy/reached-limit.ts';
import type { Notice } from './notice.ts';

type Subject = Notice['subject'];

const MAX_DETAILS_LENGTH = 200;

/** The status of the answer: the rule's or the request's own, else what RFC 9209 section 2.3 recommends. */
export function statusOf(subject: Subject): number {
  switch (subject.kind) {
    case 'blocked':
      return subject.reason.code === 'rule'
        ? subject.reason.rule.status
        : PROXY_ERROR_STATUS[proxyErrorOf(subject)];
    case 'failed':
      // Whatever a parent proxy answered, to the client it is a gateway's trouble with another (RFC 9110 section
      // 15.6.3): a 407 would ask for the client's own credentials.
      return subject.receivedStatus === undefined ? PROXY_ERROR_STATUS[subject.error] : 502;
    case 'limited':
      return LIMIT_ANSWERS[subject.limit].status;
    case 'refused':
      return subject.status;
  }
}

/** The error type of RFC 9209 section 2.3. */
export function proxyErrorOf(subject: Subject): ProxyError {
  switch (subject.kind) {
    case 'blocked':
      return blockError(subject.reason);
    case 'failed':
      return subject.error;
    case 'limited':
      return 'http_request_denied'; // `connection_limit_reached` is about connections to the next hop
    case 'refused':
      return 'http_request_error';
  }
}

function blockError(reason: BlockReason): ProxyError {
  switch (reason.code) {
    case 'rule':
    case 'default':
    case 'department-unknown':
    case 'port-forbidden':
    case 'own-site':
    case 'address-literal':
    case 'not-tls':
    case 'client-hello-unreadable':
    case 'sni-missing':
    case 'sni-mismatch':
    case 'ech-forbidden':
      return 'http_request_denied';
    case 'address-forbidden':
      return 'destination_ip_prohibited';
    case 'proxy-loop':
      return 'proxy_loop_detected';
  }
}

/** The value of `Proxy-Status` (RFC 9209 section 2): `postern; error=…; details="rule deepseek, incident 7F3K-9Q2M"`. */
export function proxyStatus(notice: Notice): string {
  const cause = causeOf(notice.subject);
  const details = `${cause === undefined ? '' : `${cause}, `}incident ${notice.code}`;
  const received = receivedStatusOf(notice.subject);
  const parameters = received === undefined ? '' : `; received-status=${received}`;
  return `postern; error=${proxyErrorOf(notice.subject)}${parameters}; details=${sfString(details)}`;
}

const receivedStatusOf = (subject: Subject): number | undefined =>
  subject.kind === 'failed' ? subject.receivedStatus : undefined;

/** What the error type alone does not tell. */
function causeOf(subject: Subject): string | undefined {
  switch (subject.kind) {
    case 'blocked':
      return blockCause(subject.reason);
    case 'failed':
      return subject.by === undefined ? undefined : 'by a parent proxy';
    case 'limited':
      return `limit ${subject.limit}`;
    case 'refused':
      return ascii(subject.problem);
  }
}

function blockCause(reason: BlockReason): string {
  switch (reason.code) {
    case 'rule':
      return `rule ${ascii(reason.rule.id)}`;
    case 'port-forbidden':
      return `port-forbidden ${reason.port}`;
    case 'address-forbidden':
      return `address-forbidden ${ascii(reason.range)}`;
    case 'default':
    case 'department-unknown':
    case 'proxy-loop':
    case 'own-site':
    case 'address-literal':
    case 'not-tls':
    case 'client-hello-unreadable':
    case 'sni-missing':
    case 'sni-mismatch':
    case 'ech-forbidden':
      return reason.code;
  }
}

/** Short, and without what a structured string cannot hold. */
const ascii = (text: string): string => text.slice(0, MAX_DETAILS_LENGTH).replace(/[^\x20-\x7e]+/g, '?');

/** RFC 8941 section 3.3.3. */
const sfString = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
