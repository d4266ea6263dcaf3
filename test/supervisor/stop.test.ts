import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { connectRaw, openTunnel, request } from '../support/client.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';

describe('a stop', () => {
  test('does not wait for connections that wait for nothing', async () => {
    const proxy = await startProxy({ limits: { drainMs: 1_000_000 } });
    const idle = connectRaw(proxy.port);
    idle.socket.write(
      'GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\nAccept: application/json\r\n\r\n',
    );
    await idle.until((received) => received.endsWith('}\n'));
    const silent = connectRaw(proxy.port);
    await once(silent.socket, 'connect');
    await proxy.stop();
    await idle.closed();
    await silent.closed();
  });
});

describe('a stop, when the limit for running requests is over', () => {
  test('ends a request, and the log says that its client had no answer, not that the origin failed', async () => {
    const proxy = await startProxy({ limits: { drainMs: 50 } });
    const origin = await startHttpOrigin(() => void proxy.stop());
    const answer = request(proxy.port, `http://allowed.test:${origin.port}/`);
    await expect(answer).rejects.toThrow();
    const [outcome] = await proxy.linesOf('outcome', 1);
    expect(outcome).toMatchObject({ kind: 'client-left' });
  });

  test('ends a tunnel, and the log has what went through it', async () => {
    const origin = await startRawOrigin((socket) => socket.write('hello'));
    const proxy = await startProxy({ plainPorts: [origin.port], limits: { drainMs: 50 } });
    const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
    tunnel.socket.write('hi');
    await tunnel.until((received) => received.endsWith('hello'));
    await proxy.stop();
    await tunnel.closed();
    expect(proxy.lines().at(-1)).toMatchObject({ event: 'outcome', kind: 'tunnel-closed', bytesDown: 5 });
  });

  test('gives every decision its outcome before the log is closed', async () => {
    const proxy = await startProxy({ limits: { drainMs: 50 } });
    let held = 0;
    const origin = await startHttpOrigin(() => {
      held += 1;
      if (held === 20) void proxy.stop();
    });
    const clients = Array.from({ length: 20 }, () => connectRaw(proxy.port));
    const head = `GET http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test:${origin.port}\r\n\r\n`;
    for (const { socket } of clients) socket.write(head);
    await Promise.all(clients.map((client) => client.closed()));
    expect(await proxy.linesOf('outcome', 20)).toHaveLength(20);
    expect(proxy.lines().filter(({ event }) => event === 'decision')).toHaveLength(20);
  });
});
