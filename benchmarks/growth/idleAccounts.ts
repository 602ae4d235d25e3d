// What an account that does nothing weighs: the heap of a whole embedded venue, all stages, after a restart, with so many accounts
// of two balances each and without them. Needs --expose-gc.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Venue } from '../../tests/pipeline/venue.ts';

export interface IdleRow {
  readonly accounts: number;
  /** Heap and array buffers. */
  readonly bytesPerAccount: number;
}

const AT_ONCE = 500;

export async function benchmarkIdleAccounts(accounts: number): Promise<IdleRow> {
  const without = await bytesOfVenue(1);
  const bytes = (await bytesOfVenue(accounts + 1)) - without;
  return { accounts, bytesPerAccount: Math.round(bytes / accounts) };
}

async function bytesOfVenue(accounts: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-idle-'));
  try {
    let venue = await Venue.open({ dir });
    for (let from = 0; from < accounts; from += AT_ONCE) {
      const count = Math.min(AT_ONCE, accounts - from);
      await Promise.all(Array.from({ length: count }, (_, i) => venue.fundedAccount(`a${from + i}`)));
    }
    await venue.pipeline.barrier();
    await venue.close(true);
    const before = await bytesInUse();
    venue = await Venue.open({ dir });
    await venue.pipeline.barrier();
    const bytes = (await bytesInUse()) - before;
    const rows = await venue.exchange.reconcile();
    if (rows.length === 0 || rows.some(({ ok }) => !ok)) throw new Error('the accounts were not recovered');
    await venue.close(false);
    return bytes;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function bytesInUse(): Promise<number> {
  // Buffers are let go of after the collection that finds them.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
