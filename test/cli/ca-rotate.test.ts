import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, outcomeOf, postern, ROOT, spawnClean } from '../support/cli.ts';
import { hasCommand } from '../support/process.ts';
import { freshFolder, startServe } from '../support/serve.ts';
import { folderWith } from '../support/temp-dir.ts';
import { hasOpenssl, newAuthority, openssl } from '../tls/support.ts';

/** The commands that exchange one CA for another, and those that keep its key. */

const run = (cwd: string, ...args: readonly string[]) => postern(['ca', ...args], { cwd });
const PASSPHRASE = 'correct horse battery';
const certsOf = (text: string) =>
  text.match(/-----BEGIN CERT[^-]+-----[^-]+-----END CERT[^-]+-----\n/g) ?? [];

function withAuthority(): string {
  const cwd = folderWith();
  newAuthority(join(cwd, 'certs'), new Date());
  return cwd;
}

describe('ca rotate', () => {
  test('goes from one CA to the next, and says at each step what is there and what comes next', async () => {
    const cwd = withAuthority();
    const begun = await run(cwd, 'rotate');
    expect(begun).toMatchObject({ status: 0, stderr: '' });
    expect(begun.stdout).toMatch(/^a new CA waits: export both/);
    expect(begun.stdout).toContain('\nnext: waits; it signs after `ca rotate --activate`\n');
    const both = await run(cwd, 'export');
    expect(certsOf(both.stdout)).toHaveLength(2);
    expect((await run(cwd, 'export', '--only', 'next')).stdout).toBe(certsOf(both.stdout)[1]);
    const der = await run(cwd, 'export', '--format', 'der');
    expect(der).toMatchObject({ status: 1, stdout: '' });
    expect(der.stderr).toContain('DER holds one certificate, and there are two');
    const activated = await run(cwd, 'rotate', '--activate');
    expect(activated.stdout).toContain('\nprevious: kept until `ca rotate --finish`\n');
    expect((await run(cwd, 'rotate', '--finish')).status).toBe(0);
    expect((await run(cwd, 'export')).stdout).toBe(certsOf(both.stdout)[1]);
    expect(readdirSync(join(cwd, 'certs')).toSorted()).toEqual(['ca.crt', 'ca.key']);
  });

  test('takes a date, and tells it', async () => {
    const cwd = withAuthority();
    await run(cwd, 'rotate');
    const shown = jsonOf(await run(cwd, 'rotate', '--activate', '2099-01-01T00:00:00+09:00', '--json'));
    expect(shown).toMatchObject({
      ok: true,
      state: 'waiting',
      next: { activeFrom: '2098-12-31T15:00:00.000Z' },
    });
  });

  test.each([
    ['a time that has passed', ['--activate', '2020-01-01T00:00:00Z'], 'That time has passed'],
    ['a time without an offset', ['--activate', '2099-01-01'], 'Write date, time and offset'],
    ['two steps at once', ['--finish', '--abandon'], 'cannot be used with'],
  ])('refuses %s as wrong usage', async (_name, args, message) => {
    const result = await run(withAuthority(), 'rotate', ...args);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(message);
  });

  test('without a CA says what a CA is', async () => {
    const cwd = folderWith();
    expect((await run(cwd, 'rotate')).stderr).toContain('the file does not exist');
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });
});

describe('a passphrase', () => {
  test('from a file encrypts the key, and a Postern starts with it, and not without it', async () => {
    const cwd = freshFolder();
    writeFileSync(join(cwd, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    expect((await run(cwd, 'init', '--passphrase-file', 'passphrase')).stdout).toMatch(
      /^ {2}passphrase +yes$/m,
    );
    expect(readFileSync(join(cwd, 'certs/ca.key'), 'utf8')).toContain('ENCRYPTED PRIVATE KEY');
    expect((await run(cwd, 'show')).status).toBe(0); // opens no key
    const without = await postern(['serve', '--listen', '127.0.0.1:0'], { cwd });
    expect(without.status).toBe(1);
    expect(without.stderr).toContain('the private key has a passphrase, and none is given');
    expect(without.stderr).toContain('POSTERN_CERTS_PASSPHRASE_FILE');
    writeFileSync(join(cwd, 'wrong'), 'not the one it was\n', { mode: 0o600 });
    const wrong = await postern(['serve'], { cwd, env: { POSTERN_CERTS_PASSPHRASE_FILE: 'wrong' } });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('the passphrase does not open the private key');
    await startServe({ cwd, env: { POSTERN_CERTS_PASSPHRASE_FILE: 'passphrase' } });
  });

  test('in a file that everybody may read is refused', async () => {
    const cwd = folderWith({ passphrase: PASSPHRASE });
    const result = await run(cwd, 'init', '--passphrase-file', 'passphrase');
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/passphrase {2}the file is open to other users \(mode 06[46]4\)/);
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });

  test('is asked for at a terminal only', async () => {
    const cwd = folderWith();
    const result = await run(cwd, 'init', '--passphrase');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('there is no terminal to ask for a passphrase');
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });

  test.skipIf(!hasCommand('script'))(
    'is typed unseen, twice (skipped where there is no script command)',
    async () => {
      const cwd = folderWith();
      const main = join(ROOT, 'src/main.ts');
      const command = `${process.execPath} ${main} ca init --passphrase --certs ${join(cwd, 'certs')}`;
      const child = spawnClean(
        'script',
        ['-qec', command, '/dev/null'],
        { cwd },
        { stdio: ['pipe', 'pipe', 'pipe'] },
      );
      let seen = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        const asked = /(?:key of the CA|Once more): $/.test(seen + chunk.toString());
        seen += chunk.toString();
        if (asked) child.stdin?.write(`${PASSPHRASE}\r`);
      });
      const { status } = await outcomeOf(child);
      expect({ status, seen }).toMatchObject({ status: 0 });
      expect(seen).toContain('Once more: ');
      expect(seen).not.toContain('horse');
      writeFileSync(join(cwd, 'passphrase'), PASSPHRASE, { mode: 0o600 });
      expect((await run(cwd, 'rotate', '--passphrase-file', 'passphrase')).status).toBe(0);
    },
  );
});

