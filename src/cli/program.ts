import { Command, CommanderError } from 'commander';
import { addCa } from './ca.ts';
import { addCheck } from './check.ts';
import { addExplain } from './explain.ts';
import { addList } from './list.ts';
import { EXIT } from './output.ts';
import { addPac } from './pac.ts';
import { addPage } from './page.ts';
import { addReplay } from './replay.ts';
import { addRunning } from './running.ts';
import { addSchema } from './schema.ts';
import { addServe } from './serve.ts';
import { addShow } from './show.ts';
import { VERSION } from './version.ts';

const program = new Command('postern')
  .description(
    'The guarded way out of a network: a forward proxy that blocks by policy, explains why, and logs it.',
  )
  .version(VERSION)
  .showHelpAfterError('(see --help)')
  .exitOverride();

// Whoever reads our output may have seen enough (`postern explain … | head`): that is no failure. `serve` goes on.
program.hook('preAction', (_program, verb) => {
  if (verb.name() !== 'serve') process.stdout.on('error', () => process.exit());
});

for (const add of [
  addServe,
  addCheck,
  addExplain,
  addShow,
  addReplay,
  addPage,
  addCa,
  addPac,
  addRunning,
  addSchema,
  addList,
])
  add(program);

/** Runs the verb that the command line names, and sets the exit status. */
export async function runCommandLine(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed what is wrong; asking for help or the version is no mistake.
    process.exitCode = error.exitCode === 0 ? EXIT.good : EXIT.usage;
  }
}
