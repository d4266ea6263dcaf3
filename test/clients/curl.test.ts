import { clientPromises, runOf } from '../support/client-site.ts';

clientPromises({
  name: 'curl',
  from: 'Debian: curl',
  async fetch({ proxyUrl, caFile }, url, file) {
    const upload = file === undefined ? [] : ['-T', file];
    const args = ['-sS', '-x', proxyUrl, '--cacert', caFile, '-w', '\n%{http_code}', ...upload, url];
    const { code, stdout, stderr } = await runOf('Debian: curl', 'curl', args);
    if (code !== 0) throw new Error(`curl ended with ${code}: ${stderr}`);
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  },
});
