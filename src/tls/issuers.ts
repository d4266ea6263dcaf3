import type { X509Certificate } from 'node:crypto';
import { isCertificateSigner, pathLengthOf } from './read-extensions.ts';
import type { Problem } from './result.ts';

/**
 * The certificates above one, each the issuer of the one before it, up to and with a self-signed root. Empty for a root.
 * `complete` is false where an issuer is missing.
 */
export type Issuers = { readonly above: readonly X509Certificate[]; readonly complete: boolean };

/** Finds them among certificates in any order. Each is taken once, so it ends. */
export function issuersOf(certificate: X509Certificate, among: readonly X509Certificate[]): Issuers {
  const above: X509Certificate[] = [];
  for (let last = certificate; !isSelfSigned(last); ) {
    const issuer = among.find((one) => !above.includes(one) && isIssuedBy(last, one));
    if (issuer === undefined) return { above, complete: false };
    above.push(issuer);
    last = issuer;
  }
  return { above, complete: true };
}

export const isSelfSigned = (certificate: X509Certificate): boolean =>
  certificate.verify(certificate.publicKey);

/** By name and key identifier, and by the signature. */
const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_PURPOSE = '2.5.29.37.0';

/**
 * What keeps certificates that are issued by `certificate` from being accepted by whoever trusts the root above it
 * (RFC 5280 section 6.1), as far as it can be seen before one is issued.
 */
export function issuerProblems(
  at: string,
  certificate: X509Certificate,
  { above, complete }: Issuers,
  now: Date,
): readonly Problem[] {
  return [
    ...(certificate.ca ? [] : [notCa(at, 'the certificate')]),
    ...(complete ? [] : [incomplete(at, above.at(-1) ?? certificate)]),
    ...timeProblems(at, 'the certificate', certificate, now),
    ...above.flatMap((issuer, index) => aboveProblems(at, issuer, index + 1, now)),
    ...purposeProblems(at, [certificate, ...above.slice(0, -1)]),
  ];
}

/** Of one above, with so many CA certificates below it. */
function aboveProblems(at: string, issuer: X509Certificate, below: number, now: Date): readonly Problem[] {
  const whose = `the certificate of ${nameOf(issuer)}`;
  const pathLength = pathLengthOf(issuer);
  const problems = [...(issuer.ca ? [] : [notCa(at, whose)]), ...timeProblems(at, whose, issuer, now)];
  if (pathLength === undefined || pathLength >= below) return problems;
  const problem = `${whose} allows ${pathLength} CAs below it, and there are ${below} (pathLenConstraint)`;
  return [...problems, { at, problem, hint: 'have it issued by a CA that may have so many below it' }];
}

/** An extended key usage of a CA limits what stands below it, as browsers and OpenSSL read it. */
const purposeProblems = (at: string, certificates: readonly X509Certificate[]): readonly Problem[] =>
  certificates.flatMap((certificate) => {
    const purposes = certificate.keyUsage as readonly string[] | undefined;
    if (purposes === undefined || purposes.includes(SERVER_AUTH) || purposes.includes(ANY_PURPOSE)) return [];
    const problem = `the certificate of ${nameOf(certificate)} is not for TLS servers (extendedKeyUsage)`;
    return [{ at, problem, hint: 'have it issued with the purpose serverAuth, or without that extension' }];
  });

/** What an imported CA must say of itself beyond that, since `openssl verify -x509_strict` asks for it. */
export const strictProblems = (at: string, certificate: X509Certificate): readonly Problem[] =>
  !certificate.ca || isCertificateSigner(certificate)
    ? []
    : [
        {
          at,
          problem: 'the certificate may not sign others: its keyUsage lacks keyCertSign',
          hint: 'have it issued with keyUsage keyCertSign, as a CA',
        },
      ];

const notCa = (at: string, whose: string): Problem => ({
  at,
  problem: `${whose} is not a CA certificate`,
  hint: 'it needs basicConstraints CA:TRUE and keyUsage keyCertSign',
});

const incomplete = (at: string, last: X509Certificate): Problem => ({
  at,
  problem: `the certificate is not self-signed, and that of its issuer is missing: ${last.issuer.replaceAll('\n', ', ')}`,
  hint: 'an intermediate CA needs all certificates up to the root: give them to `postern ca import`',
});

function timeProblems(
  at: string,
  whose: string,
  certificate: X509Certificate,
  now: Date,
): readonly Problem[] {
  const { validFromDate, validToDate } = certificate;
  if (now < validFromDate) {
    const problem = `${whose} is not valid before ${validFromDate.toISOString()}`;
    return [{ at, problem, hint: 'check the clock' }];
  }
  if (now <= validToDate) return [];
  const hint =
    'make the next CA with `postern ca rotate` (or `ca import`), have the clients trust it, and go over with --activate';
  return [{ at, problem: `${whose} expired at ${validToDate.toISOString()}`, hint }];
}

export const nameOf = ({ subject }: X509Certificate): string => subject.replaceAll('\n', ', ');
