import { squid } from './peers/squid.ts';
import type { Bench } from './support/bench.ts';
import { loadNow, machineLines } from './support/machine.ts';
import type { Figure } from './support/report.ts';
import { median } from './support/statistics.ts';
import { measureReloads, type Reload, type ReloadRun } from './traffic/reload.ts';
import { openSession } from './traffic/session.ts';
import { blockedDomains } from './traffic/site.ts';

/** Nobody may notice that policies are read anew. */
const MAX_FAILED = 0;

export const reloadBench: Bench = {
  summary: 'reading the policies anew under load',
  options: { reloads: { about: 'reloads at rest, and as many under load', default: 5, min: 1, max: 100 } },
  async run({ reloads = 5 }, tell) {
    const loadBefore = loadNow();
    await using session = await openSession([squid], tell);
    const runs = new Map<string, ReloadRun>();
    for (const contestant of [session.postern, ...session.peers]) {
      tell(`reloading ${contestant.name}`);
      runs.set(contestant.name, await measureReloads(contestant, session, reloads));
    }
    return {
      bench: 'reload',
      machine: [...machineLines(loadBefore), ...session.lines],
      sections: [
        {
          title: `A reload of ${blockedDomains.length} blocked domains, one more or one fewer`,
          notes: [
            `medians of ${reloads} reloads by HUP, from the signal until a request is decided by the new list`,
            'under load 16 tunnels at one time are opened, used for 1 KB and closed, each on a new connection; one that',
            'fails is followed by another at once',
          ],
          figures: figuresOf(runs),
        },
      ],
    };
  },
};

function figuresOf(runs: ReadonlyMap<string, ReloadRun>): readonly Figure[] {
  const figure = (
    what: string,
    unit: Figure['unit'],
    read: (run: ReloadRun) => number,
    target?: Figure['target'],
  ): Figure => {
    const { Postern, ...peers } = Object.fromEntries([...runs].map(([name, run]) => [name, read(run)]));
    return { what, unit, target, postern: Postern, peers };
  };
  const ofReloads = (read: (reload: Reload) => number) => (run: ReloadRun) => median(run.reloads.map(read));
  return [
    figure(
      'at rest',
      'ms',
      ofReloads(({ idleMs }) => idleMs),
    ),
    figure(
      '  processor time',
      'ms',
      ofReloads(({ idleCpuMs }) => idleCpuMs),
    ),
    figure(
      'under load',
      'ms',
      ofReloads(({ loadedMs }) => loadedMs),
    ),
    figure('  tunnels meanwhile', '', ({ tunnels }) => tunnels),
    figure('  of which failed', '', ({ failed }) => failed, { kind: 'amount', atMost: MAX_FAILED }),
    figure('  latency of a tunnel: p99', 'ms', ({ p99Ms }) => p99Ms),
  ];
}
