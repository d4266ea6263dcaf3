import { buildNetworkIndex } from './matching/network-index.ts';
import { createMemory } from './memory.ts';
import type { Network } from './network.ts';

/** Who belongs to a department: any one of these suffices. */
export type Members = {
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly networks: readonly Network[];
  /** The ports of the listeners through which they come. */
  readonly ports: ReadonlySet<number>;
};

type Claimant = { readonly id: string; readonly members: Members };

/** What is known of who asks, before it is known to which department they belong. */
export type Asker = {
  /** The client's address. */
  readonly client: string;
  /** The port of the listener through which they came. */
  readonly listenerPort?: number | undefined;
  readonly user?: string | undefined;
  readonly groups?: readonly string[] | undefined;
};

/** Who belongs to which department. */
export type Membership = {
  /**
   * The department that claims the asker: by user, else by group, else by the listener's port, else by the narrowest
   * network. Undefined when none does, and when groups of several do: such a request is blocked.
   */
  find(asker: Asker): string | undefined;
};

/** For so many clients it is known in whose network they are. It goes with the policies that it was learnt from. */
const MAX_CLIENTS = 4_096;

/** No two of the departments claim the same user, group, port or network. */
export function buildMembership(departments: Iterable<Claimant>): Membership {
  const claims = [...departments];
  const byUser = indexBy(claims, ({ users }) => users);
  const byGroup = indexBy(claims, ({ groups }) => groups);
  const byPort = indexBy(claims, ({ ports }) => ports);
  const byNetwork = buildNetworkIndex(
    claims.flatMap(({ id, members }) => members.networks.map((network) => [network, id] as const)),
  );
  // By the address alone: what else is known of an asker is asked before it, and never stands behind this key.
  const clients = createMemory<{ readonly id: string | undefined }>(MAX_CLIENTS);
  const idOf = (client: string) => ({ id: byNetwork.find(client) });
  return {
    find({ client, listenerPort, user, groups = [] }) {
      const ofUser = user === undefined ? undefined : byUser.get(user);
      if (ofUser !== undefined) return ofUser;
      const ofGroups = new Set(groups.map((group) => byGroup.get(group)).filter((id) => id !== undefined));
      if (ofGroups.size > 0) return ofGroups.size === 1 ? [...ofGroups][0] : undefined;
      const ofPort = listenerPort === undefined ? undefined : byPort.get(listenerPort);
      return ofPort ?? clients(client, idOf).id;
    },
  };
}

/** No claim stands twice: `compile` has refused that. */
function indexBy<K>(
  departments: readonly Claimant[],
  claimed: (members: Members) => Iterable<K>,
): ReadonlyMap<K, string> {
  return new Map(
    departments.flatMap((department) => [...claimed(department.members)].map((key) => [key, department.id])),
  );
}
