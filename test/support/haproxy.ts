import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { vi } from 'vitest';
import { spawnClean } from './cli.ts';
import { hasCommand } from './process.ts';
import { isListening } from './serve.ts';
import { folderWith } from './temp-dir.ts';

/** What these tests need from Debian: the package haproxy. */
export const hasHaproxy = hasCommand('haproxy');

/** An HAProxy that hands every connection on to a port of 127.0.0.1; `server` says how. Gives its own port. */
export async function startHaproxy(target: number, server: string, backend = ''): Promise<number> {
  const port = await freePort();
  const folder = folderWith({
    'haproxy.cfg': `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend clients
  bind 127.0.0.1:${port}
  default_backend postern
backend postern
  ${backend}
  server one 127.0.0.1:${target} ${server}
`,
  });
  const child = spawnClean('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { cwd: folder });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  await vi.waitUntil(
    () => {
      if (child.exitCode !== null) throw new Error(`haproxy ended: ${said}`);
      return isListening(port);
    },
    { timeout: 10_000, interval: 20 },
  );
  return port;
}

/** A port that nobody listens on; HAProxy cannot be asked which one it took. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
