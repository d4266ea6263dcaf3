import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  authorityExists,
  createAuthority,
  describeAuthority,
  loadAuthority,
} from '../../src/tls/authority.ts';
import { encodeName, keyIdentifier, randomSerial, signCertificate } from '../../src/tls/certificate.ts';
import { authorityConstraints, type Extension, leafConstraints } from '../../src/tls/extensions.ts';
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
  writeKey,
} from './support.ts';

const PASSPHRASE = 'correct horse battery';
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('createAuthority', () => {
  // Covers: EV-22
  test('the key is for its owner only, the certificate for everyone', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    expect(readdirSync(directory).toSorted()).toEqual(['ca.crt', 'ca.key']);
    expect(modeOf(join(directory, 'ca.key'))).toBe(0o600);
    expect(modeOf(join(directory, 'ca.crt'))).toBe(0o644);
  });

  test('a missing directory is made, for its owner only', () => {
    const directory = join(temporaryDirectory(), 'state', 'ca');
    newAuthority(directory);
    expect(modeOf(directory)).toBe(0o700);
  });

  test('the files hold the pair that is returned', () => {
    const directory = temporaryDirectory();
    const authority = newAuthority(directory);
    expect(readFileSync(join(directory, 'ca.crt'), 'utf8')).toBe(authority.certificatePem);
    const key = readFileSync(join(directory, 'ca.key'), 'utf8');
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(createPrivateKey(key).equals(authority.key)).toBe(true);
    expect(authority.certificate.checkPrivateKey(authority.key)).toBe(true);
  });

  test('the root is a self-signed P-256 CA for ten years, good already for clocks a day behind', () => {
    const { certificate } = newAuthority(temporaryDirectory(), new Date('2026-11-23T12:00:00Z'));
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(certificate.validFromDate).toEqual(new Date('2026-11-22T12:00:00Z'));
    expect(certificate.validToDate).toEqual(new Date('2036-11-23T12:00:00Z'));
  });

  test('a root made in the forties, which ends after 2050, has the right end', () => {
    const { certificate } = newAuthority(temporaryDirectory(), new Date('2045-05-06T07:08:09Z'));
    expect(certificate.validToDate).toEqual(new Date('2055-05-06T07:08:09Z'));
  });

  test('the name says which CA it is: two on one machine differ', () => {
    const names = [newAuthority(), newAuthority()].map(({ certificate, issuer }) => {
      expect(certificate.subject).toBe(
        `O=Postern\nCN=Postern CA ${issuer.keyId.toString('hex').slice(0, 8)}`,
      );
      return certificate.subject;
    });
    expect(names[0]).not.toBe(names[1]);
  });

  test('the organization is the one asked for', () => {
    const made = createAuthority(temporaryDirectory(), { organization: 'Example School', now: NOW });
    expect(unwrap(made).certificate.subject).toMatch(/^O=Example School\n/);
  });

  test.each([
    ['empty', ''],
    ['longer than 64 characters', 'x'.repeat(65)],
    ['of two lines', 'Example\nCN=other'],
  ])('an organization that is %s is refused, and nothing is written', (_name, organization) => {
    const directory = join(temporaryDirectory(), 'ca');
    const [problem] = problemsOf(createAuthority(directory, { organization, now: NOW }));
    expect(problem?.problem).toContain('1 to 64 characters');
    expect(existsSync(directory)).toBe(false);
  });

  test.each(['ca.key', 'ca.crt'])(
    'an existing %s is never overwritten, and no other file is left',
    (name) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, name), 'precious');
      expect(problemsOf(createAuthority(directory, { now: NOW }))).toEqual([
        {
          at: join(directory, name),
          problem: 'it exists already, and a CA is never overwritten',
          hint: expect.stringContaining('another directory'),
        },
      ]);
      expect(readdirSync(directory)).toEqual([name]);
      expect(readFileSync(join(directory, name), 'utf8')).toBe('precious');
    },
  );

  test('a second creation leaves the first CA as it was', () => {
    const directory = temporaryDirectory();
    const first = newAuthority(directory);
    expect(createAuthority(directory, { now: NOW }).ok).toBe(false);
    expect(unwrap(loadAuthority(directory, NOW)).certificatePem).toBe(first.certificatePem);
  });

  test('a directory that cannot be made is a problem, not an exception', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const [problem] = problemsOf(createAuthority(join(file, 'ca'), { now: NOW }));
    expect(problem).toMatchObject({ at: join(file, 'ca'), problem: 'it cannot be written (ENOTDIR)' });
  });
});

