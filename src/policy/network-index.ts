import { addressBytes, mask, type Network } from './network.ts';

/** Which value an address belongs to; of nested networks the longest prefix wins, as in routing. */
export type NetworkIndex<T> = { find(address: string): T | undefined };

export function buildNetworkIndex<T>(entries: Iterable<readonly [Network, T]>): NetworkIndex<T> {
  const byPrefix = new Map<number, Map<string, T>>();
  for (const [network, value] of entries) {
    const level = byPrefix.get(network.prefix) ?? new Map<string, T>();
    level.set(network.bytes.join('.'), value);
    byPrefix.set(network.prefix, level);
  }
  const longestFirst = [...byPrefix].sort(([a], [b]) => b - a);
  return {
    find(address) {
      const bytes = addressBytes(address);
      if (bytes === undefined) return undefined;
      for (const [prefix, level] of longestFirst) {
        // The key's length tells IPv4 from IPv6, so one level can hold both.
        const value = prefix <= bytes.length * 8 ? level.get(mask(bytes, prefix).join('.')) : undefined;
        if (value !== undefined) return value;
      }
      return undefined;
    },
  };
}
