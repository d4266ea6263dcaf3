/**
 * Decides on many hosts under the policies of the folder it is given, whose list has as many names as the second
 * argument says; prints `Timings` as JSON.
 */
import { type Decision, decide } from '../../src/policy/decide.ts';
import type { Facts } from '../../src/policy/facts.ts';
import type { Host } from '../../src/policy/host.ts';
import type { PolicySet } from '../../src/policy/policy.ts';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { hostOf, hostUnder, longHostUnder } from '../support/hosts.ts';
import { clientOf, DEPARTMENTS, departmentId, NOW, ruleHost } from '../support/policies.ts';
import { createRandom, sampleBelow } from '../support/random.ts';
import { clockCostNs, type Summary, summarise } from '../support/statistics.ts';

export type Timings = {
  readonly clockCostNs: number;
  readonly cases: readonly (Summary & Pick<Case, 'name' | 'isAimedAt'> & { readonly hosts: number })[];
};

type Asked = { readonly department: number; readonly host: Host; readonly addresses?: readonly string[] };
type Case = {
  readonly name: string;
  readonly asked: readonly Asked[];
  readonly expect: Decision['action'];
  /** Whether the targets are for it. */
  readonly isAimedAt: boolean;
};

const HOSTS = 200_000;
const SEED = 20_261_123;
const WARM_UP = 20_000;
/** Made once, as a request's department is the one string that the policies hold. */
const DEPARTMENT_IDS = Array.from({ length: DEPARTMENTS }, (_, department) => departmentId(department));

const [folder = '', names = ''] = process.argv.slice(2);
const random = createRandom(SEED);
const loaded = await loadPolicies(folder, NOW);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.slice(0, 5), undefined, 2));

const cost = clockCostNs();
const cases = casesFor(Number(names));
for (const { asked, expect } of cases) time(asked.slice(0, warmUpOf(asked)), expect, loaded.value);
const timings: Timings = {
  clockCostNs: cost,
  cases: cases.map(({ name, asked, expect, isAimedAt }) => {
    const took = time(asked.slice(warmUpOf(asked)), expect, loaded.value);
    return { name, isAimedAt, hosts: took.length, ...summarise(took.map((ns) => Math.max(0, ns - cost))) };
  }),
};
process.stdout.write(JSON.stringify(timings));

/** A short list has fewer hosts than are wanted, and part of them is for the warm-up all the same. */
function warmUpOf(asked: readonly Asked[]): number {
  return Math.min(WARM_UP, Math.floor(asked.length / 10));
}

function casesFor(listed: number): readonly Case[] {
  const hits = sampleBelow(listed, HOSTS + WARM_UP, random);
  const misses = sampleBelow(HOSTS * 4, HOSTS + WARM_UP, random).map((index) => listed + index);
  const ofRules = sampleBelow(HOSTS * 4, HOSTS + WARM_UP, random);
  const from = (indexes: Uint32Array, hostAt: (index: number) => Host): readonly Asked[] =>
    Array.from(indexes, (index) => ({ department: anyDepartment(), host: hostAt(index) }));
  const resolve = (asked: Asked, at: number): Asked => ({
    ...asked,
    addresses: [`93.184.${(at >> 8) & 255}.${at & 255}`, `2001:db8:ff::${(at & 0xffff).toString(16)}`],
  });
  const missing = from(misses, hostUnder);
  return [
    { name: 'listed', asked: from(hits, hostUnder), expect: 'block', isAimedAt: true },
    { name: 'not listed', asked: missing, expect: 'forward', isAimedAt: true },
    { name: 'ten labels, listed', asked: from(hits, longHostUnder), expect: 'block', isAimedAt: true },
    {
      name: 'ten labels, not listed',
      asked: from(misses, longHostUnder),
      expect: 'forward',
      isAimedAt: true,
    },
    {
      name: "under a rule's domain",
      asked: Array.from(ofRules, askForRuleHost),
      expect: 'block',
      isAimedAt: true,
    },
    // As a request that is to be forwarded is decided again, once its name is resolved.
    {
      name: 'not listed, resolved to two addresses',
      asked: missing.map(resolve),
      expect: 'forward',
      isAimedAt: false,
    },
  ];
}

function anyDepartment(): number {
  return Math.floor(random() * DEPARTMENTS);
}

function askForRuleHost(number: number): Asked {
  const department = anyDepartment();
  return { department, host: hostOf(ruleHost(department, number)) };
}

/** Nanoseconds of each decision, the clock's own among them. */
function time(asked: readonly Asked[], expect: Decision['action'], policies: PolicySet): Float64Array {
  const took = new Float64Array(asked.length);
  let unexpected = 0;
  asked.forEach((one, at) => {
    const facts = factsOf(one);
    const start = process.hrtime.bigint();
    const decision = decide(facts, policies);
    const end = process.hrtime.bigint();
    took[at] = Number(end - start);
    if (decision.action !== expect) unexpected++;
  });
  // Else something else was measured than the report says.
  if (unexpected > 0) throw new Error(`${unexpected} of ${asked.length} decisions are not to ${expect}`);
  return took;
}

function factsOf({ department, host, addresses }: Asked): Facts {
  const facts: Facts = {
    time: NOW,
    department: DEPARTMENT_IDS[department],
    client: clientOf(department),
    via: 'connect',
    method: 'CONNECT',
    host,
    port: 443,
  };
  return addresses === undefined ? facts : { ...facts, addresses };
}
