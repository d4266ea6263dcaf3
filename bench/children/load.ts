/** Loads the policies of the folder it is given, with the cache that it may be given, and prints a `Load` as JSON. */
import { loadPolicies } from '../../src/policy-store/load.ts';
import { NOW } from '../support/policies.ts';
import { settledMemory } from '../support/process.ts';

export type Load = {
  /** From the call until the policies are there. */
  readonly readySeconds: number;
  /** The processor time of all threads between the two. */
  readonly cpuSeconds: number;
  /** Once all that was only needed for loading is gone. */
  readonly residentMb: number;
  readonly peakMb: number;
};

const [folder = '', cache] = process.argv.slice(2);
const cpuBefore = process.cpuUsage();
const start = performance.now();
const loaded = await loadPolicies(folder, NOW, cache);
const readySeconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.slice(0, 5), undefined, 2));

const { residentMb, peakMb } = await settledMemory();
const load: Load = { readySeconds, cpuSeconds: (user + system) / 1e6, residentMb, peakMb };
process.stdout.write(JSON.stringify({ ...load, departments: loaded.value.departments.size }));
