import type net from 'node:net';
import type { BlockReason } from '../../policy/decide.ts';
import { closeAfterReading } from '../client-socket.ts';

/** AlertDescription (RFC 8446 section 6.2), as far as a tunnel's client is told one. */
const DESCRIPTIONS = {
  access_denied: 49,
  decode_error: 50,
  internal_error: 80,
  missing_extension: 109,
  unrecognized_name: 112,
} as const;

export type AlertDescription = keyof typeof DESCRIPTIONS;

/** Which alert says why a tunnel is refused, or undefined for a client that does not speak TLS. */
export function alertFor(reason: BlockReason): AlertDescription | undefined {
  switch (reason.code) {
    case 'not-tls':
      return undefined;
    case 'client-hello-unreadable':
      return 'decode_error';
    case 'sni-missing':
      return 'missing_extension'; // RFC 8446 section 9.2
    case 'sni-mismatch':
      return 'unrecognized_name';
    case 'rule':
    case 'default':
    case 'department-unknown':
    case 'port-forbidden':
    case 'address-forbidden':
    case 'address-literal':
    case 'ech-forbidden':
    case 'proxy-loop':
    case 'own-site':
      return 'access_denied';
  }
}

/**
 * Closes a tunnel to which its client has only sent a ClientHello, with a fatal alert in the clear, as a server answers
 * a ClientHello that it does not take. Resolves once the client's side has it, or cannot have it any more.
 */
export function closeTunnel(
  client: net.Socket,
  alert: AlertDescription | undefined,
  lingerMs: number,
): Promise<void> {
  if (alert === undefined) client.end();
  else client.end(alertRecord(alert));
  closeAfterReading(client, lingerMs);
  return new Promise((resolve) => {
    if (client.closed) resolve();
    client.once('finish', resolve);
    client.once('close', resolve);
  });
}

const ALERT_RECORD = 21;
const FATAL = 2;

/** An alert in a record of its own (RFC 8446 section 5.1). */
const alertRecord = (description: AlertDescription): Buffer =>
  Buffer.from([ALERT_RECORD, 3, 3, 0, 2, FATAL, DESCRIPTIONS[description]]);
