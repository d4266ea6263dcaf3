import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
import { openTunnel } from '../support/client.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { folderWith } from '../support/temp-dir.ts';

let count = 0;

type Visit = { client: string; department?: string | null; time?: string };

/** Both lines of a blocked tunnel, as the log has them. */
function visit(
  ending: string,
  { client, department = 'trade', time = '2026-11-22T06:00:00.000Z' }: Visit,
): string {
  const id = `01KAQWERTY${String(count++).padStart(16, '0')}`;
  const decision = {
    v: 1,
    time,
    event: 'decision',
    id,
    department,
    client,
    via: 'connect',
    action: 'block',
    reason: 'rule',
  };
  const outcome =
    ending === 'seen' ? { kind: 'block-page-served' } : { kind: 'block-page-unseen', cause: ending };
  return `${JSON.stringify(decision)}\n${JSON.stringify({ v: 1, time, event: 'outcome', id, ...outcome })}\n`;
}

const coverage = (cwd: string, ...args: readonly string[]) => postern(['ca', 'coverage', ...args], { cwd });

describe('the text', () => {
  test('says by department who trusts the CA, what that is worth, and what to do next', async () => {
    const log = [
      visit('seen', { client: '10.0.0.1' }),
      visit('ca-unknown', { client: '10.0.0.2' }),
      visit('seen', { client: '10.0.0.3' }) + visit('certificate-refused', { client: '10.0.0.3' }),
      visit('left-at-certificate', { client: '10.0.0.4', department: null }),
    ].join('');
    const { status, stdout, stderr } = await coverage(
      folderWith({ 'var/log/decisions.ndjson': log }),
      '--clients',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(`Of 4 clients at least 1 trust the CA (2026-11-22 06:00 – 06:00 UTC)

  department       clients  trust it  in part  refuse it  not known
  trade                  3         1        1          1          0
  (no department)        1         0        0          0          1

trade: refused the certificate
  10.0.0.2
  10.0.0.3  in part

  - a lower bound: whoever asked for no blocked site over HTTPS is in no number, whether it trusts the CA or not
  - a client is an address: several people behind one, or one computer with several, are not told apart
  - refuse it: they see an error in place of the page; have them trust the CA (docs/trust-the-ca.md); --clients lists them
  - in part: they saw pages and refused others: the CA came in between (a shorter --since tells), a program has a list of CAs of its own, or somebody clicked a warning away
  - not known: they left without a word, as Node, wget and git do that do not trust the CA, and as browsers do that connect ahead of need
`);
  });

  test('says that nothing is known when nobody asked for a blocked site', async () => {
    const { status, stdout } = await coverage(folderWith({ 'var/log/decisions.ndjson': '' }));
    expect(status).toBe(0);
    expect(stdout).toBe('Nobody asked for a blocked site over HTTPS: nothing is known of the CA\n');
  });

  test('shows names that would act on the terminal harmless', async () => {
    const log = visit('seen', { client: '10.0.0.1', department: 'a\u001b[2J\u202eb' });
    const { stdout } = await coverage(folderWith({ 'a.ndjson': log }), 'a.ndjson');
    expect(stdout).toContain('a\ufffd[2J\ufffdb');
  });
});

test('the logs of all workers are read, rotated and packed ones too, with the lines of a visit in two of them', async () => {
  const folder = folderWith();
  const [asked, ended] = visit('seen', { client: '10.0.0.1' }).split('\n');
  const dir = folderWith({
    'decisions.worker-1.ndjson': visit('seen', { client: '10.0.0.2' }),
    'decisions.worker-2.ndjson': `${ended}\n`,
    'decisions.worker-2.ndjson.1': `${asked}\n`,
  });
  writeFileSync(
    join(dir, 'decisions-2026-11-21.ndjson.gz'),
    gzipSync(visit('ca-unknown', { client: '10.0.0.3' })),
  );
  const report = jsonOf(await coverage(folder, dir, '--json', '--clients'));
  expect(report).toMatchObject({
    ok: true,
    isLowerBound: true,
    period: { from: '2026-11-22T06:00:00.000Z', to: '2026-11-22T06:00:00.000Z' },
    departments: [
      {
        department: 'trade',
        clients: { trusting: 2, mixed: 0, refusing: 1, unclear: 0 },
        refused: [{ client: '10.0.0.3', alsoTrusts: false }],
      },
    ],
    visits: { counted: 3, notShown: 0, beyondRoom: 0 },
    lines: { read: 6, unreadable: 0, lost: 0 },
  });
});

describe('--since', () => {
  const now = new Date();
  const hoursAgo = (hours: number): string => new Date(now.getTime() - hours * 3_600_000).toISOString();
  const files = {
    'a.ndjson':
      visit('ca-unknown', { client: '10.0.0.1', time: hoursAgo(30) }) +
      visit('seen', { client: '10.0.0.1', time: hoursAgo(1) }),
  };

  test.each([
    ['2d', 'mixed'],
    ['1d', 'trusting'],
    ['90m', 'trusting'],
    [hoursAgo(2), 'trusting'],
  ])('%s leaves out what came before: %s', async (since, kind) => {
    const report = jsonOf(await coverage(folderWith(files), 'a.ndjson', '--since', since, '--json'));
    expect(report).toMatchObject({ departments: [{ clients: { [kind]: 1 } }] });
  });

  test.each(['yesterday', '7', '7 d', '-1d'])('%s is a mistake on the command line', async (since) => {
    const { status, stderr } = await coverage(folderWith(files), 'a.ndjson', `--since=${since}`);
    expect(status).toBe(2);
    expect(stderr).toContain('Write 7d, 12h or 30m, or a time');
  });
});

test('a folder without a log, and a log of something else, are problems', async () => {
  const nothing = await coverage(folderWith());
  expect(nothing).toMatchObject({ status: 1, stdout: '' });
  const other = await coverage(folderWith({ 'a.log': 'GET /\nGET /\n' }), 'a.log');
  expect(other.status).toBe(1);
  expect(other.stderr).toContain('2 of 2 lines could not be read');
});

test('with blockPage.https: refuse it says that there is no CA', async () => {
  const folder = folderWith({ 'postern.yaml': 'blockPage: { https: refuse }\n' });
  const { status, stderr } = await coverage(folder);
  expect(status).toBe(1);
  expect(stderr).toContain('there is no CA');
});

test('of a Postern that runs it tells the clients that trust its CA from those that do not', async () => {
  const proxy = await startProxy();
  await visitPage(proxy, { ca: readFileSync(proxy.caFile) });
  expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'block-page-served' }]);
  const report = jsonOf(await coverage(proxy.dir, '--json'));
  expect(report).toMatchObject({ departments: [{ department: 'office', clients: { trusting: 1 } }] });
});

async function visitPage(proxy: TestProxy, trust: tls.ConnectionOptions): Promise<void> {
  const { socket } = await openTunnel(proxy.port, 'blocked.test:443');
  socket.removeAllListeners('data');
  const secured = tls.connect({ socket, servername: 'blocked.test', ...trust });
  secured.write('GET / HTTP/1.1\r\nHost: blocked.test\r\n\r\n');
  await once(secured.resume(), 'close');
}
