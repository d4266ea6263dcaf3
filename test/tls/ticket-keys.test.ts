import { expect, test } from 'vitest';
import type { ServerCredentials } from '../../src/tls/server-credentials.ts';
import { newTicketSecret, ticketKeyOf } from '../../src/tls/ticket-keys.ts';

const CREDENTIALS: ServerCredentials = { cert: 'one', key: 'k', clientCa: ['ca'], warnings: [] };

test('a ticket key is the same for the same secret and certificates, and for no others', () => {
  const secret = newTicketSecret();
  const key = ticketKeyOf(secret, CREDENTIALS);
  expect(key).toHaveLength(48);
  expect(ticketKeyOf(Uint8Array.from(secret), { ...CREDENTIALS })).toEqual(key);
  const others = [
    ticketKeyOf(newTicketSecret(), CREDENTIALS),
    ticketKeyOf(secret, { ...CREDENTIALS, cert: 'another' }),
    ticketKeyOf(secret, { ...CREDENTIALS, clientCa: ['another'] }),
    ticketKeyOf(secret, { ...CREDENTIALS, clientCa: ['ca', 'another'] }),
    ticketKeyOf(secret, { ...CREDENTIALS, clientCa: undefined }),
  ];
  expect(new Set([key, ...others].map((one) => one.toString('hex'))).size).toBe(6);
});
