import type net from 'node:net';
import { type Incident, newIncident } from '../decision-log/incident.ts';
import type { DecisionLog, Outcome } from '../decision-log/record.ts';
import { type BlockReason, type Decision, decide } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import { addressLiteral } from '../policy/host.ts';
import type { Department, Mode, PolicySet } from '../policy/policy.ts';
import type { ProxyError } from '../policy/proxy-error.ts';
import type { PolicyStore } from '../policy-store/store.ts';
import type { Resolve } from './outward/dns/resolve.ts';
import type { Egress } from './outward/egress.ts';
import type { Destination, Hop, Route, Routes } from './outward/route.ts';
import type { Deviation } from './tunnels/tunnel-rules.ts';

/** What the one door asks before anything passes. */
export type Door = {
  readonly policies: PolicyStore;
  readonly log: DecisionLog;
  readonly resolve: Resolve;
  readonly egress: Egress;
  readonly routes: Routes;
};

/** What was asked, and the policies as they were when it was: a reload does not change a request under way. */
export type Asked = { readonly facts: Facts; readonly policies: PolicySet; readonly isLoop: boolean };

/** What became of a request at the door. */
export type Admission = Forwarded | OwnVisit | Blocked | Failed;
export type Forwarded = Admitted & { readonly verdict: 'forward'; readonly destination: Destination };
/** Answered here, by the proxy's own site. The reason is that of a refusal, for who is asked in vain. */
export type OwnVisit = Admitted & {
  readonly verdict: 'own-site';
  readonly reason: { readonly code: 'own-site' };
};
export type Blocked = Admitted & { readonly verdict: 'block'; readonly reason: BlockReason };
export type Failed = Admitted & { readonly verdict: 'fail'; readonly error: ProxyError };

type Admitted = {
  readonly facts: Facts;
  readonly incident: Incident;
  readonly department: Department | undefined;
};

/**
 * Takes a request through the door and then along its path, and settles it: one decision before any byte flows, and
 * one outcome, which is what the path returns. A fault in the path costs that client its connection, and is thrown on.
 */
export function admit(asked: Asked, door: Door, client: net.Socket, path: Path): Promise<void> {
  const entry: Entry = {
    asked,
    reach: () => {
      const decision = decideAtDoor(asked, door.egress);
      // Nothing is looked up for a client that is gone already: its request is decided on for the log alone.
      return client.destroyed ? { decision, addresses: [], hops: [] } : reach(asked, decision, door);
    },
  };
  return passThrough(entry, door, client, path);
}

/** What a tunnel opened with, beside the CONNECT that it deviates from. */
export type Opened = { readonly asked: Asked; readonly admission: Forwarded; readonly deviation: Deviation };

/**
 * Takes the opening of an admitted tunnel through the same door, as a request of its own: who asks, the policies and
 * the addresses are those of the CONNECT.
 */
export function admitOpening(opened: Opened, door: Door, client: net.Socket, path: Path): Promise<void> {
  const { asked, admission } = opened;
  const facts = factsOfOpening(opened);
  const entry: Entry = {
    asked: { ...asked, facts },
    tunnel: admission.incident,
    reach: () => ({ ...admission.destination, decision: decideOpening(opened, facts) }),
  };
  return passThrough(entry, door, client, path);
}

/** The host is the one that is decided on: another name in the ClientHello where the policies are asked about it. */
function factsOfOpening({ asked, deviation }: Opened): Facts {
  const facts: Facts = { ...asked.facts, time: Date.now(), via: 'tls' };
  switch (deviation.kind) {
    case 'refused':
      return deviation.serverName === undefined ? facts : { ...facts, sni: deviation.serverName };
    case 'other-name':
      return { ...facts, host: deviation.host, sni: deviation.host };
  }
}

function decideOpening({ asked, admission, deviation }: Opened, facts: Facts): Decision {
  switch (deviation.kind) {
    case 'refused':
      return { action: 'block', reason: deviation.reason };
    case 'other-name': // it is not looked up: where the tunnel leads is settled
      return decide({ ...facts, addresses: admission.destination.addresses }, asked.policies);
  }
}

/** What is taken through the door, and how it comes to its decision there. */
type Entry = {
  readonly asked: Asked;
  readonly tunnel?: Incident;
  readonly reach: () => Reached | Promise<Reached>;
};

/** What happens to a request once it is decided, to its end. */
type Path = (admission: Admission) => Promise<Outcome>;

async function passThrough(entry: Entry, door: Door, client: net.Socket, path: Path): Promise<void> {
  const startedAt = performance.now();
  const incident = newIncident(entry.asked.facts.time);
  const settle = (outcome: Outcome): void => {
    const durationMs = Math.round(performance.now() - startedAt);
    door.log.write({ event: 'outcome', incident, time: Date.now(), outcome, durationMs });
  };
  try {
    const admission = await decideAndLog(entry, door, incident);
    settle(client.destroyed ? { kind: 'client-left' } : await path(admission));
  } catch (fault) {
    client.destroy();
    settle({ kind: 'upstream-failed', cause: 'proxy_internal_error' });
    throw fault;
  }
}

