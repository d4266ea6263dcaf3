import type { PolicySet } from '../policy/policy.ts';

/** Where the running policies live. A reader takes `current()` once and keeps it for the whole of its request. */
export type PolicyStore = {
  current(): PolicySet;
  replace(policies: PolicySet): void;
};

export function createPolicyStore(first: PolicySet): PolicyStore {
  let running = first;
  return {
    current: () => running,
    replace: (policies) => {
      running = policies;
    },
  };
}
