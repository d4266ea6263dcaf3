import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { GateContext } from '../../../src/proxy/arrival/gate.ts';
import { createTlsGate } from '../../../src/proxy/arrival/tls-gate.ts';
import { loadServerCredentials, type ServerCredentials } from '../../../src/tls/server-credentials.ts';
import { newTicketSecret, type TicketSecret } from '../../../src/tls/ticket-keys.ts';
import { issueClient, issueServer, newCa } from '../../support/credentials.ts';

/** Handshakes that succeed need nothing of it. */
const CONTEXT = {} as GateContext;

/** A listener that says one byte to whoever gets through its gate, and lets the test exchange its ticket secret. */
async function startGate(credentials: ServerCredentials, first: TicketSecret) {
  let heed: (secret: TicketSecret) => void = () => {};
  const ticketSecret = (listener: typeof heed): void => {
    heed = listener;
    heed(first);
  };
  const { gate, renew } = createTlsGate(credentials, 10_000, { ...CONTEXT, ticketSecret });
  const server = net.createServer((socket) => gate(socket, (secured) => secured.end('.')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as net.AddressInfo;
  return { port, renew, useSecret: (secret: TicketSecret) => heed(secret) };
}

type Gate = Awaited<ReturnType<typeof startGate>>;

/** One handshake: whether it resumed the session, and a session for the next. */
async function handshake({ port }: Gate, options: tls.ConnectionOptions) {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  onTestFinished(() => void socket.destroy());
  socket.resume();
  const session = new Promise<Buffer | undefined>((resolve) => {
    let last: Buffer | undefined;
    socket.on('session', (made) => {
      last = made;
    });
    socket.once('close', () => resolve(last));
  });
  await once(socket, 'secureConnect');
  return { isResumed: socket.isSessionReused(), session: await session };
}

const credentialsOf = (files: Parameters<typeof loadServerCredentials>[0]): ServerCredentials => {
  const loaded = loadServerCredentials(files, new Date());
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value;
};

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  test('made with one of several processes is resumed by another, until they have another secret', async () => {
    const credentials = credentialsOf(issueServer(newCa()));
    const secret = newTicketSecret();
    const [one, other] = [await startGate(credentials, secret), await startGate(credentials, secret)];
    const { session } = await handshake(one, only);
    expect(session).toBeDefined();
    expect((await handshake(other, { ...only, session })).isResumed).toBe(true);
    other.useSecret(newTicketSecret());
    expect((await handshake(other, { ...only, session })).isResumed).toBe(false);
    expect((await handshake(one, { ...only, session })).isResumed).toBe(true);
  });

  test('is not resumed where clients need the certificate of another CA, nor after a renewal', async () => {
    const [ca, otherCa] = [newCa(), newCa()];
    const files = issueServer(ca);
    const secret = newTicketSecret();
    const credentials = credentialsOf({ ...files, clientCa: ca.file });
    const one = await startGate(credentials, secret);
    const both = credentialsOf({ ...files, clientCa: ca.file });
    const stricter = await startGate(
      { ...both, clientCa: [otherCa.authority.certificatePem, ...(both.clientCa ?? [])] },
      secret,
    );
    const client = { ...only, ...issueClient(ca) };
    const { session } = await handshake(one, client);
    expect((await handshake(one, { ...client, session })).isResumed).toBe(true);
    expect((await handshake(stricter, { ...client, session })).isResumed).toBe(false);
    one.renew(credentialsOf({ ...issueServer(ca), clientCa: ca.file }));
    expect((await handshake(one, { ...client, session })).isResumed).toBe(false);
  });
});
