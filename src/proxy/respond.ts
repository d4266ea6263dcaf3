import type net from 'node:net';
import { answerTo, headOf } from '../block-page/answer.ts';
import { negotiate } from '../block-page/negotiate.ts';
import type { Notice } from '../block-page/notice.ts';
import { type Wishes, wishesIn } from '../block-page/wishes.ts';
import type { Outcome } from '../decision-log/record.ts';
import type { Admission } from './admit.ts';
import { closeAfterReading } from './client-socket.ts';
import type { IncomingRequest } from './http/wire/incoming-request.ts';
import type { OutgoingResponse } from './http/wire/outgoing-response.ts';
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
export function sendNotice(notice: Notice, response: OutgoingResponse): Promise<boolean> {
  const answer = answerTo(notice, negotiate(wishesOf(response.request)));
  response.writeHead(answer.status, answer.headers);
  response.endWith(answer.body);
  return new Promise((resolve) => response.whenOver(resolve));
}

export const wishesOf = ({ method, rawHeaders }: IncomingRequest): Wishes => wishesIn(method, rawHeaders);

/**
 * Answers on a connection that no HTTP server holds any more (CONNECT, an upgrade, a broken head), and closes it.
 * Resolves to whether the client's side took all of it.
 */
export function sendNoticeOnSocket(
  notice: Notice,
  wishes: Wishes,
  socket: net.Socket,
  lingerMs: number,
): Promise<boolean> {
  const answer = answerTo(notice, negotiate(wishes));
  socket.end(headOf(answer) + answer.body, 'latin1');
  closeAfterReading(socket, lingerMs);
  return new Promise((resolve) => {
    socket.once('finish', () => resolve(true));
    socket.once('close', () => resolve(socket.writableFinished));
  });
}
