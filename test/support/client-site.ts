import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { startHttpOrigin, startHttpsOrigin } from './origin.ts';
import { type Ran, run } from './process.ts';
import { type Line, startProxy, type TestProxy } from './proxy.ts';
import { folderWith } from './temp-dir.ts';

/** What a client needs to go through Postern: who it is to trust is one file with both CAs. */
export type Site = {
  readonly proxy: TestProxy;
  readonly proxyUrl: string;
  readonly caFile: string;
  /** The CA of the origin over TLS alone; that of the block pages is `proxy.caFile`. */
  readonly originCaFile: string;
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly blockedUrl: string;
};

export type Fetched = { readonly status: number; readonly body: string };

/** A program that asks for a URL through a proxy, and uploads a file to it by PUT when there is one. */
export type Client = {
  readonly name: string;
  /** What has it: the Debian package, or the npm package. */
  readonly from: string;
  fetch(site: Site, url: string, file?: string): Promise<Fetched>;
};

export const UPLOAD_BYTES = 64 * 1024 * 1024;
/** A bound against hanging: the machine may be busy, and it is much to make, hash and send. */
export const UPLOAD_MS = 120_000;
const PAGE = 'what stands at the origin';

/** Origins in the clear and over TLS, which tell the hash of what they are sent, and a Postern before them. */
export async function startSite(): Promise<Site> {
  const http = await startHttpOrigin(answer);
  const https = await startHttpsOrigin('allowed.test', answer);
  const proxy = await startProxy({ connectPorts: [443, https.port] });
  const caFile = join(folderWith(), 'trusted.pem');
  writeFileSync(caFile, readFileSync(proxy.caFile, 'utf8') + https.ca);
  return {
    proxy,
    proxyUrl: `http://127.0.0.1:${proxy.port}`,
    caFile,
    originCaFile: https.caFile,
    httpUrl: `http://allowed.test:${http.port}/`,
    httpsUrl: `https://allowed.test:${https.port}/`,
    blockedUrl: 'https://blocked.test/',
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'PUT') {
    response.end(PAGE);
    return;
  }
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  request.once('end', () => response.end(hash.digest('hex')));
}

/** The four promises that each client shows, over a site of its own for each. */
export function clientPromises(client: Client): void {
  describe(`${client.name} (${client.from})`, () => {
    let site: Site;
    beforeEach(async () => {
      site = await startSite();
    });
    const decisions = async (): Promise<readonly Line[]> => site.proxy.linesOf('decision', 1);

    test('gets a page over HTTP', async () => {
      expect(await client.fetch(site, site.httpUrl)).toEqual({ status: 200, body: PAGE });
      expect(await decisions()).toMatchObject([{ via: 'http', host: 'allowed.test', action: 'forward' }]);
    });

    test('gets a page over HTTPS, through a tunnel', async () => {
      expect(await client.fetch(site, site.httpsUrl)).toEqual({ status: 200, body: PAGE });
      expect(await decisions()).toMatchObject([{ via: 'connect', host: 'allowed.test', action: 'forward' }]);
    });

    test('is shown the block page over HTTPS, and trusts it by the CA', async () => {
      const { status, body } = await client.fetch(site, site.blockedUrl);
      const [decision] = await decisions();
      expect(status).toBe(403);
      expect(body).toContain('It is blocked for a test.');
      expect(body).toContain(decision?.code);
      expect(decision).toMatchObject({ via: 'connect', host: 'blocked.test', action: 'block' });
      expect(await site.proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'block-page-served' }]);
    });

    test.each(['HTTP', 'HTTPS'])(
      'uploads 64 MB over %s, and every byte arrives',
      async (scheme) => {
        const file = join(folderWith(), 'upload');
        const bytes = randomBytes(UPLOAD_BYTES);
        writeFileSync(file, bytes);
        const url = scheme === 'HTTP' ? site.httpUrl : site.httpsUrl;
        const sent = createHash('sha256').update(bytes).digest('hex');
        expect(await client.fetch(site, url, file)).toEqual({ status: 200, body: sent });
        const [outcome] = await site.proxy.linesOf('outcome', 1);
        expect(outcome?.bytesUp).toBeGreaterThanOrEqual(UPLOAD_BYTES);
      },
      UPLOAD_MS,
    );
  });
}

/** Runs a program of `from` that prints a status on the first line and the body after it. */
export async function fetchWith(
  from: string,
  program: string,
  args: readonly string[],
  files: readonly string[] = [],
): Promise<Fetched> {
  const { code, stdout, stderr } = await runOf(from, program, [...args, ...files]);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`);
  const [status = '', ...lines] = stdout.split('\n');
  return { status: Number(status), body: lines.join('\n').trimEnd() };
}

/** Runs a program, or says which package has what is missing. */
export async function runOf(from: string, program: string, args: readonly string[]): Promise<Ran> {
  const ran = await run(program, args, CLIENT_MS);
  const isMissing = ran.code === -1 || /ModuleNotFoundError|ERR_MODULE_NOT_FOUND/.test(ran.stderr);
  if (isMissing) throw new Error(`install ${from}: ${ran.stderr || `there is no ${program}`}`);
  return ran;
}

const CLIENT_MS = 100_000;

/** The path of a program of `test/clients/programs`. */
export const clientProgram = (name: string): string =>
  new URL(`../clients/programs/${name}`, import.meta.url).pathname;
