import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { jsonOf, postern, spawnPostern } from '../support/cli.ts';
import { issueServer, newCa } from '../support/credentials.ts';
import { freshFolder, lineReader } from '../support/serve.ts';

/** A folder with a configuration of three listeners, each spoken to in its own way, and the files of its certificate. */
function folderOfThree() {
  const cwd = freshFolder();
  const ca = newCa();
  const files = issueServer(ca);
  const from = 'proxyProtocol: { from: [192.0.2.1] }';
  writeFileSync(
    join(cwd, 'postern.yaml'),
    `listen:
  - { port: 0, tls: { cert: ${files.cert}, key: ${files.key} }, ${from} }
  - { port: 0, tls: { cert: ${files.cert}, key: ${files.key} } }
  - { port: 0 }
`,
  );
  return { cwd, ca, files };
}

test('tells how each listener is spoken to, when it starts and when it is asked', async () => {
  const { cwd } = folderOfThree();
  const child = spawnPostern(['serve'], { cwd });
  const out = lineReader(child, child.stdout as Readable);
  await out.next((line) => line.includes('Ctrl+C stops'));
  const shown =
    /https:\/\/127\.0\.0\.1:\d+ \(PROXY protocol\), https:\/\/127\.0\.0\.1:\d+, 127\.0\.0\.1:(\d+)$/m;
  const port = shown.exec(out.text())?.[1];
  expect(out.text()).toContain(`curl -x http://127.0.0.1:${port} `);
  const status = await postern(['status'], { cwd });
  expect(shown.exec(status.stdout)?.[1]).toBe(port);
  expect(jsonOf(await postern(['status', '--json'], { cwd })).listen).toMatchObject([
    { scheme: 'https', proxyProtocol: true },
    { scheme: 'https', proxyProtocol: false },
    { scheme: 'http', proxyProtocol: false },
  ]);
});

test('a broken certificate fails a reload, is told of in the status, and leaves the one in use', async () => {
  const { cwd, ca, files } = folderOfThree();
  const child = spawnPostern(['serve', '--json'], { cwd });
  const out = lineReader(child, child.stdout as Readable);
  await out.next((line) => line.includes('"listening"'));
  const good = readFileSync(files.cert);
  writeFileSync(files.cert, 'torn');
  const reload = await postern(['reload'], { cwd });
  expect(reload.status).toBe(1);
  expect(reload.stderr).toContain(`${files.cert}: the file holds no certificate that can be read`);
  expect((await postern(['status'], { cwd })).stdout).toMatch(
    /^ {2}certificates {2}not renewed: 1 problem, see postern reload$/m,
  );
  writeFileSync(files.cert, good);
  expect((await postern(['reload'], { cwd })).status).toBe(0);
  expect((await postern(['status'], { cwd })).stdout).not.toContain('certificates');
  issueServer(ca);
  child.kill('SIGHUP');
  await out.next((line) => line === '{"kind":"certificates-renewed"}');
});

test('a certificate that does not fit its key keeps it from starting, and says where', async () => {
  const { cwd, files } = folderOfThree();
  writeFileSync(files.key, readFileSync(issueServer(newCa()).key));
  const { status, stderr } = await postern(['serve'], { cwd });
  expect(status).toBe(1);
  expect(stderr).toContain(`${files.key}: the key does not belong to the certificate in ${files.cert}`);
});

test('a certificate that ends soon is a warning', async () => {
  const { cwd, ca, files } = folderOfThree();
  issueServer(ca, 25);
  const child = spawnPostern(['serve'], { cwd });
  const [out, err] = [
    lineReader(child, child.stdout as Readable),
    lineReader(child, child.stderr as Readable),
  ];
  await out.next((line) => line.includes('Ctrl+C stops'));
  expect(err.text()).toContain(`${files.cert}: the certificate, or one that it depends on, ends at 2`);
});
