import { type Incident, newIncident } from '../decision-log/incident.ts';
import type { DecisionLog, Outcome } from '../decision-log/record.ts';
import { type BlockReason, type Decision, decide } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import type { Department, PolicySet } from '../policy/policy.ts';
import type { ProxyError } from '../policy/proxy-error.ts';
import type { PolicyStore } from '../policy-store/store.ts';
import type { Egress } from './egress.ts';
import type { Resolve } from './resolve.ts';

/** What the one door asks before anything passes. */
export type Door = {
  readonly policies: PolicyStore;
  readonly log: DecisionLog;
  readonly resolve: Resolve;
  readonly egress: Egress;
};

/** What was asked, and the policies as they were when it was: a reload does not change a request under way. */
export type Asked = { readonly facts: Facts; readonly policies: PolicySet; readonly isLoop: boolean };

/** What became of a request at the door. `settle` writes its outcome, and only the first call counts. */
export type Admission = {
  readonly facts: Facts;
  readonly incident: Incident;
  readonly department: Department | undefined;
  readonly settle: (outcome: Outcome) => void;
} & (
  | { readonly verdict: 'forward'; readonly addresses: readonly string[] }
  | { readonly verdict: 'block'; readonly reason: BlockReason }
  | { readonly verdict: 'fail'; readonly error: ProxyError }
);

/** Decides, resolves, checks the addresses, and returns once the decision is safely in the log. */
export async function admit(asked: Asked, door: Door): Promise<Admission> {
  const { facts, policies } = asked;
  const startedAt = performance.now();
  const incident = newIncident(facts.time);
  const department = facts.department === undefined ? undefined : policies.departments.get(facts.department);
  let settled = false;
  const settle = (outcome: Outcome): void => {
    if (settled) return;
    settled = true;
    const durationMs = Math.round(performance.now() - startedAt);
    door.log.write({ event: 'outcome', incident, time: Date.now(), outcome, durationMs });
  };
  const admission = { facts, incident, department, settle };

  const reached = await reach(asked, decideAtDoor(asked, door.egress), door);
  const isObserved = reached.decision.action === 'forward' && reached.decision.wouldBlock !== undefined;
  const mode = isObserved ? 'observe' : (department?.mode ?? 'enforce');
  door.log.write({
    event: 'decision',
    incident,
    facts,
    decision: reached.decision,
    policy: policies.version,
    mode,
  });
  if (!(await door.log.committed())) return { ...admission, verdict: 'fail', error: 'proxy_internal_error' };

  if (reached.decision.action === 'block')
    return { ...admission, verdict: 'block', reason: reached.decision.reason };
  if ('error' in reached) return { ...admission, verdict: 'fail', error: reached.error };
  return { ...admission, verdict: 'forward', addresses: reached.addresses };
}

/** The policies' decision, unless what the proxy itself never does stands before it. */
export function decideAtDoor({ facts, policies, isLoop }: Asked, egress: Egress): Decision {
  if (isLoop) return { action: 'block', reason: { code: 'proxy-loop' } };
  const decision = decide(facts, policies);
  if (decision.action === 'forward' && egress.forbidsPort(facts))
    return { action: 'block', reason: { code: 'port-forbidden', port: facts.port } };
  return decision;
}

type Reached =
  | { readonly decision: Decision; readonly addresses: readonly string[] }
  | { readonly decision: Decision; readonly error: ProxyError };

/** The addresses that may be dialled. A blocked name is never looked up: the question alone would tell of it. */
async function reach({ facts }: Asked, decision: Decision, door: Door): Promise<Reached> {
  if (decision.action === 'block') return { decision, addresses: [] };
  const resolved = await door.resolve(facts.host);
  if (!resolved.ok) return { decision, error: resolved.error };
  const judged = resolved.value.map((address) => ({
    address,
    forbidden: door.egress.forbidsAddress(facts.host, address, facts.port),
  }));
  const addresses = judged.filter(({ forbidden }) => forbidden === undefined).map(({ address }) => address);
  const forbidden = judged.find((one) => one.forbidden !== undefined)?.forbidden;
  if (addresses.length === 0 && forbidden !== undefined)
    return { decision: { action: 'block', reason: forbidden }, addresses };
  return { decision, addresses };
}
