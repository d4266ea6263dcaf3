import { expect, test } from 'vitest';
import { isIdentifier } from '../../src/policy/identifier.ts';

test.each(['a', '7', 'trade-ministry', '2fa', 'a-', 'a'.repeat(64)])('%s can name something', (text) => {
  expect(isIdentifier(text)).toBe(true);
});

test.each(['', '-a', 'Trade', 'trade ministry', 'a_b', 'a.b', '산업', 'a\n', '../a', 'a'.repeat(65)])(
  '%j cannot',
  (text) => {
    expect(isIdentifier(text)).toBe(false);
  },
);
