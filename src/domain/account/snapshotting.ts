// An account's state as plain data and back, and its hash.
import type { BalanceCause } from '../balance.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { StateHash } from '../stateHash.ts';
import { AccountState, type InFlight, type Transfer } from './accountState.ts';
import { OpenOrder } from './openOrder.ts';
import { RecentCommands } from './recentCommands.ts';

/** [asset, free, locked, updateUs, cause, requestId, deposited, withdrawn] */
type BalanceRow = readonly [string, bigint, bigint, number, BalanceCause, string, bigint, bigint];

export interface AccountSnapshot {
  readonly accountId: number;
  readonly balances: readonly BalanceRow[];
  /** As they stand, by ascending id. */
  readonly orders: readonly Readonly<SpotOrder>[];
  readonly lists: readonly Readonly<SpotOrderList>[];
  readonly inFlight: readonly InFlight[];
  /** Pairs of command and reference, oldest first. */
  readonly recent: readonly number[];
  /** Oldest first. */
  readonly transfers: readonly Transfer[];
}

export function snapshotOf(state: AccountState): AccountSnapshot {
  return {
    accountId: state.accountId,
    balances: Array.from(
      state.holdings.values(),
      (h): BalanceRow => [h.asset, h.free, h.locked, h.updateUs, h.cause, h.requestId, h.deposited, h.withdrawn],
    ),
    orders: Array.from(state.orders.values(), (order) => order.toRow()),
    lists: Array.from(state.lists.values(), (list) => list.row),
    inFlight: [...state.inFlight.values()],
    recent: state.recent.toPairs(),
    transfers: [...state.transfers],
  };
}

export function restoreState(snapshot: AccountSnapshot): AccountState {
  const state = new AccountState(snapshot.accountId);
  for (const [asset, free, locked, updateUs, cause, requestId, deposited, withdrawn] of snapshot.balances) {
    const holding = state.holdingOf(asset);
    holding.applyCreated({ accountId: snapshot.accountId, asset, free, locked, updateUs, cause, requestId });
    holding.deposited = deposited;
    holding.withdrawn = withdrawn;
  }
  for (const list of snapshot.lists) state.openList(list);
  for (const row of snapshot.orders) state.adopt(new OpenOrder(row));
  for (const inFlight of snapshot.inFlight) state.await(inFlight);
  state.recent = RecentCommands.fromPairs(snapshot.recent);
  state.transfers = [...snapshot.transfers];
  return state;
}

export function hashOf(state: AccountState): string {
  const hash = new StateHash().number(state.accountId);
  for (const h of [...state.holdings.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1))) {
    hash.string(h.asset).bigint(h.free).bigint(h.locked).number(h.updateUs).number(h.cause).string(h.requestId);
    hash.bigint(h.deposited).bigint(h.withdrawn);
  }
  for (const order of [...state.orders.values()].sort((a, b) => a.orderId - b.orderId)) hashRow(hash, order.toRow());
  for (const { row, legs } of [...state.lists.values()].sort((a, b) => a.orderListId - b.orderListId)) {
    hash.number(row.orderListId).string(row.listClientOrderId).number(row.contingencyType).number(row.commandId);
    hash.string(row.symbol).number(row.createdUs);
    for (const leg of legs) hash.number(leg.orderId);
  }
  const inFlight = [...state.inFlight.values()].sort((a, b) => a.request.commandId - b.request.commandId);
  for (const { orderId, request } of inFlight) {
    hash.number(orderId).number(request.commandId).number(request.kind).string(request.clientOrderId);
    const { replacement } = request;
    if (replacement !== undefined) {
      hash.number(replacement.allowFailure ? 1 : 0).string(replacement.order.clientOrderId);
      hash.number(replacement.order.lots).number(replacement.order.priceTicks).bigint(replacement.order.quoteUnits);
    }
  }
  for (const value of state.recent.toPairs()) hash.number(value);
  for (const { requestId, asset, units, free, locked } of state.transfers)
    hash.string(requestId).string(asset).bigint(units).bigint(free).bigint(locked);
  return hash.digest();
}

function hashRow(hash: StateHash, o: SpotOrder): void {
  hash.number(o.orderId).string(o.symbol).string(o.clientOrderId).number(o.side).number(o.type).number(o.timeInForce);
  hash.number(o.priceTicks).number(o.origLots).number(o.commandId).number(o.createdUs).number(o.status);
  hash.number(o.executedLots).bigint(o.reservedUnits).bigint(o.origQuoteUnits).number(o.stopPriceTicks);
  hash.number(o.icebergLots).number(o.orderListId).number(o.listLeg).number(o.pegPriceType).number(o.peggedPriceTicks);
  hash.number(o.preventedLots).number(o.amendCount).number(o.makerRate).number(o.takerRate);
}
