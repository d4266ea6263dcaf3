import type { X509Certificate } from 'node:crypto';
import { readFileWithin } from './authority-files.ts';
import type { KeyFile } from './authority-folder.ts';
import { checkPassphrase, keyPemOf, keyProblems, unlockKey } from './authority-key.ts';
import { issuerProblems, issuersOf, strictProblems } from './issuers.ts';
import { certificatesIn, isEncrypted, isPrivateKey, type PemBlock, pemBlocks } from './pem.ts';
import { both, fail, type Result, succeed } from './result.ts';

/** Files of a CA that somebody else has issued. `chain` holds certificates above it, in any order; `cert` may too. */
export type ImportedFiles = {
  readonly cert: string;
  readonly key: string;
  readonly chain?: string | undefined;
};

/** What they hold, the key perhaps under a passphrase. */
export type ImportedAuthority = {
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  readonly key: PemBlock;
};

const OTHERS = 0o077;
const NAME_FILE = 'check the path';

export function readImported(files: ImportedFiles): Result<ImportedAuthority> {
  const own = readCertificates(files.cert);
  const above: Result<readonly X509Certificate[]> =
    files.chain === undefined ? succeed([]) : readCertificates(files.chain);
  const read = both(both(own, above), readKey(files.key));
  if (!read.ok) return read;
  const [[[certificate, ...others], chain], key] = read.value;
  return succeed({ certificates: [certificate, ...others, ...chain], key });
}

export const needsPassphrase = ({ key }: ImportedAuthority): boolean => isEncrypted(key);

/**
 * Checks that the CA can sign for block pages: that it may, that the key is its own, and that there are all
 * certificates up to a root. `passphrase` opens the key, `ownPassphrase` guards it from now on.
 */
export function checkImported(
  files: ImportedFiles,
  { certificates: [certificate, ...others], key: block }: ImportedAuthority,
  now: Date,
  { passphrase, ownPassphrase }: { passphrase: string | undefined; ownPassphrase: string | undefined },
): Result<KeyFile> {
  const issuers = issuersOf(certificate, others);
  const problems = [
    ...issuerProblems(files.cert, certificate, issuers, now),
    ...strictProblems(files.cert, certificate),
  ];
  const key = unlockKey(files.key, block, passphrase);
  const guarded =
    ownPassphrase === undefined ? succeed(undefined) : checkPassphrase(files.key, ownPassphrase);
  const opened = both(key, guarded);
  if (!opened.ok) return fail(...opened.error, ...problems);
  problems.push(...keyProblems(files.key, opened.value[0], certificate, files.cert));
  if (problems.length > 0) return fail(...problems);
  const keyPem = keyPemOf(opened.value[0], ownPassphrase);
  return succeed({ keyPem, certificates: [certificate, ...issuers.above] });
}

function readCertificates(path: string): Result<readonly [X509Certificate, ...X509Certificate[]]> {
  const file = readFileWithin(path, 0, NAME_FILE);
  return file.ok ? certificatesIn(path, pemBlocks(file.value.toString('latin1'))) : file;
}

function readKey(path: string): Result<PemBlock> {
  const file = readFileWithin(path, OTHERS, NAME_FILE);
  if (!file.ok) return file;
  const key = pemBlocks(file.value.toString('latin1')).find(isPrivateKey);
  if (key !== undefined) return succeed(key);
  return fail({ at: path, problem: 'the file holds no private key', hint: 'it must hold one in PEM' });
}
