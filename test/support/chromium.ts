import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
  type Page,
} from 'playwright-core';
import { onTestFinished } from 'vitest';
import { hasCommand, run } from './process.ts';

/** What the browser tests need from Debian: the packages chromium and libnss3-tools. */
export const hasChromium = hasCommand('chromium') && hasCommand('certutil');

/** Flags for a browser that talks to the proxy and to nobody else, not even about updates. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=OptimizationHints,MediaRouter',
];

/** A PAC file that says what goes out through which proxy, and the names that the browser finds on 127.0.0.1 by itself. */
export type ByPac = { readonly pacUrl: string; readonly ownNames: readonly string[] };

/**
 * A Chromium that trusts the CAs, as an administrator would have set it up, and goes out through the proxy: one on
 * 127.0.0.1, by its port, one with a name and a scheme of its own, or as a PAC file has it.
 */
export async function launchChromium(
  proxy: number | string | ByPac,
  caFiles: readonly string[],
): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'postern-chromium-'));
  const database = join(home, '.pki', 'nssdb');
  mkdirSync(database, { recursive: true });
  await certutil('-d', `sql:${database}`, '-N', '--empty-password');
  for (const [index, file] of caFiles.entries())
    await certutil('-d', `sql:${database}`, '-A', '-n', `ca-${index}`, '-t', 'C,,', '-i', file);
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    ...outBy(proxy),
    env: { ...process.env, HOME: home },
  });
  onTestFinished(async () => {
    await browser.close();
    rmSync(home, { recursive: true, force: true });
  });
  return browser;
}

function outBy(proxy: number | string | ByPac): Pick<LaunchOptions, 'args' | 'proxy'> {
  if (typeof proxy === 'object') {
    const rules = proxy.ownNames.map((name) => `MAP ${name} 127.0.0.1`).join(', ');
    return { args: [...QUIET, `--proxy-pac-url=${proxy.pacUrl}`, `--host-resolver-rules=${rules}`] };
  }
  const server = typeof proxy === 'string' ? proxy : `http://127.0.0.1:${proxy}`;
  return { args: [...QUIET, '--proxy-bypass-list=<-loopback>'], proxy: { server } };
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  return context.newPage();
}

async function certutil(...args: string[]): Promise<void> {
  const { code, stderr } = await run('certutil', args);
  if (code !== 0) throw new Error(`certutil ${args.join(' ')}: ${stderr}`);
}
