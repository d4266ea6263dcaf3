import { createHmac, randomBytes, type X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import {
  binaryToBytes,
  bmpString,
  bytesToBinary,
  type Der,
  encode,
  explicit,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
} from './der.ts';
import { OID } from './oids.ts';

const VERSION = 3;
const MAC_KEY_ID = 3; // RFC 7292 appendix B.3: the diversifier of a key for integrity
const SHA256_BYTES = 32;
// What OpenSSL 3 writes: macOS is known to have refused a SHA-256 MAC with a salt of 16 bytes.
const SALT_BYTES = 8;
const ITERATIONS = 2048;

/**
 * A trust store in PKCS #12 (RFC 7292) that holds CA certificates and no key: for Windows, macOS and Java. The
 * certificates are public, so they are not encrypted; the password only keys the HMAC-SHA256 over the store, because
 * readers ask for one. Java tells certificates apart by their names, so the second is called `friendlyName 2`.
 */
export function exportPkcs12(
  certificates: readonly X509Certificate[],
  { password, friendlyName }: { readonly password: string; readonly friendlyName: string },
): Buffer {
  const bags = certificates.map((certificate, index) =>
    certificateBag(certificate, index === 0 ? friendlyName : `${friendlyName} ${index + 1}`),
  );
  const safeContents = encode(sequence(...bags));
  const authenticatedSafe = encode(sequence(dataContent(safeContents)));
  return encode(
    sequence(integer(VERSION), dataContent(authenticatedSafe), macData(authenticatedSafe, password)),
  );
}

/** ContentInfo of the type `data` (RFC 2315 section 8). */
const dataContent = (content: Buffer): Der =>
  sequence(objectIdentifier(OID.data), explicit(0, octetString(content)));

/** SafeBag with a CertBag in it (RFC 7292 section 4.2.3). */
function certificateBag(certificate: X509Certificate, friendlyName: string): Der {
  const attribute = (type: string, value: Der) => sequence(objectIdentifier(type), setOf(value));
  return sequence(
    objectIdentifier(OID.certBag),
    explicit(0, sequence(objectIdentifier(OID.x509Certificate), explicit(0, octetString(certificate.raw)))),
    setOf(
      attribute(OID.friendlyName, bmpString(friendlyName)),
      // Without it Java leaves the certificate out: it takes it for a link of some key's chain.
      attribute(OID.trustedKeyUsage, objectIdentifier(OID.anyExtendedKeyUsage)),
    ),
  );
}

/** MacData (RFC 7292 section 4): an HMAC keyed by the password through appendix B's own derivation. */
function macData(content: Buffer, password: string): Der {
  const salt = randomBytes(SALT_BYTES);
  const key = forge.pkcs12.generateKey(
    password,
    forge.util.createBuffer(bytesToBinary(salt)),
    MAC_KEY_ID,
    ITERATIONS,
    SHA256_BYTES,
    forge.md.sha256.create(),
  );
  const digest = createHmac('sha256', binaryToBytes(key.getBytes())).update(content).digest();
  const algorithm = sequence(objectIdentifier(OID.sha256), nothing());
  return sequence(sequence(algorithm, octetString(digest)), octetString(salt), integer(ITERATIONS));
}
