// An account's state as plain data and back, and its hash.
import type { BalanceCause } from '../balance.ts';
import type { Capture, CapturedPart } from '../capture.ts';
import { interned, sharedAmount } from '../interned.ts';
import type { OrderBlock } from '../orderBlock.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { StateHash } from '../stateHash.ts';
import { AccountState, type InFlight, type Transfer } from './accountState.ts';
import { OpenOrder } from './openOrder.ts';
import type { OrderIndex } from './orderIndex.ts';
import { RecentCommands } from './recentCommands.ts';

/** [asset, free, locked, updateUs, cause, requestId, deposited, withdrawn] */
export type BalanceRow = readonly [string, bigint, bigint, number, BalanceCause, string, bigint, bigint];

/** Rows; or, on the way back from a snapshot, a part of a block of them. */
export type SnapshotOrders =
  | readonly Readonly<SpotOrder>[]
  | { readonly block: OrderBlock; readonly from: number /** Exclusive. */; readonly to: number };

export interface AccountSnapshot {
  readonly accountId: number;
  readonly balances: readonly BalanceRow[];
  /** As they stand, by ascending id. */
  readonly orders: SnapshotOrders;
  readonly lists: readonly Readonly<SpotOrderList>[];
  readonly inFlight: readonly InFlight[];
  /** Pairs of command and reference, oldest first. */
  readonly recent: readonly number[];
  /** Oldest first. */
  readonly transfers: readonly Transfer[];
}

/** Of an account that lives. */
export interface WholeAccount extends AccountSnapshot {
  readonly orders: readonly Readonly<SpotOrder>[];
}

export function snapshotOf(state: AccountState): WholeAccount {
  return {
    accountId: state.accountId,
    balances: Array.from(
      state.holdings(),
      (h): BalanceRow => [h.asset, h.free, h.locked, h.updateUs, h.cause, h.requestId, h.deposited, h.withdrawn],
    ),
    orders: Array.from(state.orders.values(), (order) => order.toRow()),
    lists: Array.from(state.lists.values(), (list) => list.row),
    inFlight: [...state.inFlight.values()],
    recent: state.recent.toPairs(),
    transfers: [...state.transfers],
  };
}

export function restoreState(snapshot: AccountSnapshot, index?: OrderIndex): AccountState {
  const state = new AccountState(snapshot.accountId);
  if (index !== undefined) state.shareIndex(index);
  // What is equal is one: an idle account is little else.
  const transfers = snapshot.transfers.map(({ requestId, asset, units, free, locked, updateUs }) => ({
    requestId,
    asset: interned(asset),
    units: sharedAmount(units, free),
    free,
    locked: sharedAmount(locked, 0n),
    updateUs,
  }));
  if (transfers.length > 0) state.transfers = transfers;
  for (const [asset, free, locked, updateUs, cause, requestId, deposited, withdrawn] of snapshot.balances) {
    const holding = state.holdingOf(asset);
    const last = requestId === '' ? undefined : transfers.find((transfer) => transfer.requestId === requestId);
    holding.applyCreated({
      accountId: snapshot.accountId,
      asset: holding.asset,
      free: sharedAmount(free, last?.free ?? 0n),
      locked: sharedAmount(locked, 0n),
      updateUs,
      cause,
      requestId: last?.requestId ?? requestId,
    });
    holding.deposited = sharedAmount(deposited, holding.free);
    holding.withdrawn = sharedAmount(withdrawn, 0n);
  }
  for (const list of snapshot.lists) state.openList(list);
  adoptAll(state, snapshot.orders);
  for (const inFlight of snapshot.inFlight) state.await(inFlight);
  state.recent = RecentCommands.fromPairs(snapshot.recent);
  return state;
}

/** Ascending ids, above those that are open. */
export function adoptAll(state: AccountState, orders: SnapshotOrders): void {
  if (!('block' in orders)) for (const row of orders) state.adopt(new OpenOrder(row));
  else for (let i = orders.from; i < orders.to; i++) state.adopt(new OpenOrder(orders.block, i));
}

