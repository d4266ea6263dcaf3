import { addressBytes, mask, type Network } from '../network.ts';

/** Values by network, for one address at a time; the longest prefix comes first, as in routing. */
export type NetworkIndex<T> = {
  /** The value of the narrowest network that holds the address. */
  find(address: string): T | undefined;
  /** The values of all networks that hold it, and the length of each one's prefix. */
  findAll(address: string): readonly { readonly value: T; readonly prefix: number }[];
};

/** Entries may come in any order; values of one network are kept in theirs. */
export function buildNetworkIndex<T>(entries: Iterable<readonly [Network, T]>): NetworkIndex<T> {
  const byPrefix = new Map<number, Map<string, T[]>>();
  for (const [network, value] of entries) {
    const level = byPrefix.get(network.prefix) ?? new Map<string, T[]>();
    const key = network.bytes.join('.');
    const values = level.get(key);
    if (values === undefined) level.set(key, [value]);
    else values.push(value);
    byPrefix.set(network.prefix, level);
  }
  const longestFirst = [...byPrefix].sort(([a], [b]) => b - a);
  const findAll: NetworkIndex<T>['findAll'] = (address) => {
    const bytes = longestFirst.length === 0 ? undefined : addressBytes(address);
    if (bytes === undefined) return [];
    return longestFirst
      .filter(([prefix]) => prefix <= bytes.length * 8)
      .flatMap(([prefix, level]) =>
        // The key's length tells IPv4 from IPv6, so one level can hold both.
        (level.get(mask(bytes, prefix).join('.')) ?? []).map((value) => ({ value, prefix })),
      );
  };
  return { findAll, find: (address) => findAll(address)[0]?.value };
}
