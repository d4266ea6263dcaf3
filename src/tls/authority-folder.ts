import type { X509Certificate } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createFile, replaceFile } from '../files/replace-file.ts';
import { readFileWithin } from './authority-files.ts';
import { exportPem } from './export.ts';
import { type Issuers, issuersOf } from './issuers.ts';
import { certificatesIn, isCertificate, isEncrypted, isPrivateKey, type PemBlock, pemBlocks } from './pem.ts';
import { both, fail, type Problem, type Result, succeed } from './result.ts';

// The folder of the CA. A file with a key carries its certificate and those above it, so that one stroke, a rename, goes
// from one CA to another (docs/decisions/0036-ca-life-cycle.md). Which signs is said by the date in `next.key`.

/** A CA as it lies in a file, its key perhaps under a passphrase. */
export type StoredAuthority = {
  readonly path: string;
  /** The file that messages name when they speak of its certificate. */
  readonly certificatePath: string;
  readonly key: PemBlock;
  readonly certificate: X509Certificate;
  readonly issuers: Issuers;
  /** From when on it is the one that signs; undefined while that is not said. */
  readonly activeFrom: Date | undefined;
};

/** `signing` is in force. While one CA is exchanged for another, `next` waits, or `previous` is kept. */
export type AuthorityFolder = { readonly signing: StoredAuthority } & (
  | { readonly state: 'settled' }
  | { readonly state: 'waiting'; readonly next: StoredAuthority }
  | { readonly state: 'exchanged'; readonly previous: StoredAuthority }
);

const OTHERS = 0o077; // mode bits of the group and of everyone else

export const pathsIn = (directory: string) => ({
  key: join(directory, 'ca.key'),
  /** Of what clients are to trust: a copy for them, made of what the files with keys carry. */
  certificate: join(directory, 'ca.crt'),
  next: join(directory, 'next.key'),
});

/** Whether `directory` holds a CA or a part of one; only when it holds none may a caller create one there. */
export function authorityExists(directory: string): boolean {
  return Object.values(pathsIn(directory)).some((path) => existsSync(path));
}

/** Reads what is in the folder, as it is at `now`. No key is opened. */
export function readAuthorityFolder(directory: string, now: Date): Result<AuthorityFolder> {
  const paths = pathsIn(directory);
  const first = readFirst(paths.key, paths.certificate);
  const second = existsSync(paths.next) ? readSecond(paths.next) : succeed(undefined);
  const read = both(first, second);
  if (!read.ok) return read;
  const [own, next] = read.value;
  if (next === undefined) return succeed({ state: 'settled', signing: own });
  const isDue = next.activeFrom !== undefined && next.activeFrom <= now;
  return succeed(
    isDue ? { state: 'exchanged', signing: next, previous: own } : { state: 'waiting', signing: own, next },
  );
}

/** `ca.key`, which need not carry its certificate: then the first one in `ca.crt` is it. */
function readFirst(path: string, certificatePath: string): Result<StoredAuthority> {
  const file = readFileWithin(path, OTHERS);
  const blocks = file.ok ? pemBlocks(file.value.toString('latin1')) : [];
  const carriesIts = blocks.some(isCertificate);
  const beside = carriesIts && !existsSync(certificatePath) ? succeed([]) : readCertificates(certificatePath);
  const key = file.ok ? keyAmong(path, blocks) : file;
  const read = both(beside, key);
  if (!read.ok) return read;
  const [published, ownKey] = read.value;
  const stored = storedOf({ path, certificatePath }, ownKey, carriesIts ? blocks : published, undefined);
  if (!stored.ok || !carriesIts || published.length === 0) return stored;
  return isHeldBy(published, rootOf(stored.value)) ? stored : fail(foreignProblem(certificatePath));
}

function readSecond(path: string): Result<StoredAuthority> {
  const file = readFileWithin(path, OTHERS);
  if (!file.ok) return file;
  const text = file.value.toString('latin1');
  const key = keyAmong(path, pemBlocks(text));
  if (!key.ok) return key;
  const date = ACTIVE_FROM.exec(text)?.[1];
  const activeFrom = date === undefined ? undefined : new Date(date);
  return storedOf({ path, certificatePath: path }, key.value, pemBlocks(text), activeFrom);
}

