import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import type { Announcement } from '../../src/app/announcement.ts';
import { type Postern, startPostern } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';

/** A line of the decision log. */
export type Line = Record<string, unknown> & { readonly event: string; readonly id: string };

export type TestProxy = Postern & {
  readonly port: number;
  readonly dir: string;
  readonly caFile: string;
  readonly announcements: readonly Announcement[];
  lines(): Line[];
  /** Waits until as many lines of a kind are in the log, and gives them all. */
  linesOf(event: 'decision' | 'outcome', count: number): Promise<Line[]>;
  writePolicy(name: string, text: string): void;
};

export type ProxySetup = {
  /** Policy files by name; the default is one department for 127.0.0.1 that blocks blocked.test. */
  readonly policies?: Readonly<Record<string, string>>;
  /** Ports that CONNECT may ask for. */
  readonly connectPorts?: readonly number[];
  /** Further ports that CONNECT may ask for, on which a tunnel may carry anything. */
  readonly plainPorts?: readonly number[];
  readonly tunnels?: Record<string, unknown>;
  readonly egress?: Record<string, unknown>;
  readonly config?: Record<string, unknown>;
  readonly limits?: Partial<Config['limits']>;
};

export const BLOCKING_POLICY = `
department: office
title: { en: The Office, ko: 사무실 }
members: { networks: [127.0.0.1] }
default: allow
contact: { email: help@office.test }
rules:
  - id: no-blocked
    block: { domains: [blocked.test] }
    reason: { en: It is blocked for a test., ko: 시험을 위해 차단되었습니다. }
`;

/** Tests wait for nobody when they stop, and ask faster than people. */
const TEST_LIMITS = {
  drainMs: 0,
  requestsPerMinutePerClient: 10_000_000,
  requestBurstPerClient: 10_000_000,
  certificatesPerMinutePerClient: 10_000_000,
  certificateBurstPerClient: 10_000_000,
};

const NAMES = ['allowed.test', 'www.allowed.test', 'other.test', 'blocked.test', 'moved.test'];

/** A Postern of the test's own, on a free port, whose names all lead to 127.0.0.1; stopped when the test ends. */
export async function startProxy(setup: ProxySetup = {}): Promise<TestProxy> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-'));
  const writePolicy = (name: string, text: string): void => {
    const path = join(dir, 'policies', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  for (const [name, text] of Object.entries(setup.policies ?? { 'office.yaml': BLOCKING_POLICY }))
    writePolicy(name, text);
  writeFileSync(join(dir, 'postern.yaml'), stringify(configOf(setup)));
  const config = loadConfig({ file: join(dir, 'postern.yaml'), flags: [], environment: {}, cwd: dir });
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const announcements: Announcement[] = [];
  const limits = { ...config.value.limits, ...TEST_LIMITS, ...setup.limits };
  const postern = await startPostern({ ...config.value, limits }, (announcement) =>
    announcements.push(announcement),
  );
  if (!postern.ok) throw new Error(JSON.stringify(postern.error));
  onTestFinished(async () => {
    await postern.value.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const lines = (): Line[] =>
    readFileSync(postern.value.logFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  return {
    ...postern.value,
    port: postern.value.endpoints[0]?.port ?? 0,
    dir,
    caFile: join(dir, 'certs', 'ca.crt'),
    announcements,
    lines,
    writePolicy,
    linesOf: (event, count) =>
      vi.waitFor(
        () => {
          const found = lines().filter((line) => line.event === event);
          if (found.length < count) throw new Error(`${found.length} of ${count} ${event} lines`);
          return found;
        },
        { timeout: 10_000, interval: 10 },
      ),
  };
}

function configOf({
  connectPorts = [443],
  plainPorts = [],
  tunnels,
  egress,
  config,
}: ProxySetup): Record<string, unknown> {
  return {
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 1, // this process
    egress: {
      connectPorts: [...connectPorts, ...plainPorts],
      tunnels: { plainPorts, ...tunnels },
      internalNetworks: ['127.0.0.0/8'],
      // No question leaves the machine: names that the test did not set do not exist.
      dns: {
        servers: ['127.0.0.1:1'],
        hosts: Object.fromEntries(NAMES.map((name) => [name, ['127.0.0.1']])),
      },
      ...egress,
    },
    ...config,
  };
}
