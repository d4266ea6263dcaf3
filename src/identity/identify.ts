import type { Asker } from '../policy/membership.ts';
import type { PolicySet } from '../policy/policy.ts';

/** The department of whoever asks, as the policies' `members` say; undefined when none claims them. */
export function identify(asker: Asker, policies: PolicySet): { readonly department: string | undefined } {
  return { department: policies.membership.find(asker) };
}
