import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, measureStart, type Start, startServer } from '../support/server.ts';
import { blockedDomains, ORIGIN_NAME, RELOADED_NAME } from '../traffic/site.ts';
import type { Contestant, Peer, Setting } from './contestant.ts';
import { pageOf } from './page.ts';
import { type BumpKey, prepareBump } from './squid-bump.ts';

const SQUID = '/usr/sbin/squid';
const DEBIAN_PACKAGE = 'squid-openssl';
const MAX_DESCRIPTORS = 16_384;

/** `Squid 5.7`, or undefined when Debian's Squid is not installed. */
export function squidVersion(): string | undefined {
  if (!existsSync(SQUID)) return undefined;
  const { stdout } = spawnSync(SQUID, ['-v'], { encoding: 'utf8' });
  return `Squid ${/Version (\S+)/.exec(stdout)?.[1] ?? ''}`.trim();
}

/** Writes a list for `dstdomain`, in which the leading dot means that name and all below it. */
export function writeSquidList(file: string, names: readonly string[]): void {
  writeFileSync(file, names.map((name) => `.${name}\n`).join(''));
}

/** Starts Squid in the foreground (`-N`: one process) with a list. All that it writes goes to `folder`. */
export async function measureSquidStart(folder: string, list: string): Promise<Start> {
  makeFolder(folder);
  const port = await freePort();
  const config = writeConfig(folder, [
    `http_port 127.0.0.1:${port}`,
    `acl listed dstdomain "${list}"`,
    'http_access deny listed',
    'http_access deny all',
    'access_log none',
    'hosts_file none',
    'max_filedescriptors 1024', // it allots memory for each, and machines differ widely in their limit
  ]);
  const start = await measureStart({ file: SQUID, args: ['-N', '-f', config], port });
  refuseComplaints(folder);
  return start;
}

/** Without ssl-bump, as it is commonly set up. */
export const squid: Peer = squidPeer('Squid', { accessLog: true });
/** To tell what the log costs. */
export const squidWithoutLog: Peer = squidPeer('Squid, no log', { accessLog: false });
/** With the same kind of key in its certificates as in Postern's. */
export const squidBump: Peer = squidPeer('Squid, ssl-bump', { accessLog: true, bump: 'P-256' });
/** With the kind of key of Squid's documentation. */
export const squidBumpRsa: Peer = squidPeer('Squid, ssl-bump, RSA', { accessLog: true, bump: 'RSA-2048' });

type Variant = { readonly accessLog: boolean; readonly bump?: BumpKey };

function squidPeer(name: string, variant: Variant): Peer {
  return {
    name,
    debianPackage: DEBIAN_PACKAGE,
    version: squidVersion,
    start: (setting) => startSquid(name, variant, setting),
  };
}

/** The file of what a running Squid blocks; it reads it anew on HUP. */
export const squidListIn = (folder: string, name = squid.name): string =>
  join(folderOf(folder, name), 'blocked.txt');

const folderOf = (folder: string, name: string): string => join(folder, name.replace(/\W+/g, '-'));

async function startSquid(name: string, { accessLog, bump }: Variant, setting: Setting): Promise<Contestant> {
  const folder = folderOf(setting.folder, name);
  makeFolder(folder);
  mkdirSync(join(folder, 'errors'));
  writeFileSync(join(folder, 'errors', 'ERR_BENCH'), pageOf(setting.pageBytes));
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 ${ORIGIN_NAME} ${RELOADED_NAME}\n`);
  const list = squidListIn(setting.folder, name);
  writeSquidList(list, blockedDomains);
  const port = await freePort();
  const bumping = bump === undefined ? undefined : prepareBump(folder, bump);
  const { exchange, down, up } = setting.origins;
  const config = writeConfig(folder, [
    `http_port 127.0.0.1:${port} ${bumping?.portOptions ?? ''}`,
    ...(bumping?.settings ?? []),
    `acl tls_ports port 443 ${exchange} ${down} ${up}`,
    `acl blocked dstdomain "${list}"`,
    'deny_info ERR_BENCH blocked',
    'http_access deny CONNECT !tls_ports',
    'http_access deny blocked',
    'http_access allow localhost',
    'http_access deny all',
    accessLog ? `access_log stdio:${join(folder, 'access.log')}` : 'access_log none',
    `hosts_file ${join(folder, 'hosts')}`,
    `error_directory ${join(folder, 'errors')}`,
    `max_filedescriptors ${MAX_DESCRIPTORS}`,
  ]);
  const server = await startServer({ file: SQUID, args: ['-N', '-f', config], port, core: setting.core });
  try {
    refuseComplaints(folder);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...server, name, port, originHost: ORIGIN_NAME, caFile: bumping?.caFile, mayClose: false };
}

function makeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  chmodSync(folder, 0o777); // started by root, Squid goes on as another user
}

/** A Squid of one process that keeps nothing and asks nobody, with its own lines before those of all. */
function writeConfig(folder: string, lines: readonly string[]): string {
  const config = join(folder, 'squid.conf');
  const common = [
    'cache deny all',
    'cache_mem 0 MB',
    'cache_store_log none',
    `cache_log ${join(folder, 'cache.log')}`,
    `pid_filename ${join(folder, 'squid.pid')}`,
    `coredump_dir ${folder}`,
    'netdb_filename none',
    'icp_port 0',
    'pinger_enable off',
    'dns_nameservers 127.0.0.1',
    'visible_hostname bench.example',
    'shutdown_lifetime 0 seconds',
  ];
  writeFileSync(config, [...lines, ...common, ''].join('\n'));
  return config;
}

/** A list of which Squid reads only a part would make it look better than it is. */
function refuseComplaints(folder: string): void {
  const log = readFileSync(join(folder, 'cache.log'), 'utf8');
  // Its other pages, which nobody asks for, it takes from where it was installed.
  const complaint = /^(?!.*loading file '.*\/errors\/).*\b(?:FATAL|ERROR|is a subdomain of).*$/m.exec(
    log,
  )?.[0];
  if (complaint !== undefined) throw new Error(`Squid complains: ${complaint}`);
}
