import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { existsProblem, makeFolder, writing } from './authority-files.ts';
import {
  chainOf,
  createKeyFile,
  pathsIn,
  readAuthorityFolder,
  type StoredAuthority,
} from './authority-folder.ts';
import { checkPassphrase, keyAlgorithmOf, keyPemOf, openKey } from './authority-key.ts';
import { makeRoot } from './authority-root.ts';
import { type Issuer, issuerOf } from './certificate.ts';
import { exportPem } from './export.ts';
import { issuerProblems, nameOf } from './issuers.ts';
import { publishRoots } from './published-roots.ts';
import { fail, type Result, succeed } from './result.ts';

export { authorityExists } from './authority-folder.ts';
export type { Problem, Result } from './result.ts';

/** The CA that signs leaves: its certificate, its private key, and what the certificates it signs copy from it. */
export type Authority = {
  readonly certificatePem: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly issuer: Issuer;
  /** What is sent behind a leaf, in PEM: the leaf's issuer first, and no root. Empty for a root that signs by itself. */
  readonly chain: readonly string[];
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

type NewAuthority = {
  readonly organization?: string;
  /** Encrypts the key; without one it is guarded by the mode of its file alone. */
  readonly passphrase?: string | undefined;
  readonly now: Date;
};

/**
 * Makes a root CA, valid for ten years from `now`, and writes it to `directory` as `ca.key` (PKCS #8 PEM and the
 * certificate, mode 0600) and `ca.crt` (PEM, mode 0644). Neither replaces a file that exists. A crash between the two
 * loses nothing: the second is made of the first.
 */
export function createAuthority(
  directory: string,
  { organization = 'Postern', passphrase, now }: NewAuthority,
): Result<Authority> {
  const checked = passphrase === undefined ? succeed(undefined) : checkPassphrase(directory, passphrase);
  const root = checked.ok ? makeRoot(directory, organization, now) : checked;
  if (!root.ok) return root;
  const { certificate, key } = root.value;
  const stored = storeFirst(
    directory,
    { keyPem: keyPemOf(key, passphrase), certificates: [certificate] },
    now,
  );
  return stored.ok ? succeed(authorityOf(stored.value, key)) : stored;
}

/** Puts a CA into a folder that has none. */
export function storeFirst(
  directory: string,
  file: Parameters<typeof createKeyFile>[1],
  now: Date,
): Result<StoredAuthority> {
  const paths = pathsIn(directory);
  const folder = makeFolder(directory);
  if (!folder.ok) return folder;
  if (existsSync(paths.certificate)) return fail(existsProblem(paths.certificate));
  const written = writing(paths.key, () => createKeyFile(paths.key, file, directory));
  if (!written.ok) return written;
  const read = readAuthorityFolder(directory, now);
  if (!read.ok) return read;
  const published = publishRoots(directory, read.value);
  return published.ok ? succeed(read.value.signing) : published;
}

/** Reads the CA that is in force in `directory` at `now`, and checks that it can sign leaves. Every problem is reported. */
export function loadAuthority(directory: string, now: Date, passphrase?: string): Result<Authority> {
  const folder = readAuthorityFolder(directory, now);
  return folder.ok ? openAuthority(folder.value.signing, now, passphrase) : folder;
}

/** Opens a CA for signing. */
export function openAuthority(
  stored: StoredAuthority,
  now: Date,
  passphrase: string | undefined,
): Result<Authority> {
  const { certificatePath, certificate, issuers } = stored;
  const key = openKey(stored, passphrase);
  const problems = issuerProblems(certificatePath, certificate, issuers, now);
  if (key.ok && problems.length === 0) return succeed(authorityOf(stored, key.value));
  return fail(...(key.ok ? [] : key.error), ...problems);
}

/** A CA as texts, for another process. Its private key is among them: they go nowhere else. */
export type AuthorityPems = {
  readonly certificate: string;
  readonly key: string;
  readonly chain: readonly string[];
};

export const pemsOf = ({ certificatePem, key, chain }: Authority): AuthorityPems => ({
  certificate: certificatePem,
  key: keyPemOf(key, undefined),
  chain,
});

/** The CA that `pemsOf` was given. */
export function authorityFromPems(pems: AuthorityPems): Authority {
  const certificate = new X509Certificate(pems.certificate);
  const { chain } = pems;
  return {
    certificatePem: exportPem(certificate),
    certificate,
    issuer: issuerOf(certificate),
    key: createPrivateKey(pems.key),
    chain,
  };
}

const authorityOf = (stored: StoredAuthority, key: KeyObject): Authority => ({
  certificatePem: exportPem(stored.certificate),
  certificate: stored.certificate,
  issuer: issuerOf(stored.certificate),
  key,
  chain: chainOf(stored),
});

/** What `postern ca show` prints, so that a person can compare it with what a client says. */
export function describeAuthority({
  certificate,
}: {
  readonly certificate: X509Certificate;
}): AuthorityDescription {
  return {
    subject: nameOf(certificate),
    serial: certificate.serialNumber,
    sha256Fingerprint: certificate.fingerprint256,
    sha1Fingerprint: certificate.fingerprint,
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    keyAlgorithm: keyAlgorithmOf(certificate.publicKey) ?? String(certificate.publicKey.asymmetricKeyType),
  };
}
