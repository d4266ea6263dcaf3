import type net from 'node:net';
import type { Network } from '../policy/network.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import {
  type CredentialFiles,
  loadServerCredentials,
  type ServerCredentials,
} from '../tls/server-credentials.ts';
import { peerAddress } from './arrival/client-address.ts';
import { type Gate, putBefore } from './arrival/gate.ts';
import { createProxyProtocolGate } from './arrival/proxy-protocol-gate.ts';
import { createTlsGate, type TlsGate } from './arrival/tls-gate.ts';
import { createListener, type ProxyContext } from './listener.ts';

/** What stands before HTTP on a listener; both may: then the PROXY header comes first, and in the clear. */
export type ListenerSettings = {
  readonly tls?: CredentialFiles | undefined;
  readonly proxyProtocol?: { readonly from: readonly Network[] } | undefined;
};

export type Listeners = {
  /** One for each setting, not listening yet. */
  readonly servers: readonly net.Server[];
  /** Takes other certificates for the handshakes from now on; whoever is connected stays so. */
  useCertificates(credentials: ListenerCredentials): void;
};

/** The certificates of TLS listeners, in the order of their settings; undefined where no TLS is spoken. */
export type ListenerCredentials = readonly (ServerCredentials | undefined)[];

/** A server for each listening address, with what stands before it. */
export function createListeners(
  settings: readonly ListenerSettings[],
  certificates: ListenerCredentials,
  context: ProxyContext,
): Listeners {
  const { limits, reception } = context;
  const secured = new Map<number, { gate: TlsGate; credentials: ServerCredentials }>();
  const servers = settings.map((setting, index) => {
    const gates: Gate[] = [];
    const { from } = setting.proxyProtocol ?? {};
    if (from !== undefined) gates.push(createProxyProtocolGate(from, limits.proxyHeaderMs, context));
    const credentials = certificates[index];
    if (credentials !== undefined) {
      const gate = createTlsGate(credentials, limits.tlsHandshakeMs, context);
      secured.set(index, { gate, credentials });
      gates.push(gate.gate);
    }
    const server = createListener(context);
    // Whose a load balancer's connection is, its header tells first.
    const clientOf = (peer: string): string | undefined => (from === undefined ? peer : undefined);
    putBefore(server, gates, (socket) => {
      const peer = peerAddress(socket);
      return reception.arrive(socket, peer, clientOf(peer));
    });
    return server;
  });
  return {
    servers,
    useCertificates(renewed) {
      for (const [index, one] of secured) {
        const credentials = renewed[index];
        if (credentials === undefined || isSame(credentials, one.credentials)) continue; // sessions can still be resumed
        one.gate.renew(credentials);
        one.credentials = credentials;
      }
    },
  };
}

/** Reads the certificates of all listeners that have any, or tells the problems of all. */
export function loadListenerCredentials(
  settings: readonly ListenerSettings[],
  now: Date,
): Result<ListenerCredentials> {
  const problems: Problem[] = [];
  const loaded = settings.map(({ tls }) => {
    const credentials = tls === undefined ? succeed(undefined) : loadServerCredentials(tls, now);
    if (credentials.ok) return credentials.value;
    problems.push(...credentials.error);
    return undefined;
  });
  return problems.length > 0 ? fail(once(problems)) : succeed(loaded);
}

/** What is worth telling of certificates that were read. */
export const warningsOf = (credentials: ListenerCredentials): readonly Problem[] =>
  once(credentials.flatMap((one) => one?.warnings ?? []));

/** Whether both stand for the same certificates and keys. */
export const areSameCredentials = (a: ListenerCredentials, b: ListenerCredentials): boolean =>
  a.every((one, index) => {
    const other = b[index];
    return one === undefined || other === undefined ? one === other : isSame(one, other);
  });

/** Several listeners may have the same files. */
const once = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [`${problem.at} ${problem.problem}`, problem])).values(),
];

const isSame = (a: ServerCredentials, b: ServerCredentials): boolean =>
  a.cert === b.cert && a.key === b.key && a.clientCa?.join('') === b.clientCa?.join('');
