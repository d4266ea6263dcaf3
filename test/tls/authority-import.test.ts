import { generateKeyPairSync, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadAuthority, type Result } from '../../src/tls/authority.ts';
import type { AuthorityFolder } from '../../src/tls/authority-folder.ts';
import { checkImported, readImported } from '../../src/tls/authority-import.ts';
import { activateNext, storeImported } from '../../src/tls/authority-rotation.ts';
import {
  encodeName,
  issuerOf,
  keyIdentifier,
  randomSerial,
  signCertificate,
} from '../../src/tls/certificate.ts';
import { objectIdentifier, sequence } from '../../src/tls/der.ts';
import {
  authorityConstraints,
  type Extension,
  KEY_USAGE,
  keyUsage,
  leafConstraints,
  serverAuthentication,
} from '../../src/tls/extensions.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';
import {
  DAY,
  hasOpenssl,
  later,
  NOW,
  newAuthority,
  newKeyPair,
  openssl,
  problemsOf,
  spkiOf,
  temporaryDirectory,
  unwrap,
} from './support.ts';

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
type Ca = { readonly certificate: X509Certificate; readonly key: KeyObject };
type Issued = {
  readonly name?: string;
  readonly pair?: Pair;
  readonly extensions?: readonly Extension[];
  readonly notAfter?: Date;
};

const EMAIL_ONLY = sequence(objectIdentifier('1.3.6.1.5.5.7.3.4'));
const SIGNS = keyUsage(KEY_USAGE.keyCertSign | KEY_USAGE.cRLSign);

/** A CA that another one issued; of itself where there is none. */
function issue(by: Ca | undefined, issued: Issued = {}): Ca {
  const { name = 'Agency', pair = newKeyPair(), notAfter = later(365) } = issued;
  const spki = spkiOf(pair.publicKey);
  const subject = encodeName({ organization: 'Agency', commonName: name });
  const certificate = signCertificate(
    {
      serial: randomSerial(),
      issuer: by === undefined ? { name: subject, keyId: keyIdentifier(spki) } : issuerOf(by.certificate),
      subject,
      publicKey: spki,
      notBefore: new Date(NOW.getTime() - DAY),
      notAfter,
      extensions: issued.extensions ?? [authorityConstraints(0), SIGNS],
    },
    by?.key ?? pair.privateKey,
  );
  return { certificate, key: pair.privateKey };
}

const root = (extensions = [authorityConstraints(3), SIGNS]): Ca =>
  issue(undefined, { name: 'Agency Root', extensions });

/** The files of an intermediate, as an agency hands them over. */
function filesOf(own: Ca, above: readonly Ca[], key = own.key) {
  const directory = temporaryDirectory();
  const files = {
    cert: join(directory, 'sub.pem'),
    key: join(directory, 'sub.key'),
    chain: join(directory, 'chain.pem'),
  };
  writeFileSync(files.cert, own.certificate.toString());
  writeFileSync(files.key, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(files.chain, above.map(({ certificate }) => certificate.toString()).join(''));
  return files;
}

type Files = { readonly cert: string; readonly key: string; readonly chain?: string };
type Passphrases = Parameters<typeof checkImported>[3];
const NO_PASSPHRASE: Passphrases = { passphrase: undefined, ownPassphrase: undefined };

function importInto(
  directory: string,
  files: Files,
  passphrases: Passphrases = NO_PASSPHRASE,
): Result<AuthorityFolder> {
  const read = readImported(files);
  if (!read.ok) return read;
  const file = checkImported(files, read.value, NOW, passphrases);
  return file.ok ? storeImported(directory, file.value, NOW) : file;
}

describe('an imported intermediate', () => {
  test('signs in a folder without a CA, sends itself behind leaves, and has clients trust its root', () => {
    const top = root();
    const sub = issue(top);
    const directory = join(temporaryDirectory(), 'certs');
    expect(unwrap(importInto(directory, filesOf(sub, [top]))).state).toBe('settled');
    const authority = unwrap(loadAuthority(directory, NOW));
    expect(authority.certificatePem).toBe(sub.certificate.toString());
    expect(authority.chain).toEqual([sub.certificate.toString()]);
    expect(readFileSync(join(directory, 'ca.crt'), 'utf8')).toBe(top.certificate.toString());
  });

  test('finds those above it in any order, and leaves out what does not belong to them', () => {
    const top = root();
    const middle = issue(top, { name: 'Middle', extensions: [authorityConstraints(1), SIGNS] });
    const sub = issue(middle);
    const directory = temporaryDirectory();
    unwrap(importInto(directory, filesOf(sub, [root(), top, middle])));
    const { chain } = unwrap(loadAuthority(directory, NOW));
    expect(chain).toEqual([sub, middle].map(({ certificate }) => certificate.toString()));
  });

  test('waits beside a CA that is there, and signs once it is told to', () => {
    const directory = temporaryDirectory();
    const before = newAuthority(directory).certificatePem;
    const top = root();
    const sub = issue(top);
    expect(unwrap(importInto(directory, filesOf(sub, [top]))).state).toBe('waiting');
    expect(unwrap(loadAuthority(directory, NOW)).certificatePem).toBe(before);
    expect(readFileSync(join(directory, 'ca.crt'), 'utf8')).toBe(before + top.certificate.toString());
    unwrap(activateNext(directory, NOW, NOW));
    expect(unwrap(loadAuthority(directory, NOW)).chain).toHaveLength(1);
  });

  test('is written under the passphrase of the folder, whatever it came under', () => {
    const top = root();
    const sub = issue(top);
    const files = filesOf(sub, [top]);
    const theirs = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'theirs' } as const;
    writeFileSync(files.key, sub.key.export(theirs));
    const directory = temporaryDirectory();
    const wrong = { passphrase: 'other', ownPassphrase: undefined };
    expect(problemsOf(importInto(directory, files, wrong))[0]?.problem).toContain('does not open');
    unwrap(importInto(directory, files, { passphrase: 'theirs', ownPassphrase: 'ours, and long enough' }));
    expect(loadAuthority(directory, NOW, 'theirs').ok).toBe(false);
    expect(loadAuthority(directory, NOW, 'ours, and long enough').ok).toBe(true);
  });
});

