// Invariants 1 and 2, computed from the accounts as they are: what the venue holds is what came in, and every locked unit
// is locked by an open reservation. Partitions are summed where they live and put together by whoever asked.
import type { Account, InstrumentLookup } from '../../domain/account/account.ts';
import type { AssetReconciliation } from '../../ports/exchangePort.ts';

/** One asset of one partition, in the asset's smallest units. */
export interface AssetSums {
  readonly asset: string;
  free: bigint;
  locked: bigint;
  fees: bigint;
  deposited: bigint;
  withdrawn: bigint;
  reserved: bigint;
  /** Every account's own: nothing negative, locked = its reservations. */
  sound: boolean;
}

/** Of a partition, one at a time: those that rest are not kept as they are looked at. */
export function* accountsOf(partition: { states(): Iterable<readonly [unknown, Account]> }): Generator<Account> {
  for (const [, account] of partition.states()) yield account;
}

export function sumAccounts(
  accounts: Iterable<Account>,
  isHouse: (accountId: number) => boolean,
  instruments: InstrumentLookup,
): readonly AssetSums[] {
  const rows = new Map<string, AssetSums>();
  const row = (asset: string): AssetSums => rowOf(rows, asset);
  for (const account of accounts) {
    const reservations = account.reservations(instruments);
    for (const { asset, free, locked } of account.balances()) {
      const sum = row(asset);
      if (isHouse(account.accountId)) sum.fees += free + locked;
      else {
        sum.free += free;
        sum.locked += locked;
      }
      if (free < 0n || locked < 0n || locked !== (reservations.get(asset) ?? 0n)) sum.sound = false;
    }
    for (const [asset, units] of reservations) row(asset).reserved += units;
    for (const [asset, units] of account.deposited()) row(asset).deposited += units;
    for (const [asset, units] of account.withdrawn()) row(asset).withdrawn += units;
  }
  return [...rows.values()];
}

/** All partitions together. Each trade must be settled on both sides, or on none, for the sums to agree. */
export function reconcile(partitions: readonly (readonly AssetSums[])[]): readonly AssetReconciliation[] {
  const rows = new Map<string, AssetSums>();
  for (const part of partitions.flat()) {
    const sum = rowOf(rows, part.asset);
    for (const field of ['free', 'locked', 'fees', 'deposited', 'withdrawn', 'reserved'] as const) sum[field] += part[field];
    sum.sound &&= part.sound;
  }
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, sum]) => ({
      asset,
      freeUnits: sum.free,
      lockedUnits: sum.locked,
      feesUnits: sum.fees,
      depositedUnits: sum.deposited,
      withdrawnUnits: sum.withdrawn,
      reservedUnits: sum.reserved,
      ok: sum.sound && sum.locked === sum.reserved && sum.free + sum.locked + sum.fees === sum.deposited - sum.withdrawn,
    }));
}

function rowOf(rows: Map<string, AssetSums>, asset: string): AssetSums {
  let row = rows.get(asset);
  if (row === undefined) {
    row = { asset, free: 0n, locked: 0n, fees: 0n, deposited: 0n, withdrawn: 0n, reserved: 0n, sound: true };
    rows.set(asset, row);
  }
  return row;
}
