import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** Whole clusters that lose servers: minutes of waiting for what a fault does. */
const SERVERS = ['tests/distributed/{natsFaults,cluster,fullDisk}.test.ts'];
/** What holds a process to a time. */
const TIMED = ['tests/faults/overload.test.ts'];
const ALL = ['src/**/*.test.ts', 'tests/**/*.test.ts'];
/** Two cores are the machine the numbers in this repository are stated for. */
const WORKERS = 2;

/** One file after the other, once all others are done: each has the machine to itself. */
function alone(name: string, include: string[]): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include, maxWorkers: 1, sequence: { groupOrder: 1 } } };
}

export default defineConfig({
  test: {
    // For machines that are slow today: a test that hangs still ends.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: WORKERS,
    // Venues of the tests keep their secrets keys away from the user's own settings.
    env: { XDG_CONFIG_HOME: join(tmpdir(), 'sedax-tests-config') },
    projects: [
      { extends: true, test: { name: 'sedax', include: ALL, exclude: [...SERVERS, ...TIMED], sequence: { groupOrder: 0 } } },
      alone('servers', SERVERS),
      alone('timed', TIMED),
    ],
  },
});
