// The pipeline benchmark, tiny: every order answered, every stage caught up, the money adds up (it throws otherwise).
import { expect, it } from 'vitest';
import { runPipeline } from '../../benchmarks/pipeline.ts';

it.each(['none', 'always'] as const)('durability %s: every order is answered and every unit accounted for', async (durability) => {
  const result = await runPipeline(600, 7, durability, 100);
  expect(result).toMatchObject({ durability, orders: 600, accounts: 7 });
  expect(result.acknowledged + result.refused).toBe(600);
  expect(result.fills).toBeGreaterThan(50);
});
