// The recovery benchmark, tiny and in one process: what is replayed or restored is what was, and the check can fail.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recoverBoth, writeLogs, writeSnapshots } from '../../benchmarks/recovery/recover.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-recovery-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('logs are replayed', async () => {
  const legacy = await writeLogs(dir, 600, 20);
  const { settlement, match } = await recoverBoth(dir, legacy);
  expect(settlement.entries + match.entries).toBe(legacy.entries);
  expect(Math.min(settlement.entries, match.entries)).toBeGreaterThan(600);
  await expect(recoverBoth(dir, { ...legacy, hashes: ['', legacy.hashes[1]] })).rejects.toThrow('settlement');
});

test('snapshots are restored', async () => {
  const legacy = await writeSnapshots(dir, 600, 20);
  await recoverBoth(dir, legacy);
  await expect(recoverBoth(dir, { ...legacy, hashes: [legacy.hashes[0], ''] })).rejects.toThrow('match');
});
