import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { spawnClean } from './cli.ts';
import { run } from './process.ts';
import { folderWith, writeIn } from './temp-dir.ts';

const SQUID = '/usr/sbin/squid';

export const hasSquid = existsSync(SQUID);

export type Squid = { readonly port: number; readonly accessLog: () => string };

/** Whom alone a Squid lets through, by Basic. */
export type SquidUser = { readonly name: string; readonly password: string };

/**
 * Debian's Squid as a plain forward proxy on a free port, with `allowed.test` and `only-squid-knows.test` at 127.0.0.1;
 * stopped after the test.
 */
export async function startSquid(user?: SquidUser): Promise<Squid> {
  const folder = folderWith({ hosts: '127.0.0.1 allowed.test only-squid-knows.test\n' });
  chmodSync(folder, 0o777); // started by root, Squid goes on as another user
  const port = await freePort();
  const access = user === undefined ? ['http_access allow all'] : await accessFor(folder, user);
  writeFileSync(join(folder, 'squid.conf'), configText(folder, port, access));
  const squid = spawnClean(SQUID, ['-N', '-f', join(folder, 'squid.conf')], { cwd: folder });
  onTestFinished(async () => {
    if (squid.exitCode !== null || squid.signalCode !== null) return;
    const exited = once(squid, 'exit');
    squid.kill('SIGKILL');
    await exited;
  });
  await vi.waitFor(
    async () => {
      if (squid.exitCode !== null) throw new Error(readFileSync(join(folder, 'cache.log'), 'utf8'));
      const socket = net.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
    },
    { timeout: 20_000, interval: 50 },
  );
  return { port, accessLog: () => readFileSync(join(folder, 'access.log'), 'latin1') };
}

async function accessFor(folder: string, { name, password }: SquidUser): Promise<readonly string[]> {
  const { stdout: hash } = await run('openssl', ['passwd', '-apr1', password]);
  const users = writeIn(folder, 'users', `${name}:${hash}`);
  return [
    `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}`,
    'auth_param basic children 1',
    'acl known proxy_auth REQUIRED',
    'http_access allow known',
    'http_access deny all',
  ];
}

/** As it comes, but for what keeps it from reaching beyond this machine, and for waits that a test has no time for. */
const configText = (folder: string, port: number, access: readonly string[]): string =>
  [
    `http_port 127.0.0.1:${port}`,
    ...access,
    'cache deny all',
    'cache_mem 0 MB',
    `access_log stdio:${join(folder, 'access.log')}`,
    'cache_store_log none',
    `cache_log ${join(folder, 'cache.log')}`,
    `pid_filename ${join(folder, 'squid.pid')}`,
    `coredump_dir ${folder}`,
    `hosts_file ${join(folder, 'hosts')}`,
    'dns_nameservers 127.0.0.1',
    'dns_timeout 1 second',
    'netdb_filename none',
    'icp_port 0',
    'pinger_enable off',
    'visible_hostname squid.test',
    'max_filedescriptors 1024',
    'request_timeout 3 seconds',
    'request_start_timeout 3 seconds',
    'client_idle_pconn_timeout 3 seconds',
    'read_timeout 5 seconds',
    'client_lifetime 10 seconds',
    'shutdown_lifetime 0 seconds',
    '',
  ].join('\n');

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