describe('what is refused, with nothing written', () => {
  const top = root();
  const refused = (files: Files): readonly string[] => {
    const directory = temporaryDirectory();
    const problems = problemsOf(importInto(directory, files)).map(({ problem }) => problem);
    expect(loadAuthority(directory, NOW).ok).toBe(false);
    return problems;
  };

  test.each<[string, () => Files, string]>([
    [
      'a server certificate',
      () => filesOf(issue(top, { extensions: [leafConstraints()] }), [top]),
      'the certificate is not a CA certificate',
    ],
    [
      'a CA without keyUsage',
      () => filesOf(issue(top, { extensions: [authorityConstraints(0)] }), [top]),
      'the certificate may not sign others: its keyUsage lacks keyCertSign',
    ],
    [
      'a key of another',
      () => filesOf(issue(top), [top], newKeyPair().privateKey),
      'the key does not belong to the certificate in',
    ],
    [
      'a chain with a gap',
      () => filesOf(issue(issue(top, { name: 'Middle' })), [top]),
      'the certificate is not self-signed, and that of its issuer is missing: O=Agency, CN=Middle',
    ],
    [
      'an issuer of the same name, which did not sign it',
      () => filesOf(issue(root()), [top]),
      'that of its issuer is missing: O=Agency, CN=Agency Root',
    ],
    [
      'an expired one',
      () => filesOf(issue(top, { notAfter: new Date(NOW.getTime() - 1_000) }), [top]),
      'the certificate expired at',
    ],
    [
      'one more below a CA than its pathLenConstraint allows',
      () => {
        const middle = issue(top, { name: 'Middle', extensions: [authorityConstraints(0), SIGNS] });
        return filesOf(issue(middle), [middle, top]);
      },
      'the certificate of O=Agency, CN=Middle allows 0 CAs below it, and there are 1',
    ],
    [
      'a CA for other purposes than TLS servers',
      () => {
        const emailProtection = { ...serverAuthentication(), value: EMAIL_ONLY };
        return filesOf(issue(top, { extensions: [authorityConstraints(0), SIGNS, emailProtection] }), [top]);
      },
      'is not for TLS servers (extendedKeyUsage)',
    ],
    [
      'a key on a curve that browsers do not take',
      () => {
        const pair = generateKeyPairSync('ec', { namedCurve: 'P-521' });
        return filesOf(issue(top, { pair }), [top]);
      },
      'the key is neither an EC key on P-256 or P-384 nor an RSA key of 2048 bits or more',
    ],
  ])('%s', (_name, files, problem) => {
    expect(refused(files())).toEqual([expect.stringContaining(problem)]);
  });

  // Covers: EV-22
  test('a key that others can read', () => {
    const files = filesOf(issue(top), [top]);
    const open = join(temporaryDirectory(), 'open.key');
    writeFileSync(open, readFileSync(files.key), { mode: 0o644 });
    expect(refused({ ...files, key: open })).toEqual(['the private key is open to other users (mode 0644)']);
  });
});

describe.skipIf(!hasOpenssl)('OpenSSL (skipped where there is no openssl command)', () => {
  // Covers: RFC 5280 section 6.1
  test.each<[string, () => Pair]>([
    ['P-256', newKeyPair],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ])('verifies a leaf of an imported intermediate with a key of %s, strictly', (_name, newPair) => {
    const top = issue(undefined, {
      name: 'Agency Root',
      pair: newPair(),
      extensions: [authorityConstraints(1), SIGNS],
    });
    const directory = temporaryDirectory();
    unwrap(importInto(directory, filesOf(issue(top, { pair: newPair() }), [top])));
    const authority = unwrap(loadAuthority(directory, NOW));
    const leaf = join(directory, 'leaf.pem');
    const chain = join(directory, 'chain.pem');
    writeFileSync(leaf, createLeafIssuer(authority)('blocked.example', NOW).certificatePem);
    writeFileSync(chain, authority.chain.join(''));
    const { output } = openssl(
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-no-CApath'],
      ...['-CAfile', join(directory, 'ca.crt'), '-untrusted', chain, leaf],
    );
    expect(output).toBe(`${leaf}: OK\n`);
  });
});
