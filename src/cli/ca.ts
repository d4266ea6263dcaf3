import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { type Authority, createAuthority, describeAuthority, loadAuthority } from '../tls/authority.ts';
import { exportDer, exportPem } from '../tls/export.ts';
import { exportPkcs12 } from '../tls/pkcs12.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, printJson, printProblems, table } from './output.ts';

type InitOptions = CommonOptions & { readonly organization?: string };
type ExportOptions = CommonOptions & {
  readonly format: 'pem' | 'der' | 'p12';
  readonly out?: string;
  readonly password: string;
};

export function addCa(program: Command): void {
  const ca = program.command('ca').description('the CA that signs for block pages: create, show, export');
  withCommonOptions(ca.command('init'))
    .description('create a CA; one that is there is never replaced')
    .option('--organization <name>', 'the name that people see in certificates (default: Postern)')
    .action(init);
  withCommonOptions(ca.command('show')).description('its fingerprints and its time of validity').action(show);
  withCommonOptions(ca.command('export'))
    .description('its certificate, for browsers to trust; the key is never exported')
    .addOption(new Option('--format <format>').choices(['pem', 'der', 'p12']).default('pem'))
    .option('--out <file>', 'write to a file (default: stdout)')
    .option('--password <text>', 'of the p12 trust store; it guards no secret', 'changeit')
    .action(exportCertificate);
}

function init(options: InitOptions): void {
  const config = configFor(options);
  const { organization } = options;
  const created = config.ok
    ? createAuthority(config.value.certs, {
        now: new Date(),
        ...(organization === undefined ? {} : { organization }),
      })
    : config;
  if (!created.ok) {
    failWith(created.error, options);
    return;
  }
  if (!options.json && config.ok)
    process.stdout.write(`created a CA in ${config.value.certs}: keep ca.key secret\n`);
  describe(created.value, options);
}

function show(options: CommonOptions): void {
  const authority = loadFor(options);
  if (authority !== undefined) describe(authority, options);
}

function exportCertificate(options: ExportOptions): void {
  const authority = loadFor(options);
  if (authority === undefined) return;
  const bytes = encode(authority, options);
  if (options.out === undefined) {
    if (options.json)
      printJson({ ok: true, format: options.format, base64: Buffer.from(bytes).toString('base64') });
    else process.stdout.write(bytes);
    return;
  }
  try {
    writeFileSync(options.out, bytes, { flag: 'wx' });
  } catch (error) {
    const problem =
      (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? 'the file is there already'
        : (error as Error).message;
    failWith([{ at: options.out, problem, hint: 'name another file with --out' }], options);
    return;
  }
  if (options.json) printJson({ ok: true, file: options.out, format: options.format });
  else process.stdout.write(`wrote ${options.out}\n`);
}

function encode({ certificate }: Authority, { format, password }: ExportOptions): string | Buffer {
  switch (format) {
    case 'pem':
      return exportPem(certificate);
    case 'der':
      return exportDer(certificate);
    case 'p12':
      return exportPkcs12(certificate, { password, friendlyName: 'Postern CA' });
  }
}

function loadFor(options: CommonOptions): Authority | undefined {
  const config = configFor(options);
  const authority = config.ok ? loadAuthority(config.value.certs, new Date()) : config;
  if (authority.ok) return authority.value;
  failWith(authority.error, options);
  return undefined;
}

function describe(authority: Authority, options: CommonOptions): void {
  const description = describeAuthority(authority);
  if (options.json) printJson({ ok: true, ...description });
  else
    process.stdout.write(
      `${table(Object.entries(description).map(([name, value]) => [LABELS[name] ?? name, value]))}\n`,
    );
}

const LABELS: Record<string, string> = {
  sha256Fingerprint: 'SHA-256',
  sha1Fingerprint: 'SHA-1',
  notBefore: 'valid from',
  notAfter: 'valid until',
  keyAlgorithm: 'key',
};

function failWith(problems: Parameters<typeof printProblems>[0], options: CommonOptions): void {
  printProblems(problems, options.json ?? false);
  process.exitCode = EXIT.problems;
}
