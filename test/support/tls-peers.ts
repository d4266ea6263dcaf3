import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';
import { createAuthority } from '../../src/tls/authority.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';

/** A certificate and its key, for servers whose clients ask nobody whether to trust it. */
export function serverCredentials(host: string): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'postern-credentials-'));
  try {
    const authority = createAuthority(folder, { now: new Date() });
    if (!authority.ok) throw new Error(JSON.stringify(authority.error));
    const { certificatePem, keyPem } = createLeafIssuer(authority.value)(host, new Date());
    return { cert: certificatePem, key: keyPem };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first flight of a TLS client. */
export async function clientHello(servername: string): Promise<Buffer> {
  const [near, far] = duplexPair();
  const client = tls.connect({ socket: near, servername });
  client.on('error', () => {});
  const [hello] = (await once(far, 'data')) as [Buffer];
  client.destroy();
  return hello;
}
