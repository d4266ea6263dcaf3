/** How many answers are kept; beyond it the memory begins anew, and so does not grow with the log. */
const REMEMBERED = 50_000;

/** The same function, for texts that come again and again: what it said of one of them is not worked out twice. */
export function remembering<T extends object>(answer: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = answer(text);
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, found);
    return found;
  };
}
