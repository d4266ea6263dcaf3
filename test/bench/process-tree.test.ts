import { expect, test } from 'vitest';
import { treeCpuMicros, treeMemoryBytes } from '../../bench/support/process-tree.ts';
import { ROOT, spawnClean } from '../support/cli.ts';

const WORK_MICROS = 200_000;
const HELD_BYTES = 64 * 2 ** 20;
const TICK_MICROS = 10_000;

/** Works for so long, holds so much, and says so; ends with its input. */
const HELPER = `
  const held = Buffer.alloc(${HELD_BYTES}, 1);
  const worked = () => { const { user, system } = process.cpuUsage(); return user + system; };
  while (worked() < ${WORK_MICROS});
  process.stdin.on('end', () => process.exit(held.length > 0 ? 0 : 1)).resume();
  process.stdout.write('ready');`;

/** Starts the helper, and does nothing itself. */
const PROGRAM = `
  require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(HELPER)}], { stdio: 'inherit' })
    .on('exit', () => setInterval(() => {}, 1_000) && process.stdout.write('ended'));`;

test('what the helpers of a program cost is counted as its own, and still after they have ended', async () => {
  const program = spawnClean(process.execPath, ['-e', PROGRAM], { cwd: ROOT }, { stdio: 'pipe' });
  const { pid = 0, stdin, stdout } = program;
  const words = stdout?.[Symbol.asyncIterator]();
  expect(String((await words?.next())?.value)).toBe('ready');
  expect(treeMemoryBytes(pid)).toBeGreaterThan(HELD_BYTES);
  const running = treeCpuMicros(pid);
  expect(running).toBeGreaterThan(WORK_MICROS - TICK_MICROS);
  stdin?.end();
  expect(String((await words?.next())?.value)).toBe('ended');
  expect(treeCpuMicros(pid)).toBeGreaterThanOrEqual(running - TICK_MICROS);
  program.kill('SIGKILL');
});

test('a program that has ended has cost nothing that can still be seen', () => {
  expect(treeCpuMicros(2 ** 30)).toBe(0);
  expect(treeMemoryBytes(2 ** 30)).toBe(0);
});
