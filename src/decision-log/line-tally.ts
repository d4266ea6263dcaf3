import type { UnreadableLine } from './reader.ts';

/** How many lines of logs were read, and how many could not be. */
export type LineTally = {
  readonly read: number;
  readonly unreadable: number;
  /** The first few of them. */
  readonly firstUnreadable: readonly UnreadableLine[];
  /** Lines that the log itself says are missing. */
  readonly lost: number;
};

const MAX_NAMED_LINES = 5;

export function createLineTally() {
  const firstUnreadable: UnreadableLine[] = [];
  const counts = { read: 0, unreadable: 0, lost: 0 };
  return {
    noteRead(lines: number): void {
      counts.read += lines;
    },
    noteLost(lines: number): void {
      counts.lost += lines;
    },
    noteUnreadable(line: UnreadableLine): void {
      counts.unreadable += 1;
      if (firstUnreadable.length < MAX_NAMED_LINES) firstUnreadable.push(line);
    },
    tally: (): LineTally => ({ ...counts, firstUnreadable }),
  };
}
