// The growth benchmark, tiny: both sizes trade on every symbol, and the venue is whole after its restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, test } from 'vitest';
import { benchmarkGrowth } from '../../benchmarks/growth/growth.ts';
import { bytesOfVenue, fundAccounts } from '../../benchmarks/growth/idleAccounts.ts';
import { bytesOfStages, STAGES } from '../../benchmarks/growth/idleStages.ts';

test('a small and a large venue', async () => {
  const sizes = [
    { symbols: 1, accounts: 10 },
    { symbols: 20, accounts: 200 },
  ];
  const rows = await benchmarkGrowth(sizes, { rounds: 1, orders: 2_000 });
  expect(rows.map(({ symbols, accounts }) => ({ symbols, accounts }))).toEqual(sizes);
  for (const { ordersPerCpuSecond } of rows) expect(ordersPerCpuSecond).toBeGreaterThan(0);
});

describe('idle accounts', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-idle-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('are whole after a restart', async () => {
    await fundAccounts(`${dir}/1`, 1);
    expect(await bytesOfVenue(`${dir}/1`)).toBeGreaterThan(0);
  });

  test('weigh less than a kilobyte over all stages, and little in each', async () => {
    const accounts = 1_500;
    await fundAccounts(`${dir}/many`, accounts + 1);
    setFlagsFromString('--expose-gc');
    globalThis.gc = runInNewContext('gc') as typeof globalThis.gc;
    const one = await bytesOfStages(`${dir}/1`);
    const many = await bytesOfStages(`${dir}/many`);
    const each = STAGES.map((stage) => (many[stage] - one[stage]) / accounts);
    expect(each.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(1024);
    // What a stage had before it let them rest: 240, 290, 1,260, 350 and 1,370 bytes. The smallest are within what else moves here.
    expect(Math.max(...each)).toBeLessThan(512);
  }, 60_000);
});
