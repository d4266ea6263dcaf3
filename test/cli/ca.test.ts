import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';
import { hasOpenssl, openssl } from '../tls/support.ts';

const run = (cwd: string, ...args: readonly string[]) => postern(['ca', ...args], { cwd });
const modeOf = (path: string) => statSync(path).mode & 0o777;
const FINGERPRINT = /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/;

/** A folder whose `certs` holds a CA. */
async function withAuthority(): Promise<{ cwd: string; certificate: X509Certificate; pem: string }> {
  const cwd = folderWith();
  expect((await run(cwd, 'init')).status).toBe(0);
  const pem = readFileSync(join(cwd, 'certs/ca.crt'), 'utf8');
  return { cwd, certificate: new X509Certificate(pem), pem };
}

describe('ca init', () => {
  test('makes a CA, whose key is for its owner only', async () => {
    const cwd = folderWith();
    const { status, stdout, stderr } = await run(cwd, 'init');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`created a CA in ${join(cwd, 'certs')}: keep ca.key secret\n`);
    expect(readdirSync(join(cwd, 'certs')).toSorted()).toEqual(['ca.crt', 'ca.key']);
    expect(modeOf(join(cwd, 'certs/ca.key'))).toBe(0o600);
    expect(modeOf(join(cwd, 'certs/ca.crt'))).toBe(0o644);
  });

  test('describes it in one object with --json', async () => {
    const cwd = folderWith();
    const result = await run(cwd, 'init', '--json');
    const { fingerprint256 } = new X509Certificate(readFileSync(join(cwd, 'certs/ca.crt')));
    expect(jsonOf(result)).toMatchObject({ ok: true, sha256Fingerprint: fingerprint256 });
  });

  test('never replaces one that is there', async () => {
    const { cwd } = await withAuthority();
    const before = readFileSync(join(cwd, 'certs/ca.key'), 'utf8');
    const { status, stdout, stderr } = await run(cwd, 'init');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('it exists already, and a CA is never overwritten');
    expect(stderr).toContain('hint: name another directory');
    expect(readFileSync(join(cwd, 'certs/ca.key'), 'utf8')).toBe(before);
  });

  test('never completes half of one, which would orphan it', async () => {
    const cwd = folderWith({ 'certs/ca.crt': 'half of a CA' });
    expect((await run(cwd, 'init')).status).toBe(1);
    expect(existsSync(join(cwd, 'certs/ca.key'))).toBe(false);
    expect(readFileSync(join(cwd, 'certs/ca.crt'), 'utf8')).toBe('half of a CA');
  });

  test('puts an organization into its name', async () => {
    const cwd = folderWith();
    await run(cwd, 'init', '--organization', '산업통상자원부');
    expect(new X509Certificate(readFileSync(join(cwd, 'certs/ca.crt'))).subject).toContain('산업통상자원부');
  });

  test('makes it in the folder that is named', async () => {
    const cwd = folderWith();
    await run(cwd, 'init', '--certs', 'elsewhere/ca');
    expect(existsSync(join(cwd, 'elsewhere/ca/ca.key'))).toBe(true);
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });
});

