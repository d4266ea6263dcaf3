import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `7d`, `12h`: so long before `now`; or an instant. → milliseconds since the epoch, for an option's `argParser`. */
export function parseSince(text: string, now: number): number {
  const [, amount, unit] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  if (unit !== undefined) return now - Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
  try {
    return parseInstant(text);
  } catch {
    throw new InvalidArgumentError('Write 7d, 12h or 30m, or a time: 2026-06-01T10:00:00+09:00.');
  }
}

/** `2026-06-01T10:00:00+09:00` → milliseconds since the epoch, for an option's `argParser`. */
export function parseInstant(text: string): number {
  // `Date.parse` alone takes `soon 9` for a day in September, and a time without an offset for this machine's own.
  if (!z.iso.datetime({ offset: true }).safeParse(text).success)
    throw new InvalidArgumentError('Write date, time and offset: 2026-06-01T10:00:00+09:00.');
  return Date.parse(text);
}