/** A line before the first block, where PEM leaves room for explanations (RFC 7468 section 2). */
const ACTIVE_FROM = /^Active-From: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/m;

function readCertificates(path: string): Result<readonly PemBlock[]> {
  const file = readFileWithin(path, 0);
  if (!file.ok) return file;
  const blocks = pemBlocks(file.value.toString('latin1'));
  const certificates = certificatesIn(path, blocks);
  return certificates.ok ? succeed(blocks) : certificates;
}

function keyAmong(at: string, blocks: readonly PemBlock[]): Result<PemBlock> {
  const key = blocks.find(isPrivateKey);
  if (key !== undefined) return succeed(key);
  const hint = 'it must hold one private key in PEM; restore it, or create a CA in an empty directory';
  return fail({ at, problem: 'the file holds no private key that can be read', hint });
}

function storedOf(
  { path, certificatePath }: Pick<StoredAuthority, 'path' | 'certificatePath'>,
  key: PemBlock,
  blocks: readonly PemBlock[],
  activeFrom: Date | undefined,
): Result<StoredAuthority> {
  const certificates = certificatesIn(certificatePath, blocks);
  if (!certificates.ok) return certificates;
  const [certificate, ...others] = certificates.value;
  const issuers = issuersOf(certificate, others);
  return succeed({ path, certificatePath, key, certificate, issuers, activeFrom });
}

const isHeldBy = (blocks: readonly PemBlock[], certificate: X509Certificate): boolean =>
  blocks.some((block) => {
    const read = certificatesIn('', [block]);
    return read.ok && read.value[0].fingerprint256 === certificate.fingerprint256;
  });

const foreignProblem = (at: string): Problem => ({
  at,
  problem: 'it does not hold the certificate of the CA in ca.key',
  hint: 'restore the two files of one CA; or delete ca.crt, which is then made of what ca.key carries',
});

/** What clients are to trust. */
export const rootOf = ({ certificate, issuers }: StoredAuthority): X509Certificate =>
  issuers.above.at(-1) ?? certificate;

/** What goes to clients behind a leaf, in PEM, the leaf's issuer first: not the root, which they have. */
export const chainOf = ({ certificate, issuers: { above } }: StoredAuthority): readonly string[] =>
  above.length === 0 ? [] : [certificate, ...above.slice(0, -1)].map(exportPem);

/** The first of the certificates to end takes the others with it. */
export const endOf = ({ certificate, issuers: { above } }: StoredAuthority): Date =>
  new Date(Math.min(...[certificate, ...above].map(({ validToDate }) => validToDate.getTime())));

export const isLocked = ({ key }: StoredAuthority): boolean => isEncrypted(key);

/** All in the folder, the one that signs first. */
export const membersOf = (folder: AuthorityFolder): readonly StoredAuthority[] => {
  switch (folder.state) {
    case 'settled':
      return [folder.signing];
    case 'waiting':
      return [folder.signing, folder.next];
    case 'exchanged':
      return [folder.signing, folder.previous];
  }
};

/** What a file with a key says. */
export type KeyFile = {
  readonly keyPem: string;
  readonly certificates: readonly X509Certificate[];
  readonly activeFrom?: Date | undefined;
};

export const keyFileOf = ({ key, certificate, issuers, activeFrom }: StoredAuthority): KeyFile => ({
  keyPem: key.text,
  certificates: [certificate, ...issuers.above],
  activeFrom,
});

function* textOf({ keyPem, certificates, activeFrom }: KeyFile): Iterable<string> {
  if (activeFrom !== undefined) yield `Active-From: ${activeFrom.toISOString()}\n`;
  yield keyPem;
  for (const certificate of certificates) yield exportPem(certificate);
}

/** Throws what the system throws. */
export const createKeyFile = (path: string, file: KeyFile, directory: string): void =>
  createFile(path, textOf(file), { mode: 0o600, ...ownerIn(directory) });

/** Throws what the system throws. */
export const replaceKeyFile = (path: string, file: KeyFile, directory: string): void =>
  replaceFile(path, textOf(file), { mode: 0o600, ...ownerIn(directory) });

/** Whoever owns the folder is to read what root puts into it. */
export function ownerIn(directory: string): { readonly uid: number; readonly gid: number } | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = statSync(directory);
  return { uid, gid };
}
