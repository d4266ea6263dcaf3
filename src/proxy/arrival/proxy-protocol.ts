import ipaddr from 'ipaddr.js';
import { addressBytes, canonicalAddress } from '../../policy/network.ts';
import { crc32c } from './crc32c.ts';

/**
 * The header by which a load balancer says whose connection it hands on: HAProxy's PROXY protocol, version 1 (a line)
 * and version 2 (binary). https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
 */
export type ProxyHeader = {
  /** The client's address in canonical form; undefined: whoever holds the connection speaks for itself. */
  readonly client: string | undefined;
  /** How many bytes the header takes; what follows is the client's. */
  readonly length: number;
};

/** What the first bytes of a connection are. */
export type HeaderReading =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'header'; readonly header: ProxyHeader }
  | { readonly kind: 'broken'; readonly problem: string };

/** Reads a header at the start of `bytes`, which are all that came so far; what stands after it plays no part. */
export function readProxyHeader(bytes: Buffer): HeaderReading {
  if (startsAlike(bytes, SIGNATURE_2)) return readVersion2(bytes);
  if (startsAlike(bytes, SIGNATURE_1)) return readVersion1(bytes);
  return broken('no PROXY protocol header came');
}

const SIGNATURE_1 = Buffer.from('PROXY ', 'latin1');
const SIGNATURE_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Whether the bytes begin with the signature, or may yet. */
function startsAlike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}

const INCOMPLETE: HeaderReading = { kind: 'incomplete' };
const broken = (problem: string): HeaderReading => ({ kind: 'broken', problem });
const header = (client: string | undefined, length: number): HeaderReading => ({
  kind: 'header',
  header: { client, length },
});

/** The longest line that version 1 allows, with its CRLF (section 2.1). */
const MAX_VERSION_1_BYTES = 107;

function readVersion1(bytes: Buffer): HeaderReading {
  const line = bytes.subarray(0, MAX_VERSION_1_BYTES).toString('latin1');
  // A control character could end the address early for whoever reads the log or asks about it.
  const end = line.search(NOT_PRINTABLE);
  if (end === -1)
    return bytes.length < MAX_VERSION_1_BYTES ? INCOMPLETE : broken('the PROXY line does not end');
  if (line[end] === '\r' && end + 1 === line.length && line.length < MAX_VERSION_1_BYTES) return INCOMPLETE;
  if (!line.startsWith('\r\n', end)) return broken('the PROXY line holds a byte that is not printable ASCII');
  return readFields(line.slice(0, end).split(' '), end + 2);
}

const NOT_PRINTABLE = /[^\x20-\x7e]/;

function readFields([, protocol, ...fields]: readonly string[], length: number): HeaderReading {
  if (protocol === 'UNKNOWN') return header(undefined, length); // what follows is to be passed over (section 2.1)
  if (protocol !== 'TCP4' && protocol !== 'TCP6') return broken('the PROXY line names an unknown protocol');
  const [source = '', destination = '', ...ports] = fields;
  if (ports.length !== 2 || !ports.every(isPort)) return broken('the PROXY line has no two valid ports');
  const isOfFamily = (address: string): boolean =>
    address.includes(':') === (protocol === 'TCP6') && addressBytes(address) !== undefined;
  if (!isOfFamily(source) || !isOfFamily(destination))
    return broken(`the PROXY line has an address that is not one of ${protocol}`);
  return header(canonicalAddress(source), length);
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;

/** Signature, version and command, family and protocol, length of what follows (section 2.2). */
const VERSION_2_HEAD_BYTES = 16;
/** Addresses take 36 bytes at most; further fields may hold as much as the certificate of a TLS client. */
const MAX_VERSION_2_BYTES = 4_096;
const LOCAL = 0x20;
const PROXY = 0x21;

function readVersion2(bytes: Buffer): HeaderReading {
  if (bytes.length < VERSION_2_HEAD_BYTES) return INCOMPLETE;
  const length = VERSION_2_HEAD_BYTES + bytes.readUInt16BE(14);
  const command = bytes.readUInt8(12);
  if (command !== LOCAL && command !== PROXY)
    return broken('the PROXY header has an unknown version or command');
  if (length > MAX_VERSION_2_BYTES) return broken('the PROXY header is too large');
  if (bytes.length < length) return INCOMPLETE;
  return command === LOCAL ? header(undefined, length) : readBlock(bytes.subarray(0, length));
}

/** The families over TCP, by their code; the block holds two addresses, then two ports. */
const UNSPECIFIED = 0x00;
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0x11, 4],
  [0x21, 16],
]);

/** The addresses of a whole header, and what may stand after them. */
function readBlock(whole: Buffer): HeaderReading {
  const family = whole.readUInt8(13);
  // The sender could not tell, as with UNKNOWN in version 1: the connection's own address may be used (section 2.2).
  if (family === UNSPECIFIED) return header(undefined, whole.length);
  const size = ADDRESS_BYTES.get(family);
  if (size === undefined) return broken('the PROXY header is of a connection that has no IP address');
  const end = VERSION_2_HEAD_BYTES + 2 * size + 4;
  if (whole.length < end) return broken('the PROXY header is too short for its addresses');
  const problem = findProblem(whole, end);
  if (problem !== undefined) return broken(problem);
  const source = whole.subarray(VERSION_2_HEAD_BYTES, VERSION_2_HEAD_BYTES + size);
  return header(canonicalAddress(ipaddr.fromByteArray([...source]).toString()), whole.length);
}

const CRC32C_TYPE = 0x03;

/** What is wrong with the fields of type, length and value (section 2.2.1); their values are not used. */
function findProblem(whole: Buffer, start: number): string | undefined {
  let at = start;
  while (at < whole.length) {
    const value = at + 3;
    const end = value > whole.length ? value : value + whole.readUInt16BE(at + 1);
    if (end > whole.length) return 'the PROXY header has a field that does not end within it';
    if (whole[at] === CRC32C_TYPE && !isChecksum(whole, value, end))
      return 'the PROXY header does not have its checksum';
    at = end;
  }
  return undefined;
}

/** The checksum is that of the whole header with zeros in the checksum's place (section 2.2.4). */
function isChecksum(whole: Buffer, value: number, end: number): boolean {
  if (end - value !== 4) return false;
  const zeroed = Buffer.from(whole).fill(0, value, end);
  return crc32c(zeroed) === whole.readUInt32BE(value);
}
