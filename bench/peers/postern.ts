import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Command, freePort, measureStart, type Start, startServer } from '../support/server.ts';
import {
  BLOCK_MARKER,
  BROWSER_FIELDS,
  blockedDomains,
  ORIGIN_NAME,
  type OriginPorts,
  RELOADED_NAME,
} from '../traffic/site.ts';
import type { Contestant, Setting } from './contestant.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Where a Postern that is started with `folder` keeps its state. */
export const stateIn = (folder: string): string => join(folder, 'state');

/** Starts `postern serve` with a policy folder. Its state, and the CA that it makes, go to `folder`. */
export async function measurePosternStart(folder: string, policies: string): Promise<Start> {
  const port = await freePort();
  const config = writeConfig(folder, port, { policies });
  return measureStart({ file: process.execPath, args: [MAIN, 'serve', '--config', config], port });
}

/** Postern as one process, with the site's domains blocked and its log on. */
export function startPostern(setting: Omit<Setting, 'pageBytes'>): Promise<Contestant> {
  const policy = posternPolicyIn(setting.folder);
  mkdirSync(dirname(policy), { recursive: true });
  writeFileSync(policy, policyText(blockedDomains));
  const { folder, core, origins } = setting;
  return servePostern({
    name: 'Postern',
    folder: join(folder, 'postern'),
    policies: dirname(policy),
    origins,
    core,
  });
}

export type PosternSetup = {
  readonly name: string;
  /** For its configuration, its CA and its state. */
  readonly folder: string;
  readonly policies: string;
  readonly origins: OriginPorts;
  readonly core: Command['core'];
  /** One unless it says otherwise: so that it has the one processor that each of its peers has. */
  readonly workers?: number;
  /** Names beside the origin's own that it finds in its hosts file, at 127.0.0.1. */
  readonly names?: readonly string[];
  /** Without any per client unless it says otherwise: all the load is one. */
  readonly limits?: Readonly<Record<string, unknown>>;
};

/** Postern with a policy folder, open towards the origins. */
export async function servePostern(setup: PosternSetup): Promise<Contestant> {
  const { name, folder, policies, origins, core, workers = 1, names = [], limits = NO_LIMITS } = setup;
  const { exchange, down, up, sized } = origins;
  const port = await freePort();
  const config = writeConfig(folder, port, {
    policies,
    workers,
    egress: {
      connectPorts: [443, exchange, down, up, sized],
      internalNetworks: ['127.0.0.0/8'], // where the origins are
      dns: {
        servers: ['127.0.0.1'],
        hosts: Object.fromEntries(
          [ORIGIN_NAME, RELOADED_NAME, ...names].map((host) => [host, ['127.0.0.1']]),
        ),
      },
    },
    limits,
  });
  const args = [MAIN, 'serve', '--config', config];
  const server = await startServer({ file: process.execPath, args, port, core });
  return {
    ...server,
    name,
    port,
    originHost: ORIGIN_NAME,
    caFile: join(folder, 'certs', 'ca.crt'),
    mayClose: false,
  };
}

const NO_LIMITS = { exempt: ['127.0.0.0/8'] };

/** The policy file of a running Postern; it reads it anew on HUP. */
export const posternPolicyIn = (folder: string): string => join(folder, 'postern', 'policies', 'bench.yaml');

export const policyText = (blocked: readonly string[]): string =>
  JSON.stringify({
    department: 'bench',
    title: { en: 'Bench' },
    members: { networks: ['127.0.0.0/8'] },
    default: 'allow',
    rules: [{ id: 'blocked', block: { domains: blocked }, reason: { en: BLOCK_MARKER } }],
  }); // which is YAML

/** How long its block page is. */
export async function pageBytesOf({ port }: Contestant): Promise<number> {
  const page = await new Promise<string>((resolve, reject) => {
    const path = `http://${blockedDomains[0]}/`;
    request({ host: '127.0.0.1', port, path, headers: { ...BROWSER_FIELDS } }, (response) =>
      text(response).then(resolve, reject),
    )
      .on('error', reject)
      .end();
  });
  if (!page.includes(BLOCK_MARKER)) throw new Error(`Postern does not block as it should: ${page}`);
  return Buffer.byteLength(page);
}

function writeConfig(folder: string, port: number, settings: Readonly<Record<string, unknown>>): string {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'postern.yaml');
  const paths = { certs: join(folder, 'certs'), state: stateIn(folder) };
  const whole = { listen: [{ host: '127.0.0.1', port }], workers: 1, ...paths, ...settings };
  writeFileSync(config, JSON.stringify(whole)); // which is YAML
  return config;
}
