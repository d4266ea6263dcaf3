import { mitmproxy } from './peers/mitmproxy.ts';
import { squid } from './peers/squid.ts';
import { tinyproxy } from './peers/tinyproxy.ts';
import type { Bench } from './support/bench.ts';
import { loadNow, machineLines } from './support/machine.ts';
import type { Figure } from './support/report.ts';
import { median } from './support/statistics.ts';
import { firstOf, type IdleMemory, measureIdle, tunnelsPossible } from './traffic/idle.ts';
import { openSession } from './traffic/session.ts';

const PEERS = [squid, tinyproxy, mitmproxy];
const MAX_RATIO = 0.7;
/** As many as the peers' own limits let be open. */
const MAX_TUNNELS = 8_000;

export const idleBench: Bench = {
  summary: 'memory of tunnels in which nothing happens',
  options: {
    starts: { about: 'fresh processes of each proxy', default: 3, min: 1, max: 100 },
    tunnels: { about: 'idle tunnels of each proxy', default: 4_000, min: 100, max: MAX_TUNNELS },
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
            'proportional set size of all its processes; each tunnel has carried a ClientHello and 1 KB; what the',
            'kernel holds for sockets is in none of the figures. The first ones find room that 500 others left, which',
            'were opened and closed before',
            `medians of ${starts} fresh processes of each`,
          ],
          figures: [
            figure(`the first ${firstOf(many).toLocaleString('en')}`, series, ({ first }) => first),
            {
              ...figure(`those beyond, up to ${many.toLocaleString('en')}`, series, ({ further }) => further),
              target: { kind: 'ratio', to: squid.name, atMost: MAX_RATIO },
              chart: 'Idle tunnel, memory',
            },
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
): Figure {
  const { Postern, ...peers } = Object.fromEntries(
    [...series].map(([name, memories]) => [name, median(memories.map(read)) / 1024]),
  );
  return { what, unit: 'KB', postern: Postern, peers };
}
