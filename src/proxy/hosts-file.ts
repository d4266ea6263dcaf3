import { readFileSync, statSync } from 'node:fs';
import net from 'node:net';

const PATH = '/etc/hosts';

let readAt = -1;
let addressesByName: ReadonlyMap<string, readonly string[]> = new Map();

/** The addresses that the machine's hosts file (hosts(5)) gives a name; read anew when the file has changed. */
export function hostsFileAddresses(name: string): readonly string[] | undefined {
  try {
    const { mtimeMs } = statSync(PATH);
    if (mtimeMs !== readAt) addressesByName = parseHosts(readFileSync(PATH, 'utf8'));
    readAt = mtimeMs;
  } catch {
    addressesByName = new Map(); // a machine may have none
  }
  return addressesByName.get(name);
}

export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (net.isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      found.set(key, [...(found.get(key) ?? []), address]);
    }
  }
  return found;
}
