import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { readPassphrase } from '../tls/authority-key.ts';
import { askSecret } from './ask-secret.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';

/** Options of the commands that open or make keys of the CA. */
export type KeyOptions = CommonOptions & { readonly passphraseFile?: string };

export function withKeyOptions(command: Command): Command {
  return withCommonOptions(command).option(
    '--passphrase-file <file>',
    'file with the passphrase of the key (default: the setting certsPassphraseFile)',
  );
}

/** As the configuration for other verbs; the flag goes before its setting. */
export const keyConfigFor = (options: KeyOptions): Result<Config> =>
  configFor(
    options,
    options.passphraseFile === undefined
      ? []
      : [{ path: ['certsPassphraseFile'], value: options.passphraseFile }],
  );

/** From the file that is set, or else from the person at the terminal, if there is something to open. */
export async function passphraseFor(
  { certs, certsPassphraseFile }: Config,
  isNeeded: boolean,
): Promise<Result<string | undefined>> {
  if (certsPassphraseFile !== undefined) return readPassphrase(certsPassphraseFile);
  return succeed(isNeeded ? await askSecret(`Passphrase of the CA in ${certs}: `) : undefined);
}

/** A new one, typed twice. */
export async function newPassphrase(at: string): Promise<Result<string>> {
  const first = await askSecret('Passphrase for the key of the CA: ');
  if (first === undefined)
    return fail([
      {
        at,
        problem: 'there is no terminal to ask for a passphrase',
        hint: 'name a file with it: --passphrase-file',
      },
    ]);
  const second = await askSecret('Once more: ');
  if (first === second) return succeed(first);
  return fail([{ at, problem: 'the two passphrases differ', hint: 'nothing was written: try again' }]);
}
