import http from 'node:http';
import { isPatternAt } from './pattern.ts';
import { ORIGIN_BODY } from './site.ts';
import type { Unit } from './units.ts';

/** Units of plain HTTP that wrk does not know: bodies of any size, and clients of many addresses. */

/** Where a request goes. */
export type Target = { readonly host: string; readonly port: number; readonly path: string };

const whole = Buffer.from(ORIGIN_BODY);

/** A body of the pattern, over connections that are kept. */
export function bodies(proxyPort: number, target: Target, bytes: number): Unit {
  const agent = new http.Agent({ keepAlive: true });
  return () =>
    get({ proxyPort, target, agent, bytes }, (received, chunk) => {
      for (let at = 0; at < chunk.length; at += CHECKED_BYTES)
        if (!isPatternAt(received + at, chunk.subarray(at, at + CHECKED_BYTES)))
          throw new Error(`wrong bytes after ${received + at}`);
    });
}

/** 1 KB for one client after the other, each at an address of its own and over one connection that is kept. */
export function clientsInTurn(proxyPort: number, target: Target, clients: readonly string[]): Unit {
  const agents = clients.map(
    (localAddress) => new http.Agent({ keepAlive: true, maxSockets: 1, localAddress }),
  );
  let count = 0;
  return () => {
    const agent = agents[count++ % agents.length];
    if (agent === undefined) throw new Error('no client is named');
    return get({ proxyPort, target, agent, bytes: whole.length }, (received, chunk) => {
      if (!chunk.equals(whole.subarray(received, received + chunk.length)))
        throw new Error(`the origin said: ${chunk.toString('latin1', 0, 80)}`);
    });
  };
}

/** As long as the pattern that one comparison can have. */
const CHECKED_BYTES = 2 ** 20;

type Get = {
  readonly proxyPort: number;
  readonly target: Target;
  readonly agent: http.Agent;
  readonly bytes: number;
};

/** Asks the proxy, shows each piece of the body with the number of bytes before it, and sees that all have come. */
function get(
  { proxyPort, target, agent, bytes }: Get,
  check: (received: number, chunk: Buffer) => void,
): Promise<void> {
  const authority = `${target.host}:${target.port}`;
  return new Promise((resolve, reject) => {
    const request = http.get(
      {
        host: '127.0.0.1',
        port: proxyPort,
        path: `http://${authority}${target.path}`,
        headers: { host: authority },
        agent,
      },
      (response) => {
        let received = 0;
        const giveUp = (error: Error): void => {
          reject(error);
          request.destroy();
        };
        if (response.statusCode !== 200) giveUp(new Error(`status ${response.statusCode}`));
        response.on('data', (chunk: Buffer) => {
          try {
            check(received, chunk);
            received += chunk.length;
          } catch (error) {
            giveUp(error as Error);
          }
        });
        response.on('error', reject);
        response.once('end', () => {
          if (received === bytes) resolve();
          else reject(new Error(`${received} of ${bytes} bytes have come`));
        });
      },
    );
    request.on('error', reject);
  });
}
