import ipaddr from 'ipaddr.js';
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
  return ipaddr.IPv6.isValid(text) && !text.includes('%') && !IPV4_COMPATIBLE.test(text)
    ? ipaddr.process(text).toByteArray()
    : undefined;
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

const DOT = 0x2e;
const ZERO = 0x30;

/** The IPv4 address that a NAT64 gateway makes of an address in 64:ff9b::/96 (RFC 6052 section 2.1). */
export function nat64Address(text: string): string | undefined {
  const bytes = text.includes(':') ? addressBytes(text) : undefined;
  const isTranslated = bytes?.length === 16 && NAT64_PREFIX.every((byte, index) => bytes[index] === byte);
  return isTranslated ? bytes.slice(12).join('.') : undefined;
}

const NAT64_PREFIX = [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];

// ipaddr.js takes ::10.0.0.1, of the deprecated ::/96 (RFC 4291 section 2.5.5.1), for ::ffff:10.0.0.1.
const IPV4_COMPATIBLE = /^::\d+\./;

/** The first `prefix` bits of an address's bytes; those after them are 0. */
export function mask(bytes: readonly number[], prefix: number): readonly number[] {
  return bytes.map((byte, index) => byte & maskOf(prefix, index));
}

/** The bits of the byte at the index that a prefix of so many bits covers. */
const maskOf = (prefix: number, index: number): number =>
  (0xff00 >> Math.min(8, Math.max(0, prefix - index * 8))) & 0xff;
