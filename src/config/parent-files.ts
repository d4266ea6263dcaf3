import { X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import type { ParentEntry } from './upstream-schema.ts';

/** What the files of a parent hold: secrets and trust, which have no place in the configuration itself. */
export type ParentFiles = { readonly password: string | undefined; readonly ca: string | undefined };

const MAX_PASSWORD_BYTES = 1_024;
const MAX_CA_BYTES = 1_000_000;
const OTHERS = 0o007; // mode bits of those who are neither the owner nor in the group

/** Reads the files that an entry names; all that is wrong with them is told at once. */
export function readParentFiles({ passwordFile, ca }: ParentEntry): Result<ParentFiles> {
  const password = passwordFile === undefined ? succeed(undefined) : readPassword(passwordFile);
  const anchors = ca === undefined ? succeed(undefined) : readAnchors(ca);
  if (password.ok && anchors.ok) return succeed({ password: password.value, ca: anchors.value });
  return fail([...(password.ok ? [] : [password.error]), ...(anchors.ok ? [] : [anchors.error])]);
}

/** The one line of a file, as editors and `echo` leave it. */
function readPassword(path: string): Result<string, Problem> {
  const read = readSmallFile(path, MAX_PASSWORD_BYTES, OTHERS);
  if (!read.ok) return read;
  const password = read.value.replace(/\r?\n$/, '');
  if (password === '')
    return fail({ at: path, problem: 'the password is empty', hint: 'write it as the only line' });
  return /\p{Cc}/u.test(password)
    ? fail({
        at: path,
        problem: 'a password for Basic holds no control character and is one line',
        hint: 'write it as the only line',
      })
    : succeed(password);
}

/** TLS takes a text without certificates for a list of none, and would then trust nobody, without a word. */
function readAnchors(path: string): Result<string, Problem> {
  const read = readSmallFile(path, MAX_CA_BYTES, 0);
  if (!read.ok) return read;
  const certificates = read.value.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  try {
    for (const certificate of certificates ?? []) new X509Certificate(certificate);
    if (certificates !== null) return succeed(certificates.join('\n'));
  } catch {
    // Told below: what OpenSSL says of it helps nobody.
  }
  return fail({
    at: path,
    problem: 'the file holds no certificate that can be read',
    hint: 'a CA is a PEM file: it begins with -----BEGIN CERTIFICATE-----',
  });
}

/**
 * The text of a file whose mode has none of the bits in `forbidden`; the mode is that of the open file, so that it
 * cannot be swapped between the check and the reading. Links are followed: secrets are often mounted as such.
 */
function readSmallFile(path: string, maxBytes: number, forbidden: number): Result<string, Problem> {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile() || status.size > maxBytes)
        return fail({
          at: path,
          problem: `it is not a file of at most ${maxBytes} bytes`,
          hint: 'name the right file',
        });
      if ((status.mode & forbidden) !== 0)
        return fail({
          at: path,
          problem: `the file is open to everybody (mode 0${(status.mode & 0o777).toString(8)})`,
          hint: `chmod o= ${path}, and change the password if others could read it`,
        });
      return succeed(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor)));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const problem =
      error instanceof TypeError ? 'the file is not UTF-8' : `cannot be read: ${(error as Error).message}`;
    return fail({ at: path, problem, hint: 'the user Postern runs as must be able to read this text file' });
  }
}
