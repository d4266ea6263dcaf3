import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../config/load.ts';
import type { Override } from '../config/variables.ts';
import { addressLiteral } from '../policy/host.ts';
import { parseAuthority } from '../policy/request-url.ts';
import type { Result } from '../policy/result.ts';

/** Options that every verb takes. */
export type CommonOptions = {
  readonly config?: string;
  readonly json?: boolean;
  readonly policies?: string;
  readonly certs?: string;
  readonly state?: string;
};

export type ListenOption = { readonly host: string; readonly port: number };

export function withCommonOptions(command: Command, exits = '0 good, 1 problems, 2 usage'): Command {
  return command
    .option('--config <file>', 'configuration file (default: ./postern.yaml, else /etc/postern/postern.yaml)')
    .option('--policies <dir>', 'policy folder')
    .option('--certs <dir>', "folder of the CA's key and certificate")
    .option('--state <dir>', 'folder for the log and the control socket')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExit status: ${exits}.`);
}

/** The configuration in force for a verb: its flags over the environment over the file over the defaults. */
export function configFor(options: CommonOptions, extra: readonly Override[] = []): Result<Config> {
  const named = (['policies', 'certs', 'state'] as const).flatMap((key) =>
    options[key] === undefined ? [] : [{ path: [key], value: options[key] }],
  );
  return loadConfig({
    file: options.config === undefined ? undefined : resolve(options.config),
    flags: [...named, ...extra],
    environment: process.env,
    cwd: process.cwd(),
  });
}

/** `127.0.0.1:3128` or `[::1]:3128`, collected over repeated options. Port 0 takes any free port. */
export function parseListen(text: string, earlier: readonly ListenOption[] = []): readonly ListenOption[] {
  const isAnyPort = text.endsWith(':0');
  const authority = parseAuthority(isAnyPort ? `${text}1` : text);
  const host = authority.ok ? addressLiteral(authority.value.host) : undefined;
  if (!authority.ok || authority.value.port === undefined || host === undefined)
    throw new InvalidArgumentError('Write ADDRESS:PORT, such as 127.0.0.1:3128 or [::1]:3128.');
  return [...earlier, { host, port: isAnyPort ? 0 : authority.value.port }];
}
