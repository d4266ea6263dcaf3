import type { Look } from '../block-page/look.ts';
import { placeFiles } from '../config/file-places.ts';
import type { Config } from '../config/load.ts';
import { added, NO_GAUGES, type ProgramGauges } from '../metrics/counters.ts';
import type { PolicySet } from '../policy/policy.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { createReloader, type InForce, type Reloaded } from '../policy-store/reload.ts';
import {
  areSameCredentials,
  type ListenerCredentials,
  loadListenerCredentials,
  warningsOf,
} from '../proxy/listeners.ts';
import type { ParentState } from '../proxy/outward/health.ts';
import { type Answer, type Command, serveControl } from '../supervisor/control.ts';
import { newTicketSecret, TICKET_SECRET_MS } from '../tls/ticket-keys.ts';
import type { Announce } from './announcement.ts';
import type { HeldAuthority } from './authority.ts';
import { createAuthorityRenewal } from './authority-renewal.ts';
import type { Crew } from './crew.ts';
import { examineLook } from './examine.ts';

/** What those who serve began with. */
type First = {
  readonly policies: PolicySet;
  readonly certificates: ListenerCredentials;
  readonly authority: HeldAuthority | undefined;
  readonly look: Look;
};

/** What goes on beside the requests: reloads, and the answers to commands. */
type Upkeep = {
  /** Reads policies, certificates and the CA anew. */
  reload(): void;
  reloadPolicies(): void;
  reopenLogs(): void;
  stop(): void;
};

export async function startUpkeep(
  config: Config,
  crew: Crew,
  first: First,
  cache: string,
  announce: Announce,
): Promise<Upkeep> {
  const policies = createPolicyRenewal(config, crew, first.policies, cache, announce);
  const certificates = createCertificateRenewal(config, crew, first.certificates, announce);
  const authority = createAuthorityRenewal(config, crew, first.authority, announce);
  const renewLook = createLookRenewal(config, crew, first.look, policies.current, announce);
  const ticketSecrets = setInterval(() => crew.useTicketSecret(newTicketSecret()), TICKET_SECRET_MS).unref();
  const startedAt = new Date().toISOString();
  const answer = async (command: Command): Promise<Answer> => {
    switch (command) {
      case 'reload': {
        const renewed = await certificates.renew();
        const signs = await authority.renew();
        const reloaded = await policies.renew();
        const odd = await renewLook();
        if (reloaded.ok && renewed.ok && signs.ok) {
          const warnings = [...reloaded.value.warnings, ...odd];
          return { ok: true, ...reloaded.value, warnings, caChanged: signs.value.changed };
        }
        const all = [renewed, signs, reloaded];
        return { ok: false, problems: all.flatMap((one) => (one.ok ? [] : one.error)) };
      }
      case 'status': {
        const { version, departments } = policies.current();
        const known = { policy: version, departments: [...departments.keys()] };
        const refused = { reloadProblems: policies.problems(), certificateProblems: certificates.problems() };
        const ca = { ca: authority.status(), caProblems: authority.problems() };
        const self = { pid: process.pid, startedAt, listen: crew.endpoints };
        return { ...statusOf(await crew.status(), authority.gauges()), ...self, ...known, ...refused, ...ca };
      }
    }
  };
  const control = await serveControl(config.state, answer);
  if (!control.ok) announce({ kind: 'warning', problem: control.error });
  return {
    reload() {
      void certificates.renew();
      void authority.renew();
      void policies.renew().then(renewLook); // which is held against the policies
    },
    reloadPolicies: () => void policies.renew().then(renewLook),
    async reopenLogs() {
      for (const problem of await crew.reopenLogs()) announce({ kind: 'warning', problem });
    },
    stop() {
      policies.close();
      authority.close();
      clearInterval(ticketSecrets);
      if (control.ok) control.value.close();
    },
  };
}

/** What is in force, which is read anew when somebody asks for it. */
type Renewal<T> = {
  renew(): Promise<Result<T>>;
  /** What was wrong when it was last read; what was there before is in force. */
  problems(): readonly Problem[];
};

