import type { Look } from '../block-page/look.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Problem, Result } from '../policy/result.ts';
import { succeed } from '../policy/result.ts';
import type { CompiledFolder } from '../policy-store/load.ts';
import type { ListenerCredentials } from '../proxy/listeners.ts';
import type { Endpoint } from '../supervisor/listen.ts';
import type { AuthorityPems } from '../tls/authority.ts';
import type { TicketSecret } from '../tls/ticket-keys.ts';
import type { ProxyAnnouncement } from './announcement.ts';
import { type ProxyStatus, startProxy } from './proxy.ts';
import type { Prepared } from './setup.ts';

/** Those who serve: this process, or several workers. Whoever commands them need not know which. */
export type Crew = {
  /** Where they listen: the ports are real even where the configuration says 0. */
  readonly endpoints: readonly Endpoint[];
  /** The log, or with workers a pattern of the logs. */
  readonly logFile: string;
  /** Has all of them decide by other policies, or none; comes back when none decides by those before any more. */
  usePolicies(next: CompiledFolder): Promise<Result<undefined>>;
  useCertificates(credentials: ListenerCredentials): Promise<void>;
  /** Has another CA sign for block pages. */
  useAuthority(authority: AuthorityPems): Promise<void>;
  /** For every page from now on. */
  useLook(look: Look): Promise<void>;
  /** For the session tickets that are made, and heeded, from now on. */
  useTicketSecret(secret: TicketSecret): void;
  /** What kept logs from being opened anew. */
  reopenLogs(): Promise<readonly Problem[]>;
  /** Of each of them, and what they have counted together since the program began. */
  status(): Promise<{ readonly members: readonly MemberStatus[]; readonly counters: Counters }>;
  /** Lets what runs end, within the drain limit, then ends the rest. */
  stop(): Promise<void>;
};

/** One process that serves. `restarts` counts how often it was started again, `startedAt` is when it last was. */
export type MemberStatus = {
  readonly worker: number;
  readonly pid: number;
  readonly startedAt: string;
  readonly restarts: number;
} & (
  | ({ readonly state: 'serving' } & ProxyStatus)
  /**
   * `waiting`: it ended, and is started again when its time has come. `silent`: it did not answer in time, and is killed
   * if it goes on so.
   */
  | { readonly state: 'starting' | 'waiting' | 'silent' }
);

/** This process serves by itself. */
export async function serveHere(
  { setup, folder }: Prepared,
  announce: (announcement: ProxyAnnouncement) => void,
): Promise<Result<Crew>> {
  const startedAt = new Date().toISOString();
  const started = await startProxy(setup, folder.policies, announce);
  if (!started.ok) return started;
  const proxy = started.value;
  const { endpoints, logFile, stop } = proxy;
  return succeed({
    endpoints,
    logFile,
    async usePolicies({ policies }) {
      proxy.policies.replace(policies);
      return succeed(undefined);
    },
    async useCertificates(credentials) {
      proxy.useCertificates(credentials);
    },
    async useAuthority(authority) {
      proxy.useAuthority(authority);
    },
    async useLook(look) {
      proxy.useLook(look);
    },
    useTicketSecret: proxy.useTicketSecret,
    async reopenLogs() {
      const problem = proxy.reopenLog();
      return problem === undefined ? [] : [problem];
    },
    async status() {
      const self = { worker: 1, pid: process.pid, startedAt, restarts: 0 };
      const status = proxy.status();
      return { members: [{ ...self, state: 'serving', ...status }], counters: status.metrics.counters };
    },
    stop,
  });
}
