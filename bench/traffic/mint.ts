import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { boundTo } from '../support/cores.ts';

/** A client that asks for so many different hosts below a blocked one, and for no less than so many seconds. */
export type MintJob = {
  readonly proxyPort: number;
  /** Tunnels at one time. */
  readonly lanes: number;
  readonly names: number;
  readonly seconds: number;
  /** What the names begin with: one that no job had before. */
  readonly label: string;
  /** The blocked domain. */
  readonly below: string;
};

/** How often a certificate came, and how often a plain refusal in its place. */
export type MintResult = { pages: number; refused: number; readonly seconds: number };

const MINT_LOAD = fileURLToPath(new URL('../children/mint-load.ts', import.meta.url));

/** Steps behind whoever else is at work on the processor: else it would slow the load that it is measured beside. */
const BEHIND_OTHERS = ['nice', '-n', '19'];

export async function mint(job: MintJob, core: number | undefined): Promise<MintResult> {
  const line = boundTo(core, [...BEHIND_OTHERS, process.execPath, MINT_LOAD, JSON.stringify(job)]);
  const [file = '', ...args] = line;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (status !== 0) throw new Error(`the client that asks for new names ended with status ${status}`);
  return JSON.parse(output) as MintResult;
}
