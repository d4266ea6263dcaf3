/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** At most `wanted` different whole numbers below `bound`, in random order. */
export function sampleBelow(bound: number, wanted: number, random: () => number): Uint32Array {
  const numbers = Uint32Array.from({ length: bound }, (_, number) => number);
  const count = Math.min(wanted, bound);
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(random() * (bound - at));
    const chosen = numbers[other] ?? 0;
    numbers[other] = numbers[at] ?? 0;
    numbers[at] = chosen;
  }
  return numbers.slice(0, count);
}
