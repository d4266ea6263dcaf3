import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { exchangeRaw, request } from '../support/client.ts';
import { BLOCKING_POLICY, startProxy } from '../support/proxy.ts';

const BLNS = join(ROOT, '../shared/data/strings/blns.json');
const OURS = [
  '\r\n{"event":"decision","action":"forward"}',
  '\x1b[2J\x1b]0;owned\x07',
  '\u202egnp.exe',
  '<script>alert(1)</script>',
  '"\'><img src=x onerror=alert(1)>',
  '\0',
  '=HYPERLINK("http://x")',
];
const strings: readonly string[] = [
  ...OURS,
  ...(existsSync(BLNS) ? (JSON.parse(readFileSync(BLNS, 'utf8')) as string[]) : []),
];

/** As a client puts text into a head: bytes of UTF-8, on one line. */
const bytes = (text: string): string => Buffer.from(text.replace(/[\r\n]+/g, '%0D%0A')).toString('latin1');

const PLACES: readonly (readonly [where: string, head: (text: string) => string])[] = [
  ['the host', (text) => `GET http://${bytes(text)}/ HTTP/1.1\r\nHost: x`],
  ['the host of a CONNECT', (text) => `CONNECT ${bytes(text)}:443 HTTP/1.1\r\nHost: x`],
  ['the path', (text) => `GET http://blocked.test/${bytes(text)} HTTP/1.1\r\nHost: x`],
  [
    'the escaped path',
    (text) => `GET http://blocked.test/${encodeURIComponent(text.toWellFormed())} HTTP/1.1\r\nHost: x`,
  ],
  ['Host', (text) => `GET http://blocked.test/ HTTP/1.1\r\nHost: ${bytes(text)}`],
  [
    'fields',
    (text) =>
      `GET http://blocked.test/ HTTP/1.1\r\nHost: x\r\nUser-Agent: ${bytes(text)}\r\nAccept: ${bytes(text)}\r\nAccept-Language: ${bytes(text)}`,
  ],
  [
    'a user name',
    (text) =>
      `GET http://blocked.test/ HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${Buffer.from(`${text}:${text}`).toString('base64')}`,
  ],
];

/** The elements that our pages are made of. */
const OWN_TAGS = new Set(
  'html head meta title style body header main footer section div p b span bdi h1 h2 dl dt dd ul li a time svg circle path details summary textarea'.split(
    ' ',
  ),
);

describe('naughty strings (the big list is left out where it is absent)', () => {
  // Covers: EV-19; EV-25; EV-27; EV-28
  test.for(PLACES)(
    'in %s do no harm: one line each, and no markup of theirs on the page',
    async ([, head]) => {
      // What blocks all dials nothing and asks no name server, whatever address a string may turn out to be.
      const proxy = await startProxy({
        policies: { 'office.yaml': BLOCKING_POLICY.replace('default: allow', 'default: block') },
        config: { blockPage: { https: 'refuse' } },
      });
      for (const text of strings) {
        const received = await exchangeRaw(
          proxy.port,
          `${head(text)}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
        );
        const page = received.slice(received.indexOf('\r\n\r\n'));
        expect(received).toMatch(/^HTTP\/1\.1 [45]\d\d /);
        expect(page.match(/<[^>]*\son[a-z]+=|javascript:/gi)).toBeNull();
        const tags = [...page.matchAll(/<\/?([a-z][^\s>]*)/gi)].map(([, tag = '']) => tag);
        expect(tags.filter((tag) => !OWN_TAGS.has(tag))).toEqual([]);
        // The field to copy from ends where we end it: each of ours is there once, with its end.
        for (const tag of ['details', 'summary', 'textarea'])
          expect([0, 2]).toContain(tags.filter((each) => each === tag).length);
      }
      const log = readFileSync(proxy.logFile, 'utf8');
      expect(log).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
      expect(proxy.lines().filter(({ event }) => event === 'decision')).toHaveLength(strings.length);
      expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
    },
  );
});
