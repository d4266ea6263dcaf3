import { placeFiles } from '../config/file-places.ts';
import type { Config } from '../config/load.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { type AuthorityPems, openAuthority, pemsOf } from '../tls/authority.ts';
import { type AuthorityFolder, endOf, readAuthorityFolder } from '../tls/authority-folder.ts';
import { readPassphrase } from '../tls/authority-key.ts';

/** The CA that signs for block pages, as it was read: what signs, and the folder around it. */
export type HeldAuthority = { readonly pems: AuthorityPems; readonly folder: AuthorityFolder };

/** From when on people are warned of a CA's end: clients have to be told of the next one before. */
const WARNING_DAYS = 60;
const DAY = 86_400_000;

type Certs = Pick<Config, 'certs' | 'certsPassphraseFile'>;

/** The passphrase of the CA's keys; undefined where none is set. */
export const passphraseOf = ({ certsPassphraseFile }: Certs): Result<string | undefined> =>
  certsPassphraseFile === undefined ? succeed(undefined) : readPassphrase(certsPassphraseFile);

/** Reads the CA that is in force now, or says all that is wrong with it. */
export function holdAuthority(
  config: Certs & Pick<Config, 'at' | 'listen' | 'egress' | 'blockPage' | 'blockPage'>,
): Result<HeldAuthority> {
  const now = new Date();
  const passphrase = passphraseOf(config);
  if (!passphrase.ok) return fail(placeFiles(passphrase.error, config));
  const folder = readAuthorityFolder(config.certs, now);
  if (!folder.ok) return fail(folder.error);
  const authority = openAuthority(folder.value.signing, now, passphrase.value);
  if (!authority.ok) return fail(authority.error);
  return succeed({ pems: pemsOf(authority.value), folder: folder.value });
}

/** Whether another CA signs, or sends another chain. */
export const signsAlike = (one: HeldAuthority, other: HeldAuthority): boolean =>
  one.pems.certificate === other.pems.certificate &&
  one.pems.key === other.pems.key &&
  one.pems.chain.join() === other.pems.chain.join();

/** Of a CA that ends soon, or that has ended. */
export function expiryWarnings({ folder }: HeldAuthority, now: Date): readonly Problem[] {
  const end = endOf(folder.signing);
  const days = daysUntil(end, now);
  if (days >= WARNING_DAYS) return [];
  const when = days < 0 ? 'ended' : 'ends';
  const left = days < 0 ? '' : `, in ${days} day${days === 1 ? '' : 's'}`;
  return [
    {
      at: folder.signing.certificatePath,
      problem: `the CA, or one above it, ${when} at ${end.toISOString()}${left}`,
      hint:
        folder.state === 'waiting'
          ? 'the next one waits: have the clients trust it, then `postern ca rotate --activate`'
          : 'make the next one with `postern ca rotate` (or `ca import`), and have the clients trust both',
    },
  ];
}

/** Whole days, below 0 from the end on. */
export const daysUntil = (end: Date, now: Date): number => Math.floor((end.getTime() - now.getTime()) / DAY);

/** What `postern status` tells of the CA. */
export type AuthorityStatus = {
  readonly subject: string;
  readonly sha256Fingerprint: string;
  /** The end of the first among it and those above it. */
  readonly notAfter: string;
  readonly daysLeft: number;
  readonly state: AuthorityFolder['state'];
  /** When the one that waits is to take over; null where nobody has said. */
  readonly nextActiveFrom?: string | null;
};

export function statusOf({ folder }: HeldAuthority, now: Date): AuthorityStatus {
  const { state, signing } = folder;
  const end = endOf(signing);
  return {
    subject: signing.certificate.subject.replaceAll('\n', ', '),
    sha256Fingerprint: signing.certificate.fingerprint256,
    notAfter: end.toISOString(),
    daysLeft: daysUntil(end, now),
    state,
    ...(state === 'waiting' ? { nextActiveFrom: folder.next.activeFrom?.toISOString() ?? null } : {}),
  };
}
