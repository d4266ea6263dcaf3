import { BLOCK_MARKER } from '../traffic/site.ts';

/** A block page of so many bytes, for proxies whose own would be of another size. */
export function pageOf(bytes: number): string {
  const [head, tail] = [`<!DOCTYPE html><html><body><p>${BLOCK_MARKER}</p><p>`, '</p></body></html>\n'];
  return `${head}${'.'.repeat(bytes - head.length - tail.length)}${tail}`;
}
