import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ParsedHello, parseClientHello, type Walked } from '../../src/proxy/tunnels/client-hello.ts';
import {
  type Extension,
  firstFlight,
  GREASE_ECH,
  helloMessage,
  inRecords,
  messageIn,
  serverName,
  vector,
} from '../support/client-hello.ts';

const MAX_BYTES = 16_384;
const parse = (bytes: Buffer, walked?: Walked): ParsedHello => parseClientHello(bytes, MAX_BYTES, walked);

const anyExtension: fc.Arbitrary<Extension> = fc.tuple(
  fc.integer({ min: 1, max: 0xfd00 }),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);

/** Well-formed hellos with and without a name, an ECH, and other extensions around them. */
const anyHello = fc
  .record({
    name: fc.option(fc.domain(), { nil: undefined }),
    hasEch: fc.boolean(),
    others: fc.uniqueArray(anyExtension, { maxLength: 6, selector: ([type]) => type }),
    place: fc.nat({ max: 6 }),
  })
  .map(({ name, hasEch, others, place }) => {
    const extensions = [...others];
    if (name !== undefined) extensions.splice(place, 0, serverName(name));
    return { name, hasEch, message: helloMessage(hasEch ? [GREASE_ECH, ...extensions] : extensions) };
  });

/** Cuts bytes into pieces whose sizes are these, over and over. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
const inRecordsOf = (message: Buffer, ofSizes: readonly number[]): Buffer =>
  Buffer.concat(cut(message, ofSizes).flatMap((fragment) => [Buffer.from([22, 3, 3]), vector(2, fragment)]));

// Covers: EV-08; RFC 8446 section 5.1
test('a hello says the same in whatever records and segments it comes, and nothing before it is whole', () => {
  fc.assert(
    fc.property(anyHello, sizes, sizes, ({ name, hasEch, message }, recordSizes, segmentSizes) => {
      const bytes = inRecordsOf(message, recordSizes);
      const expected = {
        kind: 'hello',
        serverName: name === undefined ? { kind: 'absent' } : { kind: 'host', host: name.toLowerCase() },
        hasEch,
      };
      let length = 0;
      let walked: Walked | undefined;
      for (const segment of cut(bytes, segmentSizes)) {
        length += segment.length;
        const parsed = parse(bytes.subarray(0, length), walked);
        expect(parse(bytes.subarray(0, length))).toEqual(parsed); // from the first byte it says the same
        if (length === bytes.length) expect(parsed).toEqual(expected);
        else if (parsed.kind === 'need-more') walked = parsed.walked;
        else throw new Error(`${parsed.kind} after ${length} of ${bytes.length}`);
      }
    }),
  );
});

test('need-more never asks for more than the whole, nor for what is there already', () => {
  fc.assert(
    fc.property(anyHello, sizes, fc.nat(), ({ message }, recordSizes, cutAt) => {
      const bytes = inRecordsOf(message, recordSizes);
      const length = cutAt % bytes.length;
      const parsed = parse(bytes.subarray(0, length));
      if (parsed.kind !== 'need-more') throw new Error(`${parsed.kind} after ${length} of ${bytes.length}`);
      expect(parsed.atLeast).toBeGreaterThan(length);
      expect(parsed.atLeast).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

// Covers: EV-08; EV-19
test('no bytes at all make it throw', () => {
  const anyBytes = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  const inOneRecord = anyBytes.filter(({ length }) => length > 0).map((bytes) => inRecords(bytes));
  const asAHello = anyBytes.map((body) => {
    const header = Buffer.from([1, 0, 0, 0]);
    header.writeUInt16BE(body.length, 2);
    return inRecords(Buffer.concat([header, body]));
  });
  fc.assert(
    fc.property(fc.oneof(anyBytes, inOneRecord, asAHello), (bytes) => {
      expect(['need-more', 'not-tls', 'malformed', 'hello']).toContain(parse(bytes).kind);
    }),
    { numRuns: 2_000 },
  );
});

test('a hello in which any bytes are changed makes no fault, and gives no name that is not canonical', async () => {
  const original = await firstFlight({ servername: 'www.example.org', ecdhCurve: 'X25519' });
  const changes = fc.array(fc.tuple(fc.nat({ max: original.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(changes, (changed) => {
      const bytes = Buffer.from(original);
      for (const [at, value] of changed) bytes[at] = value;
      const parsed = parse(bytes);
      if (parsed.kind === 'hello' && parsed.serverName.kind === 'host')
        expect(parsed.serverName.host).toMatch(/^[a-z0-9._-]+$/);
    }),
    { numRuns: 2_000 },
  );
});

test('a message cut short gives no name, wherever it is cut and whatever its record claims', async () => {
  const message = messageIn(await firstFlight({ servername: 'www.example.org', ecdhCurve: 'X25519' }));
  for (let length = 1; length < message.length; length++) {
    expect(parse(inRecords(message.subarray(0, length))).kind).toBe('need-more');
    const lying = Buffer.from(message.subarray(0, length));
    if (length > 4) lying.writeUIntBE(length - 4, 1, 3); // as if that were all of it
    const parsed = parse(inRecords(lying));
    if (parsed.kind === 'hello') expect(parsed.serverName.kind).toBe('absent');
  }
});
