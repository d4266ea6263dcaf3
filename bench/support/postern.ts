import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, measureStart, type Start } from './server.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Where a Postern that is started with `folder` keeps its state. */
export const stateIn = (folder: string): string => join(folder, 'state');

/** Starts `postern serve` with a policy folder. Its state, and the CA that it makes, go to `folder`. */
export async function measurePosternStart(folder: string, policies: string): Promise<Start> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const config = join(folder, 'postern.yaml');
  const settings = {
    listen: [{ host: '127.0.0.1', port }],
    policies,
    certs: join(folder, 'certs'),
    state: stateIn(folder),
    workers: 1,
  };
  writeFileSync(config, JSON.stringify(settings)); // which is YAML
  return measureStart({ file: process.execPath, args: [MAIN, 'serve', '--config', config], port });
}
