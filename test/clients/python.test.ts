import { clientProgram, clientPromises, fetchWith } from '../support/client-site.ts';

/** Debian's own: another one on the machine has other packages. */
const PYTHON = '/usr/bin/python3';

for (const name of ['requests', 'httpx', 'aiohttp']) {
  const from = `Debian: python3-${name}`;
  clientPromises({
    name: `Python's ${name}`,
    from,
    fetch: ({ proxyUrl, caFile }, url, file) =>
      fetchWith(
        from,
        PYTHON,
        [clientProgram(`${name}_client.py`), proxyUrl, caFile, url],
        file === undefined ? [] : [file],
      ),
  });
}
