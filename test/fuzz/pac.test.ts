import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PacSettings, pacFor } from '../../src/pac/pac.ts';
import { addressLiteral, type Host, parseHost } from '../../src/policy/host.ts';
import { parseDomainPattern, patternCovers } from '../../src/policy/matching/domain-pattern.ts';
import { networkContains, parseNetwork } from '../../src/policy/network.ts';
import { unwrap } from '../policy/support.ts';
import { pacResolver } from '../support/pac.ts';

/** FUZZ_RUNS=10000 for a long search. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 500);

const DIRECT = {
  names: ['intranet.example', '=wiki.example', '*.corp.example', 'intranet'].map((text) =>
    unwrap(parseDomainPattern(text)),
  ),
  networks: ['10.1.0.0/17', '172.16.0.0/12', '192.0.2.7', 'fd00:2::/31', '2001:db8::/127'].map((text) =>
    unwrap(parseNetwork(text)),
  ),
};
const SETTINGS: PacSettings = {
  proxies: [{ scheme: 'http', host: 'proxy.example' as Host, port: 3128 }],
  direct: { ...DIRECT, plainNames: false },
  fallback: 'none',
};

/** What the program itself thinks of a host, by its own parser and its own sets. */
function isDirect(host: Host, plainNames: boolean): boolean {
  const literal = addressLiteral(host);
  if (literal !== undefined) return DIRECT.networks.some((network) => networkContains(network, literal));
  return (plainNames && !host.includes('.')) || DIRECT.names.some((pattern) => patternCovers(pattern, host));
}

/** Hosts that are listed, that nearly are, and others. */
const anyLabel = fc.stringMatching(/^[a-z0-9_-]{1,9}$/);
const name = fc
  .tuple(
    fc.array(anyLabel, { maxLength: 3 }),
    fc.constantFrom('', 'x', '-'),
    fc.constantFrom('intranet.example', 'wiki.example', 'corp.example', 'intranet', 'example', 'example.org'),
    fc.constantFrom('', '.evil.example', 'x', '.com'),
  )
  .map(([labels, joint, base, tail]) => [...labels, `${joint}${base}${tail}`].join('.'));
const near = (bytes: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .array(fc.tuple(fc.nat({ max: bytes.length * 8 - 1 })), { maxLength: 3 })
    .map((bits) =>
      bits.reduce(
        (all, [bit]) => all.with(bit >> 3, (all[bit >> 3] as number) ^ (0x80 >> (bit & 7))),
        [...bytes],
      ),
    );
const addressBytes = fc.oneof(...DIRECT.networks.map(({ bytes }) => near(bytes)), near([8, 8, 8, 8]));
const hexGroups = (bytes: readonly number[]): string[] =>
  Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] as number) << 8) | (bytes[2 * index + 1] as number)).toString(16),
  );
/** An IPv4 address as it is, or mapped; an IPv6 address in full, with a gap, or with an IPv4 address at its end. */
const address = fc.tuple(addressBytes, fc.nat({ max: 2 }), fc.boolean()).map(([bytes, form, bracketed]) => {
  const dotted = bytes.slice(-4).join('.');
  if (bytes.length === 4 && form === 0) return dotted;
  const text =
    bytes.length === 4
      ? `::ffff:${
          form === 1
            ? dotted
            : hexGroups([...new Array<number>(12).fill(0), ...bytes])
                .slice(6)
                .join(':')
        }`
      : form === 0
        ? hexGroups(bytes).join(':')
        : form === 1
          ? `${hexGroups(bytes).slice(0, 6).join(':')}:${dotted}`
          : hexGroups(bytes)
              .join(':')
              .replace(/(^|:)0(:0)+(:|$)/, '::');
  return bracketed ? `[${text}]` : text;
});
const anyHost = fc.oneof(name, address);

test.each([false, true])(
  'hosts go directly or by the proxy as the parser of hosts and the sets of the program have it; plain names: %s',
  async (plainNames) => {
    const find = await pacResolver(pacFor({ ...SETTINGS, direct: { ...DIRECT, plainNames } }));
    const seen = { DIRECT: 0, proxy: 0 };
    await fc.assert(
      fc.asyncProperty(anyHost, async (written) => {
        const bracketed = written.includes(':') && !written.startsWith('[') ? `[${written}]` : written;
        const host = parseHost(bracketed);
        if (!host.ok) return;
        const expected = isDirect(host.value, plainNames) ? 'DIRECT' : 'PROXY proxy.example:3128';
        seen[expected === 'DIRECT' ? 'DIRECT' : 'proxy']++;
        expect(await find('http://client.example/', host.value), host.value).toBe(expected);
        // A spelling of its own may go by the proxy where the canonical one would not. Never the other way round.
        if (expected !== 'DIRECT')
          expect(await find('http://client.example/', written), written).toBe(expected);
      }),
      { numRuns: RUNS },
    );
    expect(seen.DIRECT).toBeGreaterThan(20);
    expect(seen.proxy).toBeGreaterThan(20);
  },
);

test('any text for a host goes by the proxy or is listed, and ends nothing', async () => {
  const find = await pacResolver(pacFor(SETTINGS));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 })),
      async (text) => {
        const answer = await find('http://client.example/', text);
        if (answer !== 'PROXY proxy.example:3128')
          expect(isDirect(unwrap(parseHost(text.replace(/^([^[].*:.*)$/, '[$1]'))), false)).toBe(true);
      },
    ),
    { numRuns: RUNS },
  );
});
