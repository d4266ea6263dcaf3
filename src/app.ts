import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { examineConfig } from './app-examine.ts';
import { createOutward, createReach, prepareRoutes } from './app-upstream.ts';
import { placeFiles } from './config/file-places.ts';
import type { Config } from './config/load.ts';
import type { DecisionLog } from './decision-log/record.ts';
import { type DecisionLogFile, openDecisionLog } from './decision-log/writer.ts';
import type { PolicySet } from './policy/policy.ts';
import { expiredExceptions } from './policy/policy-tests.ts';
import { fail, type Problem, type Result, succeed } from './policy/result.ts';
import { loadPolicies } from './policy-store/load.ts';
import { createReloader, type Reloaded } from './policy-store/reload.ts';
import { createPolicyStore, type PolicyStore } from './policy-store/store.ts';
import { watchFolder } from './policy-store/watch.ts';
import type { Door } from './proxy/admit.ts';
import { saidNothing } from './proxy/arrival/gate.ts';
import type { Limits } from './proxy/bounds/limits.ts';
import { createReception, type Reception } from './proxy/bounds/reception.ts';
import type { PageOverTls } from './proxy/connect.ts';
import type { ProxyContext } from './proxy/listener.ts';
import { createListeners, type Listeners } from './proxy/listeners.ts';
import type { ParentState } from './proxy/outward/health.ts';
import { createRoutes } from './proxy/outward/route.ts';
import { capacityFor } from './supervisor/capacity.ts';
import { type Answer, askRunning, type Command, serveControl } from './supervisor/control.ts';
import { type Drainable, drainable } from './supervisor/drain.ts';
import { acceptProblem, type Endpoint, endpointOf, listen } from './supervisor/listen.ts';
import { defaultMemoryMb, descriptorLimit, type Resource, watchResources } from './supervisor/resources.ts';
import { authorityExists, createAuthority, loadAuthority } from './tls/authority.ts';
import { createLeafContexts } from './tls/contexts.ts';

/** What a running Postern has to tell the person at its terminal; decisions go to the decision log. */
export type Announcement =
  | { readonly kind: 'ca-created'; readonly directory: string }
  | { readonly kind: 'warning'; readonly problem: Problem }
  | { readonly kind: 'log-recovered'; readonly directory: string }
  /** There is enough again of what a warning said was short. */
  | { readonly kind: 'relieved'; readonly resource: Resource }
  | ({ readonly kind: 'reloaded' } & Reloaded)
  | { readonly kind: 'reload-refused'; readonly problems: readonly Problem[] }
  | { readonly kind: 'certificates-renewed' }
  | { readonly kind: 'certificates-refused'; readonly problems: readonly Problem[] };

export type Announce = (announcement: Announcement) => void;

export type Postern = {
  /** Where it listens: the ports are real even where the configuration says 0. */
  readonly endpoints: readonly Endpoint[];
  readonly logFile: string;
  readonly policies: PolicySet;
  /** Reads the policies and the certificates of TLS listeners anew. */
  reload(): void;
  reopenLogs(): void;
  /** Lets what runs end, within the drain limit, then ends the rest. */
  stop(): Promise<void>;
};

/** Wires a configuration into a running program, or says everything that keeps it from running. */
export async function startPostern(config: Config, announce: Announce): Promise<Result<Postern>> {
  const changes = heedChanges(config.policies, announce);
  const started = await start(config, announce, changes);
  if (!started.ok) changes.close();
  return started;
}

