import forge from 'node-forge';

/** Distinguished Encoding Rules (X.690) for the few types that certificates and PKCS #12 use. */

const { Class, Type } = forge.asn1;

export type Der = forge.asn1.Asn1;

/** forge takes and gives bytes as a string of one character a byte. */
export const bytesToBinary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const binaryToBytes = (binary: string): Buffer => Buffer.from(binary, 'latin1');

export const encode = (value: Der): Buffer => binaryToBytes(forge.asn1.toDer(value).getBytes());

const primitive = (type: forge.asn1.Type, content: string): Der =>
  forge.asn1.create(Class.UNIVERSAL, type, false, content);

export const sequence = (...items: readonly Der[]): Der =>
  forge.asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...items]);

/** DER orders the members of a SET OF by their encodings (X.690 section 11.6); forge writes them as they come. */
export function setOf(...items: readonly Der[]): Der {
  const sorted = items.toSorted((a, b) => Buffer.compare(encode(a), encode(b)));
  return forge.asn1.create(Class.UNIVERSAL, Type.SET, true, sorted);
}

export const explicit = (tag: number, item: Der): Der =>
  forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, true, [item]);

/** [tag] IMPLICIT of a primitive type, such as a dNSName. */
export const implicit = (tag: number, content: Uint8Array): Der =>
  forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, false, bytesToBinary(content));

export const objectIdentifier = (dotted: string): Der =>
  primitive(Type.OID, forge.asn1.oidToDer(dotted).getBytes());

export const nothing = (): Der => primitive(Type.NULL, '');
export const yes = (): Der => primitive(Type.BOOLEAN, '\xff');
export const octetString = (bytes: Uint8Array): Der => primitive(Type.OCTETSTRING, bytesToBinary(bytes));
export const utf8String = (text: string): Der =>
  primitive(Type.UTF8, bytesToBinary(Buffer.from(text, 'utf8')));
export const bmpString = (text: string): Der => primitive(Type.BMPSTRING, text);

/** A number below 2^31, or the big-endian bytes of a positive integer (the top bit clear). */
export const integer = (value: number | Uint8Array): Der =>
  primitive(
    Type.INTEGER,
    typeof value === 'number' ? forge.asn1.integerToDer(value).getBytes() : bytesToBinary(value),
  );

export const bitString = (bytes: Uint8Array, unusedBits = 0): Der =>
  primitive(Type.BITSTRING, String.fromCharCode(unusedBits) + bytesToBinary(bytes));

/** UTCTime through 2049, GeneralizedTime from 2050 on; whole seconds (RFC 5280 section 4.1.2.5). */
export const time = (date: Date): Der =>
  date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, forge.asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, forge.asn1.dateToGeneralizedTime(date));

/** A value that is encoded already, such as a public key, byte for byte. */
export function encoded(der: Buffer): Der {
  const [element] = elements(der);
  if (element === undefined) throw new RangeError('an empty buffer encodes no value');
  // The whole first byte stands for the type, and the content is not decoded, so forge only rewrites the length.
  return primitive(element.tag, bytesToBinary(element.content));
}

/** One value in DER: its first byte (class, form and number together), its content, and both with the length. */
export type Element = { readonly tag: number; readonly content: Buffer; readonly encoding: Buffer };

/**
 * The values that follow one another in a buffer, not descending into them. Only for bytes that OpenSSL has parsed
 * before: a RangeError says that they are not DER.
 */
export function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < der.length; ) {
    const first = der.readUInt8(at + 1);
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = first < 0x80 ? first : der.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    const end = start + length;
    if (end > der.length) throw new RangeError(`a value at byte ${at} ends after its buffer`);
    found.push({
      tag: der.readUInt8(at),
      content: der.subarray(start, end),
      encoding: der.subarray(at, end),
    });
    at = end;
  }
  return found;
}
