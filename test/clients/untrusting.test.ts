import { describe, expect, test } from 'vitest';
import { clientProgram, runOf } from '../support/client-site.ts';
import { newCa } from '../support/credentials.ts';
import { startProxy } from '../support/proxy.ts';

// Clients that do not trust the CA, and those that meet a Postern without one: what they do, and what the log says.

const PYTHON = '/usr/bin/python3';
const URL = 'https://blocked.test/';

/** The command of each, by the proxy and the file of a CA that has signed nothing here. */
type Untrusting = {
  readonly name: string;
  readonly from: string;
  readonly command: (proxy: string, otherCa: string) => readonly [program: string, args: readonly string[]];
  readonly cause: 'ca-unknown' | 'left-at-certificate';
  /** What it shows of a 403 to CONNECT. */
  readonly shows: RegExp;
};

const script = (name: string, program: string) => (proxy: string, otherCa: string) =>
  [program, [clientProgram(name), proxy, otherCa, URL]] as const;

const CLIENTS: readonly Untrusting[] = [
  {
    name: 'curl',
    from: 'Debian: curl',
    command: (proxy, otherCa) => ['curl', ['-sS', '-v', '-x', proxy, '--cacert', otherCa, URL]],
    cause: 'ca-unknown',
    shows:
      /^< Proxy-Status: postern; error=http_request_denied; details="rule no-blocked, incident [0-9A-Z-]+"/m,
  },
  {
    name: 'wget',
    from: 'Debian: wget',
    command: (proxy, otherCa) => {
      const through = ['-e', 'use_proxy=yes', '-e', `https_proxy=${proxy}`];
      return ['wget', [...through, '-O', '-', '--tries=1', `--ca-certificate=${otherCa}`, URL]];
    },
    cause: 'left-at-certificate',
    shows: /Proxy tunneling failed: Forbidden/,
  },
  {
    name: "Python's requests",
    from: 'Debian: python3-requests',
    command: script('requests_client.py', PYTHON),
    cause: 'ca-unknown',
    shows: /Tunnel connection failed: 403 Forbidden/,
  },
  {
    name: "Python's httpx",
    from: 'Debian: python3-httpx',
    command: script('httpx_client.py', PYTHON),
    cause: 'ca-unknown',
    shows: /ProxyError: 403 Forbidden/,
  },
  {
    name: "Python's aiohttp",
    from: 'Debian: python3-aiohttp',
    command: script('aiohttp_client.py', PYTHON),
    cause: 'left-at-certificate',
    shows: /ClientHttpProxyError: 403, message='Forbidden'/,
  },
  {
    name: 'Node with undici',
    from: 'npm: undici',
    command: script('undici-client.mjs', process.execPath),
    cause: 'left-at-certificate',
    shows: /Proxy response \(403\)/,
  },
  {
    name: 'Node with axios',
    from: 'npm: axios',
    command: script('axios-client.mjs', process.execPath),
    cause: 'left-at-certificate',
    shows: /It is blocked for a test\./,
  },
];

describe.each(CLIENTS)('$name ($from)', ({ from, command, cause, shows }) => {
  const runThrough = async (port: number) => {
    const [program, args] = command(`http://127.0.0.1:${port}`, newCa().file);
    return runOf(from, program, args);
  };

  test('does not take a page that is signed by a CA that it does not know, and the log tells how', async () => {
    const proxy = await startProxy();
    const { stdout } = await runThrough(proxy.port);
    expect(stdout).not.toContain('It is blocked for a test.');
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'block-page-unseen', cause }]);
  });

  test('is refused without a page where there is no CA, and shows as much as it does of that', async () => {
    const proxy = await startProxy({ config: { blockPage: { https: 'refuse' } } });
    const { stdout, stderr } = await runThrough(proxy.port);
    expect(stdout + stderr).toMatch(shows);
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([
      { kind: 'block-page-unseen', cause: 'connect-refused' },
    ]);
  });
});
