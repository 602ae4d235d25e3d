// A symbol's whole state as plain data, and back; and its hash, which is equal for equal state however it was reached.
import { assert } from '../assert.ts';
import type { Instrument } from '../instrument.ts';
import { Side } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { StateHash } from '../stateHash.ts';
import { copyOrder } from './liveOrder.ts';
import { MarketState } from './marketState.ts';
import { type RestingSnapshot, restingSnapshotOf, restoreResting } from './restingSnapshot.ts';

/** Rows are copies; order within the arrays is state. */
export interface MarketSnapshot {
  readonly version: 2;
  readonly symbol: string;
  readonly lastTradeId: number;
  readonly lastPriceTicks: number;
  readonly updateId: number;
  readonly lastPreventedMatchId: number;
  /** The orders on the book. */
  readonly resting: RestingSnapshot;
  /** Orders that wait for a price, by arrival. */
  readonly armed: readonly SpotOrder[];
  /** For each armed order the best price since it became active; 0 when it does not trail. */
  readonly extremes: readonly number[];
  /** Legs that wait for their list, by order id. */
  readonly parked: readonly SpotOrder[];
  /** Those of them that their account has funded. */
  readonly funded: readonly number[];
  /** By list id. */
  readonly lists: readonly SpotOrderList[];
}

export function snapshotOf(state: MarketState): MarketSnapshot {
  assert(state.taker === null, 'a snapshot is taken between commands');
  const armed = state.triggers.byArrival();
  const parked = [...state.parked.values()].sort((a, b) => a.order.orderId - b.order.orderId);
  return {
    version: 2,
    symbol: state.instrument.symbol,
    lastTradeId: state.lastTradeId,
    lastPriceTicks: state.lastPriceTicks,
    updateId: state.updateId,
    lastPreventedMatchId: state.lastPreventedMatchId,
    resting: restingSnapshotOf(state),
    armed: armed.map(copyOrder),
    extremes: armed.map((order) => state.triggers.extremeTicks(order.orderId)),
    parked: parked.map(({ order }) => copyOrder(order)),
    funded: parked.filter(({ funded }) => funded).map(({ order }) => order.orderId),
    lists: [...state.lists.values()].sort((a, b) => a.orderListId - b.orderListId).map((list) => ({ ...list })),
  };
}

export function stateOf(instrument: Instrument, snapshot: MarketSnapshot): MarketState {
  assert(snapshot.version === 2, 'a snapshot has a known version');
  assert(snapshot.symbol === instrument.symbol, 'a snapshot is restored for its own symbol');
  const state = new MarketState(instrument, Math.max(64, snapshot.resting.clientOrderIds.length));
  state.lastTradeId = snapshot.lastTradeId;
  state.lastPriceTicks = snapshot.lastPriceTicks;
  state.updateId = snapshot.updateId;
  state.lastPreventedMatchId = snapshot.lastPreventedMatchId;
  restoreResting(state, snapshot.resting);
  for (const list of snapshot.lists) state.lists.set(list.orderListId, { ...list });
  const funded = new Set(snapshot.funded);
  for (const order of snapshot.parked) state.parked.set(order.orderId, { order: copyOrder(order), funded: funded.has(order.orderId) });
  for (const order of snapshot.armed) state.arm(copyOrder(order));
  // Older orders have extremes at least as good, so the best extremes became active first.
  const trailing = snapshot.armed.map((order, i) => ({ order, extremeTicks: snapshot.extremes[i]! }));
  trailing.sort((a, b) => a.extremeTicks - b.extremeTicks);
  for (const { order, extremeTicks } of trailing)
    if (extremeTicks > 0 && order.side === Side.BUY) state.triggers.activate(order.orderId, extremeTicks);
  for (const { order, extremeTicks } of trailing.reverse())
    if (extremeTicks > 0 && order.side === Side.SELL) state.triggers.activate(order.orderId, extremeTicks);
  return state;
}

export function hashOf(state: MarketState): string {
  const hash = new StateHash();
  hash.string(state.instrument.symbol);
  hash.number(state.lastTradeId).number(state.lastPriceTicks).number(state.updateId);
  hash.number(state.lastPreventedMatchId);
  for (const side of [Side.BUY, Side.SELL]) {
    hash.number(state.book.levelCount(side));
    state.forEachNode(side, (node) => hashOrder(hash, state.row(node)));
  }
  const armed = state.triggers.byArrival();
  hash.number(armed.length);
  for (const order of armed) {
    hashOrder(hash, order);
    hash.number(state.triggers.extremeTicks(order.orderId));
  }
  const parked = [...state.parked.values()].sort((a, b) => a.order.orderId - b.order.orderId);
  hash.number(parked.length);
  for (const { order, funded } of parked) hashOrder(hash.number(funded ? 1 : 0), order);
  const lists = [...state.lists.values()].sort((a, b) => a.orderListId - b.orderListId);
  hash.number(lists.length);
  for (const list of lists) hashList(hash, list);
  return hash.digest();
}

function hashOrder(hash: StateHash, order: Readonly<SpotOrder>): void {
  hash.number(order.orderId).number(order.accountId).string(order.clientOrderId);
  hash.number(order.side).number(order.type).number(order.timeInForce).number(order.priceTicks);
  hash.number(order.origLots).number(order.commandId).number(order.createdUs);
  hash.number(order.makerRate).number(order.takerRate).number(order.status);
  hash.number(order.executedLots).bigint(order.cumQuoteUnits).number(order.bookLots);
  hash.number(order.updateId).number(order.updateUs).number(order.workingUs).bigint(order.reservedUnits);
  hash.bigint(order.origQuoteUnits).number(order.stpMode).number(order.stopPriceTicks);
  hash.number(order.trailingDelta).number(order.trailingUs).number(order.trailingExtremeTicks);
  hash.number(order.icebergLots).number(order.expireUs).number(order.orderListId).number(order.listLeg);
  hash.number(order.strategyId ?? -1).number(order.strategyType ?? -1);
  hash.number(order.pegPriceType).number(order.pegOffsetType).number(order.pegOffsetValue);
  hash
    .number(order.peggedPriceTicks)
    .number(order.preventedLots)
    .number(order.preventedMatch?.preventedMatchId ?? -1);
  hash.number(order.expiryReason).number(order.rejectCode).number(order.amendCount);
  hash.number(order.outcome?.commandId ?? -1).number(order.outcome?.code ?? -1);
}

function hashList(hash: StateHash, list: Readonly<SpotOrderList>): void {
  hash.number(list.orderListId).number(list.accountId).string(list.listClientOrderId);
  hash.number(list.contingencyType).number(list.commandId).number(list.createdUs);
  hash.number(list.statusType).number(list.orderStatus).number(list.updateUs).number(list.orderIds.length);
  for (const orderId of list.orderIds) hash.number(orderId);
}
