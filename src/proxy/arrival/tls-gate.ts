import { constants } from 'node:crypto';
import type net from 'node:net';
import tls from 'node:tls';
import type { ServerCredentials } from '../../tls/server-credentials.ts';
import { type HeedTicketSecret, type TicketSecret, ticketKeyOf } from '../../tls/ticket-keys.ts';
import { transportOf } from '../client-socket.ts';
import { type Gate, type GateContext, turnAway } from './gate.ts';

export type TlsGate = {
  readonly gate: Gate;
  /** For the handshakes that begin from now on; whoever is connected stays so. */
  renew(credentials: ServerCredentials): void;
};

/** The secret that all workers have in common: a session of one is resumed by another. */
export type TlsGateContext = GateContext & { readonly ticketSecret: HeedTicketSecret };

/**
 * Speaks TLS with the client before it may speak HTTP. The names in the handshake decide nothing: there is one
 * certificate whatever name is asked for, and each request is decided for itself, so a session that was made under one
 * name and is resumed under another gains nothing.
 */
export function createTlsGate(
  credentials: ServerCredentials,
  handshakeMs: number,
  context: TlsGateContext,
): TlsGate {
  let inUse = credentials;
  let secret: TicketSecret | undefined;
  const useTickets = (): void => {
    if (secret !== undefined) server.setTicketKeys(ticketKeyOf(secret, inUse));
  };
  const passes = new WeakMap<net.Socket, (socket: net.Socket) => void>();
  // It never listens: it lends its handshake to the connections handed to it.
  const server = tls.createServer({
    ...contextOptions(credentials),
    requestCert: credentials.clientCa !== undefined,
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'], // who offers others only is refused (RFC 7301 section 3.2)
    handshakeTimeout: handshakeMs, // absolute: what comes before the handshake is done does not reach this timer
  });
  server.on('secureConnection', (secured) => {
    const socket = transportOf(secured);
    const pass = passes.get(socket);
    passes.delete(socket);
    secured.allowHalfOpen = true; // HTTP may still answer who has ended its side
    if (pass === undefined) secured.destroy();
    else pass(secured);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, secured) => {
    const socket = transportOf(secured);
    secured.on('error', () => secured.destroy());
    // Browsers connect ahead of need, and scanners to see what is open: who said nothing leaves no line.
    if (socket.bytesRead === bytesBefore.get(socket)) secured.destroy();
    else void turnAway(problemOf(error, secured), secured, context);
  });
  context.ticketSecret((next) => {
    secret = next;
    useTickets();
  });
  const bytesBefore = new WeakMap<net.Socket, number>();
  return {
    gate(socket, pass) {
      socket.on('error', () => socket.destroy());
      bytesBefore.set(socket, socket.bytesRead - socket.readableLength);
      passes.set(socket, pass);
      socket.allowHalfOpen = false; // who ends its side within the handshake has left
      server.emit('connection', socket);
    },
    renew(renewed) {
      inUse = renewed;
      server.setSecureContext(contextOptions(renewed));
      useTickets();
    },
  };
}

const contextOptions = ({ cert, key, clientCa }: ServerCredentials): tls.SecureContextOptions => ({
  cert,
  key,
  ...(clientCa === undefined ? {} : { ca: [...clientCa] }),
  minVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION, // TLS 1.3 has none (RFC 8446 section 4.1.2)
});

/** Why a handshake failed, for whoever looks for the client that it belongs to. */
function problemOf({ code = 'no reason given' }: NodeJS.ErrnoException, secured: tls.TLSSocket): string {
  // Node closes such a connection as if the client had left.
  const fault = secured.authorizationError as unknown as string | null;
  if (fault !== null) return `the client's certificate is not valid (${fault})`;
  if (REFUSAL_OF_OURS.test(code)) return `the client does not take the proxy's certificate (${code})`;
  switch (code) {
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return 'the TLS handshake took too long';
    case 'ECONNRESET':
      return 'the client left during the TLS handshake';
    case 'ERR_SSL_HTTP_REQUEST':
    case 'ERR_SSL_HTTPS_PROXY_REQUEST':
      return 'the client speaks plain HTTP where TLS is spoken';
    case 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE':
      return 'the client has no certificate';
    default:
      return `the TLS handshake failed (${code})`;
  }
}

/** The alerts by which a client says so (RFC 8446 section 6.2), as OpenSSL names them. */
const REFUSAL_OF_OURS = /_ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(?:UNKNOWN|EXPIRED|REVOKED))$/;