describe('authorityExists', () => {
  test('there is none in an empty or missing directory', () => {
    const directory = temporaryDirectory();
    expect(authorityExists(directory)).toBe(false);
    expect(authorityExists(join(directory, 'missing'))).toBe(false);
  });

  test.each(['ca.key', 'ca.crt'])('%s alone counts, so that no caller creates a CA over it', (name) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, name), '');
    expect(authorityExists(directory)).toBe(true);
  });
});

describe('loadAuthority', () => {
  test('what was created loads and is the same CA', () => {
    const directory = temporaryDirectory();
    const created = newAuthority(directory);
    const loaded = unwrap(loadAuthority(directory, NOW));
    expect(loaded.certificatePem).toBe(created.certificatePem);
    expect(loaded.key.equals(created.key)).toBe(true);
    expect(loaded.issuer).toEqual(created.issuer);
  });

  test('two missing files are two problems', () => {
    const directory = temporaryDirectory();
    const problems = problemsOf(loadAuthority(directory, NOW));
    expect(problems.map(({ at }) => at)).toEqual([join(directory, 'ca.crt'), join(directory, 'ca.key')]);
    for (const { problem } of problems) expect(problem).toBe('the file does not exist');
  });

  test('a missing ca.key is named', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    rmSync(join(directory, 'ca.key'));
    expect(problemsOf(loadAuthority(directory, NOW))).toEqual([
      {
        at: join(directory, 'ca.key'),
        problem: 'the file does not exist',
        hint: expect.stringContaining('restore'),
      },
    ]);
  });

  test('a missing ca.crt is no loss: ca.key carries the certificate', () => {
    const directory = temporaryDirectory();
    const created = newAuthority(directory);
    rmSync(join(directory, 'ca.crt'));
    expect(unwrap(loadAuthority(directory, NOW)).certificatePem).toBe(created.certificatePem);
  });

  test('a missing ca.crt is named where ca.key holds the key alone', () => {
    const { directory } = handMade({});
    rmSync(join(directory, 'ca.crt'));
    expect(problemsOf(loadAuthority(directory, NOW)).map(({ at, problem }) => [at, problem])).toEqual([
      [join(directory, 'ca.crt'), 'the file does not exist'],
    ]);
  });

  test('the ca.crt of another CA is refused, with the cure', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    writeFileSync(join(directory, 'ca.crt'), newAuthority().certificatePem);
    expect(problemsOf(loadAuthority(directory, NOW))).toEqual([
      {
        at: join(directory, 'ca.crt'),
        problem: 'it does not hold the certificate of the CA in ca.key',
        hint: expect.stringContaining('delete ca.crt'),
      },
    ]);
  });

  test('a key and a certificate in two files, as they were made before, load as one CA', () => {
    const { directory } = handMade({});
    expect(loadAuthority(directory, NOW).ok).toBe(true);
  });

  test.each(['ca.key', 'ca.crt'])('an unreadable %s is a problem with the reason', (name) => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    rmSync(join(directory, name));
    mkdirSync(join(directory, name), { mode: 0o700 }); // root may read any file, but nobody reads a directory
    const [problem] = problemsOf(loadAuthority(directory, NOW));
    expect(problem).toMatchObject({ at: join(directory, name), problem: 'the file cannot be read (EISDIR)' });
  });

  // Covers: EV-22
  test.each([0o644, 0o640, 0o604, 0o620, 0o601])('a key of mode 0%o is refused, with the cure', (mode) => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    const at = join(directory, 'ca.key');
    chmodSync(at, mode);
    expect(problemsOf(loadAuthority(directory, NOW))).toEqual([
      {
        at,
        problem: `the private key is open to other users (mode 0${mode.toString(8)})`,
        hint: `chmod 600 ${at}`,
      },
    ]);
  });

  test('a key that is stricter than 0600 is fine', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    chmodSync(join(directory, 'ca.key'), 0o400);
    expect(loadAuthority(directory, NOW).ok).toBe(true);
  });

  test('two files that hold no PEM are two problems', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    writeFileSync(join(directory, 'ca.crt'), 'garbage');
    writeFileSync(join(directory, 'ca.key'), '');
    expect(problemsOf(loadAuthority(directory, NOW)).map(({ at, problem }) => [at, problem])).toEqual([
      [join(directory, 'ca.crt'), 'the file holds no certificate that can be read'],
      [join(directory, 'ca.key'), 'the file holds no private key that can be read'],
    ]);
  });

  // Covers: EV-22
  test('a key under a passphrase opens with it, and is written encrypted with AES-256', () => {
    const directory = temporaryDirectory();
    const created = unwrap(createAuthority(directory, { now: NOW, passphrase: PASSPHRASE }));
    const text = readFileSync(join(directory, 'ca.key'), 'utf8');
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(text).not.toContain('BEGIN PRIVATE KEY');
    const loaded = unwrap(loadAuthority(directory, NOW, PASSPHRASE));
    expect(loaded.key.equals(created.key)).toBe(true);
  });

  // Covers: EV-22
  test.each([
    ['missing', undefined, 'the private key has a passphrase, and none is given', 'certsPassphraseFile'],
    ['wrong', 'another one entirely', 'the passphrase does not open the private key', 'made with'],
  ])('a passphrase that is %s is a problem that says so', (_name, passphrase, problem, hint) => {
    const directory = temporaryDirectory();
    unwrap(createAuthority(directory, { now: NOW, passphrase: PASSPHRASE }));
    expect(problemsOf(loadAuthority(directory, NOW, passphrase))).toEqual([
      { at: join(directory, 'ca.key'), problem, hint: expect.stringContaining(hint) },
    ]);
  });

  test('a passphrase that a key does not need is not looked at', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    expect(loadAuthority(directory, NOW, PASSPHRASE).ok).toBe(true);
  });

  test.each([
    ['short', 'elevenchars'],
    ['of two lines', 'one line and\nanother'],
  ])('a new passphrase that is %s is refused, and nothing is written', (_name, passphrase) => {
    const directory = join(temporaryDirectory(), 'ca');
    const [problem] = problemsOf(createAuthority(directory, { now: NOW, passphrase }));
    expect(problem?.problem).toContain('at least 12 characters');
    expect(existsSync(directory)).toBe(false);
  });

  test('a key of another CA is refused', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    writeKey(join(directory, 'ca.key'), newKeyPair().privateKey);
    expect(problemsOf(loadAuthority(directory, NOW))).toEqual([
      {
        at: join(directory, 'ca.key'),
        problem: 'the key does not belong to the certificate in ca.crt',
        hint: expect.any(String),
      },
    ]);
  });

  test('a certificate that is no CA is refused', () => {
    const { directory } = handMade({ extensions: [leafConstraints()] });
    expect(problemsOf(loadAuthority(directory, NOW)).map(({ at, problem }) => [at, problem])).toEqual([
      [join(directory, 'ca.crt'), 'the certificate is not a CA certificate'],
    ]);
  });

  test('an intermediate CA without those above it is refused: nobody could check its leaves', () => {
    const { directory } = handMade({ signer: newKeyPair().privateKey });
    expect(problemsOf(loadAuthority(directory, NOW)).map(({ problem }) => problem)).toEqual([
      'the certificate is not self-signed, and that of its issuer is missing: O=Example',
    ]);
  });

  test('an expired CA is refused, and the second of its end is not yet too late', () => {
    const directory = temporaryDirectory();
    const end = newAuthority(directory).certificate.validToDate;
    expect(loadAuthority(directory, end).ok).toBe(true);
    expect(problemsOf(loadAuthority(directory, new Date(end.getTime() + 1)))).toEqual([
      {
        at: join(directory, 'ca.crt'),
        problem: `the certificate expired at ${end.toISOString()}`,
        hint: expect.stringContaining('postern ca rotate'),
      },
    ]);
  });

  test('a CA that is not valid yet is refused', () => {
    const directory = temporaryDirectory();
    const start = newAuthority(directory).certificate.validFromDate;
    expect(loadAuthority(directory, start).ok).toBe(true);
    const [problem] = problemsOf(loadAuthority(directory, new Date(start.getTime() - 1)));
    expect(problem?.problem).toBe(`the certificate is not valid before ${start.toISOString()}`);
  });

  test('every problem of a certificate is reported at once', () => {
    const { directory } = handMade({ extensions: [], signer: newKeyPair().privateKey });
    expect(problemsOf(loadAuthority(directory, later(400)))).toHaveLength(3);
  });

  test.skipIf(!hasOpenssl).each([
    ['RSA with 1024 bits', ['rsa:1024']],
    ['an EC key on P-521', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521']],
    ['Ed25519', ['ed25519']],
  ])('a CA whose key is %s is refused (skipped where there is no openssl command)', (_name, algorithm) => {
    const directory = temporaryDirectory();
    const made = openssl(
      ...['req', '-x509', '-newkey', ...algorithm, '-noenc', '-days', '90', '-subj', '/CN=Foreign Root'],
      ...['-keyout', join(directory, 'ca.key'), '-out', join(directory, 'ca.crt')],
    );
    expect(made.status).toBe(0);
    expect(problemsOf(loadAuthority(directory, new Date())).map(({ at, problem }) => [at, problem])).toEqual([
      [
        join(directory, 'ca.key'),
        'the key is neither an EC key on P-256 or P-384 nor an RSA key of 2048 bits or more',
      ],
    ]);
    writeKey(join(directory, 'ca.key'), newKeyPair().privateKey);
    expect(problemsOf(loadAuthority(directory, new Date()))[0]?.problem).toContain('does not belong');
  });
});

