import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Bounds against hangs, not performance checks: the machine that runs the tests may be busy.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    env: { NODE_EXTRA_CA_CERTS: '' },
  },
});
