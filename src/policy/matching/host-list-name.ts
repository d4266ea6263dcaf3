import { DOT, MAX_LABEL_LENGTH, MAX_NAME_LENGTH } from '../name-limits.ts';

const ZERO = 0x30;
const NINE = 0x39;
const A_LABEL_PREFIX = [0x78, 0x6e, 0x2d, 0x2d]; // xn--

/** 1 for the bytes of a canonical name's labels: `[a-z0-9_-]`. */
const IN_LABEL = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[a-z0-9_-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/**
 * Whether the bytes are a host name that `parseHost` would return unchanged. It says no where that takes more than a
 * look at each byte: a last label that begins with a digit may be part of an address, an A-label must be decoded.
 */
export function hasPlainName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end <= start || end - start > MAX_NAME_LENGTH) return false;
  let labelStart = start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === DOT) {
      if (!isPlainLabel(bytes, labelStart, at)) return false;
      labelStart = at + 1;
    } else if (IN_LABEL[byte] === 0) return false;
  }
  return isPlainLabel(bytes, labelStart, end) && !beginsWithDigit(bytes, labelStart);
}

function isPlainLabel(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  return length > 0 && length <= MAX_LABEL_LENGTH && !beginsAsALabel(bytes, start);
}

const beginsAsALabel = (bytes: Uint8Array, start: number): boolean =>
  bytes[start] === A_LABEL_PREFIX[0] &&
  bytes[start + 1] === A_LABEL_PREFIX[1] &&
  bytes[start + 2] === A_LABEL_PREFIX[2] &&
  bytes[start + 3] === A_LABEL_PREFIX[3];

function beginsWithDigit(bytes: Uint8Array, start: number): boolean {
  const byte = bytes[start] as number;
  return byte >= ZERO && byte <= NINE;
}
