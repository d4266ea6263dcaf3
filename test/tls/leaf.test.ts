import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLeafIssuer } from '../../src/tls/leaf.ts';
import { DAY, hasOpenssl, later, NOW, newAuthority, openssl, temporaryDirectory } from './support.ts';

const LONGEST_HOST = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;

const leafFor = (host: string, now = NOW, authority = newAuthority()) =>
  new X509Certificate(createLeafIssuer(authority)(host, now).certificatePem);

describe('a leaf', () => {
  test.each(['www.example.org', 'localhost', 'under_score.example', 'xn--bcher-kva.example', LONGEST_HOST])(
    'names the host and nothing else: %s',
    (host) => {
      const leaf = leafFor(host);
      expect(leaf.subjectAltName).toBe(`DNS:${host}`);
      expect(leaf.subject).toBe('O=Postern');
    },
  );

  // Covers: EV-23; EV-22
  test('is signed by the CA and cannot sign others', () => {
    const authority = newAuthority();
    const leaf = leafFor('www.example.org', NOW, authority);
    expect(leaf.checkIssued(authority.certificate)).toBe(true);
    expect(leaf.verify(authority.certificate.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
  });

  // Covers: EV-23
  test('is for TLS servers only', () => {
    expect(leafFor('www.example.org').keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  test('comes with the key it is for, which all leaves of one issuer share', () => {
    const issue = createLeafIssuer(newAuthority());
    const [one, two] = [issue('a.example', NOW), issue('b.example', NOW)];
    expect(one.keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(two.keyPem).toBe(one.keyPem);
    const keys = [one, two].map(({ certificatePem }) => new X509Certificate(certificatePem).publicKey);
    expect(keys[0]?.equals(keys[1] ?? newAuthority().key)).toBe(true);
  });

  test('has a key of its own issuer, not that of the CA', () => {
    const authority = newAuthority();
    const leaf = leafFor('www.example.org', NOW, authority);
    expect(leaf.checkPrivateKey(authority.key)).toBe(false);
  });

  test('never shares a serial with another, not even for the same host at the same time', () => {
    const issue = createLeafIssuer(newAuthority());
    const serials = Array.from(
      { length: 200 },
      () => new X509Certificate(issue('www.example.org', NOW).certificatePem).serialNumber,
    );
    expect(new Set(serials).size).toBe(200);
  });
});

describe('the validity of a leaf', () => {
  test('is 30 days, one of them in the past for clocks that are behind', () => {
    const leaf = leafFor('www.example.org', new Date('2026-11-23T12:00:00Z'));
    expect(leaf.validFromDate).toEqual(new Date('2026-11-22T12:00:00Z'));
    expect(leaf.validToDate).toEqual(new Date('2026-12-22T12:00:00Z'));
  });

  test('ends with the CA when the CA is near its end', () => {
    const authority = newAuthority();
    const end = authority.certificate.validToDate;
    const now = new Date(end.getTime() - 5 * DAY);
    const leaf = createLeafIssuer(authority)('www.example.org', now);
    expect(leaf.notAfter).toEqual(end);
    expect(new X509Certificate(leaf.certificatePem).validToDate).toEqual(end);
  });

  test('is reported as the certificate has it', () => {
    const leaf = createLeafIssuer(newAuthority())('www.example.org', NOW);
    expect(leaf.notAfter).toEqual(new X509Certificate(leaf.certificatePem).validToDate);
    expect(leaf.notAfter.getTime()).toBeGreaterThan(later(28).getTime());
  });
});

// Covers: EV-23
describe('no certificate is made for', () => {
  test.each([
    ['a wildcard', '*.example.org'],
    ['everything', '*'],
    ['an IPv4 address', '192.0.2.1'],
    ['an IPv4 address as one number', '2130706433'],
    ['an IPv4 address in hexadecimal', '0x7f.0.0.0x1'],
    ['a name that ends in a number', 'example.1'],
    ['an IPv6 address', '2001:db8::1'],
    ['an IPv6 address in brackets', '[2001:db8::1]'],
    ['a line break', 'example.org\r\n'],
    ['a lone line feed at the end', 'example.org\n'],
    ['a zero byte', 'example.org\0.example.com'],
    ['two names', 'example.org,DNS:example.com'],
    ['upper case', 'Example.org'],
    ['letters outside ASCII', 'bücher.example'],
    ['a port', 'example.org:443'],
    ['nothing', ''],
    ['a leading dot', '.example.org'],
    ['a trailing dot', 'example.org.'],
    ['an empty label', 'example..org'],
    ['a label of 64 characters', `${'a'.repeat(64)}.org`],
    ['254 characters', `${LONGEST_HOST}d`],
  ])('%s', (_name, host) => {
    const issue = createLeafIssuer(newAuthority());
    expect(() => issue(host, NOW)).toThrow(RangeError);
  });
});

describe.skipIf(!hasOpenssl)('OpenSSL (skipped where there is no openssl command)', () => {
  function verify(host: string, asked: string) {
    const directory = temporaryDirectory();
    const leaf = createLeafIssuer(newAuthority(directory))(host, NOW);
    const leafPath = join(directory, 'leaf.crt');
    writeFileSync(leafPath, leaf.certificatePem);
    return openssl(
      ...['verify', '-x509_strict', '-no-CApath', '-no-CAstore', '-CAfile', join(directory, 'ca.crt')],
      ...['-purpose', 'sslserver', '-verify_hostname', asked, leafPath],
    );
  }

  test.each(['www.example.org', 'localhost', 'under_score.example', LONGEST_HOST])(
    'verifies a leaf strictly for its host: %s',
    (host) => {
      const { status, output } = verify(host, host);
      expect(output).toMatch(/leaf\.crt: OK\n$/);
      expect(status).toBe(0);
    },
  );

  test.each(['example.org', 'other.example.org', 'a.www.example.org', 'Postern'])(
    'refuses a leaf for www.example.org under %s',
    (asked) => {
      const { status, output } = verify('www.example.org', asked);
      expect(status).not.toBe(0);
      expect(output).toContain('hostname mismatch');
    },
  );

  test('refuses a leaf as a client certificate', () => {
    const directory = temporaryDirectory();
    const leafPath = join(directory, 'leaf.crt');
    writeFileSync(leafPath, createLeafIssuer(newAuthority(directory))('www.example.org', NOW).certificatePem);
    const { output } = openssl(
      ...['verify', '-CAfile', join(directory, 'ca.crt'), '-purpose', 'sslclient', leafPath],
    );
    expect(output).toMatch(/unsuitable certificate purpose|unsupported certificate purpose/);
  });

  test('reads the key identifiers, by which a leaf finds its CA', () => {
    const directory = temporaryDirectory();
    const leafPath = join(directory, 'leaf.crt');
    writeFileSync(leafPath, createLeafIssuer(newAuthority(directory))('www.example.org', NOW).certificatePem);
    const identifier = (path: string, whose: 'Subject' | 'Authority') =>
      new RegExp(`X509v3 ${whose} Key Identifier:\\s+([0-9A-F:]{59})\\s`).exec(
        openssl('x509', '-in', path, '-noout', '-text').output,
      )?.[1];
    const root = identifier(join(directory, 'ca.crt'), 'Subject');
    expect(root).toBeDefined();
    expect(identifier(leafPath, 'Authority')).toBe(root);
    expect(identifier(leafPath, 'Subject')).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){19}$/);
    expect(identifier(leafPath, 'Subject')).not.toBe(root);
  });

  test('reads the extensions with the criticality that RFC 5280 asks for', () => {
    const directory = temporaryDirectory();
    const leafPath = join(directory, 'leaf.crt');
    writeFileSync(leafPath, createLeafIssuer(newAuthority(directory))('www.example.org', NOW).certificatePem);
    const text = (path: string) =>
      openssl('x509', '-in', path, '-noout', '-text').output.replace(/\s+/g, ' ');
    expect(text(leafPath)).toContain('X509v3 Basic Constraints: critical CA:FALSE');
    expect(text(leafPath)).toContain('X509v3 Key Usage: critical Digital Signature X509v3');
    expect(text(leafPath)).toContain('X509v3 Extended Key Usage: TLS Web Server Authentication X509v3');
    expect(text(leafPath)).toContain('X509v3 Subject Alternative Name: DNS:www.example.org X509v3');
    const root = text(join(directory, 'ca.crt'));
    expect(root).toContain('X509v3 Basic Constraints: critical CA:TRUE, pathlen:1');
    expect(root).toContain('X509v3 Key Usage: critical Certificate Sign, CRL Sign');
  });
});
