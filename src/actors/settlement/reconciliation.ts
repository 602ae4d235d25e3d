// Invariants 1 and 2, computed from the accounts as they are: what the venue holds is what came in, and every locked unit
// is locked by an open reservation.
import type { Account, InstrumentLookup } from '../../domain/account/account.ts';
import type { AssetReconciliation } from '../../ports/exchangePort.ts';

export function reconcile(
  accounts: Iterable<Account>,
  houses: ReadonlySet<number>,
  instruments: InstrumentLookup,
): readonly AssetReconciliation[] {
  const rows = new Map<
    string,
    { free: bigint; locked: bigint; fees: bigint; deposited: bigint; withdrawn: bigint; reserved: bigint; ok: boolean }
  >();
  const row = (asset: string) => {
    const known = rows.get(asset);
    if (known !== undefined) return known;
    const made = { free: 0n, locked: 0n, fees: 0n, deposited: 0n, withdrawn: 0n, reserved: 0n, ok: true };
    rows.set(asset, made);
    return made;
  };
  for (const account of accounts) {
    const reservations = account.reservations(instruments);
    for (const { asset, free, locked } of account.balances()) {
      const sum = row(asset);
      if (houses.has(account.accountId)) sum.fees += free + locked;
      else {
        sum.free += free;
        sum.locked += locked;
      }
      if (free < 0n || locked < 0n || locked !== (reservations.get(asset) ?? 0n)) sum.ok = false;
    }
    for (const [asset, units] of reservations) row(asset).reserved += units;
    for (const [asset, units] of account.deposited()) row(asset).deposited += units;
    for (const [asset, units] of account.withdrawn()) row(asset).withdrawn += units;
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
      ok: sum.ok && sum.locked === sum.reserved && sum.free + sum.locked + sum.fees === sum.deposited - sum.withdrawn,
    }));
}
