import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readFileWithin, writeNewFiles } from './authority-files.ts';
import {
  encodeName,
  type Issuer,
  issuerOf,
  keyIdentifier,
  randomSerial,
  signCertificate,
} from './certificate.ts';
import { exportPem } from './export.ts';
import { authorityConstraints, KEY_USAGE, keyUsage } from './extensions.ts';
import { both, fail, type Problem, type Result, succeed } from './result.ts';

export type { Problem, Result } from './result.ts';

/** The local CA: a self-signed P-256 root, its private key, and what the certificates it signs copy from it. */
export type Authority = {
  readonly certificatePem: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly issuer: Issuer;
};

/** For a person to compare: fingerprints are upper-case hex with colons, the serial upper-case hex, times ISO 8601. */
export type AuthorityDescription = {
  readonly subject: string;
  readonly serial: string;
  readonly sha256Fingerprint: string;
  readonly sha1Fingerprint: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly keyAlgorithm: string;
};

const YEARS = 10;
const DAY = 86_400_000;
const OTHERS = 0o077; // mode bits of the group and of everyone else
// RFC 5280 appendix A.1 (ub-organization-name); a control character would forge lines in `postern ca show`.
const ORGANIZATION = /^[^\p{Cc}]{1,64}$/u;

const pathsIn = (directory: string) => ({
  key: join(directory, 'ca.key'),
  certificate: join(directory, 'ca.crt'),
});

/** Whether `directory` holds a CA or a part of one; only when it holds none may a caller create one there. */
export function authorityExists(directory: string): boolean {
  const paths = pathsIn(directory);
  return existsSync(paths.key) || existsSync(paths.certificate);
}

/**
 * Makes a root CA, valid for ten years from `now`, and writes it to `directory` as `ca.key` (PKCS #8 PEM, mode 0600)
 * and `ca.crt` (PEM, mode 0644). Both files are written or neither is, and neither replaces a file that exists.
 */
export function createAuthority(
  directory: string,
  { organization = 'Postern', now }: { readonly organization?: string; readonly now: Date },
): Result<Authority> {
  if (!ORGANIZATION.test(organization))
    return fail({
      at: directory,
      problem: 'the organization of a CA must have 1 to 64 characters, none of them a control character',
      hint: 'shorten or correct it',
    });
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = selfSign(organization, publicKey, privateKey, now);
  const paths = pathsIn(directory);
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const written = writeNewFiles(directory, [
    { path: paths.key, content: keyPem, mode: 0o600 },
    { path: paths.certificate, content: exportPem(certificate), mode: 0o644 },
  ]);
  return written.ok ? succeed(authorityOf(certificate, issuerOf(certificate), privateKey)) : written;
}

function selfSign(organization: string, publicKey: KeyObject, key: KeyObject, now: Date): X509Certificate {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keyId = keyIdentifier(spki);
  // The key's identifier tells two CAs on one machine apart.
  const name = encodeName({ organization, commonName: `Postern CA ${keyId.toString('hex', 0, 4)}` });
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + YEARS);
  return signCertificate(
    {
      serial: randomSerial(),
      issuer: { name, keyId },
      subject: name,
      publicKey: spki,
      notBefore: new Date(now.getTime() - DAY), // a client's clock may be behind
      notAfter,
      // One CA may stand below it, so that a site can sign an intermediate later without a new root.
      extensions: [authorityConstraints(1), keyUsage(KEY_USAGE.keyCertSign | KEY_USAGE.cRLSign)],
    },
    key,
  );
}

