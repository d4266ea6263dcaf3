import { X509Certificate } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createAuthority, loadAuthority } from '../../src/tls/authority.ts';
import { authorityExists, readAuthorityFolder } from '../../src/tls/authority-folder.ts';
import {
  abandonRotation,
  activateNext,
  beginRotation,
  finishRotation,
} from '../../src/tls/authority-rotation.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';
import { publishRoots } from '../../src/tls/published-roots.ts';
import {
  hasOpenssl,
  later,
  NOW,
  newAuthority,
  openssl,
  problemsOf,
  temporaryDirectory,
  unwrap,
  writeKey,
} from './support.ts';

const PLAIN = { passphrase: undefined };
const PASSPHRASE = 'correct horse battery';
const rootsIn = (directory: string): readonly string[] =>
  (
    readFileSync(join(directory, 'ca.crt'), 'utf8').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ??
    []
  ).map((pem) => new X509Certificate(pem).fingerprint256);
const signingIn = (directory: string, now = NOW): string =>
  unwrap(loadAuthority(directory, now)).certificate.fingerprint256;
const stateOf = (directory: string, now = NOW) => unwrap(readAuthorityFolder(directory, now)).state;

/** A folder with a CA and one that waits beside it. */
function waiting() {
  const directory = temporaryDirectory();
  const old = newAuthority(directory).certificate.fingerprint256;
  const folder = unwrap(beginRotation(directory, NOW, PLAIN));
  if (folder.state !== 'waiting') throw new Error(folder.state);
  return { directory, old, next: folder.next.certificate.fingerprint256 };
}

test('of a CA of which only the next one is left nothing is made anew: it is to be restored', () => {
  const { directory } = waiting();
  for (const name of ['ca.key', 'ca.crt']) rmSync(join(directory, name));
  expect(authorityExists(directory)).toBe(true);
  const missing = problemsOf(loadAuthority(directory, NOW)).map(({ at }) => at);
  expect(missing.toSorted()).toEqual([join(directory, 'ca.crt'), join(directory, 'ca.key')]);
});

