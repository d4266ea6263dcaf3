import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLines } from './children/log-lines.ts';
import { squid, squidWithoutLog } from './peers/squid.ts';
import type { Bench } from './support/bench.ts';
import { loadNow, machineLines } from './support/machine.ts';
import { runScript } from './support/process.ts';
import type { Figure } from './support/report.ts';
import { median } from './support/statistics.ts';
import { type Measured, measureWork } from './traffic/measure.ts';
import { openSession } from './traffic/session.ts';
import { forward } from './traffic/works.ts';

const LOG_LINES = new URL('./children/log-lines.ts', import.meta.url);
const LINES_OF_A_REQUEST = 2;
/** As many requests in a turn as the load of the other benches has at one time. */
const COMPARED_REQUESTS_A_TURN = 16;

export const logBench: Bench = {
  summary: 'lines of the decision log',
  options: {
    rounds: { about: 'measured rounds, after a warm-up', default: 5, min: 1, max: 100 },
    seconds: { about: 'for which the load lasts in each', default: 3, min: 1, max: 600 },
  },
  async run({ rounds = 5, seconds = 3 }, tell) {
    const loadBefore = loadNow();
    const runs: LogLines[] = [];
    while (runs.length < rounds) {
      tell(`writing lines: ${runs.length + 1} of ${rounds}`);
      runs.push(await writeLines());
    }
    await using session = await openSession([squid, squidWithoutLog], tell);
    const measured = await measureWork(forward, session, { rounds, seconds }, tell);
    return {
      bench: 'log',
      machine: [...machineLines(loadBefore), ...session.lines],
      sections: [
        {
          title: 'The log',
          notes: [
            "Postern: its writer alone, each turn of the event loop's lines in one write, fsync never",
            'Squid: what a forwarded request of 1 KB takes with access_log, less what one takes without',
            `medians of ${rounds} rounds; a request has ${LINES_OF_A_REQUEST} lines in Postern, one in Squid`,
          ],
          figures: figuresOf(runs, measured),
        },
      ],
    };
  },
};

async function writeLines(): Promise<LogLines> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  try {
    return await runScript<LogLines>(LOG_LINES, [folder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function figuresOf(runs: readonly LogLines[], measured: ReadonlyMap<string, Measured>): readonly Figure[] {
  const each = (runs[0] ?? []).map(({ requestsATurn }, at) => ({
    requestsATurn,
    cpuMicros: median(runs.map((run) => run[at]?.cpuMicros ?? Number.NaN)),
  }));
  const compared = each.find(({ requestsATurn }) => requestsATurn === COMPARED_REQUESTS_A_TURN);
  const [with_, without] = [squid, squidWithoutLog].map(({ name }) => measured.get(name)?.cpuMicros);
  return [
    ...each.map(
      ({ requestsATurn, cpuMicros }): Figure => ({
        what: `processor time for each line, ${requestsATurn} requests a turn`,
        unit: 'µs',
        postern: cpuMicros,
      }),
    ),
    {
      what: `for each request, ${COMPARED_REQUESTS_A_TURN} a turn`,
      unit: 'µs',
      postern: compared && compared.cpuMicros * LINES_OF_A_REQUEST,
      peers: {
        [squid.name]: with_ === undefined || without === undefined ? undefined : with_ - without,
      },
    },
  ];
}