/** Reads the CA in `directory` and checks that it can sign leaves at `now`. Every problem found is reported. */
export function loadAuthority(directory: string, now: Date): Result<Authority> {
  const paths = pathsIn(directory);
  const files = both(readFileWithin(paths.certificate, 0), readFileWithin(paths.key, OTHERS));
  if (!files.ok) return files;
  const [certificateFile, keyFile] = files.value;
  const parsed = both(parseCertificate(paths.certificate, certificateFile), parseKey(paths.key, keyFile));
  if (!parsed.ok) return parsed;
  const [{ certificate, issuer }, key] = parsed.value;
  const problems = [
    ...keyProblems(paths.key, key, certificate),
    ...certificateProblems(paths.certificate, certificate, now),
  ];
  return problems.length === 0 ? succeed(authorityOf(certificate, issuer, key)) : fail(...problems);
}

/** A CA as two texts, for another process. Its private key is among them: they go nowhere else. */
export type AuthorityPems = { readonly certificate: string; readonly key: string };

export const pemsOf = ({ certificatePem, key }: Authority): AuthorityPems => ({
  certificate: certificatePem,
  key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
});

/** The CA that `pemsOf` was given. */
export function authorityFromPems(pems: AuthorityPems): Authority {
  const certificate = new X509Certificate(pems.certificate);
  return authorityOf(certificate, issuerOf(certificate), createPrivateKey(pems.key));
}

const authorityOf = (certificate: X509Certificate, issuer: Issuer, key: KeyObject): Authority => ({
  certificatePem: exportPem(certificate),
  certificate,
  issuer,
  key,
});

type ParsedCertificate = { readonly certificate: X509Certificate; readonly issuer: Issuer };

function parseCertificate(path: string, file: Buffer): Result<ParsedCertificate> {
  try {
    const certificate = new X509Certificate(file);
    return succeed({ certificate, issuer: issuerOf(certificate) });
  } catch {
    return fail({
      at: path,
      problem: 'the file holds no certificate that can be read',
      hint: 'it must hold one X.509 certificate in PEM; restore it, or create a CA in an empty directory',
    });
  }
}

function parseKey(path: string, file: Buffer): Result<KeyObject> {
  try {
    return succeed(createPrivateKey(file));
  } catch {
    return fail({
      at: path,
      problem: 'the file holds no private key that can be read',
      hint: 'it must hold one private key in PEM, without a passphrase; restore it, or create a CA in an empty directory',
    });
  }
}

function keyProblems(at: string, key: KeyObject, certificate: X509Certificate): Problem[] {
  // Leaves are signed with ecdsa-with-SHA256, which TLS 1.3 pairs with this curve only (RFC 8446 section 4.2.3).
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    return [{ at, problem: 'the key is not an EC key on P-256', hint: 'create a CA with a P-256 key' }];
  if (!certificate.checkPrivateKey(key))
    return [
      {
        at,
        problem: 'the key does not belong to the certificate in ca.crt',
        hint: 'restore the two files of one CA',
      },
    ];
  return [];
}

function certificateProblems(at: string, certificate: X509Certificate, now: Date): Problem[] {
  const problems: Problem[] = [];
  const add = (problem: string, hint: string) => problems.push({ at, problem, hint });
  if (!certificate.ca)
    add(
      'the certificate is not a CA certificate',
      'it needs basicConstraints CA:TRUE and keyUsage keyCertSign',
    );
  // Leaves are served without a chain, so clients must trust this very certificate.
  if (!certificate.verify(certificate.publicKey))
    add('the certificate is not self-signed', 'use a root CA, not an intermediate one');
  if (now < certificate.validFromDate)
    add(`the certificate is not valid before ${certificate.validFromDate.toISOString()}`, 'check the clock');
  if (now > certificate.validToDate)
    add(
      `the certificate expired at ${certificate.validToDate.toISOString()}`,
      'create a CA in an empty directory and have the clients trust it',
    );
  return problems;
}

/** What `postern ca show` prints, so that a person can compare it with what a client says. */
export function describeAuthority({ certificate }: Authority): AuthorityDescription {
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    serial: certificate.serialNumber,
    sha256Fingerprint: certificate.fingerprint256,
    sha1Fingerprint: certificate.fingerprint,
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    keyAlgorithm: 'ECDSA P-256', // `loadAuthority` takes no other
  };
}
