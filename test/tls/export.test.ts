import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportDer, exportPem } from '../../src/tls/export.ts';
import { exportPkcs12 } from '../../src/tls/pkcs12.ts';
import { hasKeytool, hasOpenssl, keytool, newAuthority, openssl, temporaryDirectory } from './support.ts';

const PASSWORD = 'changeit';

function writeTrustStore(password = PASSWORD, friendlyName = 'Postern CA') {
  const directory = temporaryDirectory();
  const authority = newAuthority(directory);
  const path = join(directory, 'ca.p12');
  const store = exportPkcs12([authority.certificate], { password, friendlyName });
  writeFileSync(path, store);
  return { path, authority, store };
}

describe('PEM and DER', () => {
  // Covers: EV-22
  test('both hold the CA certificate, and nothing else', () => {
    const { certificate } = newAuthority();
    const pem = exportPem(certificate);
    expect(pem).toMatch(
      /^-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n$/,
    );
    expect(new X509Certificate(pem).fingerprint256).toBe(certificate.fingerprint256);
    const der = exportDer(certificate);
    expect(der[0]).toBe(0x30);
    expect(new X509Certificate(der).fingerprint256).toBe(certificate.fingerprint256);
  });
});

describe('the PKCS #12 trust store', () => {
  // Covers: EV-22
  test('holds the certificate in the clear, and no private key', () => {
    const { store, authority } = writeTrustStore();
    expect(store.includes(authority.certificate.raw)).toBe(true);
    const { d = '' } = authority.key.export({ format: 'jwk' });
    expect(d).toHaveLength(43);
    expect(store.includes(Buffer.from(d, 'base64url'))).toBe(false);
  });

  test('is salted: two exports differ', () => {
    const { certificate } = newAuthority();
    const options = { password: PASSWORD, friendlyName: 'Postern CA' };
    expect(exportPkcs12([certificate], options)).not.toEqual(exportPkcs12([certificate], options));
  });
});

describe.skipIf(!hasOpenssl)('OpenSSL (skipped where there is no openssl command)', () => {
  const read = (path: string, password: string, ...more: readonly string[]) =>
    openssl('pkcs12', '-in', path, '-passin', `pass:${password}`, ...more);

  test.each([
    ['an ordinary password', PASSWORD],
    ['an empty password', ''],
    ['a password outside ASCII', 'pässwörd-東京'],
    ['a password longer than a hash block', 'long'.repeat(20)],
  ])('reads the store under %s', (_name, password) => {
    const { path, authority } = writeTrustStore(password);
    const { status, output } = read(path, password, '-nokeys');
    expect(status).toBe(0);
    expect(output).toContain('friendlyName: Postern CA');
    expect(output).toContain(authority.certificatePem);
  });

  test('finds a SHA-256 MAC, one certificate and no key', () => {
    const { output } = read(writeTrustStore().path, PASSWORD, '-info');
    expect(output).toContain('MAC: sha256, Iteration 2048');
    expect(output.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    expect(output).not.toContain('KEY');
    expect(output).not.toMatch(/key ?bag/i);
  });

  test('finds two certificates, during a rotation, under names of their own', () => {
    const roots = [newAuthority(), newAuthority()].map(({ certificate }) => certificate);
    const path = join(temporaryDirectory(), 'both.p12');
    writeFileSync(path, exportPkcs12(roots, { password: PASSWORD, friendlyName: 'Postern CA' }));
    const { output } = read(path, PASSWORD, '-nokeys');
    expect(output.match(/friendlyName: .*/g)).toEqual([
      'friendlyName: Postern CA',
      'friendlyName: Postern CA 2',
    ]);
    for (const root of roots) expect(output).toContain(root.toString());
  });

  test('refuses the store under another password', () => {
    const { status, output } = read(writeTrustStore().path, 'other', '-nokeys');
    expect(status).not.toBe(0);
    expect(output).toContain('Mac verify error');
  });
});

describe.skipIf(!hasKeytool)('Java (skipped where there is no keytool command)', () => {
  test('lists the certificate as a trusted one, under the friendly name', () => {
    const { path, authority } = writeTrustStore();
    const { status, output } = keytool('-list', '-keystore', path, '-storepass', PASSWORD);
    expect(status).toBe(0);
    expect(output).toContain('contains 1 entry');
    expect(output).toMatch(/^postern ca, .*trustedCertEntry/m);
    expect(output).toContain(authority.certificate.fingerprint256);
  });
});