function createPolicyRenewal(
  config: Config,
  crew: Crew,
  first: PolicySet,
  cache: string,
  announce: Announce,
): Renewal<Reloaded> & { current(): PolicySet; close(): void } {
  let current = first;
  let problems: readonly Problem[] = [];
  let announced: Result<Reloaded> | undefined;
  const inForce: InForce = {
    current: () => current,
    async replace(next) {
      const replaced = await crew.usePolicies(next);
      if (replaced.ok) current = next.policies;
      return replaced;
    },
  };
  const reloader = createReloader(config.policies, inForce, Date.now, cache);
  return {
    current: inForce.current,
    problems: () => problems,
    async renew() {
      const reloaded = await reloader.reload();
      if (reloaded !== announced) announceReload(reloaded, announce); // several may have asked for one and the same
      announced = reloaded;
      problems = reloaded.ok ? [] : reloaded.error;
      return reloaded;
    },
    close: reloader.close,
  };
}

function announceReload(reloaded: Result<Reloaded>, announce: Announce): void {
  if (reloaded.ok) {
    for (const problem of reloaded.value.warnings) announce({ kind: 'warning', problem });
    announce({ kind: 'reloaded', ...reloaded.value });
  } else announce({ kind: 'reload-refused', problems: reloaded.error });
}

/** The certificates of TLS listeners. All of them are taken, or with any problem none. */
function createCertificateRenewal(
  config: Config,
  crew: Crew,
  first: ListenerCredentials,
  announce: Announce,
): Renewal<undefined> {
  let current = first;
  let problems: readonly Problem[] = [];
  return {
    problems: () => problems,
    async renew() {
      const loaded = loadListenerCredentials(config.listen, new Date());
      problems = loaded.ok ? [] : placeFiles(loaded.error, config);
      if (!loaded.ok) {
        announce({ kind: 'certificates-refused', problems });
        return fail(problems);
      }
      const isChanged = !areSameCredentials(loaded.value, current);
      current = loaded.value;
      if (isChanged) {
        await crew.useCertificates(loaded.value);
        announce({ kind: 'certificates-renewed' });
      }
      for (const problem of placeFiles(warningsOf(loaded.value), config))
        announce({ kind: 'warning', problem });
      return succeed(undefined);
    },
  };
}

/**
 * The files of the pages. What is broken in them is told, each problem once, and left out: what is built in stands in.
 * Comes back with all that is wrong.
 */
function createLookRenewal(
  config: Config,
  crew: Crew,
  first: Look,
  policies: () => PolicySet,
  announce: Announce,
): () => Promise<readonly Problem[]> {
  let current = JSON.stringify(first);
  let told: ReadonlySet<string> = new Set();
  return async () => {
    const { look, problems } = examineLook(config, policies());
    const next = JSON.stringify(look);
    if (next !== current) {
      current = next;
      await crew.useLook(look);
    }
    const known = told;
    told = new Set(problems.map(({ at, problem }) => `${at} ${problem}`));
    for (const problem of problems)
      if (!known.has(`${problem.at} ${problem.problem}`)) announce({ kind: 'warning', problem });
    return problems;
  };
}

/** What all who serve come to together. A log that cannot be written is trouble; a worker that is starting again is none. */
function statusOf(
  { members, counters }: Awaited<ReturnType<Crew['status']>>,
  ofProgram: ProgramGauges,
): Answer {
  const serving = members.filter((member) => member.state === 'serving');
  const problems = serving.flatMap(({ logProblem }) => (logProblem === undefined ? [] : [logProblem]));
  const gauges = serving.reduce((sum, { metrics }) => added(sum, metrics.gauges), NO_GAUGES);
  const { connections, tunnels } = gauges;
  return {
    ok: problems.length === 0,
    ...(problems.length === 0 ? {} : { problems }),
    connections,
    tunnels,
    metrics: { ...counters, ...gauges, ...ofProgram },
    upstream: worstOf(serving.map(({ parents }) => parents)),
    workers: members.map((member) => {
      const { worker, pid, startedAt, restarts, state } = member;
      const self = { worker, pid, startedAt, restarts, state };
      if (member.state !== 'serving') return self;
      const { policy, metrics } = member;
      const { connections, tunnels } = metrics.gauges;
      return { ...self, policy, connections, tunnels, metrics: { ...metrics.counters, ...metrics.gauges } };
    }),
  };
}

/** Each finds out by its own attempts whether a parent is there. One that is down for any of them is told as down. */
function worstOf(seen: readonly (readonly ParentState[])[]): readonly ParentState[] {
  const downMs = (state: ParentState): number => (state.state === 'down' ? state.downMs : -1);
  const [first = [], ...others] = seen;
  return first.map((state, index) =>
    others.reduce((worst, states) => {
      const other = states[index] ?? worst;
      return downMs(other) > downMs(worst) ? other : worst;
    }, state),
  );
}
