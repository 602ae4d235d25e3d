// The five order flows, and where their files are: SEDAX_FLASH1, or .cache/flash1 of the repository.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SCENARIOS: readonly string[] = ['static', 'normal', 'swing-25', 'swing-40', 'flash-crash'];

/** From the compiled file .cache/bench/benchmarks/flash1/scenarios.js to .cache. */
const CACHE = fileURLToPath(new URL('../../..', import.meta.url));

export function workloadsFolder(): string {
  return process.env.SEDAX_FLASH1 ?? join(CACHE, 'flash1');
}

export function workloadPath(scenario: string): string {
  return join(workloadsFolder(), `${scenario}.bin`);
}

/** The workload files that are there. */
export function workloadFiles(): string[] {
  return SCENARIOS.map(workloadPath).filter((path) => existsSync(path));
}
