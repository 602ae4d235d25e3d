import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    // For machines that are slow today: a test that hangs still ends.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores are the machine the numbers in this repository are stated for.
    maxWorkers: 2,
    // Venues of the tests keep their secrets keys away from the user's own settings.
    env: { XDG_CONFIG_HOME: join(tmpdir(), 'sedax-tests-config') },
  },
});
