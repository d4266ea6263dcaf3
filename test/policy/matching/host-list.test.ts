import { describe, expect, test } from 'vitest';
import { type CompiledLists, compileLists, type HostList } from '../../../src/policy/matching/host-list.ts';
import { type Match, openNameTables } from '../../../src/policy/matching/name-table.ts';
import { describeProblem, errorOf, host, unwrap } from '../support.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const listOf = (text: string | Uint8Array, name = 'ads'): HostList => ({
  name,
  bytes: typeof text === 'string' ? bytesOf(text) : text,
  file: `policies/lists/${name}.txt`,
});

const compiled = (...texts: readonly string[]): CompiledLists =>
  unwrap(compileLists(texts.map((text, number) => listOf(text, `list-${number}`))));

const problemsOf = (text: string | Uint8Array): readonly string[] =>
  errorOf(compileLists([listOf(text)])).map(describeProblem);

/** The sets that cover the host by a name. */
function setsOf(lists: CompiledLists, name: string): readonly number[] {
  const into: Match[] = [];
  openNameTables(lists.table).collect(host(name), into);
  return into.map(({ set }) => set).toSorted();
}

describe('the lines of a list', () => {
  test('are domains in their four forms, addresses, networks and patterns', () => {
    const lists = compiled(
      'a.kr\n=b.kr\n*.c.kr\ndeepseek.*\n203.0.113.7\n[2001:DB8::7]\n203.0.113.0/24\n2001:db8::/32\n/^ai[0-9]+\\./\n',
    );
    expect(lists.counts).toEqual([9]);
    expect(lists.anySuffix).toEqual([['deepseek', 0]]);
    expect(lists.networks).toEqual([
      ['203.0.113.0/24', 0],
      ['2001:db8::/32', 0],
    ]);
    expect(lists.patterns).toEqual([['^ai[0-9]+\\.', 0]]);
    expect(lists.table.size).toBe(5);
    for (const name of ['a.kr', 'x.a.kr', 'b.kr', 'x.c.kr', '203.0.113.7', '[2001:db8::7]'])
      expect(setsOf(lists, name), name).toEqual([0]);
    for (const name of ['x.b.kr', 'c.kr', '203.0.113.8', '[2001:db8::8]'])
      expect(setsOf(lists, name), name).toEqual([]);
  });

  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['0xcb.0.113.7', '203.0.113.7'],
    ['203.0.113.7/32', '203.0.113.7'],
    ['2001:db8:0::7', '[2001:db8::7]'],
    ['2001:DB8::7/128', '[2001:db8::7]'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]', '203.0.113.7'],
  ])('a single address is a host, however it is written: %s', (line, address) => {
    const lists = compiled(line);
    expect(lists.networks).toEqual([]);
    expect(setsOf(lists, address)).toEqual([0]);
  });

  test.each([
    ['WWW.Example.ORG', 'www.example.org'],
    ['*.Example.ORG', 'x.example.org'],
    ['=example.org.', 'example.org'],
    ['한국.example', 'xn--3e0b707e.example'],
    ['xn--3e0b707e.example', '한국.example'],
    ['under_score.example', 'x.under_score.example'],
    ['3com.com', '3com.com'],
    ['localhost', 'localhost'],
  ])('a name is stored as hosts are spelled: %s', (line, name) => {
    expect(setsOf(compiled(line), name)).toEqual([0]);
  });

  test('may be blank, comments, or have one after white space', () => {
    const lists = compiled(
      '# a list\n\n  \t \n a.kr \nb.kr # why\nc.kr\t# why\n\t# d.kr\n=e.kr#\n'.replace('#\n', '\n'),
    );
    expect(lists.counts).toEqual([4]);
    for (const name of ['a.kr', 'b.kr', 'c.kr', 'e.kr']) expect(setsOf(lists, name), name).toEqual([0]);
    expect(setsOf(lists, 'd.kr')).toEqual([]);
  });

  test('a `#` without white space before it belongs to the entry', () => {
    expect(problemsOf('a.kr#x')[0]).toContain('policies/lists/ads.txt:1:1: `a.kr#x` names no host');
    expect(problemsOf('/a[#]b/')[0]).toContain(
      'policies/lists/ads.txt:1:1: the pattern `a[#]b` waits for what is in no host',
    );
  });

  test('may end in CRLF, the last one in nothing, and the first may have a byte order mark', () => {
    const lists = compiled('\ufeffa.kr\r\nb.kr\r\n\r\nc.kr');
    expect(lists.counts).toEqual([3]);
    for (const name of ['a.kr', 'b.kr', 'c.kr']) expect(setsOf(lists, name), name).toEqual([0]);
  });

  test('said twice count twice and are found once', () => {
    const lists = compiled('a.kr\na.kr\nA.kr\n');
    expect(lists.counts).toEqual([3]);
    expect(lists.table.size).toBe(1);
    expect(setsOf(lists, 'a.kr')).toEqual([0]);
  });
});

