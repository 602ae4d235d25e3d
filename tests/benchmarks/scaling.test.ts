// The scaling benchmark, tiny: partitions spread over the processes of a role and stay with them, every order is accepted and every
// asset adds up (it throws otherwise), with processor time held back where this machine lets it be.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CpuLimits } from '../../benchmarks/scaling/cpuLimits.ts';
import { measureScaling, type ScalingOptions } from '../../benchmarks/scaling/scaling.ts';

const TINY: Omit<ScalingOptions, 'role' | 'limits'> = {
  steps: [1, 2],
  partitions: 4,
  symbols: 8,
  accounts: 8,
  share: 0.5,
  warmUpMs: 200,
  measureMs: 800,
  window: 32,
};

test.each(['match', 'settlement'] as const)('%s: one process, then two', async (role) => {
  const limits = CpuLimits.open();
  const { rows, ratios } = await measureScaling({ ...TINY, role, limits: typeof limits === 'string' ? undefined : limits });
  expect(rows.map(({ processes, partitionsEach }) => ({ processes, partitionsEach }))).toEqual([
    { processes: 1, partitionsEach: [4] },
    { processes: 2, partitionsEach: [2, 2] },
  ]);
  for (const { ordersPerSecond, fills, ideal, processes } of rows) {
    expect(ordersPerSecond).toBeGreaterThan(0);
    expect(fills).toBeGreaterThan(0);
    expect(ideal).toBeLessThanOrEqual(processes);
  }
  expect(ratios.map(({ processes }) => processes)).toEqual(typeof limits === 'string' ? [] : [1, 2]);
});

test('without limits no ratio is claimed', async () => {
  const { rows, ratios } = await measureScaling({ ...TINY, role: 'match', steps: [1], limits: undefined });
  expect(rows).toHaveLength(1);
  expect(ratios).toEqual([]);
});

test('control groups of either version, or why there are none', () => {
  expect(CpuLimits.open(() => 'tmpfs /tmp tmpfs rw 0 0\n')).toContain('no cpu controller');
  const root = mkdtempSync(join(tmpdir(), 'sedax-cgroup-'));
  try {
    mkdirSync(join(root, 'v2'));
    writeFileSync(join(root, 'v2', 'cgroup.controllers'), 'cpuset cpu io\n');
    const mounts = `cgroup2 ${join(root, 'v2')} cgroup2 rw 0 0\n`;
    const limits = CpuLimits.open(() => mounts);
    // In a plain folder the probe's files stay: nothing else tells it from a control group.
    expect(limits).toContain('processor time cannot be limited');
    expect(readFileSync(join(root, 'v2', 'cgroup.subtree_control'), 'utf8')).toBe('+cpu');
    expect(readFileSync(join(root, 'v2', `sedax-${process.pid}-probe`, 'cpu.max'), 'utf8')).toBe('20000 20000');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
