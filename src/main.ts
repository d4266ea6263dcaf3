#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addCa } from './cli/ca.ts';
import { addCheck } from './cli/check.ts';
import { addExplain } from './cli/explain.ts';
import { EXIT } from './cli/output.ts';
import { addRunning } from './cli/running.ts';
import { addServe } from './cli/serve.ts';
import { VERSION } from './cli/version.ts';

const program = new Command('postern')
  .description(
    'The guarded way out of a network: a forward proxy that blocks by policy, explains why, and logs it.',
  )
  .version(VERSION)
  .showHelpAfterError('(see --help)')
  .exitOverride();

for (const add of [addServe, addCheck, addExplain, addCa, addRunning]) add(program);

// Whoever reads our output may have seen enough (`postern explain … | head`): that is no failure of ours.
process.stdout.on('error', () => process.exit());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed what is wrong; asking for help or the version is no mistake.
  process.exitCode = error.exitCode === 0 ? EXIT.good : EXIT.usage;
}
