import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import {
  connect,
  createSecureContext,
  type EphemeralKeyInfo,
  type SecureContext,
  type SecureVersion,
  TLSSocket,
} from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Authority } from '../../src/tls/authority.ts';
import { createLeafContexts } from '../../src/tls/contexts.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';
import { collectGarbage } from '../support/garbage.ts';
import { DAY, later, NOW, newAuthority } from './support.ts';

const at = (now: Date) => ({ clock: () => now });

describe('the cache of contexts', () => {
  test('a host keeps its context', () => {
    const contexts = createLeafContexts(newAuthority(), at(NOW));
    expect(contexts.contextFor('a.example')).toBe(contexts.contextFor('a.example'));
  });

  test('two hosts never share a context', () => {
    const contexts = createLeafContexts(newAuthority(), at(NOW));
    expect(contexts.contextFor('a.example')).not.toBe(contexts.contextFor('b.example'));
  });

  // Covers: EV-24
  test('it holds no more than its capacity, and the least recently used goes first', () => {
    const { contextFor } = createLeafContexts(newAuthority(), { capacity: 2, ...at(NOW) });
    const [a, b] = [contextFor('a.example'), contextFor('b.example')];
    contextFor('a.example'); // now b is the least recent
    const c = contextFor('c.example');
    expect(contextFor('a.example')).toBe(a);
    expect(contextFor('c.example')).toBe(c);
    expect(contextFor('b.example')).not.toBe(b);
  });

  // Covers: EV-24
  test('a flood of hosts leaves only the last ones', () => {
    const { contextFor } = createLeafContexts(newAuthority(), { capacity: 8, ...at(NOW) });
    const first = Array.from({ length: 40 }, (_, index) => contextFor(`h${index}.example`));
    for (let index = 39; index >= 32; index -= 1) expect(contextFor(`h${index}.example`)).toBe(first[index]);
    for (let index = 0; index < 32; index += 1)
      expect(contextFor(`h${index}.example`)).not.toBe(first[index]);
  });

  test('a context is renewed when less than a day of its leaf is left, and not before', () => {
    let now = NOW;
    const { contextFor } = createLeafContexts(newAuthority(), { clock: () => now });
    const first = contextFor('a.example');
    const wholeSecond = Math.floor(NOW.getTime() / 1000) * 1000;
    now = new Date(wholeSecond + 28 * DAY);
    expect(contextFor('a.example')).toBe(first);
    now = new Date(wholeSecond + 28 * DAY + 1);
    const second = contextFor('a.example');
    expect(second).not.toBe(first);
    expect(contextFor('a.example')).toBe(second);
  });

  test('a leaf that ends with the CA is kept on the last day: a new one would end no later', () => {
    const authority = newAuthority();
    const lastHour = new Date(authority.certificate.validToDate.getTime() - DAY / 24);
    const { contextFor } = createLeafContexts(authority, at(lastHour));
    expect(contextFor('a.example')).toBe(contextFor('a.example'));
  });

  test('it says of which hosts a context is at hand, and of none whose leaf must be renewed', () => {
    let now = NOW;
    const { contextFor, has } = createLeafContexts(newAuthority(), { capacity: 1, clock: () => now });
    expect(has('a.example')).toBe(false);
    contextFor('a.example');
    expect(has('a.example')).toBe(true);
    now = later(29);
    expect(has('a.example')).toBe(false);
    contextFor('a.example');
    contextFor('b.example');
    expect([has('a.example'), has('b.example')]).toEqual([false, true]);
  });

  // Covers: EV-24
  test('what has left it is given back to the memory', async () => {
    const { contextFor } = createLeafContexts(newAuthority(), { capacity: 4, ...at(NOW) });
    const made = Array.from({ length: 200 }, (_, index) => new WeakRef(contextFor(`h${index}.example`)));
    await setImmediate(); // a WeakRef holds what it was made of until the turn ends
    collectGarbage();
    expect(made.filter((context) => context.deref() !== undefined)).toHaveLength(4);
  });

  test('a host that no leaf can name throws, again and again', () => {
    const { contextFor } = createLeafContexts(newAuthority(), at(NOW));
    for (let count = 0; count < 2; count += 1) expect(() => contextFor('*.example')).toThrow(RangeError);
  });
});

