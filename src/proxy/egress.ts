import { networkInterfaces } from 'node:os';
import { type SpecialRange, specialRange } from '../policy/address.ts';
import type { BlockReason } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import type { Host } from '../policy/host.ts';
import { type DomainPattern, patternCovers } from '../policy/matching/domain-pattern.ts';
import { addressBytes, type Network, nat64Address, networkContains } from '../policy/network.ts';

export type EgressSettings = {
  /** Ports that CONNECT may ask for. */
  readonly connectPorts: readonly number[];
  /** Special-purpose networks that any name may lead to. */
  readonly internalNetworks: readonly Network[];
  /** Names that may lead to any address but a cloud's metadata. */
  readonly internalNames: readonly DomainPattern[];
};

/** What may be reached at all, whatever the policies say. */
export type Egress = {
  forbidsPort(facts: Facts): boolean;
  /** Why an address must not be dialled for this host and port, or undefined when it may. */
  forbidsAddress(host: Host, address: string, port: number): AddressForbidden | undefined;
};

type AddressForbidden = Extract<BlockReason, { code: 'address-forbidden' }>;

/**
 * `ownPorts` are those that this process listens on, for whatever it listens: reaching them would be a loop, or a way
 * around whatever guards them. They are asked for at each request, because they are known only once it listens.
 */
export function createEgress(settings: EgressSettings, ownPorts: () => ReadonlySet<number>): Egress {
  const connectPorts = new Set(settings.connectPorts);
  const isOpen = (range: SpecialRange, host: Host, address: string): boolean => {
    const networks = settings.internalNetworks.filter((network) => networkContains(network, address));
    // Whoever opens a network means its machines, not the credentials that a cloud hands out in the midst of it.
    if (range === 'cloud-metadata') return networks.some(isOneAddress);
    return networks.length > 0 || settings.internalNames.some((pattern) => patternCovers(pattern, host));
  };
  return {
    forbidsPort: (facts) => facts.via === 'connect' && !connectPorts.has(facts.port),
    forbidsAddress(host, address, port) {
      if (ownPorts().has(port) && isThisMachine(address))
        return { code: 'address-forbidden', address, range: 'own-listener' };
      const range = specialRange(address);
      if (range === undefined || isOpen(range, host, address)) return undefined;
      return { code: 'address-forbidden', address, range };
    },
  };
}

const isOneAddress = ({ prefix, bytes }: Network): boolean => prefix === bytes.length * 8;

/** `address` is one of this machine's: by loopback, by an interface, or by way of a NAT64 gateway before it. */
function isThisMachine(address: string): boolean {
  const range = specialRange(address);
  if (range === 'loopback' || range === 'unspecified') return true;
  const own = canonical(nat64Address(address) ?? address);
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => canonical(entry.address) === own),
  );
}

/** An address without its spelling: an IPv4-mapped one is the IPv4 address it carries. */
const canonical = (address: string): string | undefined => addressBytes(address)?.join('.');
