import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { type Result, succeed } from '../policy/result.ts';
import {
  type AuthorityFolder,
  authorityExists,
  isLocked,
  readAuthorityFolder,
} from '../tls/authority-folder.ts';
import { checkImported, type ImportedFiles, needsPassphrase, readImported } from '../tls/authority-import.ts';
import { openKey, readPassphrase } from '../tls/authority-key.ts';
import { storeImported } from '../tls/authority-rotation.ts';
import { askSecret } from './ask-secret.ts';
import { type KeyOptions, keyConfigFor, passphraseFor, withKeyOptions } from './ca-passphrase.ts';
import { tellFolder } from './ca-show.ts';
import { failWith } from './output.ts';

type ImportOptions = KeyOptions & ImportedFiles & { readonly keyPassphraseFile?: string };

export function addCaImport(ca: Command): void {
  withKeyOptions(ca.command('import'))
    .description('take an intermediate CA of your own PKI; where there is a CA, it waits as the next one')
    .requiredOption('--cert <file>', 'its certificate in PEM, with or without those above it')
    .requiredOption(
      '--key <file>',
      'its private key in PEM: EC on P-256 or P-384, or RSA of 2048 bits or more',
    )
    .option('--chain <file>', 'the certificates above it in PEM, the root included')
    .option('--key-passphrase-file <file>', 'file with the passphrase of that key')
    .action(importCa);
}

async function importCa(options: ImportOptions): Promise<void> {
  const config = keyConfigFor(options);
  const folder = config.ok ? await take(config.value, options) : config;
  if (!config.ok || !folder.ok) {
    failWith(folder.ok ? [] : folder.error, options);
    return;
  }
  if (!options.json)
    process.stdout.write(
      folder.value.state === 'waiting'
        ? 'the CA waits: have it sign with postern ca rotate --activate\n'
        : `the CA is in ${config.value.certs}: keep ca.key secret, and remove ${options.key}\n`,
    );
  tellFolder(config.value.certs, options);
}

async function take(config: Config, options: ImportOptions): Promise<Result<AuthorityFolder>> {
  const now = new Date();
  const { certs } = config;
  const read = readImported(options);
  if (!read.ok) return read;
  const passphrase = await passphraseOfImported(options, needsPassphrase(read.value));
  if (!passphrase.ok) return passphrase;
  const present = authorityExists(certs) ? readAuthorityFolder(certs, now) : undefined;
  if (present?.ok === false) return present;
  const signing = present?.value.signing;
  const isNeeded = signing !== undefined && isLocked(signing);
  const own = await passphraseFor(config, isNeeded);
  if (!own.ok) return own;
  // One passphrase has to open both, since the one that runs has one.
  const opened = isNeeded ? openKey(signing, own.value) : succeed(undefined);
  if (!opened.ok) return opened;
  const file = checkImported(options, read.value, now, {
    passphrase: passphrase.value,
    ownPassphrase: own.value,
  });
  return file.ok ? storeImported(certs, file.value, now) : file;
}

async function passphraseOfImported(
  { key, keyPassphraseFile }: ImportOptions,
  isNeeded: boolean,
): Promise<Result<string | undefined>> {
  if (keyPassphraseFile !== undefined) return readPassphrase(keyPassphraseFile);
  return succeed(isNeeded ? await askSecret(`Passphrase of ${key}: `) : undefined);
}
