import { existsSync } from 'node:fs';
import { removeFile, renameFile } from '../files/replace-file.ts';
import { storeFirst } from './authority.ts';
import { writing } from './authority-files.ts';
import {
  type AuthorityFolder,
  authorityExists,
  createKeyFile,
  isLocked,
  type KeyFile,
  keyFileOf,
  pathsIn,
  readAuthorityFolder,
  replaceKeyFile,
} from './authority-folder.ts';
import { checkPassphrase, keyPemOf, openKey } from './authority-key.ts';
import { makeRoot } from './authority-root.ts';
import { publishRoots } from './published-roots.ts';
import { fail, type Problem, type Result, succeed } from './result.ts';

// From one CA to the next. Each step is one stroke on `next.key` or `ca.key`, and what `ca.crt` says follows: it holds
// the root of `ca.key` at every moment, so a crash leaves a folder that loads, and the same command again goes on.

/** Makes a root that waits beside the one that signs, for clients to learn to trust it. */
export function beginRotation(
  directory: string,
  now: Date,
  { organization, passphrase }: { readonly organization?: string; readonly passphrase: string | undefined },
): Result<AuthorityFolder> {
  const folder = readAuthorityFolder(directory, now);
  if (!folder.ok) return folder;
  const { signing } = folder.value;
  // One passphrase has to open both, since the one that runs has one.
  const opened = isLocked(signing) ? openKey(signing, passphrase) : succeed(undefined);
  if (!opened.ok) return opened;
  const checked = passphrase === undefined ? succeed(undefined) : checkPassphrase(directory, passphrase);
  const asBefore = signing.certificate.toLegacyObject().subject.O;
  const whose = organization ?? (typeof asBefore === 'string' ? asBefore : 'Postern');
  const root = checked.ok ? makeRoot(directory, whose, now) : checked;
  if (!root.ok) return root;
  const { certificate, key } = root.value;
  const file: KeyFile = { keyPem: keyPemOf(key, passphrase), certificates: [certificate] };
  return putNext(directory, folder.value, file, now);
}

/** Takes a CA that somebody else has made: the first in a folder that has none, else it waits as the next one. */
export function storeImported(directory: string, file: KeyFile, now: Date): Result<AuthorityFolder> {
  if (!authorityExists(directory)) {
    const stored = storeFirst(directory, file, now);
    return stored.ok ? readAuthorityFolder(directory, now) : stored;
  }
  const folder = readAuthorityFolder(directory, now);
  return folder.ok ? putNext(directory, folder.value, file, now) : folder;
}

function putNext(
  directory: string,
  folder: AuthorityFolder,
  file: KeyFile,
  now: Date,
): Result<AuthorityFolder> {
  if (folder.state !== 'settled') return fail(underWay(directory, folder));
  const { key, next } = pathsIn(directory);
  // A key that does not carry its certificate would lose it as soon as `ca.crt` speaks of two CAs.
  const carried = writing(key, () => replaceKeyFile(key, keyFileOf(folder.signing), directory));
  const written = carried.ok ? writing(next, () => createKeyFile(next, file, directory)) : carried;
  if (!written.ok) return existsSync(next) ? fail(underWay(directory, folder)) : written;
  return published(directory, now);
}

/** Has the one that waits sign from a moment on: at once, or from a date. Whoever runs goes over by itself, or at a reload. */
export function activateNext(directory: string, from: Date, now: Date): Result<AuthorityFolder> {
  const folder = readAuthorityFolder(directory, now);
  if (!folder.ok) return folder;
  const { next } = pathsIn(directory);
  if (folder.value.state !== 'waiting') return fail(nothingWaits(next, folder.value));
  const file = { ...keyFileOf(folder.value.next), activeFrom: from };
  const known = publishRoots(directory, folder.value); // before it signs: it may not have been said after a crash
  const written = known.ok ? writing(next, () => replaceKeyFile(next, file, directory)) : known;
  return written.ok ? published(directory, now) : written;
}

/** Lets go of the CA before the one that signs. Its key is gone then. */
export function finishRotation(directory: string, now: Date): Result<AuthorityFolder> {
  const folder = readAuthorityFolder(directory, now);
  if (!folder.ok) return folder;
  const { key, next } = pathsIn(directory);
  if (folder.value.state !== 'exchanged') return fail(nothingKept(next, folder.value));
  const known = publishRoots(directory, folder.value);
  const renamed = known.ok ? writing(key, () => renameFile(next, key)) : known;
  return renamed.ok ? published(directory, now) : renamed;
}

/** Takes the next CA back, whether it waits or signs already: the one before it is in force, and nothing else. */
export function abandonRotation(directory: string, now: Date): Result<AuthorityFolder> {
  const folder = readAuthorityFolder(directory, now);
  if (!folder.ok) return folder;
  const { next } = pathsIn(directory);
  if (folder.value.state === 'settled') return fail(nothingWaits(next, folder.value));
  const removed = writing(next, () => removeFile(next));
  return removed.ok ? published(directory, now) : removed;
}

/** What the folder has become, and told to clients. */
function published(directory: string, now: Date): Result<AuthorityFolder> {
  const folder = readAuthorityFolder(directory, now);
  if (!folder.ok) return folder;
  const told = publishRoots(directory, folder.value);
  return told.ok ? folder : told;
}

const underWay = (at: string, { state }: AuthorityFolder): Problem => ({
  at,
  problem:
    state === 'exchanged'
      ? 'the CA before the one that signs is still kept'
      : 'another CA waits already to take over',
  hint:
    state === 'exchanged'
      ? 'let go of it first: `postern ca rotate --finish`'
      : 'have it sign with `postern ca rotate --activate`, or take it back with --abandon',
});

const nothingWaits = (at: string, { state }: AuthorityFolder): Problem => ({
  at,
  problem: state === 'exchanged' ? 'the next CA signs already' : 'no CA waits to take over',
  hint:
    state === 'exchanged'
      ? 'let go of the one before it with `postern ca rotate --finish`, or go back to it with --abandon'
      : 'make one with `postern ca rotate`, or have one issued: `postern ca import`',
});

const nothingKept = (at: string, { state }: AuthorityFolder): Problem => ({
  at,
  problem: state === 'waiting' ? 'the next CA does not sign yet' : 'only one CA is there',
  hint:
    state === 'waiting'
      ? 'have it sign first: `postern ca rotate --activate`'
      : 'nothing is under way: `postern ca rotate` begins',
});
