import type { Audience, Rule } from '../policy/policy.ts';
import { type Cover, networkCovers } from './cover.ts';

/** Whether `wide` certainly holds whenever `narrow` does, as far as ports, time and `unless` go. */
export const holdsWhenever = (wide: Rule, narrow: Rule, cover: Cover): boolean =>
  (wide.ports.size === 0 || (narrow.ports.size > 0 && isWithin(narrow.ports, wide.ports))) &&
  (wide.when === undefined || JSON.stringify(wide.when.written) === JSON.stringify(narrow.when?.written)) &&
  sparesPeopleOf(narrow.unless, wide.unless) &&
  cover.atomsOf(wide.unless.target).every((atom) => cover.covers(narrow.unless.target, atom));

const sparesPeopleOf = (more: Audience, fewer: Audience): boolean =>
  isWithin(fewer.users, more.users) &&
  isWithin(fewer.groups, more.groups) &&
  fewer.networks.every((network) => more.networks.some((wide) => networkCovers(wide, network)));

const isWithin = <T>(part: ReadonlySet<T>, whole: ReadonlySet<T>): boolean =>
  [...part].every((member) => whole.has(member));
