import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, measureStart, type Start } from '../support/server.ts';

const SQUID = '/usr/sbin/squid';

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
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  chmodSync(folder, 0o777); // started by root, Squid goes on as another user
  const port = await freePort();
  const config = join(folder, 'squid.conf');
  writeFileSync(config, configText(folder, list, port));
  const start = await measureStart({ file: SQUID, args: ['-N', '-f', config], port });
  refuseComplaints(join(folder, 'cache.log'));
  return start;
}

/** A Squid that denies whatever is asked, after looking it up in the list; it keeps nothing and asks nobody. */
const configText = (folder: string, list: string, port: number): string =>
  [
    `http_port 127.0.0.1:${port}`,
    `acl listed dstdomain "${list}"`,
    'http_access deny listed',
    'http_access deny all',
    'cache deny all',
    'cache_mem 0 MB',
    'access_log none',
    'cache_store_log none',
    `cache_log ${join(folder, 'cache.log')}`,
    `pid_filename ${join(folder, 'squid.pid')}`,
    `coredump_dir ${folder}`,
    'netdb_filename none',
    'icp_port 0',
    'pinger_enable off',
    'hosts_file none',
    'dns_nameservers 127.0.0.1',
    'visible_hostname bench.example',
    'max_filedescriptors 1024', // it allots memory for each, and machines differ widely in their limit
    'shutdown_lifetime 0 seconds',
    '',
  ].join('\n');

/** A list of which Squid reads only a part would make it look better than it is. */
function refuseComplaints(log: string): void {
  const complaint = /^.*\b(?:FATAL|ERROR|is a subdomain of).*$/m.exec(readFileSync(log, 'utf8'))?.[0];
  if (complaint !== undefined) throw new Error(`Squid complains: ${complaint}`);
}
