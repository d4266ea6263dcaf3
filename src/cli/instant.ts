import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

/** `2026-06-01T10:00:00+09:00` → milliseconds since the epoch, for an option's `argParser`. */
export function parseInstant(text: string): number {
  // `Date.parse` alone takes `soon 9` for a day in September, and a time without an offset for this machine's own.
  if (!z.iso.datetime({ offset: true }).safeParse(text).success)
    throw new InvalidArgumentError('Write date, time and offset: 2026-06-01T10:00:00+09:00.');
  return Date.parse(text);
}
