import { type Result, succeed } from '../policy/result.ts';

/** Several processes that shall all go over to something new, or none of them. */
export type Members<M> = {
  /** Those that are there at this moment. */
  present(): readonly M[];
  /** Has a member make ready; `gone` when it ended meanwhile. */
  prepare(member: M): Promise<Result<undefined> | 'gone'>;
  /** The decision, made once and for all, before anybody goes over: whoever comes later begins with the new. */
  decide(): void;
  /** Has a member that is ready go over; comes back when it has, or is gone. */
  commit(member: M): Promise<unknown>;
  /** Has a member let go of what it made ready. */
  forget(member: M): void;
};

/**
 * Goes over in two phases: once all who are there are ready, and not before, all go over. A member that refuses keeps
 * everybody from it. One that ends is not waited for; one that comes while others make ready is asked as well. False
 * when all that were there ended over it.
 */
export async function replaceEverywhere<M>(members: Members<M>): Promise<Result<boolean>> {
  const asked = new Set<M>();
  const ready = new Set<M>();
  for (;;) {
    const others = members.present().filter((member) => !asked.has(member));
    if (others.length === 0) break;
    for (const member of others) asked.add(member);
    const answers = await Promise.all(others.map((member) => members.prepare(member)));
    for (const [index, member] of others.entries()) if (answers[index] !== 'gone') ready.add(member);
    for (const answer of answers)
      if (answer !== 'gone' && !answer.ok) {
        for (const member of ready) members.forget(member);
        return answer;
      }
  }
  // No await since the last look at who is there: nobody has come in between.
  const present = members.present().filter((member) => ready.has(member));
  if (asked.size > 0 && present.length === 0) return succeed(false);
  members.decide();
  await Promise.all(present.map((member) => members.commit(member)));
  return succeed(true);
}