describe.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('a %s handshake', (version) => {
  test('succeeds with a client that trusts only the CA', async () => {
    const authority = newAuthority();
    const { contextFor } = createLeafContexts(authority, at(NOW));
    const seen = await visit({
      authority,
      context: contextFor('www.example.org'),
      host: 'www.example.org',
      version,
    });
    expect(seen).toMatchObject({
      authorized: true,
      protocol: version,
      alpn: 'http/1.1',
      names: 'DNS:www.example.org',
      body: 'blocked',
    });
  });

  test('fails with a client that trusts another CA of the same make', async () => {
    const { contextFor } = createLeafContexts(newAuthority(), at(NOW));
    const other = newAuthority();
    const visited = visit({ authority: other, context: contextFor('a.example'), host: 'a.example', version });
    await expect(visited).rejects.toThrow(/unable to (?:verify the first|get local issuer) certificate/);
  });

  test('fails under another host', async () => {
    const authority = newAuthority();
    const { contextFor } = createLeafContexts(authority, at(NOW));
    const visited = visit({ authority, context: contextFor('a.example'), host: 'b.example', version });
    await expect(visited).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  // Covers: EV-02; RFC 6066 section 3
  test('does not resume a session that was saved under another host', async () => {
    const authority = newAuthority();
    const { contextFor } = createLeafContexts(authority, at(NOW));
    const first = await visit({ authority, context: contextFor('a.example'), host: 'a.example', version });
    expect(first.session).toBeInstanceOf(Buffer);
    const visitWith = { authority, context: contextFor('b.example'), host: 'b.example', version };
    const second = await visit({ ...visitWith, session: first.session });
    expect(second).toMatchObject({ reused: false, authorized: true, names: 'DNS:b.example' });
  });

  // Covers: EV-02
  test('does not resume a session under its own host either, as tickets are off', async () => {
    const authority = newAuthority();
    const { contextFor } = createLeafContexts(authority, at(NOW));
    const visitWith = { authority, context: contextFor('a.example'), host: 'a.example', version };
    const { session } = await visit(visitWith);
    expect(await visit({ ...visitWith, session })).toMatchObject({ reused: false, authorized: true });
  });

  test('would resume with an ordinary context, so that the tests above can fail', async () => {
    const authority = newAuthority();
    const leaf = createLeafIssuer(authority)('a.example', NOW);
    const context = createSecureContext({ cert: leaf.certificatePem, key: leaf.keyPem });
    const first = await visit({ authority, context, host: 'a.example', version });
    const second = await visit({ authority, context, host: 'a.example', version, session: first.session });
    expect([first.reused, second.reused]).toEqual([false, true]);
  });

  test('fails after the leaf has ended, and succeeds again once it is renewed', async () => {
    const authority = newAuthority();
    let now = later(-40);
    const { contextFor } = createLeafContexts(authority, { clock: () => now });
    const stale = visit({ authority, context: contextFor('a.example'), host: 'a.example', version });
    await expect(stale).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
    now = NOW;
    const fresh = await visit({ authority, context: contextFor('a.example'), host: 'a.example', version });
    expect(fresh.authorized).toBe(true);
  });
});

test('a client that offers nothing above TLS 1.1 is refused for that reason', async () => {
  const authority = newAuthority();
  const { contextFor } = createLeafContexts(authority, at(NOW));
  const serverErrors: string[] = [];
  const context = contextFor('a.example');
  const visited = visit({ authority, context, host: 'a.example', version: 'TLSv1.1', serverErrors });
  await expect(visited).rejects.toThrow();
  expect(serverErrors.join()).toMatch(/unsupported protocol/);
});

test.each([
  ['the hybrid that costs more first', 'X25519MLKEM768:X25519:P-256', 'X25519'],
  ['P-256 alone', 'P-256', 'prime256v1'],
  ['P-384 alone', 'P-384', 'secp384r1'],
])('the keys are exchanged with a client that offers %s', async (_name, groups, group) => {
  const authority = newAuthority();
  const { contextFor } = createLeafContexts(authority, at(NOW));
  const context = contextFor('a.example');
  const seen = await visit({ authority, context, host: 'a.example', version: 'TLSv1.3', groups });
  expect(seen).toMatchObject({ group, body: 'blocked' });
});

const [AES_128, AES_256, CHACHA] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
];

test.each([
  ['likes SHA-384 best', [AES_256, CHACHA, AES_128], AES_128],
  ['has no AES in its processor', [CHACHA, AES_128], CHACHA],
  ['takes SHA-384 alone', [AES_256], AES_256],
])('the cheapest cipher is agreed on that suits a client that %s', async (_name, offered, agreed) => {
  const authority = newAuthority();
  const context = createLeafContexts(authority, at(NOW)).contextFor('a.example');
  const ciphers = offered.join(':');
  const seen = await visit({ authority, context, host: 'a.example', version: 'TLSv1.3', ciphers });
  expect(seen).toMatchObject({ cipher: agreed, body: 'blocked' });
});

type Visit = {
  readonly authority: Authority;
  readonly context: SecureContext;
  readonly host: string;
  readonly version: SecureVersion;
  readonly session?: Buffer | undefined;
  /** What the client offers for the key exchange, its favourite first. */
  readonly groups?: string;
  /** The same for the cipher. */
  readonly ciphers?: string;
  readonly serverErrors?: string[];
};

/** One connection over loopback to a server that speaks TLS as the proxy does, and what the client saw of it. */
async function visit({ authority, context, host, version, serverErrors = [], ...offers }: Visit) {
  const { session, groups, ciphers } = offers;
  const port = await serve(context, serverErrors);
  const client = connect({
    host: '127.0.0.1',
    port,
    servername: host,
    ca: authority.certificatePem,
    minVersion: version,
    maxVersion: version,
    ALPNProtocols: ['http/1.1'],
    // OpenSSL 3 forbids TLS 1.1 at its default level; at 0 the client does offer it, and the server must refuse.
    ...(version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    ...(session === undefined ? {} : { session }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
  });
  const chunks: Buffer[] = [];
  let saved: Buffer | undefined;
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  client.on('session', (given: Buffer) => {
    saved = given;
  });
  const closed = once(client, 'close'); // rejects when the client fails first
  closed.catch(() => {});
  await once(client, 'secureConnect');
  const seen = {
    authorized: client.authorized,
    reused: client.isSessionReused(),
    protocol: client.getProtocol(),
    alpn: client.alpnProtocol,
    cipher: client.getCipher().standardName,
    names: client.getPeerCertificate().subjectaltname,
    group: (client.getEphemeralKeyInfo() as EphemeralKeyInfo | null)?.name,
  };
  await closed;
  return { ...seen, session: saved, body: Buffer.concat(chunks).toString() };
}

async function serve(context: SecureContext, errors: string[]): Promise<number> {
  const server = createServer((socket) => {
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: ['http/1.1'],
    });
    secure.on('error', (error) => {
      errors.push(error.message);
      socket.destroy();
    });
    secure.end('blocked');
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
