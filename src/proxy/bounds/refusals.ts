import { type Incident, newIncident } from '../../decision-log/incident.ts';
import type { DecisionLog } from '../../decision-log/record.ts';
import type { ReachedLimit } from '../../policy/reached-limit.ts';
import { clientKey } from './client-limits.ts';

/** Whom a limit turned away. */
export type TurnedAway = {
  readonly client: string;
  readonly department: string | undefined;
  readonly limit: ReachedLimit;
};

/**
 * Writes refusals to the log without letting whoever is refused fill the disk: the first of a client at a limit gets
 * its line at once, those after it are counted and told of in one line a minute. All of them share an incident.
 */
export type Refusals = {
  /** Notes one refusal; its answer quotes the incident. */
  note(refused: TurnedAway): Incident;
  /** Writes the counts that are due, and forgets those who were refused no more. */
  tell(): void;
  /** Writes every count that is not in the log yet. */
  close(): void;
};

/** How long refusals are counted before the log is told of them. */
export const SUMMARY_MS = 60_000;

/** Of each limit, clients beyond so many are counted together. */
const MAX_SERIES = 1_000;

/** `untold` refusals came after the last line, which was written at `toldAt`. */
type Series = TurnedAwaySeries & { untold: number; toldAt: number };
type TurnedAwaySeries = { readonly incident: Incident; readonly whom: TurnedAway | Others };

/** Clients that are not told apart. */
type Others = { readonly client: undefined; readonly department: undefined; readonly limit: ReachedLimit };

/** `now` is the time of day, in milliseconds since the epoch. */
export function createRefusals(log: DecisionLog, now: () => number): Refusals {
  const series = new Map<string, Series>();
  const write = ({ incident, whom }: TurnedAwaySeries, time: number, refused: number): void =>
    log.write({ event: 'refusal', incident, time, ...whom, refused });
  const begin = (key: string, whom: TurnedAway | Others): Incident => {
    const time = now();
    const begun = { incident: newIncident(time), whom, untold: 0, toldAt: time };
    series.set(key, begun);
    write(begun, time, 1);
    return begun.incident;
  };
  const tell = (isDue: (one: Series, time: number) => boolean): void => {
    const time = now();
    for (const [key, one] of series) {
      if (!isDue(one, time)) continue;
      if (one.untold === 0) series.delete(key);
      else write(one, time, one.untold);
      one.untold = 0;
      one.toldAt = time;
    }
  };
  return {
    note(refused) {
      const own = `${refused.limit} ${clientKey(refused.client)}`;
      const isTold = series.has(own) || series.size < MAX_SERIES;
      const key = isTold ? own : refused.limit;
      const known = series.get(key);
      if (known === undefined)
        return begin(
          key,
          isTold ? refused : { client: undefined, department: undefined, limit: refused.limit },
        );
      known.untold += 1;
      return known.incident;
    },
    tell: () => tell((one, time) => time - one.toldAt >= SUMMARY_MS),
    close: () => tell(() => true),
  };
}
