// An account that has nothing open as a few dozen bytes, and back. Exact: what comes back has the same snapshot and hash.
import type { BalanceCause } from '../balance.ts';
import type { PackedReader } from '../packed/packedReader.ts';
import type { PackedWriter } from '../packed/packedWriter.ts';
import type { AccountState, Transfer } from './accountState.ts';
import type { Holding } from './holding.ts';
import type { AccountSnapshot, BalanceRow } from './snapshotting.ts';

/** False, and nothing to be kept, when something is open. */
export function packState(state: AccountState, w: PackedWriter): boolean {
  if (state.orders.size > 0 || state.lists.size > 0 || state.inFlight.size > 0) return false;
  const { transfers, recent } = state;
  w.count(transfers.length);
  let beforeUs = 0;
  for (const transfer of transfers) {
    writeTransfer(w, transfer, beforeUs);
    beforeUs = transfer.updateUs;
  }
  w.count(state.holdingCount);
  for (const holding of state.holdings()) writeHolding(w, holding, transfers);
  const pairs = recent.toPairs();
  for (let i = 0, before = 0; i < pairs.length; i += 2) {
    const commandId = pairs[i] as number;
    w.number(commandId - before).number(pairs[i + 1] as number);
    before = commandId;
  }
  return true;
}

function writeTransfer(w: PackedWriter, { requestId, asset, units, free, locked, updateUs }: Transfer, beforeUs: number): void {
  w.text(requestId)
    .name(asset)
    .amount(units)
    .amount(free - units)
    .amount(locked)
    .number(updateUs - beforeUs);
}

/** An account that never traded stands where its last transfer left it. */
function writeHolding(w: PackedWriter, holding: Holding, transfers: readonly Transfer[]): void {
  const { asset, free, locked, updateUs, cause, requestId, deposited, withdrawn } = holding;
  const last = requestId === '' ? -1 : transfers.findLastIndex((transfer) => transfer.requestId === requestId);
  const transfer = transfers[last];
  w.name(asset)
    .count(last + 1)
    .byte(cause);
  if (transfer === undefined) w.text(requestId);
  w.number(updateUs - (transfer?.updateUs ?? 0))
    .amount(free - (transfer?.free ?? 0n))
    .amount(locked - (transfer?.locked ?? 0n));
  w.amount(deposited - free).amount(withdrawn);
}

export function unpackSnapshot(accountId: number, r: PackedReader): AccountSnapshot {
  const transfers: Transfer[] = [];
  let beforeUs = 0;
  for (let left = r.count(); left > 0; left--) {
    const transfer = readTransfer(r, beforeUs);
    beforeUs = transfer.updateUs;
    transfers.push(transfer);
  }
  const balances: BalanceRow[] = [];
  for (let left = r.count(); left > 0; left--) balances.push(readBalance(r, transfers));
  const recent: number[] = [];
  for (let before = 0; !r.atEnd; ) {
    before += r.number();
    recent.push(before, r.number());
  }
  return { accountId, balances, orders: [], lists: [], inFlight: [], recent, transfers };
}

function readTransfer(r: PackedReader, beforeUs: number): Transfer {
  const requestId = r.text();
  const asset = r.name();
  const units = r.amount();
  return { requestId, asset, units, free: units + r.amount(), locked: r.amount(), updateUs: beforeUs + r.number() };
}

function readBalance(r: PackedReader, transfers: readonly Transfer[]): BalanceRow {
  const asset = r.name();
  const transfer = transfers[r.count() - 1];
  const cause = r.byte() as BalanceCause;
  const requestId = transfer?.requestId ?? r.text();
  const updateUs = (transfer?.updateUs ?? 0) + r.number();
  const free = (transfer?.free ?? 0n) + r.amount();
  const locked = (transfer?.locked ?? 0n) + r.amount();
  return [asset, free, locked, updateUs, cause, requestId, free + r.amount(), r.amount()];
}