/** Decides, resolves, checks the addresses, and returns once the decision is safely in the log. */
async function decideAndLog(entry: Entry, door: Door, incident: Incident): Promise<Admission> {
  const { facts, policies } = entry.asked;
  const department = facts.department === undefined ? undefined : policies.departments.get(facts.department);
  const admitted = { facts, incident, department };
  const { decision, addresses, hops, error } = await entry.reach();
  const mode = modeOf(decision, department);
  const tunnel = entry.tunnel === undefined ? {} : { tunnel: entry.tunnel };
  door.log.write({ event: 'decision', incident, ...tunnel, facts, decision, policy: policies.version, mode });
  if (!(await door.log.committed())) return { ...admitted, verdict: 'fail', error: 'proxy_internal_error' };
  if (decision.action === 'block') return { ...admitted, verdict: 'block', reason: decision.reason };
  if (decision.reason.code === 'own-site')
    return { ...admitted, verdict: 'own-site', reason: { code: 'own-site' } };
  if (error !== undefined) return { ...admitted, verdict: 'fail', error };
  const { host, port } = facts;
  return { ...admitted, verdict: 'forward', destination: { host, port, addresses, hops } };
}

/** What was done with the decision: a block that happened was enforced, whatever else is only observed. */
function modeOf(decision: Decision, department: Department | undefined): Mode {
  if (decision.action === 'block') return 'enforce';
  return decision.wouldBlock === undefined ? (department?.mode ?? 'enforce') : 'observe';
}

/** The policies' decision, unless what the proxy itself never does stands before it. */
export function decideAtDoor({ facts, policies, isLoop }: Asked, egress: Egress): Decision {
  if (isLoop) return { action: 'block', reason: { code: 'proxy-loop' } };
  const decision = decide(facts, policies);
  if (decision.action === 'forward' && decision.reason.code !== 'own-site' && egress.forbidsPort(facts))
    return { action: 'block', reason: { code: 'port-forbidden', port: facts.port } };
  return decision;
}

type Reached = {
  readonly decision: Decision;
  /** The addresses that may be dialled; empty when the request is blocked or its name was not looked up. */
  readonly addresses: readonly string[];
  /** By what way; empty when the request is blocked. */
  readonly hops: readonly Hop[];
  readonly error?: ProxyError;
};

/**
 * Where an allowed request may go, and how. A blocked name is never looked up: the question alone would tell of it. Nor
 * is the proxy's own, which leads nowhere.
 */
async function reach(asked: Asked, decision: Decision, door: Door): Promise<Reached> {
  if (decision.action === 'block' || decision.reason.code === 'own-site')
    return { decision, addresses: [], hops: [] };
  const { hops, resolve } = door.routes(asked.facts);
  const parents = hops.filter((hop) => hop !== 'direct');
  const isKnownHere = mustKnowAddresses(asked, resolve);
  if (!isKnownHere && parents.length === hops.length) return { decision, addresses: [], hops };
  const resolved = await door.resolve(asked.facts.host);
  if (resolved.ok) {
    const judged = judgeAddresses(asked, decision, resolved.value, door.egress);
    return { ...judged, hops: judged.decision.action === 'block' ? [] : hops };
  }
  // Only the direct way needed the addresses: what is left are the parents.
  if (!isKnownHere && parents.length > 0) return { decision, addresses: [], hops: parents };
  return { decision, addresses: [], hops: [], error: resolved.error };
}

/**
 * Whether a request must not go on before the addresses of its host are known and checked here. Those that are told
 * without a name server always are: literals, and the names of this machine itself (RFC 6761 section 6.3).
 */
export function mustKnowAddresses(
  { facts, policies }: Pick<Asked, 'facts' | 'policies'>,
  resolve: Route['resolve'],
): boolean {
  const { host, department: id } = facts;
  const department = id === undefined ? undefined : policies.departments.get(id);
  return (
    resolve === 'local' ||
    department?.hosts.heedsAddresses === true ||
    addressLiteral(host) !== undefined ||
    host === 'localhost' ||
    host.endsWith('.localhost')
  );
}

/**
 * The addresses of a name that may be dialled. When none of them may, or when a rule names one of them, the request is
 * blocked after all.
 */
export function judgeAddresses(
  { facts, policies }: Pick<Asked, 'facts' | 'policies'>,
  first: Decision,
  resolved: readonly string[],
  egress: Egress,
): Omit<Reached, 'hops' | 'error'> {
  const department = facts.department === undefined ? undefined : policies.departments.get(facts.department);
  const decision = department?.hosts.heedsAddresses
    ? decide({ ...facts, addresses: resolved }, policies)
    : first;
  if (decision.action === 'block') return { decision, addresses: [] };
  const judged = resolved.map((address) => ({
    address,
    forbidden: egress.forbidsAddress(facts.host, address, facts.port),
  }));
  const addresses = judged.filter(({ forbidden }) => forbidden === undefined).map(({ address }) => address);
  const [one] = judged;
  if (addresses.length === 0 && one?.forbidden !== undefined)
    return { decision: { action: 'block', reason: one.forbidden }, addresses };
  if (egress.forbidsLiteral(facts, decision.reason))
    return { decision: { action: 'block', reason: { code: 'address-literal' } }, addresses: [] };
  return { decision, addresses };
}
