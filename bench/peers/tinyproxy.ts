import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServer } from '../support/server.ts';
import { blockedDomains } from '../traffic/site.ts';
import type { Contestant, Peer, Setting } from './contestant.ts';
import { pageOf } from './page.ts';

const TINYPROXY = '/usr/bin/tinyproxy';
const MAX_CLIENTS = 8_192;

/** It has no hosts file of its own, so that it is asked for the origin's address. Over TLS it shows no page. */
export const tinyproxy: Peer = {
  name: 'tinyproxy',
  debianPackage: 'tinyproxy',
  version() {
    if (!existsSync(TINYPROXY)) return undefined;
    return spawnSync(TINYPROXY, ['-v'], { encoding: 'utf8' }).stdout.trim();
  },
  start,
};

async function start({ folder: parent, core, origins, pageBytes }: Setting): Promise<Contestant> {
  const folder = join(parent, 'tinyproxy');
  mkdirSync(folder);
  const port = await freePort();
  const [config, page, filter] = ['tinyproxy.conf', 'page.html', 'filter'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(page, pageOf(pageBytes));
  writeFileSync(
    filter,
    blockedDomains.map((domain) => `(^|\\.)${domain.replaceAll('.', '\\.')}$\n`).join(''),
  );
  const { exchange, down, up } = origins;
  writeFileSync(
    config,
    [
      `Port ${port}`,
      'Listen 127.0.0.1',
      'Timeout 600',
      'Allow 127.0.0.1',
      `LogFile "${join(folder, 'tinyproxy.log')}"`,
      'LogLevel Connect',
      `MaxClients ${MAX_CLIENTS}`,
      ...[443, exchange, down, up].map((allowed) => `ConnectPort ${allowed}`),
      `Filter "${filter}"`,
      'FilterExtended On',
      `ErrorFile 403 "${page}"`,
      `DefaultErrorFile "${page}"`,
      '',
    ].join('\n'),
  );
  const server = await startServer({ file: TINYPROXY, args: ['-d', '-c', config], port, core });
  return { ...server, name: 'tinyproxy', port, originHost: '127.0.0.1', caFile: undefined, mayClose: true };
}
