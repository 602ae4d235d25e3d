// The growth benchmark, tiny: both sizes trade on every symbol, and the venue is whole after its restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchmarkGrowth } from '../../benchmarks/growth/growth.ts';
import { bytesOfVenue, fundAccounts } from '../../benchmarks/growth/idleAccounts.ts';

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
  const dir = mkdtempSync(join(tmpdir(), 'sedax-idle-'));
  try {
    await fundAccounts(dir, 20);
    expect(await bytesOfVenue(dir)).toBeGreaterThan(0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
