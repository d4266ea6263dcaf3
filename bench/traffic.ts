import type { Bench } from './support/bench.ts';
import { loadNow, machineLines } from './support/machine.ts';
import { measureWork } from './traffic/measure.ts';
import { workSection } from './traffic/report.ts';
import { openSession } from './traffic/session.ts';
import * as works from './traffic/works.ts';

/** A bench of one kind of work, Postern beside its peers. */
function trafficBench(name: string, summary: string, work: works.Work): Bench {
  return {
    summary,
    options: {
      rounds: { about: 'measured rounds, after a warm-up', default: 5, min: 1, max: 100 },
      seconds: { about: 'for which the load lasts in each', default: 3, min: 1, max: 600 },
    },
    async run({ rounds = 5, seconds = 3 }, tell) {
      const loadBefore = loadNow();
      await using session = await openSession(work.peers, tell);
      const measured = await measureWork(work, session, { rounds, seconds }, tell);
      return {
        bench: name,
        machine: [...machineLines(loadBefore), ...session.lines],
        sections: [workSection(work, measured, { rounds, seconds })],
      };
    },
  };
}

export const trafficBenches: Readonly<Record<string, Bench>> = {
  forward: trafficBench('forward', 'plain HTTP, 1 KB on kept connections', works.forward),
  connect: trafficBench('connect', 'a tunnel with 1 KB through it', works.connect),
  bulk: trafficBench('bulk', 'gigabytes through a tunnel to the client', works.bulk),
  upload: trafficBench('upload', 'gigabytes through a tunnel from the client', works.upload),
  'block-http': trafficBench('block-http', 'the block page over plain HTTP', works.blockHttp),
  'block-https': trafficBench('block-https', 'the block page inside a tunnel', works.blockHttps),
  'block-https-new': trafficBench('block-https-new', 'the same of a new host each time', works.blockHttpsNew),
};
