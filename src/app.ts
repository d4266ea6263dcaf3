import { randomBytes } from 'node:crypto';
import type http from 'node:http';
import type net from 'node:net';
import { createPageServer } from './block-page/over-tls.ts';
import type { Config } from './config/load.ts';
import { openDecisionLog } from './decision-log/writer.ts';
import type { PolicySet } from './policy/policy.ts';
import { expiredExceptions } from './policy/policy-tests.ts';
import { fail, type Problem, type Result, succeed } from './policy/result.ts';
import { loadPolicies } from './policy-store/load.ts';
import { type Reloaded, reloadPolicies } from './policy-store/reload.ts';
import { createPolicyStore } from './policy-store/store.ts';
import { watchFolder } from './policy-store/watch.ts';
import type { PageOverTls } from './proxy/connect.ts';
import { createEgress } from './proxy/egress.ts';
import { DEFAULT_LIMITS, type Limits } from './proxy/limits.ts';
import { createListener } from './proxy/listener.ts';
import { createResolve } from './proxy/resolve.ts';
import { createUpstreams } from './proxy/upstreams.ts';
import { type Answer, serveControl } from './supervisor/control.ts';
import { drainable } from './supervisor/drain.ts';
import { authorityExists, createAuthority, loadAuthority } from './tls/authority.ts';
import { createLeafContexts } from './tls/contexts.ts';

/** What a running Postern has to tell the person at its terminal; decisions go to the decision log. */
export type Announcement =
  | { readonly kind: 'ca-created'; readonly directory: string }
  | { readonly kind: 'warning'; readonly problem: Problem }
  | ({ readonly kind: 'reloaded' } & Reloaded)
  | { readonly kind: 'reload-refused'; readonly problems: readonly Problem[] };

export type Postern = {
  /** Where it listens: the ports are real even where the configuration says 0. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  readonly logFile: string;
  readonly policies: PolicySet;
  reload(): void;
  reopenLogs(): void;
  /** Lets what runs end, within the drain limit, then ends the rest. */
  stop(): Promise<void>;
};

/** Wires a configuration into a running program, or says everything that keeps it from running. */
export async function startPostern(
  config: Config,
  announce: (announcement: Announcement) => void,
  limits: Limits = DEFAULT_LIMITS,
): Promise<Result<Postern>> {
  const policies = loadPolicies(config.policies, Date.now());
  const pageOverTls =
    config.blockPage.https === 'page' ? preparePages(config.certs, announce) : succeed(undefined);
  if (!policies.ok || !pageOverTls.ok) return fail([...problemsOf(policies), ...problemsOf(pageOverTls)]);
  warnOfExpired(policies.value, announce);

  const store = createPolicyStore(policies.value);
  const log = openLog(config, announce);
  if (!log.ok) return log;
  const upstreams = createUpstreams(limits.exchangeIdleMs);
  const servers: http.Server[] = [];
  const ownPorts = (): ReadonlySet<number> => new Set(servers.map((server) => portOf(server)));
  const context = {
    door: {
      policies: store,
      log: log.value,
      resolve: createResolve(
        { ...config.egress.dns, hosts: new Map(Object.entries(config.egress.dns.hosts)) },
        limits.resolveMs,
      ),
      egress: createEgress(config.egress, ownPorts),
    },
    limits,
    upstreams,
    pageOverTls: pageOverTls.value,
    // Unlike any other proxy's, so that our own element in a `Via` means a loop.
    via: `1.1 postern-${randomBytes(4).toString('hex')}`,
  };
  for (const _ of config.listen) servers.push(createListener(context));
  for (const server of servers)
    server.on('error', (error) => announce({ kind: 'warning', problem: acceptProblem(error) }));
  const drain = drainable(servers);
  const listening = await listen(servers, config.listen);
  if (!listening.ok) {
    await log.value.close();
    return listening;
  }

  const reload = (): Result<Reloaded> => {
    const reloaded = reloadPolicies(config.policies, store, Date.now());
    announce(
      reloaded.ok
        ? { kind: 'reloaded', ...reloaded.value }
        : { kind: 'reload-refused', problems: reloaded.error },
    );
    return reloaded;
  };
  const watcher = watchFolder(config.policies, reload, (error) =>
    announce({
      kind: 'warning',
      problem: {
        at: config.policies,
        problem: `changes are not noticed by themselves: ${error.message}`,
        hint: 'reload by hand with `postern reload` or a HUP signal',
      },
    }),
  );
  const startedAt = new Date().toISOString();
  const control = await serveControl(config.state, (command): Answer => {
    switch (command) {
      case 'reload': {
        const reloaded = reload();
        return reloaded.ok ? { ok: true, ...reloaded.value } : { ok: false, problems: reloaded.error };
      }
      case 'status': {
        const current = store.current();
        const departments = [...current.departments.keys()];
        return {
          ok: true,
          pid: process.pid,
          startedAt,
          policy: current.version,
          departments,
          listen: endpointsOf(servers),
        };
      }
    }
  });
  if (!control.ok) announce({ kind: 'warning', problem: control.error });

  return succeed({
    endpoints: endpointsOf(servers),
    logFile: log.value.path,
    policies: policies.value,
    reload: () => void reload(),
    reopenLogs: log.value.reopen,
    async stop() {
      watcher.close();
      if (control.ok) control.value.close();
      await drain.drain(limits.drainMs);
      upstreams.close();
      await log.value.close();
    },
  });
}

