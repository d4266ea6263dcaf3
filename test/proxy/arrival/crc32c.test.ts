import { expect, test } from 'vitest';
import { crc32c } from '../../../src/proxy/arrival/crc32c.ts';

// RFC 3720 appendix B.4
test.each([
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ['nothing', Buffer.alloc(0), 0],
])('the checksum of %s is that of RFC 3720', (_name, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