async function start(config: Config, announce: Announce, changes: Changes): Promise<Result<Postern>> {
  const other = await askRunning(config.state, 'status');
  if (other.ok) return fail([stateInUse(config.state, other.value)]);
  const policies = await loadPolicies(config.policies, Date.now(), policiesCacheIn(config.state));
  if (!policies.ok) return policies;
  let ownPorts: ReadonlySet<number> = new Set(config.listen.map(({ port }) => port));
  const reach = createReach(config, () => ownPorts);
  const examined = await examineConfig(config, policies.value, reach, new Date());
  if (examined.problems.length > 0) return fail(examined.problems);
  for (const problem of examined.unknownParents) announce({ kind: 'warning', problem });
  const entries = prepareRoutes(config);
  if (!entries.ok) return entries;
  const pageOverTls =
    config.blockPage.https === 'page' ? preparePages(config.certs, announce) : succeed(undefined);
  if (!pageOverTls.ok) return pageOverTls;
  warnOfExpired(policies.value, announce);
  const log = openLog(config, announce);
  if (!log.ok) return log;

  const { limits } = config;
  const store = createPolicyStore(policies.value);
  const door: Door = { policies: store, log: log.value, ...reach, routes: createRoutes(entries.value) };
  const { opener, upstreams, parentStates } = createOutward(entries.value, reach, limits);
  const reception = openReception(limits, log.value, store, announce);
  const { tunnels } = config.egress;
  const paths = { door, limits, opener, upstreams, tunnels, pageOverTls: pageOverTls.value, name: newName() };
  const context = { ...paths, reception };
  const opened = await openListeners(config, context);
  if (!opened.ok) {
    reception.close();
    await log.value.close();
    return opened;
  }
  const { listeners, drain } = opened.value;
  for (const problem of placeFiles(listeners.warnings, config)) announce({ kind: 'warning', problem });
  for (const server of listeners.servers)
    server.on('error', (error) => announce({ kind: 'warning', problem: acceptProblem(error) }));

  const endpoints = listeners.servers.map((server, index) => endpointOf(server, config.listen[index]));
  ownPorts = new Set(endpoints.map(({ port }) => port));
  const certificates = createCertificateRenewal(listeners, config, announce);
  const running = { endpoints, parentStates };
  const upkeep = await startUpkeep(config, store, log.value, running, certificates, changes, announce);
  return succeed({
    endpoints,
    logFile: log.value.path,
    policies: policies.value,
    reload: upkeep.reload,
    reopenLogs: () => {
      const error = log.value.reopen();
      if (error !== undefined) announce({ kind: 'warning', problem: reopenProblem(log.value.path, error) });
    },
    async stop() {
      upkeep.stop();
      await drain.drain(limits.drainMs);
      upstreams.close();
      reception.close();
      await log.value.close();
    },
  });
}

/** The file in which `loadPolicies` keeps what the YAML says. */
const policiesCacheIn = (state: string): string => join(state, 'policies.cache');

/** Unlike any other proxy's, so that our own element in a `Via` means a loop. */
const newName = (): string => `postern-${randomBytes(4).toString('hex')}`;

/** Listeners that listen, all of them or none. */
async function openListeners(
  config: Config,
  context: ProxyContext,
): Promise<Result<{ readonly listeners: Listeners; readonly drain: Drainable }>> {
  const listeners = createListeners(config.listen, context, new Date());
  if (!listeners.ok) return fail(placeFiles(listeners.error, config));
  const drain = drainable(listeners.value.servers, saidNothing); // before the first connection
  const listening = await listen(listeners.value.servers, config.listen);
  return listening.ok ? succeed({ listeners: listeners.value, drain }) : listening;
}

/** The certificates of TLS listeners, which are read anew when somebody asks for it. */
type CertificateRenewal = {
  renew(): Result<unknown>;
  /** What was wrong with them when they were last read; those before them are in use. */
  problems(): readonly Problem[];
};

function createCertificateRenewal(
  listeners: Listeners,
  config: Config,
  announce: Announce,
): CertificateRenewal {
  let problems: readonly Problem[] = [];
  return {
    renew() {
      const renewed = listeners.renewCertificates(new Date());
      problems = renewed.ok ? [] : placeFiles(renewed.error, config);
      if (!renewed.ok) {
        announce({ kind: 'certificates-refused', problems });
        return fail(problems);
      }
      if (renewed.value.changed) announce({ kind: 'certificates-renewed' });
      for (const problem of placeFiles(renewed.value.warnings, config))
        announce({ kind: 'warning', problem });
      return renewed;
    },
    problems: () => problems,
  };
}

/** Receives clients as long as there is room for them, and tells when there is not. */
function openReception(limits: Limits, log: DecisionLog, store: PolicyStore, announce: Announce): Reception {
  const { connections, problem } = capacityFor(limits.connections, descriptorLimit());
  if (problem !== undefined) announce({ kind: 'warning', problem });
  const memoryMb = limits.memoryMb === 'auto' ? defaultMemoryMb() : limits.memoryMb;
  const resources = watchResources(memoryMb, (resource, shortage) =>
    announce(
      shortage === undefined ? { kind: 'relieved', resource } : { kind: 'warning', problem: shortage },
    ),
  );
  const isShortOfMemory = (): boolean => resources.isShortOf('memory');
  const reception = createReception({ ...limits, connections }, log, store, isShortOfMemory);
  return {
    ...reception,
    close() {
      resources.close();
      reception.close();
    },
  };
}

/** Changes of the policy folder, from before it is first read: none may fall between reading and watching. */
type Changes = { tell(onChange: () => void): void; close(): void };

function heedChanges(folder: string, announce: Announce): Changes {
  let hasChanged = false;
  let onChange = (): void => {
    hasChanged = true;
  };
  const watcher = watchFolder(
    folder,
    () => onChange(),
    (error) => {
      const problem = `changes are not noticed by themselves: ${error.message}`;
      const hint = 'reload by hand with `postern reload` or a HUP signal';
      announce({ kind: 'warning', problem: { at: folder, problem, hint } });
    },
  );
  return {
    tell(listener) {
      onChange = listener;
      if (hasChanged) listener();
    },
    close: () => watcher.close(),
  };
}

