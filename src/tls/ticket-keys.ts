import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { ServerCredentials } from './server-credentials.ts';

/**
 * The secret behind the session tickets of all listeners. Those who serve together have the same one, so that a session
 * made with one of them is resumed by another.
 */
export type TicketSecret = Uint8Array;

/** How long one secret is in use: whoever finds it out can read the TLS 1.2 sessions of that time. */
export const TICKET_SECRET_MS = 86_400_000;

export const newTicketSecret = (): TicketSecret => randomBytes(32);

/** Takes hold of the secret in use: `heed` is called with it at once, and with each that follows. */
export type HeedTicketSecret = (heed: (secret: TicketSecret) => void) => void;

/** What Node takes: 16 bytes of name, 16 for the HMAC and 16 for AES. */
const KEY_BYTES = 48;

/**
 * The key of one listener. Another certificate, or other CAs of clients, make another key: a session stands for a
 * client's certificate, which a listener that trusts others must not take for proven.
 */
export function ticketKeyOf(secret: TicketSecret, { cert, clientCa }: ServerCredentials): Buffer {
  const whose = createHash('sha256').update(JSON.stringify([cert, clientCa ?? null]));
  return Buffer.from(hkdfSync('sha256', secret, 'session tickets', whose.digest(), KEY_BYTES));
}
