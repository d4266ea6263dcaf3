#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// Before anything else is loaded: an older Node would fail somewhere inside, with a message that helps nobody.
const NEEDED = '24.9';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 9)) {
  process.stderr.write(`Postern needs Node ${NEEDED} or later; this is ${process.versions.node}.\n`);
  process.exit(1);
}
// The system's resolver works on libuv's threads, four by default: as many names that never answer would hold up all
// others. The pool reads this when it is first used.
process.env.UV_THREADPOOL_SIZE ??= '64';
// V8 moves what is made at some places of the code to its old generation at once, when much of it survived before: so it
// does with sockets, as policies grow the heap while they are loaded. A closed tunnel would then last until the whole
// heap is collected, and lead to all that it was made of (docs/decisions/0035-no-pretenuring.md).
setFlagsFromString('--no-allocation-site-pretenuring');

const { runCommandLine } = await import('./cli/program.ts');
await runCommandLine();
