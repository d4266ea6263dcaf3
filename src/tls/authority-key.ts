import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import { readFileWithin } from './authority-files.ts';
import type { StoredAuthority } from './authority-folder.ts';
import { isEncrypted, type PemBlock } from './pem.ts';
import { fail, type Problem, type Result, succeed } from './result.ts';

/** Of those that are neither the owner nor in the group: secrets are often mounted for a group. */
const STRANGERS = 0o007;
const CONTROL_CHARACTER = /\p{Cc}/u;
/**
 * OpenSSL makes the key that encrypts out of the passphrase in 2,048 rounds: whoever has the file tries many a second, so
 * the passphrase itself has to be long.
 */
const MIN_PASSPHRASE = 12;

/** The one line of a file, as editors and `echo` leave it. */
export function readPassphrase(path: string): Result<string> {
  const file = readFileWithin(path, STRANGERS, 'check the path of the file with the passphrase', 'the file');
  if (!file.ok) return file;
  const passphrase = file.value.toString('utf8').replace(/\r?\n$/, '');
  return passphrase !== '' && !CONTROL_CHARACTER.test(passphrase)
    ? succeed(passphrase)
    : fail({
        at: path,
        problem: 'a passphrase is one line of text',
        hint: 'write it as the only line of the file',
      });
}

/** A passphrase that is to guard a key from now on. */
export function checkPassphrase(at: string, passphrase: string): Result<string> {
  if (passphrase.length >= MIN_PASSPHRASE && !CONTROL_CHARACTER.test(passphrase)) return succeed(passphrase);
  const problem = `a passphrase has at least ${MIN_PASSPHRASE} characters, none of them a control character`;
  return fail({ at, problem, hint: 'take several words, or the output of `openssl rand -base64 24`' });
}

/** A private key in PKCS #8 and PEM; with a passphrase encrypted, as AES-256 in CBC mode under PBES2. */
export const keyPemOf = (key: KeyObject, passphrase: string | undefined): string =>
  key
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString();

const NEEDS_PASSPHRASE =
  'name a file with it: `certsPassphraseFile` in the configuration, POSTERN_CERTS_PASSPHRASE_FILE, or --passphrase-file';

/** Opens a key. A passphrase that is not needed is not looked at. */
export function unlockKey(at: string, block: PemBlock, passphrase: string | undefined): Result<KeyObject> {
  const isClosed = isEncrypted(block);
  if (isClosed && passphrase === undefined)
    return fail({
      at,
      problem: 'the private key has a passphrase, and none is given',
      hint: NEEDS_PASSPHRASE,
    });
  try {
    return succeed(createPrivateKey({ key: block.text, ...(isClosed ? { passphrase } : {}) }));
  } catch {
    return fail(
      isClosed
        ? {
            at,
            problem: 'the passphrase does not open the private key',
            hint: 'give the one it was made with',
          }
        : {
            at,
            problem: 'the file holds no private key that can be read',
            hint: 'it must hold one private key in PEM; restore it, or create a CA in an empty directory',
          },
    );
  }
}

/** The key of a CA, if it may sign for it. */
export function openKey(stored: StoredAuthority, passphrase: string | undefined): Result<KeyObject> {
  const { path, certificatePath, key: block, certificate } = stored;
  const key = unlockKey(path, block, passphrase);
  if (!key.ok) return key;
  const problems = keyProblems(path, key.value, certificate, basename(certificatePath));
  return problems.length === 0 ? key : fail(...problems);
}

const MIN_RSA_BITS = 2_048;

/** `ECDSA P-256`, `ECDSA P-384` or `RSA 3072`; undefined for a key that leaves are not signed with. */
export function keyAlgorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType === 'rsa') return bits >= MIN_RSA_BITS ? `RSA ${bits}` : undefined;
  if (asymmetricKeyType !== 'ec') return undefined;
  // Each curve goes with its hash in TLS 1.3 (RFC 8446 section 4.2.3), and browsers take no others.
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ECDSA P-256';
  return asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ECDSA P-384' : undefined;
}

/** `certificateFile` is how the message calls the file with the certificate. */
export function keyProblems(
  at: string,
  key: KeyObject,
  certificate: X509Certificate,
  certificateFile: string,
): readonly Problem[] {
  if (keyAlgorithmOf(key) === undefined)
    return [
      {
        at,
        problem: 'the key is neither an EC key on P-256 or P-384 nor an RSA key of 2048 bits or more',
        hint: 'create a CA with `postern ca init`, or have one issued for such a key',
      },
    ];
  if (certificate.checkPrivateKey(key)) return [];
  const problem = `the key does not belong to the certificate in ${certificateFile}`;
  return [{ at, problem, hint: 'restore the two files of one CA' }];
}
