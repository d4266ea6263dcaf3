import type { Host } from '../../../policy/host.ts';
import type { Answer, Lookup } from './lookup.ts';

/** Answers for a shorter time serve for this long: each request of a page would ask anew for a name with 0. */
const MIN_TTL_MS = 1_000;

/** Answers for a longer time are asked for again after this, so that a mistake in somebody's zone passes. */
const MAX_TTL_MS = 3_600_000;

/** Some 5 MB. Beyond it the name that was asked for longest ago goes. */
const MAX_NAMES = 10_000;

/** An answer that is kept is there at once; for another one there is a wait, to which its asker sets an end. */
export type CachedLookup = (host: Host) => Answer | Promise<Answer>;

/**
 * Keeps answers for their time, and lets those who ask for a name while it is looked up share the answer. Nothing is
 * given out after its time: that a name led somewhere once is no ground to dial it. `clock` counts milliseconds and
 * never goes back.
 */
export function cached(lookup: Lookup, clock: () => number, maxNames = MAX_NAMES): CachedLookup {
  const kept = new Map<Host, { readonly answer: Answer; readonly until: number }>();
  const underWay = new Map<Host, Promise<Answer>>();

  const keep = (host: Host, answer: Answer): void => {
    kept.set(host, { answer, until: clock() + Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, answer.ttlMs)) });
    const [longestAgo] = kept.keys();
    if (kept.size > maxNames && longestAgo !== undefined) kept.delete(longestAgo);
  };
  const ask = (host: Host): Promise<Answer> => {
    const asked = lookup(host)
      .then((answer) => {
        keep(host, answer);
        return answer;
      })
      .finally(() => underWay.delete(host));
    underWay.set(host, asked);
    return asked;
  };
  return (host) => {
    const known = kept.get(host);
    kept.delete(host);
    if (known === undefined || clock() >= known.until) return underWay.get(host) ?? ask(host);
    kept.set(host, known); // last in the map's order now
    return known.answer;
  };
}
