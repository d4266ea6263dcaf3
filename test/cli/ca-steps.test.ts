import { expect, test } from 'vitest';
import { FORMAT_OF, PLATFORMS, stepsFor } from '../../src/cli/ca-steps.ts';
import { newAuthority } from '../tls/support.ts';

test.each(PLATFORMS)(
  'the steps for %s name the file, and each certificate with its fingerprint',
  (platform) => {
    const roots = [newAuthority(), newAuthority()].map(({ certificate }) => certificate);
    const steps = stepsFor(platform, roots, { out: 'dir/postern.file', password: 'secret word' });
    for (const { fingerprint256 } of roots) expect(steps).toContain(fingerprint256);
    expect(steps).toContain('dir/postern.file');
    expect(steps).not.toContain('undefined');
    expect(steps.includes('secret word')).toBe(FORMAT_OF[platform] === 'p12');
  },
);

test.each(PLATFORMS)('without a file, the steps for %s begin with the command that writes it', (platform) => {
  const steps = stepsFor(platform, [newAuthority().certificate], { password: 'changeit', only: 'next' });
  expect(steps).toMatch(
    new RegExp(`^Write the file.*\n  postern ca export --for ${platform} --only next --out ca\\.`),
  );
});
