import ipaddr from 'ipaddr.js';
import { DOT } from './name-limits.ts';
import { fail, type Result, succeed } from './result.ts';

/** A network in CIDR notation; `text` is its canonical form and its identity. */
export type Network = { readonly text: string; readonly bytes: readonly number[]; readonly prefix: number };

/** `10.20.0.0/16`, `2001:db8::/48` or one address. Host bits must be zero: `10.20.0.1/16` is more likely a slip. */
export function parseNetwork(text: string): Result<Network, { problem: string; hint: string }> {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const bytes = addressBytes(addressText);
  if (bytes === undefined || rest.length > 0)
    return fail({
      problem: `\`${text}\` is not a network`,
      hint: 'write an address or CIDR, such as 10.20.0.0/16',
    });
  const bits = bytes.length * 8;
  const prefix = prefixText === undefined ? bits : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : -1;
  if (prefix < 0 || prefix > bits)
    return fail({
      problem: `\`${text}\` has no valid prefix length`,
      hint: `it is a number from 0 to ${bits}`,
    });
  const masked = mask(bytes, prefix);
  const canonical = `${ipaddr.fromByteArray([...masked]).toString()}/${prefix}`;
  if (masked.some((byte, index) => byte !== bytes[index]))
    return fail({
      problem: `\`${text}\` has bits set beyond its prefix`,
      hint: `did you mean ${canonical}?`,
    });
  return succeed({ text: canonical, bytes: masked, prefix });
}

/** Whether the address lies in the network; an IPv4-mapped IPv6 address counts as IPv4. No where it is no address. */
export function networkContains(network: Network, address: string): boolean {
  const bytes = addressBytes(address);
  return (
    bytes?.length === network.bytes.length &&
    network.bytes.every((byte, index) => byte === ((bytes[index] as number) & maskOf(network.prefix, index)))
  );
}

/** The bytes of an address (4 or 16); an IPv4-mapped IPv6 address gives its four. Undefined when it is no address. */
export function addressBytes(text: string): readonly number[] | undefined {
  if (!text.includes(':')) return ipv4Bytes(text);
  const bytes = ipv6Bytes(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** RFC 4291 section 2.2, without a zone: groups of up to four hexadecimal digits, one run of zeros left out as `::`. */
function ipv6Bytes(text: string): readonly number[] | undefined {
  const [before = '', after, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  if (after === undefined) {
    const bytes = groupBytes(before, true);
    return bytes?.length === 16 ? bytes : undefined;
  }
  const head = groupBytes(before, false);
  const tail = groupBytes(after, true);
  if (head === undefined || tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** The bytes of groups between colons; where they end the address, the last may be an IPv4 address. */
function groupBytes(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (GROUP.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const embedded = isEnd && index === groups.length - 1 ? ipv4Bytes(group) : undefined;
    if (embedded === undefined) return undefined;
    bytes.push(...embedded);
  }
  return bytes;
}

const GROUP = /^[\da-f]{1,4}$/i;

const isMapped = (bytes: readonly number[]): boolean =>
  bytes[10] === 0xff && bytes[11] === 0xff && bytes.every((byte, index) => index > 9 || byte === 0);

/** One spelling for each address; an IPv4-mapped one is the IPv4 address that it carries. Undefined when it is none. */
export function canonicalAddress(text: string): string | undefined {
  const bytes = addressBytes(text);
  return bytes === undefined ? undefined : ipaddr.fromByteArray([...bytes]).toString();
}

/** Four decimal numbers without leading zeros. By hand, because each decision asks for the client's. */
function ipv4Bytes(text: string): readonly number[] | undefined {
  const bytes: number[] = [];
  let value = -1; // no digit yet
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (value < 0 || value > 255) return undefined;
      bytes.push(value);
      value = -1;
    } else if (code < ZERO || code > ZERO + 9 || value === 0) return undefined;
    else value = Math.max(value, 0) * 10 + code - ZERO;
  }
  return bytes.length === 4 ? bytes : undefined;
}

const ZERO = 0x30;

/** The IPv4 address that a NAT64 gateway makes of an address in 64:ff9b::/96 (RFC 6052 section 2.1). */
export function nat64Address(text: string): string | undefined {
  const bytes = text.includes(':') ? ipv6Bytes(text) : undefined;
  const isTranslated = bytes?.length === 16 && NAT64_PREFIX.every((byte, index) => bytes[index] === byte);
  return isTranslated ? bytes.slice(12).join('.') : undefined;
}

const NAT64_PREFIX = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

/** The first `prefix` bits of an address's bytes; those after them are 0. */
export function mask(bytes: readonly number[], prefix: number): readonly number[] {
  return bytes.map((byte, index) => byte & maskOf(prefix, index));
}

/** The bits of the byte at the index that a prefix of so many bits covers. */
const maskOf = (prefix: number, index: number): number =>
  (0xff00 >> Math.min(8, Math.max(0, prefix - index * 8))) & 0xff;
