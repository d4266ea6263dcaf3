import type { Command } from 'commander';
import { daysUntil } from '../app/authority.ts';
import { visibleText } from '../block-page/text.ts';
import { type AuthorityDescription, describeAuthority } from '../tls/authority.ts';
import {
  type AuthorityFolder,
  endOf,
  isLocked,
  readAuthorityFolder,
  type StoredAuthority,
} from '../tls/authority-folder.ts';
import { nameOf } from '../tls/issuers.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { count, failWith, out, printJson, table } from './output.ts';

export function addCaShow(ca: Command): void {
  withCommonOptions(ca.command('show'))
    .description('its fingerprints, its end, and what it is being exchanged for')
    .action((options: CommonOptions) => {
      const config = configFor(options);
      if (config.ok) tellFolder(config.value.certs, options);
      else failWith(config.error, options);
    });
}

/** Tells what is in the folder of the CA by now. */
export function tellFolder(certs: string, options: CommonOptions): void {
  const now = new Date();
  const folder = readAuthorityFolder(certs, now);
  if (!folder.ok) failWith(folder.error, options);
  else if (options.json) printJson({ ok: true, ...jsonOf(folder.value, now) });
  else process.stdout.write(textOf(folder.value, now));
}

/** One CA; `issuers` are those above it, its own issuer first. */
type Told = AuthorityDescription & {
  readonly daysLeft: number;
  readonly passphrase: boolean;
  readonly issuers: readonly {
    readonly subject: string;
    readonly sha256Fingerprint: string;
    readonly notAfter: string;
  }[];
};

const told = (stored: StoredAuthority, now: Date): Told => ({
  ...describeAuthority(stored),
  daysLeft: daysUntil(endOf(stored), now),
  passphrase: isLocked(stored),
  issuers: stored.issuers.above.map((issuer) => ({
    subject: nameOf(issuer),
    sha256Fingerprint: issuer.fingerprint256,
    notAfter: issuer.validToDate.toISOString(),
  })),
});

function jsonOf(folder: AuthorityFolder, now: Date) {
  const signing = { ...told(folder.signing, now), state: folder.state };
  switch (folder.state) {
    case 'settled':
      return signing;
    case 'waiting': {
      const activeFrom = folder.next.activeFrom?.toISOString() ?? null;
      return { ...signing, next: { ...told(folder.next, now), activeFrom } };
    }
    case 'exchanged':
      return { ...signing, previous: told(folder.previous, now) };
  }
}

function textOf(folder: AuthorityFolder, now: Date): string {
  const signing = rowsOf(told(folder.signing, now));
  switch (folder.state) {
    case 'settled':
      return signing;
    case 'waiting': {
      const { activeFrom } = folder.next;
      const when =
        activeFrom === undefined
          ? 'waits; it signs after `ca rotate --activate`'
          : `signs from ${activeFrom.toISOString()}`;
      return `${heading('signs now', '')}${signing}${heading('next', when)}${rowsOf(told(folder.next, now))}`;
    }
    case 'exchanged': {
      const kept = 'kept until `ca rotate --finish`';
      return `${heading('signs now', '')}${signing}${heading('previous', kept)}${rowsOf(told(folder.previous, now))}`;
    }
  }
}

const heading = (role: string, more: string): string =>
  `${out.bold(role)}${more === '' ? '' : `: ${more}`}\n`;

const rowsOf = ({ daysLeft, passphrase, issuers, ...description }: Told): string => {
  const rows = Object.entries(description).map(([name, value]) => [LABELS[name] ?? name, visibleText(value)]);
  return `${table([
    ...rows,
    [
      daysLeft < 0 ? 'ended' : 'ends',
      daysLeft < 0 ? `${count(-daysLeft, 'day')} ago` : `in ${count(daysLeft, 'day')}`,
    ],
    ['passphrase', passphrase ? 'yes' : 'no'],
    ...issuers.map(({ subject, sha256Fingerprint, notAfter }) => [
      'issued by',
      `${visibleText(subject)}, until ${notAfter}, SHA-256 ${sha256Fingerprint}`,
    ]),
  ])}\n`;
};

const LABELS: Record<string, string> = {
  sha256Fingerprint: 'SHA-256',
  sha1Fingerprint: 'SHA-1',
  notBefore: 'valid from',
  notAfter: 'valid until',
  keyAlgorithm: 'key',
};
