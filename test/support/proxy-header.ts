import { addressBytes } from '../../src/policy/network.ts';
import { crc32c } from '../../src/proxy/arrival/crc32c.ts';

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

export const LOCAL = 0x20;
export const PROXY = 0x21;
export const TCP4 = 0x11;
export const TCP6 = 0x21;

/** A version 2 header around a block, as its sender would write it. */
export function version2(command: number, family: number, block: readonly number[] | Buffer): Buffer {
  const head = Buffer.from([...SIGNATURE, command, family, 0, 0]);
  head.writeUInt16BE(block.length, 14);
  return Buffer.concat([head, Buffer.from(block)]);
}

/** The addresses and ports 56324 and 443 of a version 2 block; both addresses are of one family. */
export const addresses = (source: string, destination: string): number[] => [
  ...(addressBytes(source) ?? []),
  ...(addressBytes(destination) ?? []),
  ...[0xdc, 0x04, 0x01, 0xbb],
];

/** A field of type, length and value. */
export const field = (type: number, value: readonly number[]): number[] => [
  type,
  value.length >> 8,
  value.length & 0xff,
  ...value,
];

/** The header with a checksum field at its end. */
export function withChecksum(command: number, family: number, block: readonly number[]): Buffer {
  const whole = version2(command, family, [...block, ...field(0x03, [0, 0, 0, 0])]);
  whole.writeUInt32BE(crc32c(whole), whole.length - 4);
  return whole;
}
