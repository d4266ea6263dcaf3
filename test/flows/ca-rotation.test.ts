import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { readAuthorityFolder } from '../../src/tls/authority-folder.ts';
import { keyPemOf } from '../../src/tls/authority-key.ts';
import {
  abandonRotation,
  activateNext,
  beginRotation,
  finishRotation,
  storeImported,
} from '../../src/tls/authority-rotation.ts';
import { encodeName, randomSerial, signCertificate } from '../../src/tls/certificate.ts';
import { authorityConstraints, KEY_USAGE, keyUsage } from '../../src/tls/extensions.ts';
import { openTunnel } from '../support/client.ts';
import { type ServeWorkers, startServeWorkers } from '../support/workers.ts';
import { DAY, newAuthority, newKeyPair, spkiOf, unwrap } from '../tls/support.ts';

/** The CA changes while people browse. */

/** What a client that trusts `ca` alone sees of a blocked site: the status line, or why it refused the certificate. */
async function visit({ port }: ServeWorkers, ca: string): Promise<string> {
  const { socket } = await openTunnel(port, 'deepseek.com:443');
  const secured = tls.connect({ socket, servername: 'deepseek.com', ca });
  try {
    await once(secured, 'secureConnect');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  secured.setEncoding('latin1');
  secured.write('GET / HTTP/1.1\r\nHost: deepseek.com\r\nConnection: close\r\n\r\n');
  let received = '';
  for await (const chunk of secured) received += chunk;
  return received.slice(0, received.indexOf('\r\n'));
}

const PAGE = 'HTTP/1.1 403 Forbidden';
/** The kernel spreads connections by chance: to miss one of two workers so many times is one chance in 2^40. */
const MOST_VISITS = 41;

/** Visits until each worker has shown a page since; every visit ends as `expected`. */
async function visitAll(serve: ServeWorkers, ca: string, expected: string): Promise<void> {
  const ended = async () =>
    (await serve.status()).workers.map(({ metrics }) => {
      const outcomes = metrics?.outcomesTotal;
      return (outcomes?.['block-page-served'] ?? 0) + (outcomes?.['block-page-unseen'] ?? 0);
    });
  const before = await ended();
  for (let visits = 0; visits < MOST_VISITS; visits += 1) {
    expect(await visit(serve, ca)).toBe(expected);
    if ((await ended()).every((count, index) => count > (before[index] ?? 0))) return;
  }
  throw new Error('a worker was never visited');
}

const pemOf = (certs: string, now = new Date()) => {
  const folder = unwrap(readAuthorityFolder(certs, now));
  return {
    signing: folder.signing.certificate.toString(),
    next: folder.state === 'waiting' ? folder.next.certificate.toString() : '',
  };
};

describe.each([
  ['one process', 1],
  ['two workers', 2],
])('%s', (_name, workers) => {
  test('a client that trusts only the new CA gets the page after activation and a reload, without a restart', async () => {
    const serve = await startServeWorkers({ workers });
    const certs = join(serve.cwd, 'certs');
    const before = (await serve.status()).workers.map(({ pid }) => pid);
    unwrap(beginRotation(certs, new Date(), { passphrase: undefined }));
    const { signing: old, next } = pemOf(certs);
    expect(await serve.reload()).toMatchObject({ ok: true, caChanged: false });
    await visitAll(serve, old, PAGE);
    await visitAll(serve, next, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');

    unwrap(activateNext(certs, new Date(), new Date()));
    await visitAll(serve, old, PAGE); // nothing changes before the reload
    expect(await serve.reload()).toMatchObject({ ok: true, caChanged: true });
    await visitAll(serve, next, PAGE);
    await visitAll(serve, old + next, PAGE);
    await visitAll(serve, old, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');

    unwrap(finishRotation(certs, new Date()));
    expect(await serve.reload()).toMatchObject({ ok: true, caChanged: false });
    await visitAll(serve, next, PAGE);
    const { workers: after } = await serve.status();
    expect(after.map(({ pid }) => pid)).toEqual(before);
    if (workers === 1) return;
    // One that is started again has the CA of the others.
    process.kill(before[0] as number, 'SIGKILL');
    await serve.announced('worker-started');
    await visitAll(serve, next, PAGE);
  });
});

test('a rotation that is taken back has the old CA sign again', async () => {
  const serve = await startServeWorkers({ workers: 1 });
  const certs = join(serve.cwd, 'certs');
  const { signing: old } = pemOf(certs);
  unwrap(beginRotation(certs, new Date(), { passphrase: undefined }));
  unwrap(activateNext(certs, new Date(), new Date()));
  await serve.reload();
  expect(await visit(serve, old)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  unwrap(abandonRotation(certs, new Date()));
  await serve.reload();
  expect(await visit(serve, old)).toBe(PAGE);
});

test('a CA goes over on its date by itself, once the running Postern knows it', async () => {
  const serve = await startServeWorkers({ workers: 1 });
  const certs = join(serve.cwd, 'certs');
  unwrap(beginRotation(certs, new Date(), { passphrase: undefined }));
  const { next } = pemOf(certs);
  const date = new Date(Date.now() + 1_500);
  unwrap(activateNext(certs, date, new Date()));
  expect(await serve.reload()).toMatchObject({ ok: true });
  await serve.announced('ca-renewed');
  expect(Date.now()).toBeGreaterThanOrEqual(date.getTime());
  expect(await visit(serve, next)).toBe(PAGE);
});

// Covers: EV-22
test('a broken CA fails a reload with the reason, is told of in the status, and the running one goes on', async () => {
  const serve = await startServeWorkers();
  const certs = join(serve.cwd, 'certs');
  const { signing } = pemOf(certs);
  const good = readFileSync(join(certs, 'ca.key'));
  writeFileSync(join(certs, 'ca.key'), 'torn');
  expect(await serve.reload()).toMatchObject({
    ok: false,
    problems: [{ at: join(certs, 'ca.key'), problem: 'the file holds no private key that can be read' }],
  });
  expect(await serve.status()).toMatchObject({ ok: true, caProblems: [{ at: join(certs, 'ca.key') }] });
  await visitAll(serve, signing, PAGE);
  serve.process.kill('SIGHUP');
  await serve.announced('ca-refused');
  writeFileSync(join(certs, 'ca.key'), good);
  expect(await serve.reload()).toMatchObject({ ok: true, caChanged: false });
  expect(await serve.status()).toMatchObject({ caProblems: [] });
});

test('an imported intermediate signs after a reload, and is sent with each leaf to clients that know its root', async () => {
  const serve = await startServeWorkers();
  const certs = join(serve.cwd, 'certs');
  const root = newAuthority();
  const { publicKey, privateKey } = newKeyPair();
  const now = new Date();
  const intermediate = signCertificate(
    {
      serial: randomSerial(),
      issuer: root.issuer,
      subject: encodeName({ organization: 'Agency', commonName: 'Egress' }),
      publicKey: spkiOf(publicKey),
      notBefore: now,
      notAfter: new Date(now.getTime() + DAY),
      extensions: [authorityConstraints(0), keyUsage(KEY_USAGE.keyCertSign)],
    },
    root.key,
  );
  const file = { keyPem: keyPemOf(privateKey, undefined), certificates: [intermediate, root.certificate] };
  unwrap(storeImported(certs, file, now));
  unwrap(activateNext(certs, now, now));
  expect(await serve.reload()).toMatchObject({ ok: true, caChanged: true });
  await visitAll(serve, root.certificatePem, PAGE);
});

test('HUP takes a changed CA', async () => {
  const serve = await startServeWorkers();
  const certs = join(serve.cwd, 'certs');
  unwrap(beginRotation(certs, new Date(), { passphrase: undefined }));
  const { next } = pemOf(certs);
  unwrap(activateNext(certs, new Date(), new Date()));
  serve.process.kill('SIGHUP');
  const { sha256Fingerprint } = await serve.announced('ca-renewed');
  const { ca } = await serve.status();
  expect(ca).toMatchObject({ sha256Fingerprint, state: 'exchanged' });
  await visitAll(serve, next, PAGE);
});

test('the status tells of the CA, and the metrics have its end', async () => {
  const serve = await startServeWorkers();
  const certs = join(serve.cwd, 'certs');
  const { certificate } = unwrap(readAuthorityFolder(certs, new Date())).signing;
  const { ca, metrics } = await serve.status();
  expect(ca).toEqual({
    subject: certificate.subject.replace('\n', ', '),
    sha256Fingerprint: certificate.fingerprint256,
    notAfter: certificate.validToDate.toISOString(),
    daysLeft: expect.any(Number),
    state: 'settled',
  });
  expect(metrics).toMatchObject({ caExpirationTimestampSeconds: certificate.validToDate.getTime() / 1_000 });
});
