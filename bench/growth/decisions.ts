import type { GrowthTimings } from '../children/growth-decide.ts';
import { runScript } from '../support/process.ts';
import { median } from '../support/statistics.ts';
import type { Size } from './policies.ts';

const GROWTH_DECIDE = new URL('../children/growth-decide.ts', import.meta.url);
/** Fresh processes of each size; they take turns. */
const PROCESSES = 3;

/** What a decision takes under the policies of each folder, in nanoseconds. */
export async function timeDecisions(
  sizes: readonly (Size & { readonly policies: string })[],
  tell: (step: string) => void,
): Promise<readonly GrowthTimings[]> {
  const runs = sizes.map(() => [] as GrowthTimings[]);
  for (let round = 1; round <= PROCESSES; round++) {
    tell(`deciding: ${round} of ${PROCESSES}`);
    for (const [at, { policies, departments, listed }] of sizes.entries())
      runs[at]?.push(await runScript(GROWTH_DECIDE, [policies, String(departments), String(listed)]));
  }
  return runs.map((timings) => ({
    listed: median(timings.map(({ listed }) => listed)),
    ofRule: median(timings.map(({ ofRule }) => ofRule)),
    unlisted: median(timings.map(({ unlisted }) => unlisted)),
  }));
}
