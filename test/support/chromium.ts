import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
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

/**
 * A Chromium that trusts the CAs, as an administrator would have set it up, and goes out through the proxy: one on
 * 127.0.0.1, by its port, or one with a name and a scheme of its own.
 */
export async function launchChromium(proxy: number | string, caFiles: readonly string[]): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'postern-chromium-'));
  const database = join(home, '.pki', 'nssdb');
  mkdirSync(database, { recursive: true });
  await certutil('-d', `sql:${database}`, '-N', '--empty-password');
  for (const [index, file] of caFiles.entries())
    await certutil('-d', `sql:${database}`, '-A', '-n', `ca-${index}`, '-t', 'C,,', '-i', file);
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...QUIET, '--proxy-bypass-list=<-loopback>'],
    proxy: { server: typeof proxy === 'string' ? proxy : `http://127.0.0.1:${proxy}` },
    env: { ...process.env, HOME: home },
  });
  onTestFinished(async () => {
    await browser.close();
    rmSync(home, { recursive: true, force: true });
  });
  return browser;
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  return context.newPage();
}

async function certutil(...args: string[]): Promise<void> {
  const { code, stderr } = await run('certutil', args);
  if (code !== 0) throw new Error(`certutil ${args.join(' ')}: ${stderr}`);
}
