import { type Look, useLook } from '../block-page/look.ts';
import type { Config } from '../config/load.ts';
import { createFindIncident } from '../decision-log/find-incident.ts';
import type { DecisionLog } from '../decision-log/record.ts';
import { type DecisionLogFile, openDecisionLog } from '../decision-log/writer.ts';
import { countedLog } from '../metrics/counted-log.ts';
import type { Counters, Metrics } from '../metrics/counters.ts';
import { eventLoopSeconds } from '../metrics/event-loop.ts';
import { createOwnSite, type OwnSite, type SiteSources } from '../own-site/site.ts';
import { pacFor } from '../pac/pac.ts';
import { pacSettingsOf } from '../pac/settings.ts';
import type { PolicySet } from '../policy/policy.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { createPolicyStore, type PolicyStore } from '../policy-store/store.ts';
import { type Door, decideAtDoor } from '../proxy/admit.ts';
import { saidNothing } from '../proxy/arrival/gate.ts';
import type { Limits } from '../proxy/bounds/limits.ts';
import { createReception, type Reception } from '../proxy/bounds/reception.ts';
import type { PageOverTls } from '../proxy/connect.ts';
import { isIdle } from '../proxy/http/wire/client-connection.ts';
import { createListeners, type ListenerCredentials } from '../proxy/listeners.ts';
import type { ParentState } from '../proxy/outward/health.ts';
import { createRoutes } from '../proxy/outward/route.ts';
import { capacityFor } from '../supervisor/capacity.ts';
import { drainable } from '../supervisor/drain.ts';
import { acceptProblem, type Endpoint, endpointOf, listen } from '../supervisor/listen.ts';
import { defaultMemoryMb, descriptorLimit, watchResources } from '../supervisor/resources.ts';
import { type AuthorityPems, authorityFromPems } from '../tls/authority.ts';
import { createLeafContexts, type LeafContexts } from '../tls/contexts.ts';
import type { HeedTicketSecret, TicketSecret } from '../tls/ticket-keys.ts';
import type { ProxyAnnouncement } from './announcement.ts';
import { publishedCa } from './published-ca.ts';
import { createOutward, createReach, type ReadUpstream, routeEntries } from './upstream.ts';

/** A configuration without where it stands: for that, whoever reads the files answers. */
type ProxyConfig = Omit<Config, 'at' | 'text'>;

/** All that a proxy is made of but its policies, in plain values: a worker has them from the primary. */
export type ProxySetup = {
  /** `listen` has the ports that are to be listened on, and `limits` this proxy's part of what all share. */
  readonly config: ProxyConfig;
  /** Which of how many; undefined for the only one, which shares its addresses with nobody. */
  readonly worker: number | undefined;
  /** Our element in `Via`, the same for all that serve together: a request that comes back may reach another one. */
  readonly name: string;
  /** Undefined where blocked tunnels get no page. */
  readonly authority: AuthorityPems | undefined;
  readonly upstream: readonly ReadUpstream[];
  readonly certificates: ListenerCredentials;
  /** How pages look. */
  readonly look: Look;
  readonly ticketSecret: TicketSecret;
};

/** One complete proxy: listeners, the data path, a log of its own. */
export type RunningProxy = {
  readonly endpoints: readonly Endpoint[];
  readonly logFile: string;
  readonly policies: PolicyStore;
  useCertificates(credentials: ListenerCredentials): void;
  /** Signs the block pages from now on; nothing happens where blocked tunnels get none. */
  useAuthority(authority: AuthorityPems): void;
  useLook(look: Look): void;
  useTicketSecret(secret: TicketSecret): void;
  /** What kept the log from being opened anew. */
  reopenLog(): Problem | undefined;
  status(): ProxyStatus;
  /** Lets what runs end, within the drain limit, then ends the rest. */
  stop(): Promise<void>;
};

export type ProxyStatus = {
  /** The version that decides. */
  readonly policy: string;
  readonly metrics: Metrics;
  readonly parents: readonly ParentState[];
  /** Why the log cannot be written, while it cannot. */
  readonly logProblem: Problem | undefined;
};

/** Wires one proxy together and has it listen, or says all that keeps it from listening. */
export async function startProxy(
  setup: ProxySetup,
  first: PolicySet,
  announce: (announcement: ProxyAnnouncement) => void,
): Promise<Result<RunningProxy>> {
  const { config, worker } = setup;
  const { limits } = config;
  const warn = (problem: Problem): void => announce({ kind: 'warning', problem });
  const log = openLog(config, worker, announce);
  if (!log.ok) return log;
  const policies = createPolicyStore(first);
  useLook(setup.look);
  let ownPorts: ReadonlySet<number> = new Set(config.listen.map(({ port }) => port));
  const entries = routeEntries(setup.upstream);
  const reach = createReach(config, () => ownPorts);
  const counted = countedLog(log.value);
  const door: Door = { policies, log: counted.log, routes: createRoutes(entries), ...reach };
  const { opener, upstreams, parentStates } = createOutward(entries, reach, limits);
  const reception = openReception(limits, counted.log, policies, announce);
  const pages = pagesOf(setup.authority);
  const { pageOverTls } = pages;
  let pacSettings = pacSettingsOf(config);
  const ownSite = ownSiteOf(setup, door, (asked) => pacSettings && pacFor(pacSettings, asked));
  const paths = { door, limits, opener, upstreams, tunnels: config.egress.tunnels, pageOverTls, ownSite };
  const tickets = holdTicketSecret(setup.ticketSecret);
  const context = { ...paths, name: setup.name, reception, ticketSecret: tickets.heed };
  const { servers, useCertificates } = createListeners(config.listen, setup.certificates, context);
  const { drain } = drainable(servers, (socket) => saidNothing(socket) || isIdle(socket)); // before the first connection
  const listening = await listen(servers, config.listen, worker === undefined ? 'alone' : 'shared');
  if (!listening.ok) {
    reception.close();
    await log.value.close();
    return listening;
  }
  for (const server of servers) server.on('error', (error) => warn(acceptProblem(error)));
  const endpoints = servers.map((server, index) => endpointOf(server, config.listen[index]));
  ownPorts = new Set(endpoints.map(({ port }) => port));
  pacSettings = pacSettingsOf({
    ...config,
    listen: config.listen.map((one, index) => ({ ...one, port: endpoints[index]?.port ?? one.port })),
  });
  return succeed({
    endpoints,
    logFile: log.value.path,
    policies,
    useCertificates,
    useAuthority: pages.useAuthority,
    useLook,
    useTicketSecret: tickets.use,
    reopenLog() {
      const error = log.value.reopen();
      return error === undefined ? undefined : reopenProblem(log.value.path, error);
    },
    status() {
      const fault = log.value.fault();
      const logProblem = fault === undefined ? undefined : logProblemOf(config, fault);
      const { version } = policies.current();
      const metrics = metricsOf(counted.counters, log.value, reception);
      return { policy: version, metrics, parents: parentStates(), logProblem };
    },
    async stop() {
      await drain(limits.drainMs);
      upstreams.close();
      reception.close();
      await log.value.close();
    },
  });
}

