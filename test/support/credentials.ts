import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Authority, createAuthority } from '../../src/tls/authority.ts';
import { encodeName, randomSerial, signCertificate } from '../../src/tls/certificate.ts';
import { KEY_USAGE, keyUsage, leafConstraints } from '../../src/tls/extensions.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';

const DAY = 86_400_000;

/** A CA of the test's own, as an organisation would have one for its servers and clients. */
export type TestCa = { readonly directory: string; readonly file: string; readonly authority: Authority };

export function newCa(): TestCa {
  const directory = mkdtempSync(join(tmpdir(), 'postern-ca-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const authority = createAuthority(directory, { now: new Date() });
  if (!authority.ok) throw new Error(JSON.stringify(authority.error));
  return { directory, file: join(directory, 'ca.crt'), authority: authority.value };
}

export type CredentialFiles = { readonly cert: string; readonly key: string };

/** Writes `server.crt` and `server.key` for localhost, as they would have been issued so many days ago, for 30 days. */
export function issueServer({ directory, authority }: TestCa, daysAgo = 0): CredentialFiles {
  const issuedAt = new Date(Date.now() - daysAgo * DAY);
  const leaf = createLeafIssuer(authority)('localhost', issuedAt);
  return write(directory, 'server', leaf.certificatePem, leaf.keyPem);
}

/** A client's certificate and key in PEM, valid for so many days from yesterday on. */
export function issueClient(
  { authority }: TestCa,
  days = 2,
): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const notBefore = new Date(Date.now() - 2 * DAY);
  const certificate = signCertificate(
    {
      serial: randomSerial(),
      issuer: authority.issuer,
      subject: encodeName({ organization: 'Office', commonName: 'Kim' }),
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      notBefore,
      notAfter: new Date(Date.now() + (days - 1) * DAY),
      extensions: [leafConstraints(), keyUsage(KEY_USAGE.digitalSignature)],
    },
    authority.key,
  );
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert: certificate.toString(), key };
}

function write(directory: string, name: string, cert: string, key: string): CredentialFiles {
  const files = { cert: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  return files;
}