/** The CA is made on first start, so that a fresh machine shows its first block page without a further step. */
function preparePages(certs: string, announce: (announcement: Announcement) => void): Result<PageOverTls> {
  const isNew = !authorityExists(certs);
  const authority = isNew ? createAuthority(certs, { now: new Date() }) : loadAuthority(certs, new Date());
  if (!authority.ok) return authority;
  if (isNew) announce({ kind: 'ca-created', directory: certs });
  return succeed({
    leaves: createLeafContexts(authority.value, { clock: () => new Date() }),
    server: createPageServer(),
  });
}

/** At start an exception that has ended is a warning: it spares nobody any more, and a restart must not fail by it. */
function warnOfExpired(policies: PolicySet, announce: (announcement: Announcement) => void): void {
  for (const problem of expiredExceptions(policies, Date.now())) announce({ kind: 'warning', problem });
}

function openLog(
  config: Config,
  announce: (announcement: Announcement) => void,
): Result<ReturnType<typeof openDecisionLog>> {
  const at = config.log.dir;
  const onFault = (error: Error | undefined): void => {
    const problem =
      error === undefined
        ? 'the decision log is written again'
        : `the decision log cannot be written: ${error.message}`;
    const hint =
      error === undefined
        ? 'no action needed'
        : config.log.onError === 'block'
          ? 'every request is refused until it can'
          : 'requests go on, and their lines are kept in memory while there is room';
    announce({ kind: 'warning', problem: { at, problem, hint } });
  };
  try {
    return succeed(openDecisionLog(config.log, onFault));
  } catch (error) {
    const problem = `the decision log cannot be opened: ${(error as Error).message}`;
    return fail([{ at, problem, hint: 'make the folder writable, or set `log.dir`' }]);
  }
}

async function listen(servers: readonly http.Server[], wanted: Config['listen']): Promise<Result<undefined>> {
  const problems = await Promise.all(
    servers.map(
      (server, index) =>
        new Promise<Problem[]>((resolve) => {
          const { host, port } = wanted[index] ?? { host: '127.0.0.1', port: 0 };
          server.once('error', (error: NodeJS.ErrnoException) => resolve([listenProblem(error, host, port)]));
          server.listen(port, host, () => resolve([]));
        }),
    ),
  );
  if (problems.flat().length === 0) return succeed(undefined);
  for (const server of servers) server.close();
  return fail(problems.flat());
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): Problem {
  const at = `${host}:${port}`;
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

/** Out of file descriptors, most likely; the connection is lost, the listener goes on. */
const acceptProblem = (error: Error): Problem => ({
  at: 'listen',
  problem: `a connection could not be accepted: ${error.message}`,
  hint: 'raise the limit of open files (LimitNOFILE, ulimit -n)',
});

const portOf = (server: http.Server): number => (server.address() as net.AddressInfo | null)?.port ?? 0;

const endpointsOf = (servers: readonly http.Server[]): Postern['endpoints'] =>
  servers
    .map((server) => server.address() as net.AddressInfo)
    .map(({ address: host, port }) => ({ host, port }));

const problemsOf = (result: Result<unknown>): readonly Problem[] => (result.ok ? [] : result.error);