/** What `postern status` asks of the data path. */
type Running = { readonly endpoints: readonly Endpoint[]; parentStates(): readonly ParentState[] };

/** What goes on beside the requests: policies are reloaded when they change, and commands are answered. */
async function startUpkeep(
  config: Config,
  store: PolicyStore,
  log: DecisionLogFile,
  { endpoints, parentStates }: Running,
  certificates: CertificateRenewal,
  changes: Changes,
  announce: Announce,
): Promise<{ reload(): void; stop(): void }> {
  let reloadProblems: readonly Problem[] = [];
  const reloader = createReloader(config.policies, store, Date.now, policiesCacheIn(config.state));
  let announced: Result<Reloaded> | undefined;
  const reload = async (): Promise<Result<Reloaded>> => {
    const reloaded = await reloader.reload();
    if (reloaded !== announced) announceReload(reloaded, announce); // several may have asked for one and the same
    announced = reloaded;
    reloadProblems = reloaded.ok ? [] : reloaded.error;
    return reloaded;
  };
  changes.tell(() => void reload());
  const startedAt = new Date().toISOString();
  const answer = async (command: Command): Promise<Answer> => {
    switch (command) {
      case 'reload': {
        const renewed = certificates.renew();
        const reloaded = await reload();
        if (reloaded.ok && renewed.ok) return { ok: true, ...reloaded.value };
        return { ok: false, problems: [renewed, reloaded].flatMap((one) => (one.ok ? [] : one.error)) };
      }
      case 'status': {
        const { version, departments } = store.current();
        const fault = log.fault();
        const problems = fault === undefined ? {} : { problems: [logProblem(config, fault)] };
        const running = { pid: process.pid, startedAt, listen: endpoints, upstream: parentStates() };
        const policies = { policy: version, departments: [...departments.keys()], reloadProblems };
        const certificateProblems = certificates.problems();
        return { ok: fault === undefined, ...problems, ...running, ...policies, certificateProblems };
      }
    }
  };
  const control = await serveControl(config.state, answer);
  if (!control.ok) announce({ kind: 'warning', problem: control.error });
  return {
    reload() {
      certificates.renew();
      void reload();
    },
    stop() {
      changes.close();
      reloader.close();
      if (control.ok) control.value.close();
    },
  };
}

function announceReload(reloaded: Result<Reloaded>, announce: Announce): void {
  if (reloaded.ok) {
    for (const problem of reloaded.value.warnings) announce({ kind: 'warning', problem });
    announce({ kind: 'reloaded', ...reloaded.value });
  } else announce({ kind: 'reload-refused', problems: reloaded.error });
}

/** The CA is made on first start, so that a fresh machine shows its first block page without a further step. */
function preparePages(certs: string, announce: Announce): Result<PageOverTls> {
  const isNew = !authorityExists(certs);
  const authority = isNew ? createAuthority(certs, { now: new Date() }) : loadAuthority(certs, new Date());
  if (!authority.ok) return authority;
  if (isNew) announce({ kind: 'ca-created', directory: certs });
  return succeed({ leaves: createLeafContexts(authority.value, { clock: () => new Date() }) });
}

/** At start an exception that has ended is a warning: it spares nobody any more, and a restart must not fail by it. */
function warnOfExpired(policies: PolicySet, announce: Announce): void {
  for (const problem of expiredExceptions(policies, Date.now())) announce({ kind: 'warning', problem });
}

function openLog(config: Config, announce: Announce): Result<DecisionLogFile> {
  const { dir } = config.log;
  const onFault = (error: Error | undefined): void =>
    announce(
      error === undefined
        ? { kind: 'log-recovered', directory: dir }
        : { kind: 'warning', problem: logProblem(config, error) },
    );
  try {
    return succeed(openDecisionLog(config.log, onFault));
  } catch (error) {
    const problem = `the decision log cannot be opened: ${(error as Error).message}`;
    return fail([{ at: dir, problem, hint: 'make the folder writable, or set `log.dir`' }]);
  }
}

const logProblem = ({ log }: Config, error: Error): Problem => ({
  at: log.dir,
  problem: `the decision log cannot be written: ${error.message}`,
  hint:
    log.onError === 'block'
      ? 'every request is refused until it can'
      : 'requests go on, and their lines are kept in memory while there is room',
});

/** Two on one state folder would write one log, and each would unlink the other's socket. */
const stateInUse = (at: string, { pid }: Answer): Problem => ({
  at,
  problem: `another Postern, process ${pid}, runs with this state folder`,
  hint: 'stop it, or give this one a folder of its own with --state',
});

const reopenProblem = (at: string, error: Error): Problem => ({
  at,
  problem: `the log could not be opened anew: ${error.message}`,
  hint: 'its lines go on into the file that was open; mend the folder and send USR1 again',
});
