import type net from 'node:net';
import type { SecureContext } from 'node:tls';
import { type PageEnding, servePage } from '../block-page/over-tls.ts';
import type { Wishes } from '../block-page/wishes.ts';
import type { Outcome } from '../decision-log/record.ts';
import type { OwnSite } from '../own-site/site.ts';
import { addressLiteral } from '../policy/host.ts';
import type { LeafContexts } from '../tls/contexts.ts';
import { type Admission, type Asked, admit, type Blocked, type Forwarded, type OwnVisit } from './admit.ts';
import type { Limits } from './bounds/limits.ts';
import type { Reception } from './bounds/reception.ts';
import { holdClient, leaveAtEnd } from './client-socket.ts';
import { viaOf } from './http/headers.ts';
import type { IncomingRequest } from './http/wire/incoming-request.ts';
import { carrierOf, type Opener, type OpenFailure } from './outward/opener.ts';
import { answerVisitInside } from './own-site.ts';
import { failureOutcome, failureSubject, noticeOf, sendNoticeOnSocket, wishesOf } from './respond.ts';
import { readOpening } from './tunnels/opening.ts';
import { closeTunnel } from './tunnels/tls-alert.ts';
import { carryTunnel, type TunnelContext } from './tunnels/tunnel.ts';
import { namesAnother } from './tunnels/tunnel-rules.ts';

/** What it takes to show a block page inside a tunnel. */
export type PageOverTls = { readonly leaves: LeafContexts };

export type ConnectContext = TunnelContext & {
  readonly opener: Opener;
  /** Our name in `Via`, such as `postern-5d41402a` (RFC 9110 section 7.6.3). */
  readonly name: string;
  /** Undefined when every blocked CONNECT is to be refused outright. */
  readonly pageOverTls: PageOverTls | undefined;
  readonly ownSite: OwnSite;
  readonly reception: Pick<Reception, 'maySign'>;
};

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

/** CONNECT (RFC 9110 section 9.3.6). `head` is what the client sent before it had our answer. */
export function connect(
  asked: Asked,
  request: IncomingRequest,
  head: Buffer,
  context: ConnectContext,
): Promise<void> {
  // Not the request itself, which would then be there as long as its tunnel.
  const { socket: client } = request;
  const wishes = wishesOf(request);
  const via = viaOf(request, context.name);
  holdClient(client, head);
  return admit(asked, context.door, client, async (admission) => {
    switch (admission.verdict) {
      case 'forward':
        return openTunnel(asked, admission, { wishes, via }, client, context);
      case 'own-site': {
        const { pageOverTls } = context;
        return pageOverTls === undefined
          ? refuse(admission, wishes, client, context, 'connect-refused')
          : showOwnSite(asked, admission, client, pageOverTls, context);
      }
      case 'block': {
        const pageOverTls = mayShowPage(admission, context) ? context.pageOverTls : undefined;
        if (pageOverTls === undefined) return refuse(admission, wishes, client, context, 'connect-refused');
        return mayHaveLeaf(admission, client, pageOverTls, context)
          ? showPage(admission, client, pageOverTls, context.limits)
          : refuse(admission, wishes, client, context, 'certificate-limit');
      }
      case 'fail':
        return failTunnel(admission, wishes, client, context, { error: admission.error });
    }
  });
}

async function openTunnel(
  asked: Asked,
  admission: Forwarded,
  { wishes, via }: { readonly wishes: Wishes; readonly via: string },
  client: net.Socket,
  context: ConnectContext,
): Promise<Outcome> {
  const stopWatching = leaveAtEnd(client);
  const opened = await context.opener.toOrigin(admission.destination, via, client);
  stopWatching();
  if (client.destroyed) {
    if (opened.ok) opened.value.socket.destroy();
    return { kind: 'client-left' };
  }
  if (!opened.ok) return failTunnel(admission, wishes, client, context, opened.error);
  client.write(ESTABLISHED, 'latin1');
  const tunnel = { asked, admission, client, upstream: opened.value.socket };
  return { kind: 'tunnel-closed', ...(await carryTunnel(tunnel, context)), ...carrierOf(opened.value) };
}

async function showPage(
  admission: Blocked,
  client: net.Socket,
  pageOverTls: PageOverTls,
  limits: Limits,
): Promise<Outcome> {
  const notice = noticeOf(admission, { kind: 'blocked', reason: admission.reason });
  const serve: ServeInside = (leaf, deadlineMs) => servePage(client, leaf, notice, deadlineMs);
  return (await meetInside(admission, client, pageOverTls, limits, serve)) ?? { kind: 'block-page-served' };
}

