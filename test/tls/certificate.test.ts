import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadAuthority } from '../../src/tls/authority.ts';
import {
  encodeName,
  issuerOf,
  keyIdentifier,
  randomSerial,
  signCertificate,
} from '../../src/tls/certificate.ts';
import { elements } from '../../src/tls/der.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';
import { hasOpenssl, NOW, newKeyPair, openssl, spkiOf, temporaryDirectory, unwrap } from './support.ts';

function selfSigned(changes: { notBefore?: Date; notAfter?: Date; organization?: string } = {}) {
  const { publicKey, privateKey } = newKeyPair();
  const spki = spkiOf(publicKey);
  const name = encodeName({ organization: changes.organization ?? 'Example' });
  const certificate = signCertificate(
    {
      serial: randomSerial(),
      issuer: { name, keyId: keyIdentifier(spki) },
      subject: name,
      publicKey: spki,
      notBefore: changes.notBefore ?? NOW,
      notAfter: changes.notAfter ?? NOW,
      extensions: [],
    },
    privateKey,
  );
  return { certificate, publicKey, name };
}

describe('serial numbers', () => {
  test('a serial is 16 bytes, positive, and starts with no zero byte', () => {
    for (let count = 0; count < 1000; count += 1) {
      const serial = randomSerial();
      expect(serial).toHaveLength(16);
      expect(serial[0]).toBeGreaterThanOrEqual(0x40);
      expect(serial[0]).toBeLessThan(0x80);
    }
  });

  test('a thousand serials are a thousand different ones', () => {
    const serials = new Set(Array.from({ length: 1000 }, () => randomSerial().toString('hex')));
    expect(serials.size).toBe(1000);
  });
});

describe('validity', () => {
  const UTC_TIME = 0x17;
  const GENERALIZED_TIME = 0x18;

  test.each([
    ['the last second of 2049', '2049-12-31T23:59:59Z', UTC_TIME, '491231235959Z'],
    ['the first second of 2050', '2050-01-01T00:00:00Z', GENERALIZED_TIME, '20500101000000Z'],
  ])('%s is written as RFC 5280 section 4.1.2.5 asks', (_name, date, tag, text) => {
    const { certificate } = selfSigned({ notBefore: new Date(date), notAfter: new Date(date) });
    const [toBeSigned] = elements(elements(certificate.raw)[0]?.content ?? Buffer.alloc(0));
    const validity = elements(toBeSigned?.content ?? Buffer.alloc(0))[4];
    const times = elements(validity?.content ?? Buffer.alloc(0));
    expect(times.map((time) => [time.tag, time.content.toString()])).toEqual([
      [tag, text],
      [tag, text],
    ]);
  });

  test('both ends read back as they were given, without the fraction of a second', () => {
    const { certificate } = selfSigned({
      notBefore: new Date('2026-02-28T01:02:03.999Z'),
      notAfter: new Date('2060-02-29T23:59:59.001Z'),
    });
    expect(certificate.validFromDate).toEqual(new Date('2026-02-28T01:02:03Z'));
    expect(certificate.validToDate).toEqual(new Date('2060-02-29T23:59:59Z'));
  });
});

describe('signed certificates', () => {
  test('the signature verifies under the issuer and under no other key', () => {
    const { certificate, publicKey } = selfSigned();
    expect(certificate.verify(publicKey)).toBe(true);
    expect(certificate.verify(newKeyPair().publicKey)).toBe(false);
  });

  test('the signature algorithm is ecdsa-with-SHA256 with its parameters absent', () => {
    const { certificate } = selfSigned();
    const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex');
    const [toBeSigned, outer] = elements(elements(certificate.raw)[0]?.content ?? Buffer.alloc(0));
    const inner = elements(toBeSigned?.content ?? Buffer.alloc(0))[2];
    expect(outer?.encoding).toEqual(algorithm);
    expect(inner?.encoding).toEqual(algorithm);
  });

  test('a name outside ASCII reads back', () => {
    expect(selfSigned({ organization: 'Škoda 東京 🔒' }).certificate.toLegacyObject().subject.O).toBe(
      'Škoda 東京 🔒',
    );
  });

  test('the key identifier is the SHA-1 of the key bits alone', () => {
    const { publicKey } = newKeyPair();
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    expect(keyIdentifier(spkiOf(publicKey))).toEqual(createHash('sha1').update(point).digest());
  });

  test('the issuer read from a certificate is the one it was signed with', () => {
    const { certificate, publicKey, name } = selfSigned();
    expect(issuerOf(certificate)).toEqual({ name, keyId: keyIdentifier(spkiOf(publicKey)) });
  });
});

describe.skipIf(!hasOpenssl)('a CA that OpenSSL made (skipped where there is no openssl command)', () => {
  function foreignAuthority(keyIdentifierSource: string) {
    const directory = temporaryDirectory();
    const config = join(directory, 'openssl.cnf');
    const sections = [
      '[req]\ndistinguished_name = name\nx509_extensions = root\nprompt = no\nutf8 = yes\nstring_mask = utf8only',
      '[name]\nC = DE\nO = Foreign Häuser\nCN = Foreign Root',
      '[root]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign',
    ];
    writeFileSync(config, `${sections.join('\n')}\nsubjectKeyIdentifier = ${keyIdentifierSource}\n`);
    const made = openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '90'],
      ...['-config', config, '-keyout', join(directory, 'ca.key'), '-out', join(directory, 'ca.crt')],
    );
    expect(made.status, made.output).toBe(0);
    return { directory, authority: unwrap(loadAuthority(directory, new Date())) };
  }

  test.each([
    ['its own key identifier', '0102030405', '01:02:03:04:05'],
    ['the usual key identifier', 'hash', undefined],
  ])('with %s signs leaves that verify strictly', (_name, source, identifier) => {
    const { directory, authority } = foreignAuthority(source);
    const leafPath = join(directory, 'leaf.crt');
    writeFileSync(leafPath, createLeafIssuer(authority)('www.example.org', new Date()).certificatePem);
    const verified = openssl(
      ...['verify', '-x509_strict', '-no-CApath', '-no-CAstore', '-CAfile', join(directory, 'ca.crt')],
      ...['-purpose', 'sslserver', '-verify_hostname', 'www.example.org', leafPath],
    );
    expect(verified).toEqual({ status: 0, output: `${leafPath}: OK\n` });
    const shown = openssl('x509', '-in', leafPath, '-noout', '-ext', 'authorityKeyIdentifier').output;
    expect(shown).toContain(identifier ?? keyIdentifierText(authority.certificate));
  });

  test('gives its leaves its name byte for byte', () => {
    const { directory, authority } = foreignAuthority('hash');
    const root = new X509Certificate(readFileSync(join(directory, 'ca.crt')));
    const leaf = new X509Certificate(createLeafIssuer(authority)('www.example.org', NOW).certificatePem);
    const name = issuerOf(root).name;
    expect(leaf.raw.includes(name)).toBe(true);
    expect(name.includes(Buffer.from('Foreign Häuser', 'utf8'))).toBe(true);
  });
});

function keyIdentifierText(certificate: X509Certificate): string {
  const hex = keyIdentifier(spkiOf(certificate.publicKey)).toString('hex').toUpperCase();
  return hex.replace(/..(?!$)/g, '$&:');
}
