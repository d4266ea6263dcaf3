import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Server, startServer } from '../support/server.ts';
import { ORIGIN_BODY } from './site.ts';

const NGINX = '/usr/sbin/nginx';
const MAX_CONNECTIONS = 8_192;

/** Debian's nginx in the foreground, whose `/1k` is the origin's body. It keeps its connections and no log. */
export async function startNginx(
  parent: string,
  core: number | undefined,
): Promise<Server & { readonly port: number }> {
  if (!existsSync(NGINX))
    throw new Error('the origin is nginx, which is not installed (Debian: nginx-light)');
  const folder = join(parent, 'nginx');
  mkdirSync(folder);
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configText(folder, port));
  const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', config];
  return { ...(await startServer({ file: NGINX, args, port, core })), port };
}

const configText = (folder: string, port: number): string => `
daemon off;
worker_processes 1;
worker_rlimit_nofile ${MAX_CONNECTIONS * 2};
pid ${folder}/nginx.pid;
events { worker_connections ${MAX_CONNECTIONS}; }
http {
  access_log off;
  keepalive_requests 1000000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /1k { default_type text/plain; return 200 "${ORIGIN_BODY}"; }
  }
}
`;