describe('a rotation', () => {
  test('begins with a new root that waits, while the old one signs and clients are told of both', () => {
    const { directory, old, next } = waiting();
    expect(signingIn(directory)).toBe(old);
    expect(rootsIn(directory)).toEqual([old, next]);
    expect(readdirSync(directory).toSorted()).toEqual(['ca.crt', 'ca.key', 'next.key']);
    expect(statSync(join(directory, 'next.key')).mode & 0o777).toBe(0o600);
  });

  test('goes over at once, keeps the old one, and lets go of it at the end, key and all', () => {
    const { directory, old, next } = waiting();
    const oldKey = readFileSync(join(directory, 'ca.key'), 'utf8');
    expect(unwrap(activateNext(directory, NOW, NOW)).state).toBe('exchanged');
    expect(signingIn(directory)).toBe(next);
    expect(rootsIn(directory)).toEqual([next, old]);
    expect(unwrap(finishRotation(directory, NOW)).state).toBe('settled');
    expect(signingIn(directory)).toBe(next);
    expect(rootsIn(directory)).toEqual([next]);
    expect(readdirSync(directory).toSorted()).toEqual(['ca.crt', 'ca.key']);
    expect(readFileSync(join(directory, 'ca.key'), 'utf8')).not.toContain(oldKey.split('\n')[1]);
  });

  test('goes over by itself on its date, to the millisecond', () => {
    const { directory, old, next } = waiting();
    const date = later(30);
    expect(unwrap(activateNext(directory, date, NOW)).state).toBe('waiting');
    expect(signingIn(directory, new Date(date.getTime() - 1))).toBe(old);
    expect(signingIn(directory, date)).toBe(next);
  });

  test('has its date changed as long as it waits', () => {
    const { directory, old, next } = waiting();
    unwrap(activateNext(directory, later(30), NOW));
    unwrap(activateNext(directory, later(60), NOW));
    expect(signingIn(directory, later(31))).toBe(old);
    expect(signingIn(directory, later(60))).toBe(next);
  });

  test.each([
    ['waits', false],
    ['signs already', true],
  ])('is taken back while the new CA %s: the old one signs, alone', (_name, activated) => {
    const { directory, old } = waiting();
    if (activated) unwrap(activateNext(directory, NOW, NOW));
    expect(unwrap(abandonRotation(directory, NOW)).state).toBe('settled');
    expect(signingIn(directory)).toBe(old);
    expect(rootsIn(directory)).toEqual([old]);
    expect(existsSync(join(directory, 'next.key'))).toBe(false);
  });

  test('keeps the name of the organization, unless another is given', () => {
    const directory = temporaryDirectory();
    unwrap(createAuthority(directory, { organization: '산업통상자원부', now: NOW }));
    const folder = unwrap(beginRotation(directory, NOW, PLAIN));
    expect(folder.state === 'waiting' && folder.next.certificate.subject).toMatch(/^O=산업통상자원부\n/);
    unwrap(abandonRotation(directory, NOW));
    const other = unwrap(beginRotation(directory, NOW, { ...PLAIN, organization: 'Other' }));
    expect(other.state === 'waiting' && other.next.certificate.subject).toMatch(/^O=Other\n/);
  });

  test('begins from a CA that has ended', () => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    const after = later(4_000);
    expect(loadAuthority(directory, after).ok).toBe(false);
    unwrap(beginRotation(directory, after, PLAIN));
    unwrap(activateNext(directory, after, after));
    expect(loadAuthority(directory, after).ok).toBe(true);
  });

  test('begins from a key and a certificate in two files, and has the key carry the certificate from then on', () => {
    const directory = temporaryDirectory();
    const { key, certificatePem, certificate } = newAuthority();
    writeKey(join(directory, 'ca.key'), key);
    writeFileSync(join(directory, 'ca.crt'), certificatePem);
    unwrap(beginRotation(directory, NOW, PLAIN));
    unwrap(activateNext(directory, NOW, NOW));
    unwrap(abandonRotation(directory, NOW));
    expect(signingIn(directory)).toBe(certificate.fingerprint256);
    expect(readFileSync(join(directory, 'ca.key'), 'utf8')).toContain(certificatePem);
  });

  test('keeps one passphrase for both keys, and asks for the present one', () => {
    const directory = temporaryDirectory();
    unwrap(createAuthority(directory, { now: NOW, passphrase: PASSPHRASE }));
    const [wrong] = problemsOf(beginRotation(directory, NOW, { passphrase: 'not that one at all' }));
    expect(wrong?.problem).toContain('does not open');
    const [missing] = problemsOf(beginRotation(directory, NOW, PLAIN));
    expect(missing?.problem).toContain('none is given');
    unwrap(beginRotation(directory, NOW, { passphrase: PASSPHRASE }));
    unwrap(activateNext(directory, NOW, NOW)); // takes no passphrase: no key is opened
    expect(loadAuthority(directory, NOW).ok).toBe(false);
    expect(loadAuthority(directory, NOW, PASSPHRASE).ok).toBe(true);
  });
});

describe('steps out of order are refused, and change nothing', () => {
  const contents = (directory: string) =>
    readdirSync(directory)
      .toSorted()
      .map((name) => [name, readFileSync(join(directory, name), 'utf8')]);

  test.each([
    ['activate', 'no CA waits to take over'],
    ['finish', 'only one CA is there'],
    ['abandon', 'no CA waits to take over'],
  ] as const)('%s with one CA only', (step, problem) => {
    const directory = temporaryDirectory();
    newAuthority(directory);
    const before = contents(directory);
    expect(problemsOf(STEPS[step](directory))[0]?.problem).toBe(problem);
    expect(contents(directory)).toEqual(before);
  });

  test.each([
    ['begin', 'another CA waits already to take over'],
    ['finish', 'the next CA does not sign yet'],
  ] as const)('%s while a CA waits', (step, problem) => {
    const { directory } = waiting();
    const before = contents(directory);
    expect(problemsOf(STEPS[step](directory))[0]?.problem).toBe(problem);
    expect(contents(directory)).toEqual(before);
  });

  test.each([
    ['begin', 'the CA before the one that signs is still kept'],
    ['activate', 'the next CA signs already'],
  ] as const)('%s while the one before is kept', (step, problem) => {
    const { directory } = waiting();
    unwrap(activateNext(directory, NOW, NOW));
    const before = contents(directory);
    expect(problemsOf(STEPS[step](directory))[0]?.problem).toBe(problem);
    expect(contents(directory)).toEqual(before);
  });

  // Covers: EV-22
  test('a next.key that others can read is refused, whichever signs', () => {
    const { directory } = waiting();
    const text = readFileSync(join(directory, 'next.key'));
    rmSync(join(directory, 'next.key'));
    writeFileSync(join(directory, 'next.key'), text, { mode: 0o644 });
    expect(problemsOf(loadAuthority(directory, NOW))[0]?.problem).toContain(
      'open to other users (mode 0644)',
    );
  });
});

