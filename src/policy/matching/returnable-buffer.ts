/**
 * The C library gives blocks above 32 MB back to the system as soon as they are freed, but may keep smaller ones for
 * good (mallopt(3), M_MMAP_THRESHOLD: each one that is freed raises the bound, up to 32 MB). A block's pages take no
 * memory until they are written to.
 */
const RETURNED_BYTES = 33 * 2 ** 20;

/** What is smaller is not worth a thought. */
const SMALL_BYTES = 2 ** 16;

/**
 * A buffer of at least so many bytes whose memory does not stay with the process when it is let go: for what is built
 * once and held long, or held briefly, in a program that runs for months.
 */
export const returnableBuffer = (bytes: number): ArrayBuffer =>
  new ArrayBuffer(bytes <= SMALL_BYTES ? bytes : Math.max(bytes, RETURNED_BYTES));
