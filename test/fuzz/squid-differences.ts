/** What one and the same bytes came to, here and in Squid. */
export type Difference = { readonly name: string; readonly postern: string; readonly squid: string };

/** Why they differ: for vectors whose name and outcomes match. Each explains one difference at least. */
type Explanation = { readonly vectors: RegExp; readonly squid: RegExp; readonly why: string };

const EXPLANATIONS: readonly Explanation[] = [
  {
    vectors: /^response\/connection: HTTP.*(?:304|204)/,
    squid: /^bytes behind/,
    why: 'The origin sent a second response behind a 304 or a 204, which end with their heads. Squid passes those bytes on, and a client may take them for the answer to its next request. Postern drops them (RFC 9112 section 6.3).',
  },
  {
    vectors: /^response\/transfer-encoding: /,
    squid: /^200, broken off$/,
    why: 'Chunks that break the rules in the very segment of their head. Both reset the client, so that nobody takes the response for whole: Squid after the head has gone on, Postern before.',
  },
  {
    vectors: /^response\/sample: (?:RTSP|ICE) response$/,
    squid: /as HTTP\/0\.9/,
    why: 'llhttp reads a status line of RTSP or ICE like one of HTTP. Postern does not speak these, and answers 502. Squid takes the whole of it for an HTTP/0.9 body.',
  },
  {
    vectors: /^response\/(?:sample: Response starting with CRLF|connection: HTTP 100 first)/,
    squid: /as HTTP\/0\.9/,
    why: 'Empty lines before a status line: Postern skips them, as RFC 9112 section 2.2 advises for requests. Squid takes what follows for an HTTP/0.9 body.',
  },
  {
    vectors: /^response\//,
    squid: /as HTTP\/0\.9/,
    why: 'What does not begin like HTTP/1 Squid takes for an HTTP/0.9 body, and makes a 200 of it. Postern speaks HTTP/1 alone: it is a 502, so that no other protocol’s greeting comes to look like a page.',
  },
  {
    vectors: /^response\//,
    squid: /^200$/,
    why: 'Squid reads bare CR or LF, a tab for a space and odd versions in a response as if they were right. To read what another would read differently is how responses get split, so Postern answers 502 (RFC 9112 sections 2.2 and 11.1).',
  },
  {
    vectors:
      /^request\/(?:transfer-encoding: POST with `Transfer-Encoding` and|content-length: Error on simultaneous)/,
    squid: /forwarded/,
    why: 'Squid takes the chunks and leaves the length aside, as RFC 9112 section 6.3 allows. Postern refuses both together, as it advises: honest clients send no such thing.',
  },
  {
    vectors: /^request\/invalid: (?:ICE protocol and|HTTP protocol and ANNOUNCE)/,
    squid: /forwarded/,
    why: 'Squid passes on any method and takes any protocol’s name. Postern speaks HTTP alone, and answers 501 to methods of other protocols.',
  },
  {
    vectors: /^request\/invalid: Invalid method$/,
    squid: /forwarded/,
    why: 'Squid passes on methods that it does not know. Postern has a list of some 35, and answers 501 to others.',
  },
  {
    vectors:
      /^request\/(?:connection: Not treating|invalid: (?:Headers separated by CR|Empty headers separated by CR))/,
    squid: /forwarded/,
    why: 'A bare CR inside a field: Squid goes on with it, Postern refuses it. RFC 9112 section 2.2 lets a proxy refuse it or make it a space.',
  },
  {
    vectors: /^request\/lenient-header/,
    squid: /forwarded/,
    why: 'A form feed in a value: Squid passes it on, Postern’s parser takes no control character but the tab (RFC 9110 section 5.5).',
  },
  {
    vectors: /^request\/uri: (?:Disallow UTF-8|Fragment)/,
    squid: /forwarded/,
    why: 'Bytes beyond ASCII and `#` have no place in a target. Squid forwards both, Postern refuses both (RFC 9112 section 3.2): what one server cuts off another may not.',
  },
  {
    vectors: /^request\/method: PURGE/,
    squid: /^403$/,
    why: 'PURGE is a command to Squid’s own cache, closed by default. Postern has no cache, and passes it on like any method.',
  },
  {
    vectors: /^request\/content-length: Funky/,
    squid: /^411$/,
    why: 'A GET in HTTP/1.0 with a body: Squid does not take its length for one, Postern does (RFC 9112 section 6.3).',
  },
  {
    vectors: /^request\/connection: CRLF between requests, implicit/,
    squid: /forwarded$/,
    why: 'A second request that never ends: Squid closes the connection without a word, Postern answers 408 and has a line of it in the log.',
  },
  {
    vectors: /^request\//,
    squid: /^(?:400|405|411|501)$/,
    why: 'Both refuse it, by different statuses. Postern says 400 for framing that is faulty (RFC 9112 section 6.3), 501 for a coding or a method that it does not know, and 505 for a version.',
  },
  {
    vectors: /^request\//,
    squid: /^nothing$/,
    why: 'Squid closes the connection without an answer, or waits for more until it does. Postern says 400, and has a line of it in the log.',
  },
];

export function explain({ name, squid }: Difference): Explanation | undefined {
  return EXPLANATIONS.find((each) => each.vectors.test(name) && each.squid.test(squid));
}

/** docs/differences-from-squid.md, of what one run found; the explanations that nothing needed any more are problems. */
export function renderDifferences(
  differences: readonly Difference[],
  total: number,
): { readonly text: string; readonly problems: readonly string[] } {
  const unexplained = differences.filter((difference) => explain(difference) === undefined);
  const unused = EXPLANATIONS.filter(
    (each) => !differences.some((difference) => explain(difference) === each),
  );
  const sections = EXPLANATIONS.map((each) => {
    const own = differences.filter((difference) => explain(difference) === each);
    const rows = own.map(({ name, postern, squid }) => `| ${cell(name)} | ${postern} | ${squid} |`);
    return `${each.why}\n\n| vector | Postern | Squid |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return {
    text: `${INTRODUCTION.replace('TOTAL', `${total}`).replace('DIFFERENT', `${differences.length}`)}\n${sections.join('\n')}`,
    problems: [
      ...unexplained.map(
        ({ name, postern, squid }) => `${name}: ${postern} here, ${squid} in Squid, and nothing says why`,
      ),
      ...unused.map(({ why }) => `no difference is left for: ${why}`),
    ],
  };
}

const INTRODUCTION = [
  '# Differences from Squid',
  '',
  'The test vectors of llhttp, the parser in Node, are sent through Postern and through Squid 5.7 as Debian ships it, side by',
  'side: requests to an origin that records what arrives, responses from an origin that says them. Of TOTAL vectors',
  'DIFFERENT come out differently. This page lists them all, and says why. `test/fuzz/squid-differences.test.ts` writes it',
  '(`UPDATE_DIFFERENCES=1`) and holds it to what it finds.',
  '',
  '`1 forwarded` means that one whole request reached the origin, a number alone is the status that the client saw.',
  '',
].join('\n');

const cell = (text: string): string => text.replace(/[\\|<>*_]/g, '\\$&');
