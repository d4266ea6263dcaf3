import { clientPromises, runOf } from '../support/client-site.ts';

const WGET_SERVER_ERROR = 8; // its exit status for any answer of 4xx or 5xx

clientPromises({
  name: 'wget',
  from: 'Debian: wget',
  async fetch({ proxyUrl, caFile }, url, file) {
    const proxy = ['-e', 'use_proxy=yes', '-e', `http_proxy=${proxyUrl}`, '-e', `https_proxy=${proxyUrl}`];
    const shown = ['-q', '-O', '-', '--content-on-error', '--server-response', '--tries=1'];
    const upload = file === undefined ? [] : ['--method=PUT', `--body-file=${file}`];
    const args = [...proxy, ...shown, `--ca-certificate=${caFile}`, ...upload, url];
    const { code, stdout, stderr } = await runOf('Debian: wget', 'wget', args);
    if (code !== 0 && code !== WGET_SERVER_ERROR) throw new Error(`wget ended with ${code}: ${stderr}`);
    const status = /^ {2}HTTP\/1\.1 (\d+)/m.exec(stderr)?.[1];
    return { status: Number(status), body: stdout };
  },
});
