import {
  bitString,
  type Der,
  encode,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  yes,
} from './der.ts';
import { OID } from './oids.ts';

/** A certificate extension (RFC 5280 section 4.2). Each constructor sets the criticality its section asks for. */
export type Extension = { readonly id: string; readonly critical: boolean; readonly value: Der };

/** Named bits of KeyUsage as they stand in its first byte, bit 0 leftmost (RFC 5280 section 4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0x80, keyCertSign: 0x04, cRLSign: 0x02 } as const;

export const encodeExtension = ({ id, critical, value }: Extension): Der =>
  // FALSE is the default of `critical`, and DER leaves defaults out.
  sequence(objectIdentifier(id), ...(critical ? [yes()] : []), octetString(encode(value)));

/** RFC 5280 section 4.2.1.9. `pathLength` counts the CA certificates that may follow below this one. */
export const authorityConstraints = (pathLength: number): Extension => ({
  id: OID.basicConstraints,
  critical: true,
  value: sequence(yes(), integer(pathLength)),
});

/** RFC 5280 section 4.2.1.9: not a CA. */
export const leafConstraints = (): Extension => ({
  id: OID.basicConstraints,
  critical: true,
  value: sequence(),
});

/** RFC 5280 section 4.2.1.3: `bits` is a sum of `KEY_USAGE`. */
export function keyUsage(bits: number): Extension {
  const unusedBits = 31 - Math.clz32(bits & -bits); // DER drops the trailing zeros of a named bit list
  return { id: OID.keyUsage, critical: true, value: bitString(Uint8Array.of(bits), unusedBits) };
}

/** RFC 5280 section 4.2.1.12: for TLS servers only. */
export const serverAuthentication = (): Extension => ({
  id: OID.extKeyUsage,
  critical: false,
  value: sequence(objectIdentifier(OID.serverAuth)),
});

/** RFC 5280 section 4.2.1.6: one dNSName. Not critical, so the subject of the certificate must not be empty. */
export const subjectAltName = (host: string): Extension => ({
  id: OID.subjectAltName,
  critical: false,
  value: sequence(implicit(2, Buffer.from(host, 'latin1'))),
});

/** RFC 5280 section 4.2.1.2. */
export const subjectKeyIdentifier = (keyId: Buffer): Extension => ({
  id: OID.subjectKeyIdentifier,
  critical: false,
  value: octetString(keyId),
});

/** RFC 5280 section 4.2.1.1, by key identifier. */
export const authorityKeyIdentifier = (keyId: Buffer): Extension => ({
  id: OID.authorityKeyIdentifier,
  critical: false,
  value: sequence(implicit(0, keyId)),
});
