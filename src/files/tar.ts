/** "ustar" in the header of the first file: POSIX.1, pax, section "ustar Interchange Format". */
const MAGIC_AT = 257;
const MAGIC = [0x75, 0x73, 0x74, 0x61, 0x72];

/** Takes the chunks of a file, unpacked, one after another; true as soon as they are known to be a tar archive. */
export type TarDetector = (chunk: Uint8Array) => boolean;

export function createTarDetector(): TarDetector {
  let passed = 0;
  const found: number[] = [];
  return (chunk) => {
    const from = Math.max(0, MAGIC_AT + found.length - passed);
    found.push(...chunk.subarray(from, from + MAGIC.length - found.length));
    passed += chunk.length;
    return MAGIC.every((byte, index) => found[index] === byte);
  };
}
