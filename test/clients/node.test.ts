import { clientProgram, clientPromises, fetchWith } from '../support/client-site.ts';

for (const name of ['undici', 'axios']) {
  const from = `npm: ${name}`;
  clientPromises({
    name: `Node with ${name}`,
    from,
    fetch: ({ proxyUrl, caFile }, url, file) =>
      fetchWith(
        from,
        process.execPath,
        [clientProgram(`${name}-client.mjs`), proxyUrl, caFile, url],
        file === undefined ? [] : [file],
      ),
  });
}
