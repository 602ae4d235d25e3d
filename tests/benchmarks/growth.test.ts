// The growth benchmark, tiny: both sizes trade on every symbol, and the venue is whole after its restart.
import { expect, test } from 'vitest';
import { benchmarkGrowth } from '../../benchmarks/growth/growth.ts';
import { benchmarkIdleAccounts } from '../../benchmarks/growth/idleAccounts.ts';

test('a small and a large venue', async () => {
  const sizes = [
    { symbols: 1, accounts: 10 },
    { symbols: 20, accounts: 200 },
  ];
  const rows = await benchmarkGrowth(sizes, { rounds: 1, orders: 2_000 });
  expect(rows.map(({ symbols, accounts }) => ({ symbols, accounts }))).toEqual(sizes);
  for (const { ordersPerCpuSecond } of rows) expect(ordersPerCpuSecond).toBeGreaterThan(0);
});

test('idle accounts', async () => {
  expect((await benchmarkIdleAccounts(50)).accounts).toBe(50);
});
