import { appendFileSync, chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
import { issueServer, newCa } from '../support/credentials.ts';
import { freshFolder } from '../support/serve.ts';
import { writeIn } from '../support/temp-dir.ts';

/** What `check` finds where the configuration speaks of things outside of it. */

type Told = { readonly at: string; readonly problem: string; readonly hint: string };

/** A folder with policies, this configuration, and a certificate with its key, `server.crt` and `server.key`. */
function folderOf(config: string, daysAgo = 0): string {
  const cwd = freshFolder();
  const files = issueServer(newCa(), daysAgo);
  copyFileSync(files.cert, join(cwd, 'server.crt'));
  copyFileSync(files.key, join(cwd, 'server.key'));
  writeIn(cwd, 'postern.yaml', config);
  return cwd;
}

/** The problems that `check` tells, with paths as they are seen from the folder. */
async function problemsIn(cwd: string): Promise<readonly Told[]> {
  const { problems } = jsonOf(await postern(['check', '--json'], { cwd })) as { problems?: readonly Told[] };
  return JSON.parse(JSON.stringify(problems ?? []).replaceAll(`${cwd}/`, '')) as readonly Told[];
}

const TLS = (cert: string, key: string, more = '') =>
  `listen:\n  - port: 0\n    tls: { cert: ${cert}, key: ${key}${more} }\n`;

describe('the files of a TLS listener are read, each problem at the line that names the file', () => {
  test('good ones are good', async () => {
    expect(await problemsIn(folderOf(TLS('server.crt', 'server.key')))).toEqual([]);
  });

  test('files that are not there', async () => {
    expect(await problemsIn(folderOf(TLS('a', 'b', ', clientCa: c')))).toEqual(
      (
        [
          ['a', 18],
          ['b', 26],
          ['c', 39],
        ] as const
      ).map(([file, column]) => ({
        at: `postern.yaml:3:${column}`,
        problem: `${file}: the file does not exist`,
        hint: 'check the path in `listen`',
      })),
    );
  });

  // Covers: EV-22
  test('a key that others can read', async () => {
    const cwd = folderOf(TLS('server.crt', 'server.key'));
    chmodSync(join(cwd, 'server.key'), 0o644);
    expect(await problemsIn(cwd)).toEqual([
      {
        at: 'postern.yaml:3:35',
        problem: 'server.key: the private key is open to other users (mode 0644)',
        hint: 'chmod 640 server.key',
      },
    ]);
  });

  test('a key that belongs to another certificate, and a CA of clients that is none', async () => {
    const cwd = folderOf(TLS('server.crt', 'server.key'));
    copyFileSync(issueServer(newCa()).key, join(cwd, 'server.key'));
    expect(await problemsIn(cwd)).toMatchObject([
      { at: 'postern.yaml:3:35', problem: expect.stringContaining('server.key: the key does not belong') },
    ]);
    writeFileSync(join(cwd, 'clients.pem'), 'none');
    writeIn(cwd, 'postern.yaml', TLS('server.crt', 'server.key', ', clientCa: clients.pem'));
    expect(await problemsIn(cwd)).toMatchObject([
      { at: 'postern.yaml:3:57', problem: 'clients.pem: the file holds no certificate that can be read' },
    ]);
  });

  test('a certificate that ends within two weeks is a warning, which --strict does not let pass', async () => {
    const cwd = folderOf(TLS('server.crt', 'server.key'), 20);
    const { status, stderr } = await postern(['check'], { cwd });
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /postern\.yaml:3:18 {2}.*server\.crt: the certificate, .* ends at .* \[certificate-ends-soon\]/,
    );
    expect((await postern(['check', '--strict'], { cwd })).status).toBe(1);
  });
});

describe('the files of a parent proxy are read', () => {
  const PARENT = `egress:
  upstream:
    - proxies:
        - { url: "https://127.0.0.1:1", ca: ca.pem, username: us, passwordFile: word }
`;

  test('files that are not there', async () => {
    expect(await problemsIn(folderOf(PARENT))).toMatchObject([
      { at: 'postern.yaml:4:45', problem: expect.stringMatching(/^ca\.pem: cannot be read: ENOENT/) },
      { at: 'postern.yaml:4:81', problem: expect.stringMatching(/^word: cannot be read: ENOENT/) },
    ]);
  });

  // Covers: EV-22
  test('a password that everybody can read', async () => {
    const cwd = folderOf(PARENT);
    copyFileSync(join(cwd, 'server.crt'), join(cwd, 'ca.pem'));
    writeIn(cwd, 'word', 'open sesame\n');
    chmodSync(join(cwd, 'word'), 0o644);
    const problems = await problemsIn(cwd);
    expect(problems).toMatchObject([
      { at: 'postern.yaml:4:81', problem: 'word: the file is open to everybody (mode 0644)' },
    ]);
    expect(JSON.stringify(problems)).not.toContain('sesame');
  });
});

describe('what the ways out name is looked for', () => {
  const ROUTES = `listen: [{ port: 45321 }]
egress:
  upstream:
    - { departments: [trade, trad], proxies: [direct] }
    - proxies: [direct, { url: "http://127.0.0.1:45321" }]
`;
  const PROBLEMS = [
    { at: 'postern.yaml:4:30', problem: 'there is no department `trad`', hint: 'the policies have: trade' },
    {
      at: 'postern.yaml:5:32',
      problem: 'the parent proxy 127.0.0.1:45321 is this Postern itself',
      hint: 'name another proxy; one on this machine must listen on another port than Postern',
    },
  ];

  // Covers: EV-34
  test('a department that is not there, and a parent proxy that is Postern itself', async () => {
    expect(await problemsIn(folderOf(ROUTES))).toEqual(PROBLEMS);
  });

  test('neither lets Postern start, and no CA is made before they are told', async () => {
    const cwd = folderOf(ROUTES);
    const { status, stderr } = await postern(['serve'], { cwd });
    expect(status).toBe(1);
    for (const { at, problem } of PROBLEMS) expect(stderr).toContain(`${join(cwd, at)}  ${problem}\n`);
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });

  test('is told beside what is wrong with the policies', async () => {
    const cwd = folderOf(ROUTES);
    appendFileSync(join(cwd, 'policies/trade.yaml'), 'unknown: 1\n');
    expect((await problemsIn(cwd)).map(({ at }) => at)).toEqual([
      'postern.yaml:5:32',
      'policies/trade.yaml:8:1',
    ]);
  });
});

describe('what is probably not meant is a warning', () => {
  const OPEN = 'egress: { internalNetworks: [0.0.0.0/0] }';
  const told = async (config: string) => (await postern(['check'], { cwd: folderOf(config) })).stderr;

  test('with its code, at its line', async () => {
    expect(await told(OPEN)).toMatch(
      /postern\.yaml:1:30 {2}`0\.0\.0\.0\/0` opens every .* {2}\[everything-internal\]\n {4}hint: list the networks/,
    );
  });

  test('unless a comment silences it; one that silences nothing is told of', async () => {
    expect(await told(`${OPEN} # lint-ok: everything-internal`)).not.toContain('postern.yaml');
    expect(await told('workers: 1 # lint-ok: contrary-limits')).toContain('[useless-lint-ok]');
  });
});