const metricsOf = (counted: Counters, log: DecisionLogFile, reception: Reception): Metrics => ({
  counters: { ...counted, logLinesLostTotal: log.lostLines(), eventLoopSecondsTotal: eventLoopSeconds() },
  gauges: { ...reception.count(), residentMemoryBytes: process.memoryUsage.rss() },
});

function holdTicketSecret(first: TicketSecret): { heed: HeedTicketSecret; use(secret: TicketSecret): void } {
  const listeners: ((secret: TicketSecret) => void)[] = [];
  return {
    heed(listener) {
      listeners.push(listener);
      listener(first);
    },
    use(secret) {
      for (const listener of listeners) listener(secret);
    },
  };
}

type Pages = {
  readonly pageOverTls: PageOverTls | undefined;
  readonly useAuthority: (authority: AuthorityPems) => void;
};

/** Another CA begins with no leaves; a handshake that is under way ends with the leaf that it began with. */
function pagesOf(authority: AuthorityPems | undefined): Pages {
  if (authority === undefined) return { pageOverTls: undefined, useAuthority() {} };
  let leaves = leavesOf(authority);
  return {
    pageOverTls: {
      leaves: { contextFor: (host) => leaves.contextFor(host), has: (host) => leaves.has(host) },
    },
    useAuthority(next) {
      leaves = leavesOf(next);
    },
  };
}

const leavesOf = (authority: AuthorityPems): LeafContexts =>
  createLeafContexts(authorityFromPems(authority), { clock: () => new Date() });

const ownSiteOf = ({ config, authority }: ProxySetup, { egress }: Door, pac: SiteSources['pac']): OwnSite =>
  createOwnSite({
    ca: async () => authority && publishedCa(config.certs, authority.certificate),
    decide: (facts, policies) => decideAtDoor({ facts, policies, isLoop: false }, egress),
    findIncident: createFindIncident(config.log.dir),
    pac,
  });

/** Receives clients as long as there is room for them, and tells when there is not. */
function openReception(
  limits: Limits,
  log: DecisionLog,
  policies: PolicyStore,
  announce: (announcement: ProxyAnnouncement) => void,
): Reception {
  const { connections, problem } = capacityFor(limits.connections, descriptorLimit());
  if (problem !== undefined) announce({ kind: 'warning', problem });
  const memoryMb = limits.memoryMb === 'auto' ? defaultMemoryMb() : limits.memoryMb;
  const resources = watchResources(memoryMb, (resource, shortage) =>
    announce(
      shortage === undefined ? { kind: 'relieved', resource } : { kind: 'warning', problem: shortage },
    ),
  );
  const isShortOfMemory = (): boolean => resources.isShortOf('memory');
  const reception = createReception({ ...limits, connections }, log, policies, isShortOfMemory);
  return {
    ...reception,
    close() {
      resources.close();
      reception.close();
    },
  };
}

function openLog(
  config: ProxyConfig,
  worker: number | undefined,
  announce: (announcement: ProxyAnnouncement) => void,
): Result<DecisionLogFile> {
  const { dir } = config.log;
  const onFault = (error: Error | undefined): void =>
    announce(
      error === undefined
        ? { kind: 'log-recovered', directory: dir }
        : { kind: 'warning', problem: logProblemOf(config, error) },
    );
  try {
    return succeed(openDecisionLog(config.log, onFault, worker));
  } catch (error) {
    const problem = `the decision log cannot be opened: ${(error as Error).message}`;
    return fail([{ at: dir, problem, hint: 'make the folder writable, or set `log.dir`' }]);
  }
}

const logProblemOf = ({ log }: ProxyConfig, error: Error): Problem => ({
  at: log.dir,
  problem: `the decision log cannot be written: ${error.message}`,
  hint:
    log.onError === 'block'
      ? 'every request is refused until it can'
      : 'requests go on, and their lines are kept in memory while there is room',
});

const reopenProblem = (at: string, error: Error): Problem => ({
  at,
  problem: `the log could not be opened anew: ${error.message}`,
  hint: 'its lines go on into the file that was open; mend the folder and send USR1 again',
});