const STEPS = {
  begin: (directory: string) => beginRotation(directory, NOW, PLAIN),
  activate: (directory: string) => activateNext(directory, NOW, NOW),
  finish: (directory: string) => finishRotation(directory, NOW),
  abandon: (directory: string) => abandonRotation(directory, NOW),
};

describe('a crash', () => {
  /** The files that a step changes, one after the other: each prefix of it is what a crash leaves. */
  function crashed(before: string, after: string, names: readonly string[]): string {
    for (const name of names) {
      if (existsSync(join(after, name))) copyFileSync(join(after, name), join(before, name));
      else rmSync(join(before, name), { force: true });
    }
    return before;
  }
  const copyOf = (directory: string): string => {
    const copy = temporaryDirectory();
    for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(copy, name));
    return copy;
  };

  test('at the making of a CA leaves one that loads, and whose certificate is told at the next start', () => {
    const directory = temporaryDirectory();
    const { certificate } = newAuthority(directory);
    rmSync(join(directory, 'ca.crt'));
    expect(signingIn(directory)).toBe(certificate.fingerprint256);
    unwrap(publishRoots(directory, unwrap(readAuthorityFolder(directory, NOW))));
    expect(rootsIn(directory)).toEqual([certificate.fingerprint256]);
  });

  // In the order in which each step writes.
  test.each([
    ['begin', [], 'settled'],
    ['begin', ['next.key'], 'waiting'],
    ['activate', ['next.key'], 'exchanged'],
    ['finish', ['ca.key', 'next.key'], 'settled'], // a rename is one stroke
    ['abandon', ['next.key'], 'settled'],
  ] as const)('in the midst of %s, after %j, leaves a CA that signs', (step, written, state) => {
    const start = temporaryDirectory();
    newAuthority(start);
    if (step !== 'begin') unwrap(beginRotation(start, NOW, PLAIN));
    if (step === 'finish' || step === 'abandon') unwrap(activateNext(start, NOW, NOW));
    const after = copyOf(start);
    unwrap(STEPS[step](after));
    const directory = crashed(start, after, written);
    expect(stateOf(directory)).toBe(state);
    const signing = signingIn(directory);
    unwrap(publishRoots(directory, unwrap(readAuthorityFolder(directory, NOW)))); // as a start does
    expect(rootsIn(directory)).toContain(signing);
  });
});

describe.skipIf(!hasOpenssl)('OpenSSL (skipped where there is no openssl command)', () => {
  // Covers: RFC 5280 section 6.1
  test('verifies a leaf by the new root alone, and by both together', () => {
    const { directory, next } = waiting();
    const bundle = join(directory, 'both.pem');
    copyFileSync(join(directory, 'ca.crt'), bundle);
    unwrap(activateNext(directory, NOW, NOW));
    unwrap(finishRotation(directory, NOW));
    const authority = unwrap(loadAuthority(directory, NOW));
    expect(authority.certificate.fingerprint256).toBe(next);
    const leaf = join(directory, 'leaf.pem');
    writeFileSync(leaf, createLeafIssuer(authority)('blocked.example', NOW).certificatePem);
    for (const trusted of [bundle, join(directory, 'ca.crt')])
      expect(
        openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-no-CApath', '-CAfile', trusted, leaf)
          .output,
      ).toBe(`${leaf}: OK\n`);
  });
});
