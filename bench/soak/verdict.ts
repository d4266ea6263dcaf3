import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LogLine } from '../support/observed.ts';
import type { Visit } from './visit.ts';

/** What one visit must have left in the log: all of its requests, or at most those when it broke off. */
export type Expected = Pick<Visit, 'requests'> & { readonly isAborted: boolean };

/** What the log says against what the clients did. */
export type Verdict = {
  readonly decisions: number;
  readonly malformed: number;
  /** Second decisions, on what tunnels opened with. */
  readonly openings: number;
  readonly outcomes: number;
  /** Decisions without an outcome, with two, and outcomes of no decision. */
  readonly unpaired: readonly string[];
  /** Visits with fewer or more decisions than requests; those that broke off may have fewer. */
  readonly mismatched: readonly string[];
};

/** Reads the log line by line: after ten minutes it is larger than a string may be. */
export async function judge(logFile: string, expected: ReadonlyMap<string, Expected>): Promise<Verdict> {
  const decided = new Map<string, number>();
  const open = new Map<string, string>();
  const unpaired: string[] = [];
  let [decisions, malformed, outcomes, openings] = [0, 0, 0, 0];
  for await (const text of createInterface({ input: createReadStream(logFile) })) {
    const { event, reason, via, client, id } = JSON.parse(text) as LogLine;
    if (event === 'outcome') {
      outcomes += 1;
      if (!open.delete(String(id))) unpaired.push(text);
    } else if (event !== 'decision') {
      unpaired.push(text); // a line that was lost, or a client that was turned away: nobody here gives a reason for it
    } else if (via === 'tls') {
      openings += 1; // of a tunnel that was decided on already, and has its request
      open.set(String(id), text);
    } else {
      const isMalformed = reason === 'malformed';
      if (isMalformed) malformed += 1;
      else open.set(String(id), text);
      decisions += 1;
      decided.set(String(client), (decided.get(String(client)) ?? 0) + 1);
    }
  }
  return {
    decisions,
    malformed,
    openings,
    outcomes,
    unpaired: [...unpaired, ...open.values()],
    mismatched: mismatches(decided, expected),
  };
}

function mismatches(
  decided: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, Expected>,
): readonly string[] {
  const found: string[] = [];
  for (const [address, { requests, isAborted }] of expected) {
    const count = decided.get(address) ?? 0;
    if (count > requests || (count < requests && !isAborted))
      found.push(`${address}: ${requests} requests${isAborted ? ', broken off' : ''}, ${count} decisions`);
  }
  for (const address of decided.keys())
    if (!expected.has(address)) found.push(`${address}: nobody came from there`);
  return found;
}
