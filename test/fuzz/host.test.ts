import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHost } from '../../src/policy/host.ts';

/** What the URL Standard's parser makes of it, less one trailing dot; undefined when it refuses. */
const byUrl = (text: string): string | undefined => URL.parse(`http://${text}/`)?.hostname.replace(/\.$/, '');

test('a host of whatever letters a name is made of is what the URL parser makes of it, or is refused', () => {
  const label = fc.oneof(
    fc.stringMatching(/^[a-z0-9_-]{0,8}$/),
    fc.constantFrom('xn--3e0b707e', 'xn--', 'xn--a', '0x7f', '1', '010', 'a'.repeat(63), 'a'.repeat(64)),
  );
  fc.assert(
    fc.property(fc.array(label, { maxLength: 6 }), (labels) => {
      const host = parseHost(labels.join('.'));
      if (host.ok) expect(host.value).toBe(byUrl(labels.join('.')));
      // Refused only where the URL parser refuses too, or for what no name has: an empty or long label, a long name.
      else if (labels.every((each) => each.length > 0 && each.length < 64))
        expect(byUrl(labels.join('.'))).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});
