import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adblockReader } from '../../src/lists/adblock.ts';
import { dnsmasqReader } from '../../src/lists/dnsmasq.ts';
import { type Counts, createGatherer } from '../../src/lists/gather.ts';
import { hostsReader } from '../../src/lists/hosts.ts';
import { plainReader, squidReader } from '../../src/lists/plain.ts';
import { rpzReader } from '../../src/lists/rpz.ts';
import { SQUIDGUARD_FILES, squidguardReader } from '../../src/lists/squidguard.ts';
import { v2flyReader } from '../../src/lists/v2fly.ts';
import { entriesOf, gather, refusedOf } from './support.ts';

const plain = (text: string) => gather(plainReader(), text.split('\n'));

describe('the entries', () => {
  test('are sorted, and none stands twice', () => {
    const { entries, counts } = plain('b.example\na.example\nB.example');
    expect(entries).toEqual(['a.example', 'b.example']);
    expect(counts).toMatchObject({ lines: 3, entries: 2, duplicates: 1 });
  });

  test('hold no name that a wider entry covers', () => {
    const { entries, counts } = plain(
      'a.example\nx.a.example\n=a.example\n*.a.example\n=y.x.a.example\nba.example',
    );
    expect(entries).toEqual(['a.example', 'ba.example']);
    expect(counts).toMatchObject({ entries: 2, folded: 4 });
  });

  test('keep a name beside what covers only those below it', () => {
    expect(plain('=a.example\n=b.a.example').entries).toEqual(['=a.example', '=b.a.example']);
  });

  test('join `=a.b` and `*.a.b` to `a.b`', () => {
    expect(plain('=a.example\n*.a.example').entries).toEqual(['a.example']);
  });

  test('hold no address that a network covers', () => {
    expect(plain('203.0.113.0/24\n203.0.113.7\n2001:db8::7\n2001:db8::/32').entries).toEqual([
      '2001:db8::/32',
      '203.0.113.0/24',
    ]);
  });
});

describe('an exception', () => {
  const adblock = (text: string) => entriesOf(adblockReader(), text);
  const HOLE = 'an exception inside a wider entry: a list cannot have holes';

  test('takes out its name and those below it, wherever it stands', () => {
    expect(adblock('@@||a.example^\n||a.example^\n||x.a.example^\n||b.example^')).toEqual(['b.example']);
  });

  test.each([
    ['a name above', '||a.example^', '@@||x.a.example^'],
    ['a pattern', '/^x\\.a/', '@@||x.a.example^'],
    ['a name under every suffix', '||ngrok.*^', '@@||ngrok.com^'],
    ['the subdomains too', '||a.example^', '@@|https://a.example^'],
  ])('that would cut a hole into %s is refused', (_name, rule, exception) => {
    expect(adblock(`${rule}\n${exception}`)).toHaveLength(1);
    expect(refusedOf(adblockReader(), `${rule}\n${exception}`)).toEqual([`2: ${HOLE}`]);
  });

  test('does not lift what is $important', () => {
    expect(adblock('||a.example^$important\n@@||a.example^')).toEqual(['a.example']);
  });

  test('of a policy zone and of dnsmasq takes out too', () => {
    expect(entriesOf(rpzReader(), 'a.example CNAME .\na.example CNAME rpz-passthru.')).toEqual([]);
    expect(entriesOf(dnsmasqReader(), 'local=/a.example/\nserver=/a.example/#')).toEqual([]);
    const zone = '24.0.113.0.203.rpz-ip CNAME .\n32.7.113.0.203.rpz-ip CNAME rpz-passthru.';
    expect(refusedOf(rpzReader(), zone)).toEqual([`2: ${HOLE}`]);
  });
});

test('exceptions are held while the list is read, and so there is a number beyond which they are refused', () => {
  const gatherer = createGatherer();
  const [item] = adblockReader()('@@||a.example^');
  if (item === undefined) throw new Error('the line gives no item');
  for (let line = 1; line <= 500_002; line += 1) gatherer.take({ line }, '@@||a.example^', [item]);
  const { counts, reasons } = gatherer.finish();
  expect(counts).toMatchObject({ exceptions: 500_000, refused: 2 });
  expect(reasons).toEqual([['beyond the 500,000 exceptions that a list may have', 2]]);
});

/** All that may become of an item. */
function accountedFor({ lines, items, ...parts }: Counts): boolean {
  return items >= lines && Object.values(parts).reduce((sum, part) => sum + part, 0) === items;
}

const TOKENS = [
  ...[
    '0.0.0.0 ',
    '127.0.0.1 ',
    '||',
    '@@||',
    '^',
    '$important',
    '$script',
    '/',
    '=',
    '*.',
    '.',
    '.*',
    '#',
    '!',
    ';',
  ],
  ...['a.example', 'x.a.example', 'b.example', 'com', 'co.kr', 'localhost', '203.0.113.7', '[2001:db8::7]'],
  ...['address=/', 'server=/', 'local=/', ' CNAME .', ' CNAME rpz-passthru.', '$ORIGIN ', ' SOA ', '(', ')'],
  ...[
    'full:',
    'regexp:',
    'keyword:',
    'include:',
    ' @cn',
    ' &x',
    '24.0.113.0.203.rpz-ip',
    ' ',
    '\t',
    '\uFFFD',
    '\u0000',
  ],
];
const anyLine = fc.oneof(
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 5 }).map((tokens) => tokens.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

describe('every line is accounted for, whatever is in it', () => {
  test.each([
    ['plain', plainReader],
    ['squid', squidReader],
    ['hosts', () => hostsReader(false)],
    ['dnsmasq', dnsmasqReader],
    ['adblock', adblockReader],
    ...SQUIDGUARD_FILES.map((file) => [`ut1 ${file}`, () => squidguardReader(file)] as const),
    ['rpz', rpzReader],
    ['v2fly', () => v2flyReader([])],
  ] as const)('%s', (_format, reader) => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 20 }), (lines) => {
        const { counts, entries } = gather(reader(), lines);
        expect(counts.lines).toBe(lines.length);
        expect(accountedFor(counts)).toBe(true);
        // What is written can be read again, and says the same.
        expect(gather(plainReader(), entries).entries).toEqual(entries);
      }),
      { numRuns: 300 },
    );
  });
});
