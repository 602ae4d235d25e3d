import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    // For machines that are slow today: a test that hangs still ends.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores are the machine the numbers in this repository are stated for.
    maxWorkers: 2,
  },
});
