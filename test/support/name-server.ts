import dgram from 'node:dgram';
import net from 'node:net';
import { onTestFinished } from 'vitest';

export type Question = {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'other';
  readonly over: 'udp' | 'tcp';
};

export type DnsRecord = { readonly name?: string; readonly ttl?: number } & (
  | { readonly address: string }
  | { readonly alias: string }
);

/** What the server makes of a question. Records of the other family are left out by themselves. */
export type DnsReply =
  | { readonly records: readonly DnsRecord[] }
  | { readonly rcode: keyof typeof RCODES }
  /** Over UDP an empty answer that says there is more; over TCP the records. */
  | { readonly truncated: readonly DnsRecord[] }
  | { readonly bytes: Buffer }
  | 'silence';

const RCODES = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export type NameServer = {
  /** As `egress.dns.servers` takes it. */
  readonly address: string;
  /** The questions so far. */
  readonly asked: readonly Question[];
  /** The questions for a name. */
  askedFor(name: string): readonly Question[];
};

/** A DNS server of the test's own, over UDP and TCP on one port of 127.0.0.1; it goes when the test ends. */
export async function startNameServer(
  reply: (question: Question) => DnsReply | Promise<DnsReply>,
): Promise<NameServer> {
  const asked: Question[] = [];
  const answer = async (query: Buffer, over: Question['over']): Promise<Buffer | undefined> => {
    const question = { ...readQuestion(query), over };
    asked.push(question);
    return writeAnswer(query, question, await reply(question));
  };
  const tcp = net.createServer((socket) => serveTcp(socket, (query) => answer(query, 'tcp')));
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as net.AddressInfo;
  const udp = dgram.createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(port, '127.0.0.1', resolve);
  });
  let isOpen = true;
  udp.on('message', async (query, peer) => {
    const message = await answer(query, 'udp');
    if (message !== undefined && isOpen) udp.send(message, peer.port, peer.address);
  });
  onTestFinished(() => {
    isOpen = false;
    udp.close();
    tcp.close();
  });
  return {
    address: `127.0.0.1:${port}`,
    asked,
    askedFor: (name) => asked.filter((question) => question.name === name),
  };
}

/** Messages over TCP have their length before them (RFC 1035 section 4.2.2). */
function serveTcp(socket: net.Socket, answer: (query: Buffer) => Promise<Buffer | undefined>): void {
  let received = Buffer.alloc(0);
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.on('data', async (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const query = received.subarray(2, 2 + received.readUInt16BE(0));
      received = received.subarray(2 + query.length);
      const message = await answer(query);
      if (message !== undefined && socket.writable)
        socket.write(Buffer.concat([uint16(message.length), message]));
    }
  });
}

const HEADER_BYTES = 12;
const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;

function readQuestion(query: Buffer): Omit<Question, 'over'> {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  return {
    name: labels.join('.').toLowerCase(),
    type: type === TYPES.A ? 'A' : type === TYPES.AAAA ? 'AAAA' : 'other',
  };
}

function writeAnswer(query: Buffer, question: Question, reply: DnsReply): Buffer | undefined {
  if (reply === 'silence') return undefined;
  if ('bytes' in reply) return reply.bytes;
  const isCut = 'truncated' in reply && question.over === 'udp';
  const rcode = 'rcode' in reply ? RCODES[reply.rcode] : 0;
  const records = 'records' in reply ? reply.records : 'truncated' in reply && !isCut ? reply.truncated : [];
  const answers = records.filter((record) => 'alias' in record || typeOf(record) === question.type);
  const questionEnd = query.indexOf(0, HEADER_BYTES) + 5;
  return Buffer.concat([
    query.subarray(0, 2),
    uint16(0x8180 | (isCut ? 0x0200 : 0) | rcode), // a response, recursion desired and available
    uint16(1),
    uint16(answers.length),
    uint16(0),
    uint16(0),
    query.subarray(HEADER_BYTES, questionEnd),
    ...answers.map((record) => writeRecord(record, question.name)),
  ]);
}

function writeRecord(record: DnsRecord, asked: string): Buffer {
  const data = 'alias' in record ? nameBytes(record.alias) : addressBytes(record.address);
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(record.ttl ?? 300);
  return Buffer.concat([
    nameBytes(record.name ?? asked),
    uint16('alias' in record ? TYPES.CNAME : TYPES[typeOf(record)]),
    uint16(1),
    ttl,
    uint16(data.length),
    data,
  ]);
}

const typeOf = ({ address }: { readonly address: string }): 'A' | 'AAAA' =>
  net.isIPv4(address) ? 'A' : 'AAAA';

/** IPv6 addresses as the tests write them: with `::` or in full. */
function addressBytes(address: string): Buffer {
  if (net.isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head = '', tail = ''] = address.split('::');
  const zeros = new Array<number>(8 - groups(head).length - groups(tail).length).fill(0);
  return Buffer.concat([...groups(head), ...zeros, ...groups(tail)].map(uint16));
}

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
