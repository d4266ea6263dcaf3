import { mitmproxy } from './peers/mitmproxy.ts';
import { squid } from './peers/squid.ts';
import { tinyproxy } from './peers/tinyproxy.ts';
import type { Bench } from './support/bench.ts';
import { loadNow, machineLines } from './support/machine.ts';
import type { Figure } from './support/report.ts';
import { median } from './support/statistics.ts';
import { FEW_TUNNELS, type IdleMemory, measureIdle, tunnelsPossible } from './traffic/idle.ts';
import { openSession } from './traffic/session.ts';

const PEERS = [squid, tinyproxy, mitmproxy];
const MAX_RATIO = 0.7;

export const idleBench: Bench = {
  summary: 'memory of tunnels in which nothing happens',
  options: {
    starts: { about: 'fresh processes of each proxy', default: 3, min: 1, max: 100 },
    tunnels: { about: 'idle tunnels of each proxy', default: 4_000, min: FEW_TUNNELS, max: 100_000 },
  },
  async run({ starts = 3, tunnels = 4_000 }, tell) {
    const loadBefore = loadNow();
    const many = Math.min(tunnels, tunnelsPossible(PEERS.length + 1));
    const series = new Map<string, IdleMemory[]>();
    let lines: readonly string[] = [];
    for (let start = 1; start <= starts; start++) {
      await using session = await openSession(PEERS, tell);
      lines = session.lines;
      tell(`${start} of ${starts}: opening ${many} tunnels through each`);
      for (const [name, memory] of await measureIdle(session, many))
        series.set(name, [...(series.get(name) ?? []), memory]);
    }
    return {
      bench: 'idle',
      machine: [...machineLines(loadBefore), ...lines],
      sections: [
        {
          title: 'Memory for each idle tunnel',
          notes: [
            'proportional set size of all its processes, less that after 500 tunnels were opened and closed; each',
            'tunnel has carried a ClientHello and 1 KB; what the kernel holds for sockets is in none of the figures',
            `medians of ${starts} fresh processes of each`,
          ],
          figures: [
            figure(`with ${FEW_TUNNELS.toLocaleString('en')} open`, series, ({ atFew }) => atFew),
            figure(
              `with ${many.toLocaleString('en')} open`,
              series,
              ({ atMany }) => atMany,
              'Idle tunnel, memory',
            ),
          ],
        },
      ],
    };
  },
};

function figure(
  what: string,
  series: ReadonlyMap<string, readonly IdleMemory[]>,
  read: (memory: IdleMemory) => number,
  chart?: string,
): Figure {
  const { Postern, ...peers } = Object.fromEntries(
    [...series].map(([name, memories]) => [name, median(memories.map(read)) / 1024]),
  );
  const target = { kind: 'ratio', to: squid.name, atMost: MAX_RATIO } as const;
  return { what, unit: 'KB', target, postern: Postern, peers, chart };
}
