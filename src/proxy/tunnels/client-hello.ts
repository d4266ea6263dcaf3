import { addressLiteral, type Host, parseHost } from '../../policy/host.ts';

/** What the first bytes of a tunnel turn out to be. */
export type ParsedHello =
  /** Nothing can be said before so many bytes, counted from the first, are there; to go on from `walked`. */
  | { readonly kind: 'need-more'; readonly atLeast: number; readonly walked: Walked }
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'malformed'; readonly problem: string }
  | ClientHello;

/** What a ClientHello (RFC 8446 section 4.1.2) says of where it wants to go. */
export type ClientHello = {
  readonly kind: 'hello';
  readonly serverName: ServerName;
  /** Whether it carries an encrypted ClientHello or the GREASE of one, which look alike (RFC 9849 section 6.2). */
  readonly hasEch: boolean;
};

/** The name in `server_name` (RFC 6066 section 3). One that is no host name is kept as it was sent, for the log. */
export type ServerName =
  | { readonly kind: 'host'; readonly host: Host }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly text: string };

/** The whole records at the beginning, so that no look at the same bytes begins anew. */
export type Walked = {
  /** Where they end. */
  readonly at: number;
  /** How many bytes of the message they carry. */
  readonly gathered: number;
  /** The message's first four bytes, as far as they are there: they may lie in as many records. */
  readonly header: number;
};

const NOTHING_WALKED: Walked = { at: 0, gathered: 0, header: 0 };

const RECORD_HEADER_BYTES = 5; // type, legacy_record_version, length (RFC 8446 section 5.1)
const MESSAGE_HEADER_BYTES = 4; // msg_type, length (RFC 8446 section 4)
const MAX_FRAGMENT_BYTES = 16_384; // RFC 8446 section 5.1
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;

/** Where `legacy_session_id` begins: after the message's header, legacy_version and random. */
const SESSION_ID_AT = MESSAGE_HEADER_BYTES + 2 + 32;

/**
 * The bytes so far → what they are. The message may lie in any number of records. What lengths claim is waited for,
 * within `maxBytes` of the stream, but no memory is set aside for it. Whatever two readers could read in two ways is
 * malformed: the server behind the tunnel must not find another name than the one that is found here.
 */
export function parseClientHello(bytes: Buffer, maxBytes: number, walked = NOTHING_WALKED): ParsedHello {
  if (bytes.length === 0) return { kind: 'need-more', atLeast: 1, walked };
  if (bytes[0] !== HANDSHAKE_RECORD) return { kind: 'not-tls' };
  const message = firstMessage(bytes, maxBytes, walked);
  return Buffer.isBuffer(message) ? readMessage(message) : message;
}

/** The first handshake message, freed of its records. The usual one lies in a single record and is not copied. */
function firstMessage(bytes: Buffer, maxBytes: number, walked: Walked): Buffer | ParsedHello {
  let { at, gathered, header } = walked;
  for (;;) {
    const start = at + RECORD_HEADER_BYTES;
    const needMore = (atLeast: number): ParsedHello => ({
      kind: 'need-more',
      atLeast,
      walked: { at, gathered, header },
    });
    if (bytes.length < start) return needMore(start + 1);
    if (bytes[at] !== HANDSHAKE_RECORD) return malformed('a record of another type stands within it');
    // The minor version means nothing (RFC 8446 section 5.1); another major one has never been.
    if (bytes[at + 1] !== 3) return malformed('its record is of no version of TLS');
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0) return malformed('one of its records is empty');
    if (length > MAX_FRAGMENT_BYTES) return malformed('one of its records is too long');
    const end = start + length;
    if (end > maxBytes) return malformed(`it is longer than ${maxBytes} bytes`);
    if (bytes.length < end) return needMore(end);

    for (let i = start; i < end && gathered + i - start < MESSAGE_HEADER_BYTES; i++)
      header = header * 256 + (bytes[i] ?? 0);
    gathered += length;
    at = end;
    if (gathered < MESSAGE_HEADER_BYTES) continue;

    if (header >>> 24 !== CLIENT_HELLO) return malformed('the first message of its handshake is another');
    const messageBytes = MESSAGE_HEADER_BYTES + (header & 0xffffff);
    if (messageBytes > maxBytes) return malformed(`it is longer than ${maxBytes} bytes`);
    if (gathered > messageBytes) return malformed('more than the message is in its last record');
    if (gathered === messageBytes)
      return gathered === length ? bytes.subarray(start, end) : withoutRecords(bytes.subarray(0, end));
  }
}

