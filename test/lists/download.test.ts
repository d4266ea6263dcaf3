import { expect, test } from 'vitest';
import { download } from '../../src/lists/download.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';

const LIMITS = { idleMs: 10_000, totalMs: 10_000 };

async function textOf(url: string, limits = LIMITS): Promise<string> {
  const fetched = await download(url, {}, limits);
  if (fetched.kind === 'unchanged') throw new Error('expected a body');
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetched.bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('follows five redirects, and no sixth', async () => {
  const { port } = await startHttpOrigin((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('a.example\n');
    else response.writeHead(302, { location: `/${left - 1}` }).end();
  });
  expect(await textOf(`http://127.0.0.1:${port}/5`)).toBe('a.example\n');
  await expect(textOf(`http://127.0.0.1:${port}/6`)).rejects.toThrow('redirected more than 5 times');
});

test('follows no redirect to another kind of address', async () => {
  const { port } = await startHttpOrigin((_request, response) => {
    response.writeHead(302, { location: 'file:///etc/passwd' }).end();
  });
  await expect(textOf(`http://127.0.0.1:${port}/`)).rejects.toThrow('redirected to no web address');
});

test('gives up on a server that says nothing, or stops in the middle', async () => {
  const silent = await startRawOrigin(() => {});
  await expect(textOf(`http://127.0.0.1:${silent.port}/`, { ...LIMITS, idleMs: 50 })).rejects.toThrow(
    'nothing came',
  );
  const stuck = await startHttpOrigin((_request, response) => {
    response.write('a.example\n');
  });
  await expect(textOf(`http://127.0.0.1:${stuck.port}/`, { ...LIMITS, idleMs: 200 })).rejects.toThrow(
    'nothing came',
  );
});

test('gives up on a server that drips for too long', async () => {
  const { port } = await startHttpOrigin((_request, response) => {
    const drip = setInterval(() => response.write('a'), 10);
    response.once('close', () => clearInterval(drip));
  });
  await expect(textOf(`http://127.0.0.1:${port}/`, { ...LIMITS, totalMs: 300 })).rejects.toThrow(
    'longer than',
  );
});
