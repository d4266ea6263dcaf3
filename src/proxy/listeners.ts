import type http from 'node:http';
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
  readonly servers: readonly http.Server[];
  /** What is worth telling of the certificates that were read at first. */
  readonly warnings: readonly Problem[];
  /**
   * Reads the certificates anew, for the handshakes from now on. All of them are taken, or with any problem none.
   * `changed` tells whether any is another than before.
   */
  renewCertificates(now: Date): Result<{ readonly changed: boolean; readonly warnings: readonly Problem[] }>;
};

/** An HTTP server for each listening address, with what stands before it. */
export function createListeners(
  settings: readonly ListenerSettings[],
  context: ProxyContext,
  now: Date,
): Result<Listeners> {
  const loaded = loadCredentials(settings, now);
  if (!loaded.ok) return loaded;
  const { limits, reception } = context;
  const secured = new Map<ListenerSettings, { gate: TlsGate; credentials: ServerCredentials }>();
  const servers = settings.map((setting) => {
    const gates: Gate[] = [];
    const { from } = setting.proxyProtocol ?? {};
    if (from !== undefined) gates.push(createProxyProtocolGate(from, limits.proxyHeaderMs, context));
    const credentials = loaded.value.get(setting);
    if (credentials !== undefined) {
      const gate = createTlsGate(credentials, limits.tlsHandshakeMs, context);
      secured.set(setting, { gate, credentials });
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
  return succeed({
    servers,
    warnings: warningsOf(loaded.value),
    renewCertificates(at) {
      const renewed = loadCredentials(settings, at);
      if (!renewed.ok) return renewed;
      let changed = false;
      for (const [setting, one] of secured) {
        const credentials = renewed.value.get(setting) as ServerCredentials;
        if (isSame(credentials, one.credentials)) continue; // whoever has a session could not resume it for nothing
        one.gate.renew(credentials);
        one.credentials = credentials;
        changed = true;
      }
      return succeed({ changed, warnings: warningsOf(renewed.value) });
    },
  });
}

type Loaded = ReadonlyMap<ListenerSettings, ServerCredentials>;

/** The credentials of all listeners that have any, or the problems of all. */
export function loadCredentials(settings: readonly ListenerSettings[], now: Date): Result<Loaded> {
  const loaded = new Map<ListenerSettings, ServerCredentials>();
  const problems: Problem[] = [];
  for (const setting of settings) {
    if (setting.tls === undefined) continue;
    const credentials = loadServerCredentials(setting.tls, now);
    if (credentials.ok) loaded.set(setting, credentials.value);
    else problems.push(...credentials.error);
  }
  return problems.length > 0 ? fail(once(problems)) : succeed(loaded);
}

const warningsOf = (loaded: Loaded): readonly Problem[] =>
  once([...loaded.values()].flatMap((one) => one.warnings));

/** Several listeners may have the same files. */
const once = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((problem) => [`${problem.at} ${problem.problem}`, problem])).values(),
];

const isSame = (a: ServerCredentials, b: ServerCredentials): boolean =>
  a.cert === b.cert && a.key === b.key && a.clientCa?.join('') === b.clientCa?.join('');
