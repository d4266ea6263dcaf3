import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { exchangeRaw, openTunnel } from '../support/client.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { clientHello } from '../support/tls-peers.ts';

// How the log tells of block pages that nobody saw.

const causeOf = async (proxy: TestProxy): Promise<unknown> => {
  const [outcome] = await proxy.linesOf('outcome', 1);
  expect(outcome?.kind).toBe('block-page-unseen');
  return outcome?.cause;
};

// RFC 8446 section 6.2; the server is still to read the client's first encrypted record, so it takes one in the clear.
test.for([
  ['unknown_ca', 48, 'ca-unknown'],
  ['certificate_unknown', 46, 'ca-unknown'],
  ['bad_certificate', 42, 'certificate-refused'],
  ['unsupported_certificate', 43, 'certificate-refused'],
  ['certificate_revoked', 44, 'certificate-refused'],
  ['certificate_expired', 45, 'certificate-refused'],
  ['handshake_failure', 40, 'tls-refused'],
] as const)('a client that answers our certificate with %s leaves its cause', async ([, alert, cause]) => {
  const proxy = await startProxy();
  const client = await openTunnel(proxy.port, 'blocked.test:443');
  client.socket.write(await clientHello('blocked.test'));
  await client.until((received) => received.includes('\r\n\r\n\x16\x03'));
  client.socket.write(Buffer.from([21, 3, 3, 0, 2, 2, alert]));
  await client.closed();
  expect(await causeOf(proxy)).toBe(cause);
});

test('a client of Node that does not trust the CA leaves without a word, and the log tells when', async () => {
  const proxy = await startProxy();
  const { socket } = await openTunnel(proxy.port, 'blocked.test:443');
  socket.removeAllListeners('data');
  const refused = await new Promise<NodeJS.ErrnoException>((resolve) => {
    tls.connect({ socket, servername: 'blocked.test' }).once('error', resolve);
  });
  expect(refused.code).toMatch(/^(?:UNABLE_TO_|SELF_SIGNED)/);
  expect(await causeOf(proxy)).toBe('left-at-certificate');
});

describe('with blockPage.https: refuse', () => {
  test.for([
    ['text/plain', 'text/plain; charset=utf-8', 'It is blocked for a test.'],
    ['application/json', 'application/problem+json; charset=utf-8', 'It is blocked for a test.'],
    ['text/html', 'text/html; charset=utf-8', 'It is blocked for a test.'],
  ] as const)(
    'a client that asks for %s gets a whole 403, and no CA is made',
    async ([accept, type, text]) => {
      const proxy = await startProxy({ config: { blockPage: { https: 'refuse' } } });
      const head = `CONNECT blocked.test:443 HTTP/1.1\r\nHost: blocked.test\r\nAccept: ${accept}\r\n\r\n`;
      const received = await exchangeRaw(proxy.port, head);
      const [answer = '', body = ''] = received.split('\r\n\r\n');
      expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
      expect(answer).toContain(`Content-Type: ${type}`);
      expect(answer).toContain(`Content-Length: ${body.length}`); // in the bytes that `received` has for characters
      expect(answer).toContain('Connection: close');
      expect(body).toContain(text);
      expect(body).toContain(String((await proxy.linesOf('decision', 1))[0]?.code));
      expect(() => readFileSync(proxy.caFile)).toThrow('ENOENT');
      expect(await causeOf(proxy)).toBe('connect-refused');
    },
  );
});
