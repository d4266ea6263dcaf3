/** How long to wait before a process that ended is started again; never in a hot loop. */
export type Backoff = {
  /** `ranMs`: how long the one that ended had run. */
  next(ranMs: number): number;
};

const FIRST_MS = 100;
const MOST_MS = 30_000;
/** Whoever ran as long was no failed start: what ended it is not what ended the one before. */
const STEADY_MS = 60_000;

/** Twice as long each time that one ends soon after its start. */
export function createBackoff(): Backoff {
  let waitMs = FIRST_MS;
  return {
    next(ranMs) {
      if (ranMs >= STEADY_MS) waitMs = FIRST_MS;
      const now = waitMs;
      waitMs = Math.min(waitMs * 2, MOST_MS);
      return now;
    },
  };
}