/** What whole records carry. */
function withoutRecords(records: Buffer): Buffer {
  const fragments: Buffer[] = [];
  for (let at = 0; at < records.length; ) {
    const start = at + RECORD_HEADER_BYTES;
    at = start + records.readUInt16BE(at + 3);
    fragments.push(records.subarray(start, at));
  }
  return Buffer.concat(fragments);
}

function readMessage(message: Buffer): ParsedHello {
  const suitesAt = endOfVector(message, SESSION_ID_AT, 1);
  const compressionAt = endOfVector(message, suitesAt, 2);
  const extensionsAt = endOfVector(message, compressionAt, 1);
  if (extensionsAt === BEYOND) return malformed('a length in it leads beyond its end');
  // Up to TLS 1.2 a ClientHello may end here (RFC 5246 section 7.4.1.2).
  if (extensionsAt === message.length)
    return { kind: 'hello', serverName: { kind: 'absent' }, hasEch: false };
  if (endOfVector(message, extensionsAt, 2) !== message.length)
    return malformed('its extensions do not end where it ends');
  return readExtensions(message, extensionsAt + 2);
}

function readExtensions(message: Buffer, first: number): ParsedHello {
  const types = new Set<number>();
  let serverName: ServerName = { kind: 'absent' };
  for (let at = first; at < message.length; ) {
    const end = endOfVector(message, at + 2, 2);
    if (end === BEYOND) return malformed('an extension leads beyond its end');
    const type = message.readUInt16BE(at);
    if (types.has(type)) return malformed(`it has two extensions of type ${type}`); // RFC 8446 section 4.2
    types.add(type);
    if (type === SERVER_NAME) {
      const text = onlyHostName(message, at + 4, end);
      if (text === undefined) return malformed('its server_name is not one host name');
      serverName = serverNameOf(text);
    }
    at = end;
  }
  return { kind: 'hello', serverName, hasEch: types.has(ENCRYPTED_CLIENT_HELLO) };
}

/**
 * The name in a ServerNameList. A list of several, or with a name of another type, is refused: no client sends one, and
 * servers differ in what they make of it.
 */
function onlyHostName(message: Buffer, at: number, end: number): string | undefined {
  const nameAt = at + 5; // the list's length, name_type, the name's length
  const isOne =
    endOfVector(message, at, 2) === end &&
    message[at + 2] === HOST_NAME &&
    endOfVector(message, at + 3, 2) === end &&
    nameAt < end;
  return isOne ? message.toString('latin1', nameAt, end) : undefined;
}

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/** As every host is made canonical. Names are ASCII on the wire, and an address is none (RFC 6066 section 3). */
function serverNameOf(text: string): ServerName {
  const host = PRINTABLE_ASCII.test(text) ? parseHost(text) : undefined;
  return host?.ok && addressLiteral(host.value) === undefined
    ? { kind: 'host', host: host.value }
    : { kind: 'invalid', text };
}

const BEYOND = -1;

/** Where a vector with a length of so many bytes ends; `BEYOND` when that is outside, as for all that would follow it. */
function endOfVector(message: Buffer, at: number, lengthBytes: 1 | 2): number {
  const start = at + lengthBytes;
  if (at === BEYOND || start > message.length) return BEYOND;
  const end = start + message.readUIntBE(at, lengthBytes);
  return end > message.length ? BEYOND : end;
}

const malformed = (problem: string): ParsedHello => ({ kind: 'malformed', problem });
