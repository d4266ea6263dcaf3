/** What was made once for a key, and is kept. */
export type Memory<T> = (key: string, make: (key: string) => T) => T;

/** Keeps at most `capacity` things. Beyond them it forgets all: each has only to be made once more. */
export function createMemory<T extends object | string>(capacity: number): Memory<T> {
  const kept = new Map<string, T>();
  return (key, make) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= capacity) kept.clear();
    const made = make(key);
    kept.set(key, made);
    return made;
  };
}
