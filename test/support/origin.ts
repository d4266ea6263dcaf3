import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createAuthority } from '../../src/tls/authority.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';

export type Origin = {
  readonly port: number;
  /** Connections accepted so far, and those still open. */
  readonly accepted: () => number;
  readonly open: () => number;
};

async function listen(server: net.Server): Promise<Origin> {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  server.on('connection', (socket: net.Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    accepted: () => accepted,
    open: () => sockets.size,
  };
}

/** A web server of the test's own. */
export function startHttpOrigin(
  handler: http.RequestListener,
  options: http.ServerOptions = {},
): Promise<Origin> {
  return listen(http.createServer(options, handler));
}

/** A server that speaks whatever bytes the test says. */
export function startRawOrigin(onConnection: (socket: net.Socket) => void): Promise<Origin> {
  return listen(net.createServer(onConnection));
}

/** A web server with a certificate of a CA of its own. */
export async function startHttpsOrigin(
  host: string,
  handler: http.RequestListener,
): Promise<Origin & { readonly ca: string; readonly caFile: string; readonly server: https.Server }> {
  const directory = mkdtempSync(join(tmpdir(), 'postern-origin-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const authority = createAuthority(directory, { now: new Date() });
  if (!authority.ok) throw new Error(JSON.stringify(authority.error));
  const { certificatePem, keyPem } = createLeafIssuer(authority.value)(host, new Date());
  const server = https.createServer({ cert: certificatePem, key: keyPem }, handler);
  return {
    ...(await listen(server)),
    ca: authority.value.certificatePem,
    caFile: join(directory, 'ca.crt'),
    server,
  };
}
