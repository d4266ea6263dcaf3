import { X509Certificate } from 'node:crypto';
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadServerCredentials } from '../../src/tls/server-credentials.ts';
import { issueServer, newCa } from '../support/credentials.ts';
import { hasOpenssl, later, NOW, openssl, problemsOf, temporaryDirectory, unwrap } from './support.ts';

const problemsWith = (files: { cert: string; key: string; clientCa?: string }, now = NOW) =>
  problemsOf(loadServerCredentials(files, now));

describe('good files', () => {
  test('give the certificate with its chain, and the key', () => {
    const ca = newCa();
    const files = issueServer(ca);
    appendFileSync(files.cert, readFileSync(ca.file));
    const { cert, key, clientCa, warnings } = unwrap(loadServerCredentials(files, NOW));
    expect(cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(new X509Certificate(cert).subjectAltName).toBe('DNS:localhost');
    expect({ key, clientCa, warnings }).toEqual({
      key: readFileSync(files.key, 'utf8'),
      clientCa: undefined,
      warnings: [],
    });
  });

  test('may name several CAs for clients, one of which may have ended', () => {
    const [one, other] = [newCa(), newCa()];
    writeFileSync(one.file, one.authority.certificatePem + other.authority.certificatePem);
    const credentials = unwrap(loadServerCredentials({ ...issueServer(other), clientCa: one.file }, NOW));
    expect(credentials.clientCa).toEqual([one.authority.certificatePem, other.authority.certificatePem]);
  });

  test('may be read by a group, but by nobody else', () => {
    const files = issueServer(newCa());
    chmodSync(files.key, 0o640);
    expect(loadServerCredentials(files, NOW).ok).toBe(true);
  });

  test('that end within two weeks are a warning', () => {
    const files = issueServer(newCa(), 16);
    const [warning] = unwrap(loadServerCredentials(files, new Date())).warnings;
    expect(warning).toMatchObject({ at: files.cert, problem: expect.stringMatching(/ends at 2\d{3}-/) });
    expect(unwrap(loadServerCredentials(issueServer(newCa(), 14), new Date())).warnings).toEqual([]);
  });
});

describe('a file that cannot be used is named, with what to do', () => {
  test.each([0o644, 0o660, 0o602, 0o777])('a key with mode %o', (mode) => {
    const files = issueServer(newCa());
    chmodSync(files.key, mode);
    expect(problemsWith(files)).toEqual([
      {
        at: files.key,
        problem: `the private key is open to other users (mode 0${mode.toString(8)})`,
        hint: `chmod ${(mode & 0o750).toString(8)} ${files.key}`,
      },
    ]);
  });

  test('every file that is missing', () => {
    const files = { cert: '/nowhere/a', key: '/nowhere/b', clientCa: '/nowhere/c' };
    expect(problemsWith(files)).toEqual(
      Object.values(files).map((at) => ({
        at,
        problem: 'the file does not exist',
        hint: 'check the path in `listen`',
      })),
    );
  });

  test.each([
    ['empty', ''],
    ['of another kind', 'not PEM'],
    ['torn', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
  ])('a certificate or a CA for clients that is %s', (_name, text) => {
    const ca = newCa();
    const files = issueServer(ca);
    writeFileSync(files.cert, text);
    writeFileSync(ca.file, text);
    expect(problemsWith({ ...files, clientCa: ca.file })).toEqual(
      [files.cert, ca.file].map((at) => ({
        at,
        problem: 'the file holds no certificate that can be read',
        hint: 'it must hold X.509 certificates in PEM',
      })),
    );
  });

  test('a key that is none', () => {
    const files = issueServer(newCa());
    writeFileSync(files.key, readFileSync(files.cert));
    expect(problemsWith(files)).toEqual([
      {
        at: files.key,
        problem: 'the file holds no private key that can be read',
        hint: 'it must hold one private key in PEM, without a passphrase',
      },
    ]);
  });

  test('a key of another certificate', () => {
    const [files, others] = [issueServer(newCa()), issueServer(newCa())];
    expect(problemsWith({ cert: files.cert, key: others.key })).toEqual([
      {
        at: others.key,
        problem: `the key does not belong to the certificate in ${files.cert}`,
        hint: "that file begins with the proxy's own certificate, and those between it and its CA follow",
      },
    ]);
  });

  test('a certificate before and after its time', () => {
    const files = issueServer(newCa());
    const { validFrom, validTo } = new X509Certificate(readFileSync(files.cert));
    const time = (text: string): string => new Date(text).toISOString();
    expect(problemsWith(files, later(-5))).toEqual([
      {
        at: files.cert,
        problem: `the certificate is not valid before ${time(validFrom)}`,
        hint: 'check the clock, and the certificate',
      },
    ]);
    expect(problemsWith(files, later(40))).toEqual([
      {
        at: files.cert,
        problem: `the certificate expired at ${time(validTo)}`,
        hint: 'put a new one in its place',
      },
    ]);
  });

  test('a CA for clients that has ended', () => {
    const [ca, clientCa] = [newCa(), newCa()];
    const files = issueServer(ca, -5000);
    expect(problemsWith({ ...files, clientCa: clientCa.file }, later(4_990))).toContainEqual(
      expect.objectContaining({
        at: clientCa.file,
        problem: expect.stringMatching(/^the certificate expired/),
      }),
    );
  });

  test.skipIf(!hasOpenssl)('a key that is too short for OpenSSL', () => {
    const directory = temporaryDirectory();
    const files = { cert: `${directory}/c`, key: `${directory}/k` };
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-subj',
      '/CN=a',
      '-days',
      '30',
      '-keyout',
      files.key,
      '-out',
      files.cert,
    );
    chmodSync(files.key, 0o600);
    expect(problemsWith(files, later(1))).toEqual([
      {
        at: files.cert,
        problem: expect.stringMatching(/^OpenSSL does not take the certificate or its key: .*too small/),
        hint: 'have a new one issued, RSA with 2048 bits or more, or ECDSA',
      },
    ]);
  });
});
