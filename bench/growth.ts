import { bodyCurves } from './growth/bodies.ts';
import { departmentCurves, domainCurves } from './growth/policy-curves.ts';
import { tunnelCurves } from './growth/tunnels.ts';
import type { Bench } from './support/bench.ts';
import { describeCores } from './support/cores.ts';
import { loadNow, machineLines } from './support/machine.ts';
import type { Section } from './support/report.ts';
import type { Rounds } from './traffic/measure.ts';
import { type Ground, openGround } from './traffic/session.ts';

/** What Postern alone costs while one thing grows. */
function growthBench(
  name: string,
  summary: string,
  measure: (ground: Ground, rounds: Rounds, tell: (step: string) => void) => Promise<Section>,
): Bench {
  return {
    summary,
    options: {
      rounds: { about: 'measured rounds, after a warm-up', default: 5, min: 1, max: 100 },
      seconds: { about: 'for which the load lasts in each', default: 3, min: 1, max: 600 },
    },
    async run({ rounds = 5, seconds = 3 }, tell) {
      const loadBefore = loadNow();
      await using ground = await openGround(tell);
      const { title, notes, figures } = await measure(ground, { rounds, seconds }, tell);
      const how = `medians of ${rounds} rounds of ${seconds} s, in which the sizes take turns; µs and ns/B are processor time`;
      return {
        bench: name,
        machine: [...machineLines(loadBefore), describeCores(ground.cores)],
        sections: [{ title, notes: [...notes, how], figures }],
      };
    },
  };
}

export const growthBenches: Readonly<Record<string, Bench>> = {
  'growth-tunnels': growthBench('growth-tunnels', '10 to 10,000 open tunnels', tunnelCurves),
  'growth-domains': growthBench('growth-domains', '1 to 1,000,000 listed domains', domainCurves),
  'growth-departments': growthBench('growth-departments', '1 to 1,000 departments', departmentCurves),
  'growth-bodies': growthBench('growth-bodies', 'bodies of 1 KB to 1 GB', bodyCurves),
};
