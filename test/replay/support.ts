import { recordLine } from '../../src/decision-log/line.ts';
import type { LoggedDecision } from '../../src/decision-log/parse-line.ts';
import { parseLine } from '../../src/decision-log/parse-line.ts';
import { identify } from '../../src/identity/identify.ts';
import { decide } from '../../src/policy/decide.ts';
import type { Facts } from '../../src/policy/facts.ts';
import type { PolicySet } from '../../src/policy/policy.ts';
import { factsOf, policiesOf, unwrap } from '../policy/support.ts';

/** A request, as the proxy would have decided and logged it under these policies, and as a reader finds it again. */
export function logged(
  policies: PolicySet,
  url: string,
  who: Partial<Facts> & { readonly listenerPort?: number } = {},
): LoggedDecision {
  const { listenerPort, ...rest } = who;
  const asked = { ...factsOf(url, { client: '10.1.0.7' }), ...rest };
  const { client, user, groups } = asked;
  const facts = { ...asked, ...identify({ client, user, groups, listenerPort }, policies) };
  const line = recordLine({
    event: 'decision',
    incident: { id: '01KAQWERTY0123456789ABCDEF', code: '89AB-CDEF' },
    facts,
    decision: decide(facts, policies),
    policy: policies.version,
    mode: 'enforce',
  });
  const entry = unwrap(parseLine(line.trimEnd()));
  if (entry.kind !== 'decision') throw new Error(`not a decision: ${entry.kind}`);
  return entry;
}

type Body = Readonly<Record<string, unknown>>;

/** Departments by their names; each is what its file says after the title, with `allow` for its default. */
export const departments = (bodies: Readonly<Record<string, Body>>): PolicySet =>
  policiesOf(
    Object.fromEntries(
      Object.entries(bodies).map(([department, body]) => [
        `${department}.yaml`,
        JSON.stringify({ department, title: department, default: 'allow', ...body }),
      ]),
    ),
  );

/** One department of 10.1.0.0/16. */
export const office = (body: Body = {}): PolicySet =>
  departments({ office: { members: { networks: ['10.1.0.0/16'] }, ...body } });

/** The same policies under another version, so that every request is really decided anew. */
export const renamed = (policies: PolicySet): PolicySet => ({ ...policies, version: 'sha256:other' });
