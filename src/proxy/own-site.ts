import type net from 'node:net';
import type { SecureContext } from 'node:tls';
import { type PageEnding, serveInside } from '../block-page/over-tls.ts';
import type { RequestHead } from '../block-page/request-head.ts';
import type { Outcome } from '../decision-log/record.ts';
import type { OwnSite } from '../own-site/site.ts';
import type { Visit } from '../own-site/visit.ts';
import type { Asked, OwnVisit } from './admit.ts';
import { listenerPort } from './client-socket.ts';
import type { ForwardTarget } from './http/target.ts';
import type { OutgoingResponse } from './http/wire/outgoing-response.ts';

/** Answers a visit in the clear. */
export async function answerVisit(
  asked: Asked,
  admission: OwnVisit,
  target: ForwardTarget,
  response: OutgoingResponse,
  site: OwnSite,
): Promise<Outcome> {
  const { request } = response;
  const answer = await site.answer({
    ...visitorOf(asked, admission, request.socket),
    method: request.method,
    way: request.requestTarget.startsWith('/') ? 'direct' : 'proxied',
    originForm: target.originForm,
    host: request.list('host'),
    acceptLanguage: request.list('accept-language'),
    secFetchSite: request.list('sec-fetch-site'),
  });
  if (response.isOver) return { kind: 'client-left' };
  response.writeHead(answer.status, answer.headers);
  response.endWith(answer.body);
  return new Promise((resolve) => {
    response.whenOver((isWhole) =>
      resolve(isWhole ? { kind: 'answered-by-proxy', status: answer.status } : { kind: 'client-left' }),
    );
  });
}

/** Answers the first request in a tunnel to the site, as `serveInside` does. */
export async function answerVisitInside(
  asked: Asked,
  admission: OwnVisit,
  client: net.Socket,
  leaf: SecureContext,
  site: OwnSite,
  deadlineMs: number,
): Promise<{ readonly ending: PageEnding; readonly status: number }> {
  const visitor = visitorOf(asked, admission, client);
  let status = 0;
  const answer = async (head: RequestHead) => {
    const answered = await site.answer({
      ...visitor,
      method: head.method,
      way: 'tls',
      originForm: head.requestTarget,
      host: head.host,
      acceptLanguage: head['accept-language'],
      secFetchSite: head['sec-fetch-site'],
    });
    status = answered.status;
    return answered;
  };
  const ending = await serveInside(client, leaf, answer, deadlineMs);
  return { ending, status };
}

type Visitor = Pick<Visit, 'facts' | 'policies' | 'department' | 'listenerPort' | 'code'>;

const visitorOf = ({ facts, policies }: Asked, admission: OwnVisit, client: net.Socket): Visitor => ({
  facts,
  policies,
  department: admission.department,
  listenerPort: listenerPort(client),
  code: admission.incident.code,
});
