import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CaFiles, caFiles } from '../own-site/ca.ts';

/**
 * What clients are to trust, as `ca.crt` says at this moment: it may be exchanged while the program runs. Where it cannot
 * be read, the CA that the program began with.
 */
export async function publishedCa(certs: string, beganWith: string): Promise<CaFiles> {
  try {
    return caFiles(await readFile(join(certs, 'ca.crt'), 'latin1'));
  } catch {
    return caFiles(beganWith);
  }
}
