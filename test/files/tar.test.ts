import { expect, test } from 'vitest';
import { createTarDetector } from '../../src/files/tar.ts';

const tar = Buffer.alloc(1_024, 'x');
tar.write('ustar', 257);

test.each([1, 3, 256, 258, 260, 1_024])('an archive is known in chunks of %i bytes', (size) => {
  const isTar = createTarDetector();
  const chunks = Array.from({ length: Math.ceil(tar.length / size) }, (_, index) =>
    tar.subarray(index * size, (index + 1) * size),
  );
  expect(chunks.map(isTar).at(-1)).toBe(true);
});

test.each<[string, Buffer]>([
  ['a short text', Buffer.from('a.example\n')],
  ['a text without it', Buffer.alloc(1_024, 'ustar')],
  ['one that has it elsewhere', Buffer.concat([Buffer.alloc(1), tar])],
])('%s is none', (_name, bytes) => {
  expect(createTarDetector()(bytes)).toBe(false);
});
