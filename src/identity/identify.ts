import type { PolicySet } from '../policy/policy.ts';

/** Who is asking, by the network that the client's address lies in. */
export function identify(client: string, policies: PolicySet): { readonly department: string | undefined } {
  return { department: policies.departmentByNetwork.find(client) };
}
