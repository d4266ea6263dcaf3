/** The bytes of a bulk transfer: at each offset another one, so that a lost, doubled or moved piece shows. */

const PERIOD = 251; // a prime, so that no buffer's size is a multiple of it
const MAX_CHUNK_BYTES = 2 ** 20;
const bytes = Buffer.from(
  Uint8Array.from({ length: PERIOD + MAX_CHUNK_BYTES }, (_, offset) => offset % PERIOD),
);

/** So many bytes of the transfer, 1 MiB at most, from an offset on. */
export function patternAt(offset: number, length: number): Buffer {
  const start = offset % PERIOD;
  return bytes.subarray(start, start + Math.min(length, MAX_CHUNK_BYTES));
}

/** Whether a chunk of 1 MiB at most is what the transfer has at an offset. */
export function isPatternAt(offset: number, chunk: Uint8Array): boolean {
  return patternAt(offset, chunk.length).equals(chunk);
}
