import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type net from 'node:net';
import { answerTo, headOf } from '../block-page/answer.ts';
import { negotiate } from '../block-page/negotiate.ts';
import type { Notice } from '../block-page/notice.ts';
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
  const answer = answerTo(notice, negotiate(headers));
  response.writeHead(answer.status, answer.headers);
  if (response.req.method === 'HEAD') response.end();
  else response.end(answer.body, 'latin1');
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
  const answer = answerTo(notice, negotiate(headers));
  socket.end(headOf(answer) + answer.body, 'latin1');
  closeAfterReading(socket, lingerMs);
  return new Promise((resolve) => {
    socket.once('finish', () => resolve(true));
    socket.once('close', () => resolve(socket.writableFinished));
  });
}
