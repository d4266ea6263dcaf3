import net from 'node:net';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';

/** An address to listen on; port 0 asks for any free one. */
export type Address = { readonly host: string; readonly port: number };

/** An address that is listened on, and how clients speak to it. */
export type Endpoint = Address & {
  readonly scheme: 'http' | 'https';
  /** Whether load balancers connect to it, with a PROXY header first. */
  readonly proxyProtocol: boolean;
};

/** Whether other processes of ours may listen on the same addresses, among which the kernel then spreads connections. */
export type Sharing = 'alone' | 'shared';

/** Has each server listen on its endpoint: all of them, or none. */
export async function listen(
  servers: readonly net.Server[],
  wanted: readonly Address[],
  sharing: Sharing,
): Promise<Result<undefined>> {
  const attempts = servers.map((server, index) =>
    listenOn(server, wanted[index] ?? { host: '127.0.0.1', port: 0 }, sharing),
  );
  const problems = (await Promise.all(attempts)).flat();
  if (problems.length === 0) return succeed(undefined);
  for (const server of servers) server.close();
  return fail(problems);
}

export function endpointOf(
  server: net.Server,
  { tls, proxyProtocol }: { readonly tls?: unknown; readonly proxyProtocol?: unknown } = {},
): Endpoint {
  const { address: host, port } = server.address() as net.AddressInfo;
  return {
    host,
    port,
    scheme: tls === undefined ? 'http' : 'https',
    proxyProtocol: proxyProtocol !== undefined,
  };
}

/**
 * Whether nobody listens there, this program itself included: who shares an address (SO_REUSEPORT) shares it with every
 * process of the same user, and would not notice another Postern.
 */
export async function checkFree(wanted: readonly Address[]): Promise<Result<undefined>> {
  const fixed = wanted.filter(({ port }) => port !== 0);
  const servers = fixed.map(() => net.createServer((socket) => socket.destroy()));
  const free = await listen(servers, fixed, 'alone');
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return free;
}

/** What it means when a server that listens reports an error: the connection is lost, the server goes on. */
export const acceptProblem = (error: Error): Problem => ({
  at: 'listen',
  problem: `a connection could not be accepted: ${error.message}`,
  hint: 'raise the limit of open files (LimitNOFILE, ulimit -n)',
});

function listenOn(server: net.Server, { host, port }: Address, sharing: Sharing): Promise<Problem[]> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      resolve([listenProblem(error, `${host}:${port}`)]);
    server.once('error', onError);
    server.listen({ port, host, reusePort: sharing === 'shared' }, () => {
      server.off('error', onError);
      resolve([]);
    });
  });
}

function listenProblem(error: NodeJS.ErrnoException, at: string): Problem {
  switch (error.code) {
    case 'EADDRINUSE':
      return {
        at,
        problem: 'the address is in use',
        hint: 'stop what listens there, or choose another with --listen HOST:PORT',
      };
    case 'EACCES':
      return { at, problem: 'the port needs privileges', hint: 'choose a port from 1024 on' };
    case 'EADDRNOTAVAIL':
      return {
        at,
        problem: 'this machine does not have the address',
        hint: 'choose one of its own, 127.0.0.1 or 0.0.0.0',
      };
    default:
      return {
        at,
        problem: `cannot listen: ${error.message}`,
        hint: 'choose another address with --listen HOST:PORT',
      };
  }
}
