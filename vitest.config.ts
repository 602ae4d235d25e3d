import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** Whole clusters that lose servers: minutes of waiting for what a fault does. */
const SERVERS = ['tests/distributed/{natsFaults,cluster,fullDisk}.test.ts'];
/** What holds a process to a time: these have the machine to themselves, after all others. */
const TIMED = ['tests/faults/overload.test.ts'];
const ALL = ['src/**/*.test.ts', 'tests/**/*.test.ts'];

function project(name: string, groupOrder: number, include: string[], exclude: string[] = []): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include, exclude, sequence: { groupOrder } } };
}

export default defineConfig({
  test: {
    // For machines that are slow today: a test that hangs still ends.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores are the machine the numbers in this repository are stated for.
    maxWorkers: 2,
    // Venues of the tests keep their secrets keys away from the user's own settings.
    env: { XDG_CONFIG_HOME: join(tmpdir(), 'sedax-tests-config') },
    projects: [project('sedax', 0, ALL, [...SERVERS, ...TIMED]), project('servers', 0, SERVERS), project('timed', 1, TIMED)],
  },
});
