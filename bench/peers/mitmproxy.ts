import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startServer } from '../support/server.ts';
import { blockedDomains } from '../traffic/site.ts';
import type { Contestant, Peer, Setting } from './contestant.ts';
import { pageOf } from './page.ts';

const MITMDUMP = '/usr/bin/mitmdump';
const ADDON = fileURLToPath(new URL('./mitmproxy-addon.py', import.meta.url));

/** It has no hosts file of its own, so that it is asked for the origin's address. Only what is blocked is opened. */
export const mitmproxy: Peer = {
  name: 'mitmproxy',
  debianPackage: 'mitmproxy',
  version() {
    if (!existsSync(MITMDUMP)) return undefined;
    const { stdout } = spawnSync(MITMDUMP, ['--version'], { encoding: 'utf8' });
    return /^Mitmproxy: (\S+)/m.exec(stdout)?.[0].replace('Mitmproxy:', 'mitmproxy');
  },
  start,
};

async function start({ folder: parent, core, pageBytes }: Setting): Promise<Contestant> {
  const folder = join(parent, 'mitmproxy');
  mkdirSync(folder);
  const port = await freePort();
  const site = join(folder, 'site.json');
  writeFileSync(
    site,
    JSON.stringify({
      blocked: blockedDomains,
      page: pageOf(pageBytes),
      log: join(folder, 'access.log'),
    }),
  );
  const options: Readonly<Record<string, string | number | boolean>> = {
    confdir: folder,
    listen_host: '127.0.0.1',
    listen_port: port,
    connection_strategy: 'lazy',
    upstream_cert: false,
    flow_detail: 0, // its own lines go to a terminal; the addon writes a log
    termlog_verbosity: 'error',
    bench_site: site,
  };
  const settings = Object.entries(options).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const args = ['--quiet', '--scripts', ADDON, '--ignore-hosts', '^127\\.0\\.0\\.1(:|$)', ...settings];
  const server = await startServer({ file: MITMDUMP, args, port, core });
  const caFile = join(folder, 'mitmproxy-ca-cert.pem');
  return { ...server, name: 'mitmproxy', port, originHost: '127.0.0.1', caFile, mayClose: false };
}
