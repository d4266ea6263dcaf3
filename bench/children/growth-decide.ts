/**
 * Finds the department of clients and decides on hosts for them, under the policies of `growth/policies.ts` in the folder
 * it is given, with so many departments and listed names; prints `GrowthTimings` as JSON.
 */
import { identify } from '../../src/identity/identify.ts';
import { type Decision, decide } from '../../src/policy/decide.ts';
import type { Host } from '../../src/policy/host.ts';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { clientOf, ruleHost, unlisted } from '../growth/policies.ts';
import { hostOf, hostUnder } from '../support/hosts.ts';
import { NOW } from '../support/policies.ts';
import { createRandom } from '../support/random.ts';
import { clockCostNs, summarise } from '../support/statistics.ts';

/** Medians in nanoseconds, without what the clock itself takes. */
export type GrowthTimings = { readonly listed: number; readonly ofRule: number; readonly unlisted: number };

type Asked = { readonly client: string; readonly host: Host };

const ASKED = 100_000;
const WARM_UP = 20_000;
const SEED = 20_261_124;
const CLIENTS_EACH = 200;

const [folder = '', departmentsText = '', listedText = ''] = process.argv.slice(2);
const [departments, listed] = [Number(departmentsText), Number(listedText)];
const random = createRandom(SEED);
const anyBelow = (bound: number): number => Math.floor(random() * bound);
const loaded = await loadPolicies(folder, NOW);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.slice(0, 5), undefined, 2));
const policies = loaded.value;

const cases = {
  listed: ask(() => hostUnder(anyBelow(listed))),
  ofRule: ask((department, number) => hostOf(ruleHost(department, number))),
  unlisted: ask((_, number) => hostOf(unlisted(number))),
};
for (const asked of Object.values(cases)) for (const one of asked.slice(0, WARM_UP)) decideOn(one);
const cost = clockCostNs();
const timings: GrowthTimings = {
  listed: time(cases.listed, 'block'),
  ofRule: time(cases.ofRule, 'block'),
  unlisted: time(cases.unlisted, 'forward'),
};
process.stdout.write(JSON.stringify(timings));

function ask(hostFor: (department: number, number: number) => Host): readonly Asked[] {
  return Array.from({ length: WARM_UP + ASKED }, (_, number) => {
    const department = anyBelow(departments);
    return { client: clientOf(department, anyBelow(CLIENTS_EACH)), host: hostFor(department, number) };
  });
}

function decideOn({ client, host }: Asked): Decision {
  const { department } = identify({ client }, policies);
  return decide(
    { time: NOW, department, client, via: 'connect', method: 'CONNECT', host, port: 443 },
    policies,
  );
}

function time(asked: readonly Asked[], expect: Decision['action']): number {
  const took = Float64Array.from(asked.slice(WARM_UP), (one) => {
    const start = process.hrtime.bigint();
    const decision = decideOn(one);
    const end = process.hrtime.bigint();
    // Else something else was measured than the report says.
    if (decision.action !== expect) throw new Error(`${one.host}: not to ${expect}`);
    return Math.max(0, Number(end - start) - cost);
  });
  return summarise(took).median;
}
