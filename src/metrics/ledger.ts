import { added, type Counters, noCounters } from './counters.ts';

/** What several processes have counted together, those that have ended since included: the sums never go back. */
export type Ledger = {
  /**
   * The last report of a member. `life` counts the processes that were this member, one after the other: with each the
   * numbers begin at zero.
   */
  note(member: number, life: number, counters: Counters): void;
  /** Of the last reports. What a process counted after its last one and before its end is not in them. */
  total(): Counters;
};

export function createLedger(): Ledger {
  const last = new Map<number, { readonly life: number; readonly counters: Counters }>();
  let ended = noCounters();
  return {
    note(member, life, counters) {
      const before = last.get(member);
      if (before !== undefined && life < before.life) return; // of one that has ended, and come late
      if (before !== undefined && life > before.life) ended = added(ended, before.counters);
      last.set(member, { life, counters });
    },
    total: () => [...last.values()].reduce((sum, { counters }) => added(sum, counters), ended),
  };
}
