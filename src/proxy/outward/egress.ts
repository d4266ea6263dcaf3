import { networkInterfaces } from 'node:os';
import { type SpecialRange, specialRange } from '../../policy/address.ts';
import type { BlockReason, ForwardReason } from '../../policy/decide.ts';
import type { Facts } from '../../policy/facts.ts';
import { addressLiteral, type Host } from '../../policy/host.ts';
import { type DomainPattern, patternCovers } from '../../policy/matching/domain-pattern.ts';
import { buildNetworkIndex } from '../../policy/matching/network-index.ts';
import { createMemory } from '../../policy/memory.ts';
import { addressBytes, type Network, nat64Address } from '../../policy/network.ts';
import type { TunnelSettings } from '../tunnels/tunnel-rules.ts';
import { rereading } from './reread.ts';

export type EgressSettings = {
  /** Ports that CONNECT may ask for. */
  readonly connectPorts: readonly number[];
  /** Ports that plain HTTP and WebSockets may not ask for. */
  readonly forbiddenHttpPorts: readonly number[];
  /** Special-purpose networks that any name may lead to. */
  readonly internalNetworks: readonly Network[];
  /** Names that may lead to any address but a cloud's metadata. */
  readonly internalNames: readonly DomainPattern[];
  readonly tunnels: Pick<TunnelSettings, 'addressLiterals'>;
};

/** What may be reached at all, whatever the policies say. */
export type Egress = {
  forbidsPort(facts: Facts): boolean;
  /**
   * Whether a tunnel asks for an address in place of a name, and nobody named that address: neither the policies, by
   * what they forward it for, nor the settings that open internal addresses.
   */
  forbidsLiteral(facts: Facts, reason: ForwardReason): boolean;
  /** Why an address must not be dialled for this host and port, or undefined when it may. */
  forbidsAddress(host: Host, address: string, port: number): AddressForbidden | undefined;
  /** Whether the proxy itself may be what listens there. */
  isOwnListener(address: string, port: number): boolean;
};

type AddressForbidden = Extract<BlockReason, { code: 'address-forbidden' }>;

/**
 * `ownPorts` are those that this process listens on, for whatever it listens: reaching them would be a loop, or a way
 * around whatever guards them. They are asked for at each request, because they are known only once it listens.
 */
export function createEgress(settings: EgressSettings, ownPorts: () => ReadonlySet<number>): Egress {
  const connectPorts = new Set(settings.connectPorts);
  const forbiddenHttpPorts = new Set(settings.forbiddenHttpPorts);
  const opened = buildNetworkIndex(settings.internalNetworks.map((network) => [network, network]));
  const places = createMemory<Place>(MAX_PLACES);
  // What an address is by itself and by these settings: no name, port, client or time may ever decide on it.
  const lookAt = (address: string): Place => ({ range: specialRange(address), opened: opened.find(address) });
  const placeOf = (address: string): Place => places(address, lookAt);
  const isNamed = (host: Host, address: string): boolean =>
    placeOf(address).opened !== undefined ||
    settings.internalNames.some((pattern) => patternCovers(pattern, host));
  // Whoever opens a network means its machines, not the credentials that a cloud hands out in the midst of it.
  const isOpen = (range: SpecialRange, host: Host, address: string): boolean =>
    range === 'cloud-metadata' ? isOneAddress(placeOf(address).opened) : isNamed(host, address);
  const isOwnListener = (address: string, port: number): boolean =>
    ownPorts().has(port) && isThisMachine(address);
  return {
    forbidsPort({ via, port }) {
      switch (via) {
        case 'connect':
          return !connectPorts.has(port);
        case 'tls':
          return false; // its CONNECT was asked
        case 'http':
        case 'websocket':
          return forbiddenHttpPorts.has(port);
      }
    },
    forbidsLiteral({ via, host }, reason) {
      if (via !== 'connect' || settings.tunnels.addressLiterals === 'allow') return false;
      const literal = addressLiteral(host);
      return literal !== undefined && reason.code === 'default' && !isNamed(host, literal);
    },
    forbidsAddress(host, address, port) {
      if (isOwnListener(address, port)) return { code: 'address-forbidden', address, range: 'own-listener' };
      const { range } = placeOf(address);
      if (range === undefined || isOpen(range, host, address)) return undefined;
      return { code: 'address-forbidden', address, range };
    },
    isOwnListener,
  };
}

/** Where an address lies: in which special range, and in which of the opened networks, the narrowest one. */
type Place = { readonly range: SpecialRange | undefined; readonly opened: Network | undefined };

/** For so many addresses it is known where they lie: names lead to the same ones over and over. */
const MAX_PLACES = 4_096;

const isOneAddress = (network: Network | undefined): boolean =>
  network !== undefined && network.prefix === network.bytes.length * 8;

/** `address` is one of this machine's: by loopback, by an interface, or by way of a NAT64 gateway before it. */
function isThisMachine(address: string): boolean {
  const range = specialRange(address);
  if (range === 'loopback' || range === 'unspecified') return true;
  const own = canonical(nat64Address(address) ?? address);
  return own !== undefined && interfaceAddresses().has(own);
}

/** How long an address that the machine has got may go unnoticed, in ms: to ask the kernel takes as long as a request. */
const UNNOTICED_MS = 1_000;

const interfaceAddresses = rereading(
  (): ReadonlySet<string | undefined> =>
    new Set(
      Object.values(networkInterfaces()).flatMap((entries = []) =>
        entries.map(({ address }) => canonical(address)),
      ),
    ),
  UNNOTICED_MS,
  () => performance.now(),
);

/** An address without its spelling: an IPv4-mapped one is the IPv4 address it carries. */
const canonical = (address: string): string | undefined => addressBytes(address)?.join('.');
