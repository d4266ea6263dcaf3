/**
 * What `read` gives, read anew by whoever asks for it `everyMs` after the last reading or later: for what the machine
 * may change at any time, and what costs too much to ask for at each request. No timer runs. `clock` counts
 * milliseconds and never goes back.
 */
export function rereading<T>(read: () => T, everyMs: number, clock: () => number): () => T {
  let known: { readonly value: T; readonly at: number } | undefined;
  return () => {
    const now = clock();
    if (known === undefined || now - known.at >= everyMs) known = { value: read(), at: now };
    return known.value;
  };
}
