import ipaddr from 'ipaddr.js';
import { addressBytes } from './network.ts';

/** Why an address is not dialled by itself: the words of the log, the pages and `Proxy-Status`. */
export type SpecialRange =
  | 'loopback'
  | 'private'
  | 'cloud-metadata'
  | 'link-local'
  | 'unique-local'
  | 'site-local'
  | 'carrier-grade-nat'
  | 'unspecified'
  | 'multicast'
  | 'broadcast'
  | '6to4'
  | 'teredo'
  | 'ipv4-translated'
  | 'reserved'
  | 'not-global-unicast'
  | 'unparsable';

/** The library's names; whatever it may add is reserved until it has a word here. */
const RANGES: Readonly<Record<string, SpecialRange>> = {
  loopback: 'loopback',
  private: 'private',
  linkLocal: 'link-local',
  uniqueLocal: 'unique-local',
  deprecatedSiteLocal: 'site-local',
  carrierGradeNat: 'carrier-grade-nat',
  unspecified: 'unspecified',
  multicast: 'multicast',
  broadcast: 'broadcast',
  '6to4': '6to4',
  teredo: 'teredo',
  rfc6145: 'ipv4-translated',
};

/**
 * Where clouds hand credentials to whoever asks from their machines; most lie in special ranges, but Azure's does not.
 * They are never an origin, and so apart from their ranges: opening a network must not open these with it.
 */
const CLOUD_METADATA: ReadonlySet<string> = new Set(
  [
    '169.254.169.254', // AWS, Azure, Google Cloud, Oracle Cloud, OpenStack and most others
    '169.254.170.2', // AWS, credentials of containers
    '169.254.170.23', // AWS, credentials of pods
    'fd00:ec2::23',
    'fd00:ec2::254', // AWS
    'fd20:ce::254', // Google Cloud
    'fd00:c1::a9fe:a9fe', // Oracle Cloud
    '192.0.0.192', // Oracle Cloud, its first generation
    '100.100.100.200', // Alibaba Cloud
    '169.254.0.23', // Tencent Cloud
    '169.254.42.42', // Scaleway
    'fd00:42::42',
    '168.63.129.16', // Azure's wire server: a public address, which answers inside Azure alone
  ].map(keyOfKnown),
);

/**
 * Which special-purpose range (IANA registries, RFC 6890) an address lies in, or undefined when it is globally
 * reachable. Addresses that carry an IPv4 address are judged by that address; a text that is no address is special,
 * because what cannot be classified must not be dialled.
 */
export function specialRange(address: string): SpecialRange | undefined {
  const bytes = addressBytes(address); // of an IPv4-mapped address, those of the IPv4 address that the kernel dials
  return bytes === undefined ? 'unparsable' : rangeOf(bytes);
}

function rangeOf(bytes: readonly number[]): SpecialRange | undefined {
  if (CLOUD_METADATA.has(keyOf(bytes))) return 'cloud-metadata';
  const parsed = ipaddr.fromByteArray([...bytes]);
  return parsed.kind() === 'ipv4' ? ipv4Range(parsed as ipaddr.IPv4) : ipv6Range(parsed as ipaddr.IPv6);
}

function ipv4Range(address: ipaddr.IPv4): SpecialRange | undefined {
  const range = address.range();
  return range === 'unicast' ? undefined : (RANGES[range] ?? 'reserved');
}

function ipv6Range(address: ipaddr.IPv6): SpecialRange | undefined {
  const range = address.range();
  // A NAT64 gateway turns 64:ff9b::7f00:1 into 127.0.0.1 (RFC 6052 section 3.1), so its last 32 bits decide. Where
  // 64:ff9b:1::/48 (RFC 8215) holds the IPv4 address is up to each network, so all of it stays special.
  if (address.match(NAT64)) return rangeOf(address.toByteArray().slice(12));
  if (range !== 'unicast') return RANGES[range] ?? 'reserved';
  // Only 2000::/3 is global unicast (RFC 4291 section 2.4). The rest is deprecated (::/96, fec0::/10), local
  // (64:ff9b:1::/48, 5f00::/16) or unallocated, whatever a library's table has to say of it.
  return address.match(GLOBAL_UNICAST) ? undefined : 'not-global-unicast';
}

const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Throws on what is no address: a slip above must not open one in silence. */
function keyOfKnown(address: string): string {
  const bytes = addressBytes(address);
  if (bytes === undefined) throw new Error(`${address} is no address`);
  return keyOf(bytes);
}

function keyOf(bytes: readonly number[]): string {
  return bytes.join('.');
}
