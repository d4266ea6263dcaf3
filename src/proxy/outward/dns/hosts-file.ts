import { readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import { rereading } from '../reread.ts';

/** The addresses that a hosts file (hosts(5)) gives a name. */
export type HostsFile = (name: string) => readonly string[] | undefined;

/** How long a change of the file may go unnoticed, in ms: to ask the kernel takes longer than the rest of a look-up. */
const UNNOTICED_MS = 1_000;

/** Reads the file when it has changed; a machine may have none. `clock` counts milliseconds and never goes back. */
export function openHostsFile(path: string, clock: () => number): HostsFile {
  let seen = '';
  let addressesByName: ReadonlyMap<string, readonly string[]> = new Map();
  const reread = (): ReadonlyMap<string, readonly string[]> => {
    const now = versionOf(path);
    if (now !== seen) addressesByName = parseHosts(textOf(path));
    seen = now;
    return addressesByName;
  };
  const current = rereading(reread, UNNOTICED_MS, clock);
  return (name) => current().get(name);
}

/** Differs when the file was written or replaced, even by one with the same time. */
function versionOf(path: string): string {
  try {
    const { mtimeMs, ctimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ctimeMs} ${ino} ${size}`;
  } catch {
    return 'none';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (net.isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const addresses = found.get(key);
      if (addresses === undefined) found.set(key, [address]);
      else addresses.push(address);
    }
  }
  return found;
}
