import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { readFileWithin } from './authority-files.ts';
import { both, fail, type Problem, type Result, succeed } from './result.ts';

/** Where a TLS listener's certificate and key stand, and the CAs whose certificates its clients must show. */
export type CredentialFiles = {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
};

/** What a TLS server needs, checked: PEM texts, the certificate with its chain, the clients' CAs one by one. */
export type ServerCredentials = {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: readonly string[] | undefined;
  /** What a person should see to soon. */
  readonly warnings: readonly Problem[];
};

/** Certificates that live 90 days are renewed 30 days before their end, and those that live 47 about 16. */
const WARNING_DAYS = 14;
const DAY = 86_400_000;
/** Anything for others, and writing for the group: a group of its own is how many let a service read its key. */
const OTHERS = 0o027;
const NAME_FILE = 'check the path in `listen`';

/** Reads and checks the files of a TLS listener as they are now. Every problem found is reported. */
export function loadServerCredentials(files: CredentialFiles, now: Date): Result<ServerCredentials> {
  const own = both(readCertificates(files.cert), readKey(files.key));
  const others = files.clientCa === undefined ? succeed(undefined) : readCertificates(files.clientCa);
  const read = both(own, others);
  if (!read.ok) return read;
  const [[chain, key], clientCas] = read.value;
  const ended = clientCas === undefined ? [] : endedProblems(files.clientCa ?? '', clientCas, now);
  const problems = [...pairProblems(files, chain[0] as X509Certificate, key.parsed, now), ...ended];
  if (problems.length > 0) return fail(...problems);
  const credentials: ServerCredentials = {
    cert: pemOf(chain),
    key: key.pem,
    clientCa: clientCas?.map((ca) => ca.toString()),
    warnings: expiryWarnings(files.cert, chain, now),
  };
  return usable(credentials, files.cert);
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** One certificate or more. OpenSSL would pass over what it cannot read, and then nobody would be trusted, or too few. */
function readCertificates(path: string): Result<readonly X509Certificate[]> {
  const file = readFileWithin(path, 0, NAME_FILE);
  if (!file.ok) return file;
  try {
    const certificates = (file.value.toString('latin1').match(PEM_CERTIFICATE) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
    if (certificates.length > 0) return succeed(certificates);
  } catch {
    // as if there were none
  }
  return fail({
    at: path,
    problem: 'the file holds no certificate that can be read',
    hint: 'it must hold X.509 certificates in PEM',
  });
}

type Key = { readonly pem: string; readonly parsed: KeyObject };

function readKey(path: string): Result<Key> {
  const file = readFileWithin(path, OTHERS, NAME_FILE);
  if (!file.ok) return file;
  try {
    return succeed({ pem: file.value.toString('latin1'), parsed: createPrivateKey(file.value) });
  } catch {
    return fail({
      at: path,
      problem: 'the file holds no private key that can be read',
      hint: 'it must hold one private key in PEM, without a passphrase',
    });
  }
}

function pairProblems(files: CredentialFiles, own: X509Certificate, key: KeyObject, now: Date): Problem[] {
  const problems: Problem[] = [];
  if (!own.checkPrivateKey(key))
    problems.push({
      at: files.key,
      problem: `the key does not belong to the certificate in ${files.cert}`,
      hint: "that file begins with the proxy's own certificate, and those between it and its CA follow",
    });
  return [...problems, ...endedProblems(files.cert, [own], now)];
}

/** Of certificates that do not count now; of several, those that do not speak for the others. */
function endedProblems(at: string, certificates: readonly X509Certificate[], now: Date): Problem[] {
  if (certificates.some(({ validFromDate, validToDate }) => validFromDate <= now && now <= validToDate))
    return [];
  const [{ validFromDate, validToDate }] = certificates as [X509Certificate];
  return now < validFromDate
    ? [{ at, problem: `the certificate is not valid before ${validFromDate.toISOString()}`, hint: CLOCK }]
    : [{ at, problem: `the certificate expired at ${validToDate.toISOString()}`, hint: RENEW }];
}

const CLOCK = 'check the clock, and the certificate';
const RENEW = 'put a new one in its place';

/** The first of a chain to expire takes the others with it. */
function expiryWarnings(at: string, chain: readonly X509Certificate[], now: Date): Problem[] {
  const end = new Date(Math.min(...chain.map(({ validToDate }) => validToDate.getTime())));
  if (end.getTime() - now.getTime() > WARNING_DAYS * DAY) return [];
  const hint = 'put a new one in its place, and reload: no client is dropped';
  return [{ at, problem: `the certificate, or one that it depends on, ends at ${end.toISOString()}`, hint }];
}

const pemOf = (chain: readonly X509Certificate[]): string => chain.map((one) => one.toString()).join('');

/** OpenSSL has rules of its own, such as the shortest key that it takes. */
function usable(credentials: ServerCredentials, at: string): Result<ServerCredentials> {
  try {
    tls.createSecureContext({ cert: credentials.cert, key: credentials.key });
    return succeed(credentials);
  } catch (error) {
    const problem = `OpenSSL does not take the certificate or its key: ${(error as Error).message}`;
    return fail({ at, problem, hint: 'have a new one issued, RSA with 2048 bits or more, or ECDSA' });
  }
}
