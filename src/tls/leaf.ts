import { generateKeyPairSync } from 'node:crypto';
import type { Authority } from './authority.ts';
import { encodeName, randomSerial, signCertificate } from './certificate.ts';
import { exportPem } from './export.ts';
import { KEY_USAGE, keyUsage, leafConstraints, serverAuthentication, subjectAltName } from './extensions.ts';

/** A server certificate for one host and its private key (PKCS #8), both in PEM. */
export type Leaf = { readonly certificatePem: string; readonly keyPem: string; readonly notAfter: Date };

export type LeafIssuer = (host: string, now: Date) => Leaf;

const DAY = 86_400_000;
const CLOCK_SKEW = DAY; // a client's clock may be behind
const LIFETIME = 30 * DAY;

// Short and not the host: a common name holds at most 64 characters (RFC 5280 appendix A.1), and clients read the
// subjectAltName alone (RFC 9525 section 2). Not empty: then the subjectAltName would have to be critical (RFC 5280
// section 4.2.1.6), which some clients do not expect.
const SUBJECT = encodeName({ organization: 'Postern' });

const MAX_HOST_LENGTH = 253;
const HOST = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const ENDS_IN_A_NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/; // what the URL Standard takes for an IPv4 address

/**
 * Signs leaves that name one host each. The key pair is made here and shared by all of them: a key of its own would
 * protect nothing, since one process holds them all.
 *
 * The issuer throws a RangeError for anything but a lower-case host name without its root dot: a wildcard, an address
 * or a control character in a certificate would speak for more than the one host.
 */
export function createLeafIssuer(authority: Authority): LeafIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const lastMoment = authority.certificate.validToDate.getTime();
  return (host, now) => {
    assertHostName(host);
    const notBefore = now.getTime() - CLOCK_SKEW;
    const certificate = signCertificate(
      {
        serial: randomSerial(),
        issuer: authority.issuer,
        subject: SUBJECT,
        publicKey: spki,
        notBefore: new Date(notBefore),
        notAfter: new Date(Math.min(notBefore + LIFETIME, lastMoment)),
        extensions: [
          leafConstraints(),
          keyUsage(KEY_USAGE.digitalSignature),
          serverAuthentication(),
          subjectAltName(host),
        ],
      },
      authority.key,
    );
    return { certificatePem: exportPem(certificate), keyPem, notAfter: certificate.validToDate };
  };
}

function assertHostName(host: string): void {
  if (host.length > MAX_HOST_LENGTH || !HOST.test(host) || ENDS_IN_A_NUMBER.test(host))
    throw new RangeError(`no certificate can name the host ${JSON.stringify(host)}`);
}
