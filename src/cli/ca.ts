import type { Command } from 'commander';
import { createAuthority } from '../tls/authority.ts';
import { authorityExists } from '../tls/authority-folder.ts';
import { addCoverage } from './ca-coverage.ts';
import { addCaExport } from './ca-export.ts';
import { addCaImport } from './ca-import.ts';
import {
  type KeyOptions,
  keyConfigFor,
  newPassphrase,
  passphraseFor,
  withKeyOptions,
} from './ca-passphrase.ts';
import { addCaRotate } from './ca-rotate.ts';
import { addCaShow, tellFolder } from './ca-show.ts';
import { failWith } from './output.ts';

type InitOptions = KeyOptions & { readonly organization?: string; readonly passphrase?: boolean };

export function addCa(program: Command): void {
  const ca = program
    .command('ca')
    .description('the CA that signs for block pages, from its making to the next one');
  withKeyOptions(ca.command('init'))
    .description('create a CA; one that is there is never replaced')
    .option('--organization <name>', 'the name that people see in certificates (default: Postern)')
    .option('--passphrase', 'encrypt its key, and ask for the passphrase at the terminal')
    .action(init);
  for (const add of [addCaShow, addCaExport, addCaRotate, addCaImport, addCoverage]) add(ca);
}

async function init(options: InitOptions): Promise<void> {
  const config = keyConfigFor(options);
  if (!config.ok) {
    failWith(config.error, options);
    return;
  }
  const { certs } = config.value;
  const asksFirst = options.passphrase && !authorityExists(certs);
  const passphrase = asksFirst ? await newPassphrase(certs) : await passphraseFor(config.value, false);
  const { organization } = options;
  const created = passphrase.ok
    ? createAuthority(certs, {
        now: new Date(),
        passphrase: passphrase.value,
        ...(organization === undefined ? {} : { organization }),
      })
    : passphrase;
  if (!created.ok) {
    failWith(created.error, options);
    return;
  }
  if (!options.json) process.stdout.write(`created a CA in ${certs}: keep ca.key secret\n`);
  tellFolder(certs, options);
}
