/** The second that was written last, up to the point before its milliseconds: `2026-11-23T06:00:00.` */
let lastSecond = Number.NaN;
let lastText = '';

/**
 * Milliseconds since the epoch, whole ones → `2026-11-23T06:00:00.123Z`, as `Date.toISOString` writes it. Lines come in
 * the order of their times, more or less, so that the calendar is asked once for all those of a second.
 */
export function timestamp(time: number): string {
  const second = Math.floor(time / 1_000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1_000).toISOString().slice(0, -'000Z'.length);
    lastSecond = second;
  }
  return `${lastText}${String(time - second * 1_000).padStart(3, '0')}Z`;
}
