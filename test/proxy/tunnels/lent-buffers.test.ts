import { expect, test } from 'vitest';
import { createLentBuffers } from '../../../src/proxy/tunnels/lent-buffers.ts';

test('a buffer that was given back is lent again, and no other is made for it', () => {
  const buffers = createLentBuffers(64, 8);
  const first = buffers.borrow() as Buffer;
  expect(first).toHaveLength(64);
  buffers.giveBack(first);
  expect(buffers.borrow()).toBe(first);
});

test('two borrowers have two buffers', () => {
  const buffers = createLentBuffers(64, 8);
  expect(buffers.borrow()?.buffer).not.toBe(buffers.borrow()?.buffer);
});

test('beyond so many at one time nobody gets one, until one comes back', () => {
  const buffers = createLentBuffers(64, 2);
  const one = buffers.borrow() as Buffer;
  buffers.borrow();
  expect(buffers.borrow()).toBeUndefined();
  buffers.giveBack(one);
  expect(buffers.borrow()).toBe(one);
});

test('of many that come back only some are kept', () => {
  const buffers = createLentBuffers(64, 100);
  const lent = Array.from({ length: 100 }, () => buffers.borrow() as Buffer);
  for (const buffer of lent) buffers.giveBack(buffer);
  const again = Array.from({ length: 100 }, () => buffers.borrow() as Buffer);
  expect(again.filter((buffer) => lent.includes(buffer))).toHaveLength(16);
});
