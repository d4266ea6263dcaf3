import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import {
  bitString,
  type Der,
  type Element,
  elements,
  encode,
  encoded,
  explicit,
  integer,
  nothing,
  objectIdentifier,
  sequence,
  setOf,
  time,
  utf8String,
} from './der.ts';
import {
  authorityKeyIdentifier,
  type Extension,
  encodeExtension,
  subjectKeyIdentifier,
} from './extensions.ts';
import { OID } from './oids.ts';

/** A distinguished name as far as Postern writes one; each part has at most 64 characters (RFC 5280 appendix A.1). */
export type Name = { readonly organization: string; readonly commonName?: string };

/** Who signs: the DER of its subject, to be copied byte for byte, and its subject key identifier. */
export type Issuer = { readonly name: Buffer; readonly keyId: Buffer };

/**
 * A certificate to be signed (RFC 5280 section 4.1). `publicKey` is a SubjectPublicKeyInfo in DER; both ends of the
 * validity are inclusive and lose their fraction of a second; the key identifiers are added to `extensions`.
 */
export type CertificateDescription = {
  readonly serial: Buffer;
  readonly issuer: Issuer;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
};

const VERSION_3 = 2;

/** Signs an X.509 v3 certificate. `key` is the issuer's private key: on P-256 or P-384, or of RSA. */
export function signCertificate(description: CertificateDescription, key: KeyObject): X509Certificate {
  const { hash, identifier } = algorithmOf(key);
  const toBeSigned = toBeSignedCertificate(description, identifier());
  const signature = sign(hash, encode(toBeSigned), key);
  return new X509Certificate(encode(sequence(toBeSigned, identifier(), bitString(signature))));
}

type SignatureAlgorithm = { readonly hash: string; readonly identifier: () => Der };

/** Each curve goes with its own hash, as TLS 1.3 has it (RFC 8446 section 4.2.3). */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm {
  if (asymmetricKeyType === 'rsa') return RSA_SHA256;
  return asymmetricKeyDetails?.namedCurve === 'secp384r1' ? ECDSA_SHA384 : ECDSA_SHA256;
}

// The parameters of ECDSA's are absent (RFC 5758 section 3.2), those of RSA's are NULL (RFC 4055 section 5).
const ECDSA_SHA256: SignatureAlgorithm = {
  hash: 'sha256',
  identifier: () => sequence(objectIdentifier(OID.ecdsaWithSha256)),
};
const ECDSA_SHA384: SignatureAlgorithm = {
  hash: 'sha384',
  identifier: () => sequence(objectIdentifier(OID.ecdsaWithSha384)),
};
const RSA_SHA256: SignatureAlgorithm = {
  hash: 'sha256',
  identifier: () => sequence(objectIdentifier(OID.sha256WithRsaEncryption), nothing()),
};

function toBeSignedCertificate(description: CertificateDescription, signatureAlgorithm: Der): Der {
  const extensions = [
    ...description.extensions,
    subjectKeyIdentifier(keyIdentifier(description.publicKey)),
    authorityKeyIdentifier(description.issuer.keyId),
  ];
  return sequence(
    explicit(0, integer(VERSION_3)),
    integer(description.serial),
    signatureAlgorithm,
    encoded(description.issuer.name),
    sequence(time(description.notBefore), time(description.notAfter)),
    encoded(description.subject),
    encoded(description.publicKey),
    explicit(3, sequence(...extensions.map(encodeExtension))),
  );
}

/**
 * 16 random bytes for a serial number. The top bit is clear, so that the integer is positive, and the next one is set,
 * so that DER has no leading zeros to drop and every serial has the same length (RFC 5280 section 4.1.2.2).
 */
export function randomSerial(): Buffer {
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  return serial;
}

/** A name in DER: UTF8String values, one attribute to each relative name (RFC 5280 section 4.1.2.4). */
export function encodeName({ organization, commonName }: Name): Buffer {
  const attribute = (type: string, value: string) =>
    setOf(sequence(objectIdentifier(type), utf8String(value)));
  return encode(
    sequence(
      attribute(OID.organizationName, organization),
      ...(commonName === undefined ? [] : [attribute(OID.commonName, commonName)]),
    ),
  );
}

/** SHA-1 of the bits of a SubjectPublicKeyInfo: 20 bytes (RFC 5280 section 4.2.1.2, method 1). A name, not a proof. */
export function keyIdentifier(publicKey: Buffer): Buffer {
  const [, bits] = members(elements(publicKey)[0]);
  if (bits === undefined) throw new RangeError('not a SubjectPublicKeyInfo');
  const unusedBitsByte = 1;
  return createHash('sha1').update(bits.content.subarray(unusedBitsByte)).digest();
}

const VERSION_TAG = 0xa0;
const EXTENSIONS_TAG = 0xa3;

/**
 * What the certificates below `certificate` copy from it: its name, in the encoding it has (some clients compare names
 * byte for byte, RFC 5280 section 7.1), and its key identifier, which may have been made by another method. Throws a
 * RangeError for a certificate that is not in DER throughout.
 */
export function issuerOf(certificate: X509Certificate): Issuer {
  const [toBeSigned] = members(elements(certificate.raw)[0]);
  const fields = members(toBeSigned).filter(({ tag }) => tag !== VERSION_TAG);
  const [_serial, _algorithm, _issuer, _validity, subject, publicKey] = fields;
  if (subject === undefined || publicKey === undefined) throw new RangeError('not a certificate');
  const declared = declaredKeyIdentifier(fields.find(({ tag }) => tag === EXTENSIONS_TAG));
  return { name: subject.encoding, keyId: declared ?? keyIdentifier(publicKey.encoding) };
}

function declaredKeyIdentifier(extensions: Element | undefined): Buffer | undefined {
  const id = encode(objectIdentifier(OID.subjectKeyIdentifier));
  for (const extension of members(members(extensions)[0])) {
    const [type, ...rest] = members(extension);
    if (type?.encoding.equals(id)) return members(rest.at(-1))[0]?.content;
  }
  return undefined;
}

const members = (element: Element | undefined): Element[] =>
  element === undefined ? [] : elements(element.content);
