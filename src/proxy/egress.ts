import { networkInterfaces } from 'node:os';
import { specialRange } from '../policy/address.ts';
import type { BlockReason } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import type { Host } from '../policy/host.ts';
import { type DomainPattern, patternCovers } from '../policy/matching/domain-pattern.ts';
import { addressBytes, type Network, networkContains } from '../policy/network.ts';

export type EgressSettings = {
  /** Ports that CONNECT may ask for. */
  readonly connectPorts: readonly number[];
  /** Special-purpose networks that any name may lead to. */
  readonly internalNetworks: readonly Network[];
  /** Names that may lead to any address. */
  readonly internalNames: readonly DomainPattern[];
};

/** What may be reached at all, whatever the policies say. */
export type Egress = {
  forbidsPort(facts: Facts): boolean;
  /** Why an address must not be dialled for this host and port, or undefined when it may. */
  forbidsAddress(host: Host, address: string, port: number): AddressForbidden | undefined;
};

type AddressForbidden = Extract<BlockReason, { code: 'address-forbidden' }>;

/** `ownPorts` are those the proxy itself listens on: reaching them would be a loop, or a way into its console. */
export function createEgress(settings: EgressSettings, ownPorts: () => ReadonlySet<number>): Egress {
  const connectPorts = new Set(settings.connectPorts);
  const isOpen = (host: Host, address: string): boolean =>
    settings.internalNetworks.some((network) => networkContains(network, address)) ||
    settings.internalNames.some((pattern) => patternCovers(pattern, host));
  return {
    forbidsPort: (facts) => facts.via === 'connect' && !connectPorts.has(facts.port),
    forbidsAddress(host, address, port) {
      if (ownPorts().has(port) && isThisMachine(address))
        return { code: 'address-forbidden', address, range: 'own-listener' };
      const range = specialRange(address);
      if (range === undefined || isOpen(host, address)) return undefined;
      return { code: 'address-forbidden', address, range };
    },
  };
}

function isThisMachine(address: string): boolean {
  const range = specialRange(address);
  if (range === 'loopback' || range === 'unspecified') return true;
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => networkOf(entry.address) === networkOf(address)),
  );
}

/** An address without its spelling: an IPv4-mapped one is the IPv4 address it carries. */
const networkOf = (address: string): string | undefined => addressBytes(address)?.join('.');
