import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { hasCommand } from './process.ts';
import { folderWith } from './temp-dir.ts';

/** A Firefox as an administrator sets it up: by enterprise policies alone, which name the proxy and install the CAs. */
export type Firefox = {
  /** Goes to a URL; rejects when the browser shows a warning or an error of its own in place of a page. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON can say it. */
  evaluate(expression: string): Promise<unknown>;
  /** The status of the last answer to a URL. */
  statusOf(url: string): number | undefined;
  /** What it shows, as a PNG. */
  screenshot(): Promise<Buffer>;
};

/** Debian's Firefox looks for policies here; a mount that only its own process sees puts ours in that place. */
const POLICY_FOLDER = '/usr/share/firefox-esr/distribution';
const START_DEADLINE_MS = 60_000;

/** A proxy on 127.0.0.1 by its port, or a PAC file and the names that the browser finds on this machine by itself. */
type Way = number | { readonly pacUrl: string; readonly ownNames: readonly string[] };

const policiesFor = (way: Way, caFiles: readonly string[]) => ({
  policies: {
    Certificates: { Install: caFiles },
    Proxy:
      typeof way === 'number'
        ? {
            Mode: 'manual',
            HTTPProxy: `127.0.0.1:${way}`,
            UseHTTPProxyForAllProtocols: true,
            Locked: true,
          }
        : { Mode: 'autoConfig', AutoConfigURL: way.pacUrl, Locked: true },
    DNSOverHTTPS: { Enabled: false, Locked: true },
    Homepage: { URL: 'about:blank', StartPage: 'none' },
    ...QUIET,
  },
});

/** No updates, no telemetry, no first-run pages: a browser that talks to the proxy about what it is told to open. */
const QUIET = {
  CaptivePortal: false,
  DisableAppUpdate: true,
  DisableFirefoxStudies: true,
  DisableTelemetry: true,
  DontCheckDefaultBrowser: true,
  ExtensionUpdate: false,
  NetworkPrediction: false,
  NewTabPage: false,
  OverrideFirstRunPage: '',
  OverridePostUpdatePage: '',
  SearchSuggestEnabled: false,
};

/** Settings that no policy has, for the services that Firefox asks in the background. */
const PREFERENCES: Readonly<Record<string, boolean | string>> = {
  'app.normandy.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'dom.push.connection.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,', // heeded by the variable below alone: else Mozilla's lists are asked for
};
const ENVIRONMENT = { MOZ_CRASHREPORTER_DISABLE: '1', MOZ_REMOTE_SETTINGS_DEVTOOLS: '1' };

export async function launchFirefox(way: Way, caFiles: readonly string[]): Promise<Firefox> {
  if (!hasCommand('firefox-esr')) throw new Error('install Debian: firefox-esr');
  const policies = folderWith({ 'policies.json': JSON.stringify(policiesFor(way, caFiles)) });
  const profile = folderWith();
  const ownNames = typeof way === 'number' ? [] : way.ownNames;
  const preferences = { ...PREFERENCES, 'network.dns.localDomains': ownNames.join(',') };
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  const script = `mount --bind "$1" ${POLICY_FOLDER} && exec firefox-esr --headless --no-remote --profile "$2" --remote-debugging-port 0 about:blank`;
  const child = spawn(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', policies, profile],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...ENVIRONMENT, HOME: profile },
    },
  );
  onTestFinished(() => end(child));
  return control(await endpointOf(child));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Where it listens for WebDriver BiDi, as it says on standard error. */
function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => reject(new Error(`Firefox ${why}: ${said}`));
    const deadline = setTimeout(fail, START_DEADLINE_MS, 'did not start');
    child.once('error', ({ message }) => fail(message));
    child.once('exit', () => fail('ended'));
    if (child.stderr === null) return;
    createInterface(child.stderr).on('line', (line) => {
      said += `${line}\n`;
      const endpoint = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
      if (endpoint === undefined) return;
      clearTimeout(deadline);
      resolve(endpoint);
    });
  });
}

type Message = {
  readonly id?: number;
  readonly type: 'success' | 'error' | 'event';
  readonly message?: string;
  readonly result?: Record<string, unknown>;
  readonly method?: string;
  readonly params?: { readonly response?: { readonly url: string; readonly status: number } };
};

/** Speaks WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/) with a browser. */
async function control(endpoint: string): Promise<Firefox> {
  const socket = new WebSocket(`${endpoint}/session`, { maxPayload: 64 * 1024 * 1024 });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const waiting = new Map<number, (message: Message) => void>();
  const statuses = new Map<string, number>();
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message;
    const response = message.params?.response;
    if (message.method === 'network.responseCompleted' && response !== undefined)
      statuses.set(response.url, response.status);
    if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  let commands = 0;
  const command = (method: string, params: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = ++commands;
      waiting.set(id, ({ type, message, result = {} }) => {
        waiting.delete(id);
        if (type === 'success') resolve(result);
        else reject(new Error(`${method}: ${message}`));
      });
      socket.send(JSON.stringify({ id, method, params }));
    });

  await command('session.new', { capabilities: {} }); // acceptInsecureCerts is off by default
  await command('session.subscribe', { events: ['network.responseCompleted'] });
  const { contexts } = await command('browsingContext.getTree', {});
  const [{ context = '' } = {}] = contexts as readonly { readonly context?: string }[];
  return {
    async open(url) {
      await command('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    async evaluate(expression) {
      const text = `Promise.resolve(${expression}).then(JSON.stringify)`;
      const target = { target: { context }, awaitPromise: true };
      const { result } = await command('script.evaluate', { expression: text, ...target });
      return JSON.parse((result as { readonly value: string }).value);
    },
    statusOf: (url) => statuses.get(url),
    async screenshot() {
      const { data } = await command('browsingContext.captureScreenshot', { context });
      return Buffer.from(String(data), 'base64');
    },
  };
}
