import type { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { type AuthorityFolder, membersOf, readAuthorityFolder, rootOf } from '../tls/authority-folder.ts';
import { exportDer, exportPem } from '../tls/export.ts';
import { exportPkcs12 } from '../tls/pkcs12.ts';
import { FORMAT_OF, PLATFORMS, type Platform, stepsFor } from './ca-steps.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { failWith, printJson } from './output.ts';

type Role = 'signing' | 'next' | 'previous';
type Format = 'pem' | 'der' | 'p12';
type ExportOptions = CommonOptions & {
  readonly format?: Format;
  readonly only?: Role;
  readonly for?: Platform;
  readonly out?: string;
  readonly password: string;
};

export function addCaExport(ca: Command): void {
  withCommonOptions(ca.command('export'))
    .description(
      'its root certificate, for browsers to trust; during a rotation both; no key is ever exported',
    )
    .addOption(new Option('--format <format>', 'pem by default').choices(['pem', 'der', 'p12']))
    .addOption(new Option('--only <ca>', 'one of two').choices(['signing', 'next', 'previous']))
    .addOption(
      new Option(
        '--for <platform>',
        'print the steps for it, in the format that it takes; --out writes the file too',
      ).choices(PLATFORMS),
    )
    .option('--out <file>', 'write to a file (default: stdout)')
    .option('--password <text>', 'of the p12 trust store; it guards no secret', 'changeit')
    .action(exportRoots);
}

function exportRoots(options: ExportOptions): void {
  const config = configFor(options);
  const folder = config.ok ? readAuthorityFolder(config.value.certs, new Date()) : config;
  const roots = folder.ok ? rootsOf(folder.value, options.only) : folder;
  const format = options.format ?? (options.for === undefined ? 'pem' : FORMAT_OF[options.for]);
  const bytes = roots.ok ? encode(roots.value, format, options) : roots;
  if (!roots.ok || !bytes.ok) {
    failWith(bytes.ok ? [] : bytes.error, options);
    return;
  }
  const problem = options.out === undefined ? undefined : write(options.out, bytes.value);
  if (problem !== undefined) {
    failWith([problem], options);
    return;
  }
  const steps = options.for === undefined ? undefined : stepsFor(options.for, roots.value, options);
  if (options.json) printJson({ ok: true, ...told(options, format, bytes.value), ...(steps && { steps }) });
  else if (options.out !== undefined) process.stdout.write(`wrote ${options.out}\n${steps ?? ''}`);
  else process.stdout.write(steps ?? bytes.value);
}

const told = ({ out }: ExportOptions, format: Format, bytes: Buffer) =>
  out === undefined ? { format, base64: bytes.toString('base64') } : { file: out, format };

function rootsOf(folder: AuthorityFolder, only: Role | undefined): Result<readonly X509Certificate[]> {
  if (only === undefined) return succeed(membersOf(folder).map(rootOf));
  const roles: { readonly [role in Role]?: AuthorityFolder['signing'] } = folder;
  const stored = roles[only];
  if (stored !== undefined) return succeed([rootOf(stored)]);
  return fail([{ at: '--only', problem: `there is no ${only} CA`, hint: 'see `postern ca show`' }]);
}

function encode(
  roots: readonly X509Certificate[],
  format: Format,
  { password }: ExportOptions,
): Result<Buffer> {
  switch (format) {
    case 'pem':
      return succeed(Buffer.from(roots.map(exportPem).join('')));
    case 'p12':
      return succeed(exportPkcs12(roots, { password, friendlyName: 'Postern CA' }));
    case 'der': {
      const [root, second] = roots;
      if (root !== undefined && second === undefined) return succeed(exportDer(root));
      const hint = 'write two files: with --only signing, and with --only next (or previous)';
      return fail([{ at: '--format', problem: 'DER holds one certificate, and there are two', hint }]);
    }
  }
}

function write(path: string, bytes: Buffer): Problem | undefined {
  try {
    writeFileSync(path, bytes, { flag: 'wx' });
    return undefined;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const problem = isThere ? 'the file is there already' : (error as Error).message;
    return { at: path, problem, hint: 'name another file with --out' };
  }
}
