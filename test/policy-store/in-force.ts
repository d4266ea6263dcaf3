import { succeed } from '../../src/policy/result.ts';
import type { InForce } from '../../src/policy-store/reload.ts';
import type { PolicyStore } from '../../src/policy-store/store.ts';

/** What decides is what this store holds. */
export const inForceBy = (store: PolicyStore): InForce => ({
  current: store.current,
  async replace({ policies }) {
    store.replace(policies);
    return succeed(undefined);
  },
});