describe('ca import', () => {
  test.skipIf(!hasOpenssl)(
    'takes what OpenSSL issued (skipped where there is no openssl command)',
    async () => {
      const cwd = folderWith({
        'sub.ext': 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n',
      });
      const inside = (...args: readonly string[]) => {
        const { status, output } = openssl(
          ...args.map((arg) => (/\.(?:pem|key|csr|ext)$/.test(arg) ? join(cwd, arg) : arg)),
        );
        expect({ status, output }).toMatchObject({ status: 0 });
      };
      const made = ['-newkey', 'rsa:2048', '-noenc', '-keyout'];
      inside(
        'req',
        '-x509',
        ...made,
        'root.key',
        '-out',
        'root.pem',
        '-days',
        '90',
        '-subj',
        '/O=Agency/CN=Root',
      );
      inside('req', ...made, 'sub.key', '-out', 'sub.csr', '-subj', '/O=Agency/CN=Sub');
      inside(
        ...['x509', '-req', '-in', 'sub.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial'],
        ...['-days', '60', '-extfile', 'sub.ext', '-out', 'sub.pem'],
      );
      const args = ['import', '--cert', 'sub.pem', '--key', 'sub.key'];
      const gap = await run(cwd, ...args);
      expect(gap.status).toBe(1);
      expect(gap.stderr).toContain('that of its issuer is missing: O=Agency, CN=Root');
      expect(existsSync(join(cwd, 'certs'))).toBe(false);
      const taken = await run(cwd, ...args, '--chain', 'root.pem');
      expect(taken).toMatchObject({ status: 0, stderr: '' });
      expect(taken.stdout).toContain('issued by    O=Agency, CN=Root, until ');
      const shown = jsonOf(await run(cwd, 'show', '--json'));
      const root = new X509Certificate(readFileSync(join(cwd, 'root.pem')));
      expect(shown).toMatchObject({
        keyAlgorithm: 'RSA 2048',
        issuers: [{ subject: 'O=Agency, CN=Root', sha256Fingerprint: root.fingerprint256 }],
      });
      expect((await run(cwd, 'export')).stdout).toBe(root.toString());
    },
  );
});

describe('ca export --for', () => {
  test.each([
    ['windows', ['gpmc.msc', 'certutil -addstore -f Root ca.cer']],
    ['java', ['keytool -importkeystore']],
  ])('prints the steps for %s, with the fingerprint to compare', async (platform, words) => {
    const cwd = withAuthority();
    const { fingerprint256 } = new X509Certificate(readFileSync(join(cwd, 'certs/ca.crt')));
    const { status, stdout } = await run(cwd, 'export', '--for', platform);
    expect(status).toBe(0);
    for (const word of [...words, fingerprint256, `postern ca export --for ${platform} --out `])
      expect(stdout).toContain(word);
  });

  test('with --out writes the file that the platform takes', async () => {
    const cwd = withAuthority();
    const { status, stdout } = await run(cwd, 'export', '--for', 'macos', '--out', 'postern.cer');
    expect(status).toBe(0);
    expect(stdout).toContain('wrote postern.cer\n');
    expect(stdout).toContain('System.keychain postern.cer');
    const { raw } = new X509Certificate(readFileSync(join(cwd, 'certs/ca.crt')));
    expect(readFileSync(join(cwd, 'postern.cer'))).toEqual(raw);
  });
});
