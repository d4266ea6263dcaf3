import type { Config } from '../config/load.ts';
import type { ProgramGauges } from '../metrics/counters.ts';
import { type Problem, type Result, succeed } from '../policy/result.ts';
import { endOf } from '../tls/authority-folder.ts';
import type { Announce } from './announcement.ts';
import {
  type AuthorityStatus,
  expiryWarnings,
  type HeldAuthority,
  holdAuthority,
  signsAlike,
  statusOf,
} from './authority.ts';
import type { Crew } from './crew.ts';

/** How often the CA is looked at, by itself: to warn of its end, and to go over to the next one on its date. */
const LOOK_MS = 86_400_000;

/** The CA of the block pages. Without one nothing is ever renewed. */
export type AuthorityRenewal = {
  /** Reads it anew; whether another one signs from now on. */
  renew(): Promise<Result<{ readonly changed: boolean }>>;
  /** What was wrong when it was last read; the one that signed before still does. */
  problems(): readonly Problem[];
  status(): AuthorityStatus | undefined;
  gauges(): ProgramGauges;
  close(): void;
};

export function createAuthorityRenewal(
  config: Config,
  crew: Pick<Crew, 'useAuthority'>,
  first: HeldAuthority | undefined,
  announce: Announce,
): AuthorityRenewal {
  return first === undefined ? NO_CA : renewalOf(config, crew, first, announce);
}

const NO_CA: AuthorityRenewal = {
  renew: async () => succeed({ changed: false }),
  problems: () => [],
  status: () => undefined,
  gauges: () => ({}),
  close() {},
};

function renewalOf(
  config: Config,
  crew: Pick<Crew, 'useAuthority'>,
  first: HeldAuthority,
  announce: Announce,
): AuthorityRenewal {
  let current = first;
  let problems: readonly Problem[] = [];
  let timer: NodeJS.Timeout | undefined;
  const renew = async (): Promise<Result<{ readonly changed: boolean }>> => {
    const held = holdAuthority(config);
    problems = held.ok ? [] : held.error;
    if (!held.ok) {
      announce({ kind: 'ca-refused', problems });
      for (const problem of expiryWarnings(current, new Date())) announce({ kind: 'warning', problem });
      plan();
      return held;
    }
    const changed = !signsAlike(held.value, current);
    current = held.value;
    plan();
    if (changed) {
      await crew.useAuthority(held.value.pems);
      const { subject, sha256Fingerprint } = statusOf(held.value, new Date());
      announce({ kind: 'ca-renewed', subject, sha256Fingerprint });
    }
    for (const problem of expiryWarnings(held.value, new Date())) announce({ kind: 'warning', problem });
    return succeed({ changed });
  };
  const plan = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void renew(), Math.min(LOOK_MS, untilNext(current))).unref();
  };
  plan();
  return {
    renew,
    problems: () => problems,
    status: () => statusOf(current, new Date()),
    gauges: () => ({ caExpirationTimestampSeconds: endOf(current.folder.signing).getTime() / 1_000 }),
    close: () => clearTimeout(timer),
  };
}

/** In ms, until the one that waits is to take over, as far as its date is known and still to come. */
function untilNext({ folder }: HeldAuthority): number {
  const date = folder.state === 'waiting' ? folder.next.activeFrom : undefined;
  const ms = date === undefined ? LOOK_MS : date.getTime() - Date.now();
  return ms > 0 ? ms : LOOK_MS;
}