/** The account as it is, in parts: all of it with its first orders, then more orders. */
export class AccountCapture implements Capture {
  readonly #snapshot: WholeAccount;
  readonly #hash: StateHash;
  readonly #legs = new Map<number, number[]>();
  #read = 0;
  #begun = false;

  constructor(snapshot: WholeAccount) {
    this.#snapshot = snapshot;
    for (const { orderListId } of snapshot.lists) this.#legs.set(orderListId, []);
    this.#hash = new StateHash().number(snapshot.accountId);
    hashBalances(this.#hash, snapshot.balances);
  }

  /** AccountSnapshot first, then lists of rows. */
  next(rows: number): CapturedPart | undefined {
    const first = !this.#begun;
    this.#begun = true;
    const all = this.#snapshot.orders;
    const from = this.#read;
    if (!first && from === all.length) return undefined;
    const orders = from === 0 && all.length <= rows ? all : all.slice(from, from + rows);
    this.#read += orders.length;
    for (const order of orders) {
      hashRow(this.#hash, order);
      if (order.orderListId >= 0) this.#legs.get(order.orderListId)?.push(order.orderId);
    }
    return { data: first ? { ...this.#snapshot, orders } : orders, rows: 1 + orders.length };
  }

  close(): void {}

  hash(): string {
    const hash = this.#hash;
    const { lists, inFlight, recent, transfers } = this.#snapshot;
    for (const row of [...lists].sort((a, b) => a.orderListId - b.orderListId)) {
      hash.number(row.orderListId).string(row.listClientOrderId).number(row.contingencyType).number(row.commandId);
      hash.string(row.symbol).number(row.createdUs);
      for (const orderId of this.#legs.get(row.orderListId) as number[]) hash.number(orderId);
    }
    for (const { orderId, request } of [...inFlight].sort((a, b) => a.request.commandId - b.request.commandId)) {
      hash.number(orderId).number(request.commandId).number(request.kind).string(request.clientOrderId);
      const { replacement } = request;
      if (replacement !== undefined) {
        hash.number(replacement.allowFailure ? 1 : 0).string(replacement.order.clientOrderId);
        hash.number(replacement.order.lots).number(replacement.order.priceTicks).bigint(replacement.order.quoteUnits);
      }
    }
    for (const value of recent) hash.number(value);
    for (const { requestId, asset, units, free, locked } of transfers)
      hash.string(requestId).string(asset).bigint(units).bigint(free).bigint(locked);
    return hash.digest();
  }
}

export function hashOf(state: AccountState): string {
  const capture = new AccountCapture(snapshotOf(state));
  while (capture.next(Number.POSITIVE_INFINITY) !== undefined);
  return capture.hash();
}

function hashBalances(hash: StateHash, balances: readonly BalanceRow[]): void {
  const byAsset = balances.length < 2 ? balances : [...balances].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [asset, free, locked, updateUs, cause, requestId, deposited, withdrawn] of byAsset) {
    hash.string(asset).bigint(free).bigint(locked).number(updateUs).number(cause).string(requestId);
    hash.bigint(deposited).bigint(withdrawn);
  }
}

function hashRow(hash: StateHash, o: SpotOrder): void {
  hash.number(o.orderId).string(o.symbol).string(o.clientOrderId).number(o.side).number(o.type).number(o.timeInForce);
  hash.number(o.priceTicks).number(o.origLots).number(o.commandId).number(o.createdUs).number(o.status);
  hash.number(o.executedLots).bigint(o.reservedUnits).bigint(o.origQuoteUnits).number(o.stopPriceTicks);
  hash.number(o.icebergLots).number(o.orderListId).number(o.listLeg).number(o.pegPriceType).number(o.peggedPriceTicks);
  hash.number(o.preventedLots).number(o.amendCount).number(o.makerRate).number(o.takerRate);
}