describe('ca show', () => {
  test('tells subject, fingerprints and validity', async () => {
    const { cwd, certificate } = await withAuthority();
    const { status, stdout } = await run(cwd, 'show');
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^ {2}SHA-256 +${certificate.fingerprint256}$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^ {2}SHA-1 +${certificate.fingerprint}$`, 'm'));
    expect(stdout).toContain(new Date(certificate.validTo).toISOString());
    expect(stdout).toContain('ECDSA P-256');
  });

  test('tells the same with --json', async () => {
    const { cwd, certificate } = await withAuthority();
    expect(jsonOf(await run(cwd, 'show', '--json'))).toEqual({
      ok: true,
      subject: certificate.subject.replace('\n', ', '),
      serial: certificate.serialNumber,
      sha256Fingerprint: expect.stringMatching(FINGERPRINT),
      sha1Fingerprint: certificate.fingerprint,
      notBefore: new Date(certificate.validFrom).toISOString(),
      notAfter: new Date(certificate.validTo).toISOString(),
      keyAlgorithm: 'ECDSA P-256',
      daysLeft: expect.any(Number),
      passphrase: false,
      issuers: [],
      state: 'settled',
    });
  });

  test.skipIf(!hasOpenssl)(
    'tells OpenSSL’s fingerprint (skipped where there is no openssl command)',
    async () => {
      const { cwd } = await withAuthority();
      const { output } = openssl(
        'x509',
        '-in',
        join(cwd, 'certs/ca.crt'),
        '-noout',
        '-fingerprint',
        '-sha256',
      );
      const { stdout } = await run(cwd, 'show');
      expect(stdout).toContain(output.split('=')[1]?.trim());
    },
  );

  test('never shows the key', async () => {
    const { cwd } = await withAuthority();
    const key = readFileSync(join(cwd, 'certs/ca.key'), 'utf8').split('\n')[1] ?? '';
    for (const verb of [['show'], ['show', '--json'], ['export'], ['export', '--format', 'p12']])
      expect((await run(cwd, ...verb)).stdout).not.toContain(key);
  });

  test('without a CA says so, and what a CA is', async () => {
    const result = await run(folderWith(), 'show');
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('the file does not exist');
    expect(result.stderr).toContain('ca.key and ca.crt');
  });
});

describe('ca export', () => {
  test.each<[string, string[]]>([
    ['PEM, when nothing is said', []],
    ['PEM', ['--format', 'pem']],
    ['DER', ['--format', 'der']],
  ])('gives the certificate to stdout as %s, and nothing else', async (_name, args) => {
    const { cwd, certificate, pem } = await withAuthority();
    const { status, bytes, stderr } = await run(cwd, 'export', ...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(bytes).toEqual(args.includes('der') ? certificate.raw : Buffer.from(pem));
  });

  test('gives a trust store to stdout as PKCS #12', async () => {
    const { cwd, certificate } = await withAuthority();
    const { bytes } = await run(cwd, 'export', '--format', 'p12');
    expect(bytes[0]).toBe(0x30);
    expect(bytes.includes(certificate.raw)).toBe(true);
  });

  test.each(['pem', 'der', 'p12'])('writes %s to a file with --out', async (format) => {
    const { cwd, certificate, pem } = await withAuthority();
    const file = `postern.${format}`;
    expect(await run(cwd, 'export', '--format', format, '--out', file)).toMatchObject({
      status: 0,
      stdout: `wrote ${file}\n`,
    });
    const written = readFileSync(join(cwd, file));
    expect(written.includes(format === 'pem' ? Buffer.from(pem) : certificate.raw)).toBe(true);
  });

  test.skipIf(!hasOpenssl)('guards the trust store by the password (skipped without openssl)', async () => {
    const { cwd, pem } = await withAuthority();
    await run(cwd, 'export', '--format', 'p12', '--password', '비밀 word', '--out', 'ca.p12');
    await run(cwd, 'export', '--format', 'p12', '--out', 'default.p12');
    const read = (file: string, password: string) =>
      openssl('pkcs12', '-in', join(cwd, file), '-nokeys', '-passin', `pass:${password}`);
    expect(read('ca.p12', '비밀 word').output).toContain(pem);
    expect(read('default.p12', 'changeit').output).toContain(pem);
    expect(read('ca.p12', 'changeit').status).not.toBe(0);
  });

  test('never overwrites a file', async () => {
    const { cwd } = await withAuthority();
    writeFileSync(join(cwd, 'mine.pem'), 'mine');
    const result = await run(cwd, 'export', '--out', 'mine.pem');
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(
      'mine.pem  the file is there already\n    hint: name another file with --out',
    );
    expect(readFileSync(join(cwd, 'mine.pem'), 'utf8')).toBe('mine');
  });

  test('into a folder that is not there says so', async () => {
    const { cwd } = await withAuthority();
    const result = await run(cwd, 'export', '--out', 'nowhere/ca.pem');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('ENOENT');
  });

  test('tells where it wrote with --json', async () => {
    const { cwd } = await withAuthority();
    expect(jsonOf(await run(cwd, 'export', '--out', 'ca.pem', '--json'))).toEqual({
      ok: true,
      file: 'ca.pem',
      format: 'pem',
    });
  });

  test('without a CA writes nothing', async () => {
    const cwd = folderWith();
    expect(await run(cwd, 'export', '--out', 'ca.pem')).toMatchObject({ status: 1, stdout: '' });
    expect(existsSync(join(cwd, 'ca.pem'))).toBe(false);
  });
});