async function showOwnSite(
  asked: Asked,
  admission: OwnVisit,
  client: net.Socket,
  pageOverTls: PageOverTls,
  { limits, ownSite }: ConnectContext,
): Promise<Outcome> {
  let status = 0;
  const serve: ServeInside = async (leaf, deadlineMs) => {
    const answered = await answerVisitInside(asked, admission, client, leaf, ownSite, deadlineMs);
    status = answered.status;
    return answered.ending;
  };
  const unseen = await meetInside(admission, client, pageOverTls, limits, serve);
  return unseen ?? { kind: 'answered-by-proxy', status };
}

/** Answers within a tunnel, by a TLS server with this leaf, until a deadline that is counted from now. */
type ServeInside = (leaf: SecureContext, deadlineMs: number) => Promise<PageEnding>;

/**
 * The client is told 200 and meets a TLS server of ours, because browsers show nothing of a refusal of CONNECT. That
 * server has one host: who names another is told so, and sees no certificate. Undefined when the answer was sent.
 */
async function meetInside(
  admission: Blocked | OwnVisit,
  client: net.Socket,
  pageOverTls: PageOverTls,
  limits: Limits,
  serve: ServeInside,
): Promise<Outcome | undefined> {
  const leaf = pageOverTls.leaves.contextFor(admission.facts.host);
  const startedAt = performance.now();
  client.write(ESTABLISHED, 'latin1');
  const opening = await readOpening(client, { ...limits, clientHelloMs: limits.blockPageMs });
  const spentMs = performance.now() - startedAt;
  if (client.destroyed || opening.kind === 'gone' || opening.kind === 'late') {
    client.destroy();
    return { kind: 'block-page-unseen', cause: opening.kind === 'late' ? 'deadline' : 'client-left' };
  }
  if (opening.kind === 'hello' && namesAnother(opening, admission.facts.host)) {
    await closeTunnel(client, 'unrecognized_name', limits.lingerMs);
    return { kind: 'block-page-unseen', cause: 'sni-mismatch' };
  }
  const ending = await serve(leaf, Math.max(0, limits.blockPageMs - spentMs));
  return ending === 'served' ? undefined : { kind: 'block-page-unseen', cause: ending };
}

/**
 * A page is for people, about what a policy says of a name. A port that speaks no TLS, an address (for which nobody
 * can have a certificate) and what the proxy never does are answered plainly.
 */
function mayShowPage({ facts, reason }: Blocked, context: ConnectContext): boolean {
  switch (reason.code) {
    case 'rule':
    case 'default':
    case 'department-unknown':
      return addressLiteral(facts.host) === undefined && !context.door.egress.forbidsPort(facts);
    case 'port-forbidden':
    case 'address-forbidden':
    case 'address-literal':
    case 'not-tls': // this and what follows is found in a tunnel that is open already
    case 'client-hello-unreadable':
    case 'sni-missing':
    case 'sni-mismatch':
    case 'ech-forbidden':
    case 'proxy-loop':
    case 'own-site':
      return false;
  }
}

/**
 * One client that asks for ever new names must not keep the proxy signing. A host that has its leaf already costs
 * nothing, whoever asks.
 */
const mayHaveLeaf = (
  { facts }: Blocked,
  client: net.Socket,
  { leaves }: PageOverTls,
  { reception }: ConnectContext,
): boolean => leaves.has(facts.host) || reception.maySign(client);

async function refuse(
  admission: Blocked | OwnVisit,
  wishes: Wishes,
  client: net.Socket,
  { limits }: ConnectContext,
  cause: 'connect-refused' | 'certificate-limit',
): Promise<Outcome> {
  const notice = noticeOf(admission, { kind: 'blocked', reason: admission.reason });
  await sendNoticeOnSocket(notice, wishes, client, limits.lingerMs);
  return { kind: 'block-page-unseen', cause };
}

async function failTunnel(
  admission: Admission,
  wishes: Wishes,
  client: net.Socket,
  { limits }: ConnectContext,
  failure: OpenFailure,
): Promise<Outcome> {
  const notice = noticeOf(admission, failureSubject(failure));
  await sendNoticeOnSocket(notice, wishes, client, limits.lingerMs);
  return failureOutcome(failure);
}
