import { Duplex } from 'node:stream';
import tls from 'node:tls';

/** An extension of a ClientHello: its type, and its data. */
export type Extension = readonly [type: number, data: Buffer];

/** A vector with a length of so many bytes before it (RFC 8446 section 3.4). */
export function vector(lengthBytes: 1 | 2, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

/** The `server_name` extension (RFC 6066 section 3) with these host names. */
export function serverName(...names: readonly string[]): Extension {
  const entries = names.map((name) =>
    Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name, 'latin1'))]),
  );
  return [0, vector(2, Buffer.concat(entries))];
}

/** What a browser's GREASE ECH looks like (RFC 9849 section 6.2): outer, a cipher suite, an id, a key, a payload. */
export const GREASE_ECH: Extension = [
  0xfe0d,
  Buffer.concat([
    Buffer.from([0, 0, 1, 0, 1, 42]),
    vector(2, Buffer.alloc(32, 7)),
    vector(2, Buffer.alloc(144, 9)),
  ]),
];

/** A ClientHello message; without extensions it ends where TLS 1.2 lets it end. */
export function helloMessage(extensions?: readonly Extension[]): Buffer {
  const written = (extensions ?? []).map(([type, data]) =>
    Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, data)]),
  );
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 5),
    vector(1, Buffer.alloc(32, 6)),
    vector(2, Buffer.from([0x13, 0x01, 0xc0, 0x2b])),
    vector(1, Buffer.from([0])),
    ...(extensions === undefined ? [] : [vector(2, Buffer.concat(written))]),
  ]);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  header[0] = 1;
  return Buffer.concat([header, body]);
}

/** A message in handshake records of at most so many bytes each. */
export function inRecords(message: Buffer, size = 16_384): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size)
    records.push(Buffer.from([22, 3, 1]), vector(2, message.subarray(at, at + size)));
  return Buffer.concat(records);
}

/** A ClientHello of our own making for this name, in one record. */
export const helloFor = (name: string): Buffer => inRecords(helloMessage([serverName(name)]));

/** The message inside whole handshake records. */
export function messageIn(records: Buffer): Buffer {
  const fragments: Buffer[] = [];
  for (let at = 0; at < records.length; ) {
    const end = at + 5 + records.readUInt16BE(at + 3);
    fragments.push(records.subarray(at + 5, end));
    at = end;
  }
  return Buffer.concat(fragments);
}

/** The first flight of Node's own TLS client, caught on its way to nowhere. */
export function firstFlight(options: tls.ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
        socket.destroy();
      },
    });
    tls.connect({ ...options, socket }).on('error', reject);
  });
}
