import type { X509Certificate } from 'node:crypto';
import { type Element, elements, encode, objectIdentifier } from './der.ts';
import { KEY_USAGE } from './extensions.ts';
import { OID } from './oids.ts';

// Of certificates that OpenSSL has parsed: what `node:crypto` does not say of them.

const BOOLEAN_TAG = 0x01;
const INTEGER_TAG = 0x02;
const EXTENSIONS_TAG = 0xa3;

/** How many CA certificates may follow below; undefined for any number (RFC 5280 section 4.2.1.9). */
export function pathLengthOf(certificate: X509Certificate): number | undefined {
  const [constraints] = elements(extensionOf(certificate, OID.basicConstraints) ?? Buffer.alloc(0));
  const length = members(constraints).find(({ tag }) => tag === INTEGER_TAG)?.content;
  return length === undefined ? undefined : length.readUIntBE(0, Math.min(length.length, 6));
}

/** Whether keyUsage is there and has keyCertSign (RFC 5280 section 4.2.1.3). */
export function isCertificateSigner(certificate: X509Certificate): boolean {
  const [bits] = elements(extensionOf(certificate, OID.keyUsage) ?? Buffer.alloc(0));
  const firstByte = bits?.content[1] ?? 0; // behind the number of unused bits
  return (firstByte & KEY_USAGE.keyCertSign) !== 0;
}

/** The DER within an extension's OCTET STRING. */
function extensionOf(certificate: X509Certificate, id: string): Buffer | undefined {
  const wanted = encode(objectIdentifier(id));
  const [toBeSigned] = members(elements(certificate.raw)[0]);
  const extensions = members(toBeSigned).find(({ tag }) => tag === EXTENSIONS_TAG);
  for (const extension of members(members(extensions)[0])) {
    const [type, ...rest] = members(extension).filter(({ tag }) => tag !== BOOLEAN_TAG);
    if (type?.encoding.equals(wanted)) return rest[0]?.content;
  }
  return undefined;
}

const members = (element: Element | undefined): Element[] =>
  element === undefined ? [] : elements(element.content);
