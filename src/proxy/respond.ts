import { type IncomingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type net from 'node:net';
import { negotiate } from '../block-page/negotiate.ts';
import type { Notice } from '../block-page/notice.ts';
import { renderNotice } from '../block-page/response.ts';
import type { Outcome } from '../decision-log/record.ts';
import type { Admission } from './admit.ts';
import { closeAfterReading } from './client-socket.ts';
import { carrierOf, type OpenFailure } from './outward/opener.ts';

/** What a response of the proxy's own has to tell about an admitted, blocked or failed request. */
export function noticeOf(admission: Admission, subject: Notice['subject']): Notice {
  const { facts, incident, department } = admission;
  return {
    code: incident.code,
    time: facts.time,
    host: facts.host,
    client: facts.client,
    department,
    subject,
  };
}

/** A request that could not be forwarded, for its answer and for the log. Of a parent only the log has the name. */
export const failureSubject = ({ error, receivedStatus, parent }: OpenFailure): Notice['subject'] => ({
  kind: 'failed',
  error,
  ...(receivedStatus === undefined ? {} : { receivedStatus }),
  ...(parent === undefined ? {} : { by: 'parent-proxy' }),
});

export const failureOutcome = (failure: OpenFailure): Outcome => ({
  kind: 'upstream-failed',
  cause: failure.error,
  ...(failure.receivedStatus === undefined ? {} : { status: failure.receivedStatus }),
  ...carrierOf(failure),
});

/** Answers a plain request; resolves to whether the client took all of it. */
export function sendNotice(
  notice: Notice,
  headers: IncomingHttpHeaders,
  response: ServerResponse,
): Promise<boolean> {
  const { status, headers: fields, body } = renderNotice(notice, negotiate(headers));
  response.writeHead(status, fields.flat());
  response.end(response.req.method === 'HEAD' ? undefined : body);
  return new Promise((resolve) => {
    response.once('close', () => resolve(response.writableFinished));
  });
}

/**
 * Answers on a connection that no HTTP server holds any more (CONNECT, an upgrade, a broken head), and closes it.
 * Resolves to whether the client's side took all of it.
 */
export function sendNoticeOnSocket(
  notice: Notice,
  headers: IncomingHttpHeaders,
  socket: net.Socket,
  lingerMs: number,
): Promise<boolean> {
  const { status, headers: fields, body } = renderNotice(notice, negotiate(headers));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`,
    `Date: ${new Date().toUTCString()}`, // a server with a clock dates its answers (RFC 9110 section 6.6.1)
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
  closeAfterReading(socket, lingerMs);
  return new Promise((resolve) => {
    socket.once('finish', () => resolve(true));
    socket.once('close', () => resolve(socket.writableFinished));
  });
}
