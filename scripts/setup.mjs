#!/usr/bin/env node
// Installs what package-lock.json names, when it is not there yet. Runs on any Node from 20 on, with nothing
// installed: `npm start`, `npm test` and `bin/postern` all begin here.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.installed');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';

if (installed === wanted) {
  try {
    utimesSync(stamp, new Date(), new Date()); // `bin/postern` only compares the times of the two files
  } catch {
    // Not the owner: the packages are right all the same.
  }
} else {
  process.stderr.write('Installing the packages of package-lock.json (once, about half a minute) …\n');
  // Under an older Node npm warns of every package that wants a newer one; the newer one is what it is installing.
  const install = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', install, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    process.stderr.write(
      'The packages could not be installed. See the message above, mend it, and run this again.\n',
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
