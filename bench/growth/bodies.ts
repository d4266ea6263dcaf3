import { join } from 'node:path';
import { servePostern } from '../peers/postern.ts';
import type { Section } from '../support/report.ts';
import { runTunnelLoad } from '../traffic/load.ts';
import { measureInTurn, type Rounds } from '../traffic/measure.ts';
import type { Ground } from '../traffic/session.ts';
import type { TunnelWork } from '../traffic/units.ts';
import { curveFigures } from './curve.ts';
import { writeGrowthPolicies } from './policies.ts';

/** What a byte costs in bodies of all sizes, in one Postern, size after size. */

const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/** From here on what each body costs whatever its size no longer shows in a byte. */
const LARGE = 1e7;
const LANES = 4;

export async function bodyCurves(
  ground: Ground,
  rounds: Rounds,
  tell: (step: string) => void,
): Promise<Section> {
  const { folder, origins, cores, keep } = ground;
  const policies = join(folder, 'policies');
  writeGrowthPolicies(policies, { departments: 1, listed: 1 });
  const served = servePostern({ name: 'Postern', folder, policies, origins, core: cores.proxy });
  const { pid, port, originHost: host } = await keep(served);
  const ways = {
    'through a tunnel': (bytes: number): TunnelWork => ({
      kind: 'sized',
      to: { host, port: origins.sized },
      bytes,
    }),
    'over plain HTTP': (bytes: number): TunnelWork => ({
      kind: 'body',
      from: { host, port: origins.bodies },
      bytes,
    }),
  };
  const nameOf = (way: string, bytes: number): string => `${bytesText(bytes)} ${way}`;
  const subjects = SIZES.flatMap((bytes) =>
    Object.entries(ways).map(([way, workOf]) => ({
      name: nameOf(way, bytes),
      pid,
      perUnit: bytes,
      load: () =>
        runTunnelLoad(
          { proxyPort: port, lanes: LANES, seconds: rounds.seconds, onWrong: 'fail', work: workOf(bytes) },
          cores.load,
        ),
    })),
  );
  const measured = await measureInTurn(subjects, rounds.rounds, tell);
  return {
    title: 'While bodies grow: the cost of a byte to the client',
    notes: [
      `${LANES} at one time; each tunnel is a new one, plain HTTP is over connections that are kept; each byte is checked`,
      `the second ratio leaves out the sizes at which what each body costs, whatever its size, is most of it`,
    ],
    figures: Object.keys(ways).flatMap((line) =>
      curveFigures({
        growing: 'bytes of a body',
        line,
        unit: 'ns/B',
        points: SIZES.map((size) => {
          const cpuMicros = measured.get(nameOf(line, size))?.cpuMicros;
          return { size, cost: cpuMicros === undefined ? undefined : cpuMicros * 1e3 };
        }),
        sizeText: bytesText,
        flatFrom: LARGE,
      }),
    ),
  };
}

/** Of powers of ten: `1 KB`. */
function bytesText(bytes: number): string {
  const unit = (['GB', 'MB', 'KB'] as const).find((name) => bytes >= BYTES[name]) ?? 'KB';
  return `${bytes / BYTES[unit]} ${unit}`;
}

const BYTES = { KB: 1e3, MB: 1e6, GB: 1e9 } as const;