describe('describeAuthority', () => {
  test('it says what a client says of the same certificate', () => {
    const directory = temporaryDirectory();
    const description = describeAuthority(newAuthority(directory));
    const certificate = new X509Certificate(readFileSync(join(directory, 'ca.crt')));
    expect(description).toEqual({
      subject: certificate.subject.replace('\n', ', '),
      serial: certificate.serialNumber,
      sha256Fingerprint: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      sha1Fingerprint: expect.stringMatching(/^(?:[0-9A-F]{2}:){19}[0-9A-F]{2}$/),
      notBefore: new Date(certificate.validFrom).toISOString(),
      notAfter: new Date(certificate.validTo).toISOString(),
      keyAlgorithm: 'ECDSA P-256',
    });
  });

  test.skipIf(!hasOpenssl)(
    'its fingerprints are OpenSSL’s (skipped where there is no openssl command)',
    () => {
      const directory = temporaryDirectory();
      const description = describeAuthority(newAuthority(directory));
      const fingerprint = (digest: string) =>
        openssl('x509', '-in', join(directory, 'ca.crt'), '-noout', '-fingerprint', digest)
          .output.split('=')[1]
          ?.trim();
      expect(description.sha256Fingerprint).toBe(fingerprint('-sha256'));
      expect(description.sha1Fingerprint).toBe(fingerprint('-sha1'));
    },
  );
});

/** A P-256 certificate of a year and its key, as `ca.crt` and `ca.key`; self-signed unless `signer` is given. */
function handMade({
  extensions = [authorityConstraints(0)],
  signer,
}: {
  extensions?: Extension[];
  signer?: KeyObject;
}) {
  const directory = temporaryDirectory();
  const { publicKey, privateKey } = newKeyPair();
  const spki = spkiOf(publicKey);
  const name = encodeName({ organization: 'Example' });
  const certificate = signCertificate(
    {
      serial: randomSerial(),
      issuer: { name, keyId: keyIdentifier(spki) },
      subject: name,
      publicKey: spki,
      notBefore: new Date(NOW.getTime() - DAY),
      notAfter: later(365),
      extensions,
    },
    signer ?? privateKey,
  );
  writeFileSync(join(directory, 'ca.crt'), certificate.toString());
  writeKey(join(directory, 'ca.key'), privateKey);
  return { directory };
}
