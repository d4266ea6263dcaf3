import { cpus, loadavg, totalmem } from 'node:os';

/** The load average of the last minute. */
export const loadNow = (): number => loadavg()[0] ?? 0;

/** What a reader has to know of the machine to judge the figures. */
export function machineLines(loadBefore: number): readonly string[] {
  const processors = cpus();
  const load = `${loadBefore.toFixed(2)} before, ${loadNow().toFixed(2)} after`;
  return [
    `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 1e9)} GB`,
    `Node ${process.versions.node}`,
    `load average: ${load}. Above ${processors.length}, times tell of other programs too`,
  ];
}
