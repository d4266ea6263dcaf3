/**
 * Large buffers for those who have much to read. Beyond so many at one time nobody gets one: that bounds what stalled
 * tunnels can hold. One that is given back is kept for the next, as long as few are: what a busy hour took is not held
 * for ever after.
 */
export type LentBuffers = { borrow(): Buffer | undefined; giveBack(buffer: Buffer): void };

const MOST_KEPT = 16;

/** `bytes` is the size of each. */
export function createLentBuffers(bytes: number, atMost: number): LentBuffers {
  const free: Buffer[] = [];
  let lent = 0;
  return {
    borrow() {
      if (lent >= atMost) return undefined;
      lent += 1;
      return free.pop() ?? Buffer.allocUnsafeSlow(bytes);
    },
    giveBack(buffer) {
      lent -= 1;
      if (free.length < MOST_KEPT) free.push(buffer);
    },
  };
}
