/**
 * The candidate nearest to `word` by edit distance, when it is near enough to be what a person meant. One that `word`
 * only cuts short or lengthens, `locked` for `lock`, goes before others.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestRank = Infinity;
  for (const candidate of candidates) {
    if (Math.abs(word.length - candidate.length) > limit) continue;
    const other = candidate.toLowerCase();
    const distance = editDistance(lower, other);
    if (distance > limit) continue;
    const rank = other.startsWith(lower) || lower.startsWith(other) ? distance : distance + limit;
    if (rank < bestRank) [best, bestRank] = [candidate, rank];
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
