import { describe, expect, test } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
import { pacResolver } from '../support/pac.ts';
import { folderWith } from '../support/temp-dir.ts';

const pac = (file: string, ...args: readonly string[]) =>
  postern(['pac', ...args], { cwd: folderWith({ 'postern.yaml': file }) });

describe('`postern pac`', () => {
  const FILE = `
listen: [{ host: 0.0.0.0, port: 3128 }]
egress: { internalNames: [intranet.example] }
pac: { proxies: [proxy.example:3128], direct: [<internal>] }
`;

  test('prints the PAC file of the configuration, and nothing else', async () => {
    const { status, stdout, stderr } = await pac(FILE);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const find = await pacResolver(stdout);
    expect(await find('http://www.intranet.example/')).toBe('DIRECT');
    expect(await find('http://www.example.org/')).toBe('PROXY proxy.example:3128');
  });

  test('prints it as JSON, with the type that it is to be sent as', async () => {
    const { stdout: text } = await pac(FILE);
    const run = await pac(FILE, '--json');
    expect(run.status).toBe(0);
    expect(jsonOf(run)).toEqual({
      ok: true,
      type: 'application/x-ns-proxy-autoconfig',
      proxies: ['http://proxy.example:3128'],
      text,
    });
  });

  test('takes the settings from variables too', async () => {
    const { stdout } = await postern(['pac'], {
      cwd: folderWith(),
      env: { POSTERN_PAC_PROXIES: 'https://a.example:3129,b.example:3128', POSTERN_PAC_FALLBACK: 'direct' },
    });
    expect(await (await pacResolver(stdout))('http://www.example.org/')).toBe(
      'HTTPS a.example:3129; PROXY b.example:3128; DIRECT',
    );
  });

  test('prints none where nothing says how clients call the proxy, and says what to write', async () => {
    const { status, stdout, stderr } = await pac('listen: [{ host: 0.0.0.0 }]');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^\S+postern\.yaml:1:9 {2}no listener says how clients call the proxy\n {4}hint: write it, such as /,
    );
    expect(jsonOf(await pac('listen: [{ host: 0.0.0.0 }]', '--json'))).toMatchObject({ ok: false });
  });

  test('says what is wrong with the configuration', async () => {
    const { status, stderr } = await pac('pac: { proxies: [proxy.example] }');
    expect(status).toBe(1);
    expect(stderr).toContain('postern.yaml:1:18  `proxy.example` names no port');
  });
});
