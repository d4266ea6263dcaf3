import type net from 'node:net';
import { servePage } from '../block-page/over-tls.ts';
import type { Wishes } from '../block-page/wishes.ts';
import type { Outcome } from '../decision-log/record.ts';
import { addressLiteral } from '../policy/host.ts';
import type { LeafContexts } from '../tls/contexts.ts';
import { type Admission, type Asked, admit, type Blocked, type Forwarded } from './admit.ts';
import type { Limits } from './bounds/limits.ts';
import { holdClient, leaveAtEnd } from './client-socket.ts';
import { viaOf } from './http/headers.ts';
import type { IncomingRequest } from './http/wire/incoming-request.ts';
import { carrierOf, type Opener, type OpenFailure } from './outward/opener.ts';
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
      case 'block': {
        const pageOverTls = mayShowPage(admission, context) ? context.pageOverTls : undefined;
        return pageOverTls === undefined
          ? refuse(admission, wishes, client, context)
          : showPage(admission, client, pageOverTls, context.limits);
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

/**
 * The client is told 200 and meets a TLS server of ours, because browsers show nothing of a refusal of CONNECT. That
 * server has one host: who names another is told so, and sees no certificate.
 */
async function showPage(
  admission: Blocked,
  client: net.Socket,
  pageOverTls: PageOverTls,
  limits: Limits,
): Promise<Outcome> {
  const leaf = pageOverTls.leaves.contextFor(admission.facts.host);
  const notice = noticeOf(admission, { kind: 'blocked', reason: admission.reason });
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
  const ending = await servePage(client, leaf, notice, Math.max(0, limits.blockPageMs - spentMs));
  return ending === 'served' ? { kind: 'block-page-served' } : { kind: 'block-page-unseen', cause: ending };
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
      return false;
  }
}

async function refuse(
  admission: Blocked,
  wishes: Wishes,
  client: net.Socket,
  { limits }: ConnectContext,
): Promise<Outcome> {
  const notice = noticeOf(admission, { kind: 'blocked', reason: admission.reason });
  await sendNoticeOnSocket(notice, wishes, client, limits.lingerMs);
  return { kind: 'block-page-unseen', cause: 'connect-refused' };
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
