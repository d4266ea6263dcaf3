import type net from 'node:net';
import type { Carrier } from '../../decision-log/record.ts';
import type { Failure } from '../../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import type { Limits } from '../bounds/limits.ts';
import { dial } from './dial.ts';
import type { Health } from './health.ts';
import { type Parent, type Reaching, reachParent } from './parent.ts';
import { askForTunnel } from './parent-tunnel.ts';
import type { Destination, Hop } from './route.ts';

/** A connection, and the parent to which it leads; undefined: to the origin itself. */
export type OpenConnection = { readonly socket: net.Socket; readonly parent: Parent | undefined };

/** Why there is none, by the last hop that was tried. */
export type OpenFailure = Failure & { readonly parent?: Parent | undefined };

/** The parent as the log names it. */
export const carrierOf = ({ parent }: { readonly parent?: Parent | undefined }): Carrier =>
  parent === undefined ? {} : { upstream: parent.name };

/**
 * Opens connections towards a request's destination by the first of its hops that gives one. What goes wrong before a
 * byte of the request is sent lets the next hop try; a refusal of the request itself does not.
 */
export type Opener = {
  /** The hop that a request would be sent to first. */
  firstHop(destination: Destination): Hop | undefined;
  /** To the next hop, which is to be sent the request. */
  toNextHop(destination: Destination, client: net.Socket): Promise<Result<OpenConnection, OpenFailure>>;
  /** To the origin, through a parent by a tunnel. `via` is for that parent: by which proxies the request has come. */
  toOrigin(
    destination: Destination,
    via: string,
    client: net.Socket,
  ): Promise<Result<OpenConnection, OpenFailure>>;
};

export function createOpener(
  health: Health,
  reaching: Omit<Reaching, 'dialMs'>,
  limits: Pick<Limits, 'dialMs' | 'parentAnswerMs' | 'failoverMs' | 'maxHeaderBytes'>,
): Opener {
  const reach = async (
    hop: Hop,
    { addresses, port }: Destination,
    client: net.Socket,
  ): Promise<Result<net.Socket, Failure>> => {
    if (hop !== 'direct') health.begin(hop);
    const connected =
      hop === 'direct'
        ? await dial(addresses, port, limits.dialMs, client)
        : await reachParent(hop, client, { ...reaching, dialMs: limits.dialMs });
    if (hop !== 'direct' && connected.ok) health.reached(hop);
    // That the client has left, or that we are out of descriptors, says nothing of a parent.
    else if (
      hop !== 'direct' &&
      !connected.ok &&
      !client.destroyed &&
      connected.error !== 'connection_limit_reached'
    )
      health.missed(hop, connected.error);
    return connected.ok ? connected : fail({ error: connected.error });
  };

  const firstOf = async (
    destination: Destination,
    client: net.Socket,
    attempt: (hop: Hop) => Promise<Result<net.Socket, Failure>>,
  ): Promise<Result<OpenConnection, OpenFailure>> => {
    const startedAt = performance.now();
    let failure: OpenFailure = { error: 'destination_unavailable' };
    for (const hop of health.inOrder(destination.hops)) {
      const parent = hop === 'direct' ? undefined : hop;
      const opened = await attempt(hop);
      if (opened.ok) return succeed({ socket: opened.value, parent });
      failure = { ...opened.error, parent };
      const isLate = performance.now() - startedAt > limits.failoverMs;
      if (client.destroyed || isRefusal(failure) || isLate) break;
    }
    return fail(failure);
  };

  return {
    firstHop: ({ hops }) => health.inOrder(hops)[0],
    toNextHop: (destination, client) =>
      firstOf(destination, client, (hop) => reach(hop, destination, client)),
    toOrigin: (destination, via, client) =>
      firstOf(destination, client, async (hop) => {
        const reached = await reach(hop, destination, client);
        if (!reached.ok || hop === 'direct') return reached;
        const authority = `${destination.host}:${destination.port}`;
        const answered = await askForTunnel(reached.value, hop, { authority, via }, client, limits);
        return answered.ok ? reached : answered;
      }),
  };
}

/** Another parent must not be asked for what one has refused: it may be a policy. Its server errors are none. */
const isRefusal = ({ receivedStatus = 500 }: Failure): boolean => receivedStatus < 500;
