// What an account that does nothing weighs: the heap of a whole embedded venue, all stages, after a restart, with so many accounts
// of a few balances each and with one. Each life is a process of its own, so that nothing of the one before it is counted.
import { Venue } from '../../tests/pipeline/venue.ts';
import { ADMIT_EVERYTHING } from '../measure/admitEverything.ts';
import { bytesInUse } from './idleStages.ts';

const AT_ONCE = 200;

/** The first life: funds the accounts, takes snapshots and ends. */
export async function fundAccounts(dir: string, accounts: number): Promise<void> {
  const venue = await Venue.open({ dir, config: { acquiring: ADMIT_EVERYTHING } });
  for (let from = 0; from < accounts; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, accounts - from);
    await Promise.all(Array.from({ length: count }, (_, i) => venue.fundedAccount(`a${from + i}`)));
  }
  await venue.pipeline.barrier();
  await venue.close(true);
}

/** The second life: heap and array buffers once everything is recovered. Needs --expose-gc. */
export async function bytesOfVenue(dir: string): Promise<number> {
  const venue = await Venue.open({ dir });
  try {
    await venue.pipeline.barrier();
    const bytes = await bytesInUse();
    const rows = await venue.exchange.reconcile();
    if (rows.length === 0 || rows.some(({ ok }) => !ok)) throw new Error('the accounts were not recovered');
    return bytes;
  } finally {
    await venue.close(false);
  }
}