test('several lists are one structure that knows which list says what', () => {
  const lists = compiled('a.kr\nb.kr\n', 'c.kr\n', 'b.kr\n/x/\n10.0.0.0/8\n10.0.0.0/8\nb.*\n');
  expect(lists.names).toEqual(['list-0', 'list-1', 'list-2']);
  expect(lists.counts).toEqual([2, 1, 5]);
  expect(setsOf(lists, 'a.kr')).toEqual([0]);
  expect(setsOf(lists, 'b.kr')).toEqual([0, 2]);
  expect([...lists.patterns, ...lists.networks, ...lists.anySuffix]).toEqual([
    ['x', 2],
    ['10.0.0.0/8', 2],
    ['b', 2],
  ]);
});

test('a list that says nothing is a problem: it may have been cut short', () => {
  expect(problemsOf('# nothing\n')).toEqual([
    expect.stringContaining(
      'policies/lists/ads.txt:1:1: the list is empty, so rules that name it would block nothing',
    ),
  ]);
});

test('the bytes of a list may lie in a part of an array', () => {
  const bytes = bytesOf('x.kr\na.kr\ny.kr').subarray(5, 9);
  const lists = unwrap(compileLists([listOf(bytes)]));
  expect(lists.counts).toEqual([1]);
  expect(setsOf(lists, 'a.kr')).toEqual([0]);
});

describe('a line that cannot be honoured is told with its place', () => {
  test.each([
    ['com', '1:1: `com` is a public suffix'],
    ['a.kr\nco.kr', '2:1: `co.kr` is a public suffix'],
    ['*.co.kr', '1:1: `*.co.kr` is a public suffix'],
    ['a.kawasaki.jp', '1:1: `a.kawasaki.jp` is a public suffix'],
    ['  https://a.kr/x', '1:3: `https://a.kr/x` is a URL'],
    ['a.kr/x', '1:1: `a.kr/x` names no host: the host holds a URL delimiter'],
    ['a..kr', '1:1: `a..kr` names no host: the host has an empty label'],
    ['0.0.0.0 a.kr', '1:1: `0.0.0.0 a.kr` names no host'],
    ['a.*.kr', '1:1: `a.*.kr` has a wildcard where none can stand'],
    ['*.127.0.0.1', '1:1: `*.127.0.0.1`: an address has no subdomains'],
    ['300.1.1.1', '1:1: `300.1.1.1` names no host'],
    ['10.0.0.1/8', '1:1: `10.0.0.1/8` has bits set beyond its prefix (did you mean 10.0.0.0/8?)'],
    ['10.0.0.0/33', '1:1: `10.0.0.0/33` has no valid prefix length'],
    ['2001:db8::zz', '1:1: `2001:db8::zz` names no host'],
    ['/a(/', '1:1: `a(` is not a pattern'],
    ['/(?=a)/', '1:1: `(?=a)` is not a pattern'],
    ['//', '1:1: `//` is not a pattern'],
    ['/a', '1:1: `/a` is not a pattern'],
    ['/.*/', '1:1: the pattern `.*` finds every host'],
    ['a.kr\u0000', '1:1: the line holds a control character'],
    ['# \u0000', '1:1: the line holds a control character'],
    ['a.kr\u001b[31m', '1:1: the line holds a control character'],
    [`${'a'.repeat(64)}.kr`, '1:1: `aaaa'],
    ['a'.repeat(5000), '1:1: the line is 5000 bytes long'],
  ])('%s', (text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`policies/lists/ads.txt:${problem}`);
  });

  test('text that is not UTF-8, be it in a comment', () => {
    expect(problemsOf(Uint8Array.of(0x61, 0xe9, 0x0a))).toEqual([
      'policies/lists/ads.txt:1:1: the line is not UTF-8 (save the file as UTF-8)',
    ]);
    expect(problemsOf(Uint8Array.of(0x23, 0xff))).toHaveLength(1);
  });

  test('a name that is a public suffix of the private section is a name, and one may be named alone', () => {
    expect(compiled('github.io\n=com\n').counts).toEqual([2]);
  });

  test('twenty of them for each list, and how many more there are', () => {
    const problems = errorOf(
      compileLists([listOf('com\n'.repeat(50)), listOf('a.kr\ncom\n', 'b'), listOf('com\n'.repeat(20), 'c')]),
    );
    expect(problems).toHaveLength(42);
    expect(problems[20]).toMatchObject({
      at: 'policies/lists/ads.txt',
      problem: '30 more lines cannot be read',
    });
    expect(problems[21]?.at).toBe('policies/lists/b.txt:2:1');
  });
});
