// Rebuilds a symbol's state from its own log: every entry, applied in order, leaves exactly what the engine had after
// writing it. Where an order is follows from its fields: lots shown = on the book; consumed to the last shown lot with
// more to show = an iceberg's next part, last in the queue; a conditional order waits until its state says otherwise.

import { applyChanges, namesOf } from '../changedFields.ts';
import { type ChangedFields, ChangeKind, type ChangeLogEntry, EntityType, newValue } from '../changeLogEntry.ts';
import { isTerminal, type OrderStatus } from '../orderStatus.ts';
import { ListStatusType, RequestKind } from '../orderTerms.ts';
import { OrderField, type PreventedMatch, type RequestOutcome, type SpotOrder } from '../spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../spotOrderList.ts';
import type { SpotTrade } from '../spotTrade.ts';
import { copyOrder } from './liveOrder.ts';
import { isConditional, type MarketState } from './marketState.ts';

const ORDER_FIELDS = namesOf<SpotOrder>(OrderField);
const LIST_FIELDS = namesOf<SpotOrderList>(OrderListField);

export function foldEntry(state: MarketState, entry: ChangeLogEntry): void {
  const change = entry.changeType;
  switch (entry.entityType) {
    case EntityType.SpotTrade:
      if (change.kind === ChangeKind.Created) foldTrade(state, change.fields as SpotTrade);
      return;
    case EntityType.SpotOrder:
      if (change.kind === ChangeKind.Created) foldCreated(state, change.fields as SpotOrder);
      else if (change.kind === ChangeKind.Updated) foldUpdated(state, entry.entityId as number, change.changedFields);
      return;
    case EntityType.SpotOrderList:
      if (change.kind === ChangeKind.Created) foldListCreated(state, change.fields as SpotOrderList);
      else if (change.kind === ChangeKind.Updated) foldListUpdated(state, entry.entityId as number, change.changedFields);
      return;
    default:
  }
}

function foldTrade(state: MarketState, trade: SpotTrade): void {
  state.lastTradeId = trade.tradeId;
  state.lastPriceTicks = trade.priceTicks;
  state.triggers.track(trade.priceTicks);
}

function foldCreated(state: MarketState, row: Readonly<SpotOrder>): void {
  if (isTerminal(row.status)) return;
  state.observe(row.updateId, row.preventedMatch);
  if (row.bookLots > 0) {
    state.rest(row);
    return;
  }
  if (!isConditional(row)) {
    // Copied should it come to rest; most takers end.
    state.taker = row as SpotOrder;
    return;
  }
  const order = copyOrder(row);
  if (state.isParkedFirst(order)) state.parked.set(order.orderId, { order, funded: false });
  else state.arm(order);
}

function foldUpdated(state: MarketState, orderId: number, changes: ChangedFields): void {
  let status: OrderStatus | undefined;
  for (let i = 0; i < changes.length; i += 3) {
    const field = changes[i];
    if (field === OrderField.status) status = changes[i + 2] as OrderStatus;
    else if (field === OrderField.updateId) state.observe(changes[i + 2] as number, null);
    else if (field === OrderField.preventedMatch) state.observe(0, changes[i + 2] as PreventedMatch | null);
  }
  const ended = status !== undefined && isTerminal(status);
  const node = state.book.find(orderId);
  if (node !== 0) {
    if (ended) state.removeResting(node);
    else if (!foldFill(state, node, changes)) foldResting(state, node, changes);
    return;
  }
  if (state.taker !== null && state.taker.orderId === orderId) {
    if (!ended) {
      state.taker = copyOrder(state.taker);
      applyChanges(state.taker, ORDER_FIELDS, changes);
    }
    state.endTaker();
    return;
  }
  const waiting = state.waiting(orderId);
  // A failed request may name an order that is not open.
  if (waiting !== undefined) foldWaiting(state, waiting, changes);
}

/** The bulk of a log: a maker's entry after a trade that left something of it. False when it says anything else. */
function foldFill(state: MarketState, node: number, changes: ChangedFields): boolean {
  const { book, resting } = state;
  const shown = book.lots(node);
  const executed = resting.executedLots(node);
  let executedLots = executed;
  let cumQuoteUnits = 0n;
  let bookLots = shown;
  let updateId = resting.updateId(node);
  let updateUs = resting.updateUs(node);
  for (let i = 0; i < changes.length; i += 3) {
    const value = changes[i + 2];
    switch (changes[i]) {
      case OrderField.status:
        break;
      case OrderField.executedLots:
        executedLots = value as number;
        break;
      case OrderField.cumQuoteUnits:
        cumQuoteUnits = value as bigint;
        break;
      case OrderField.bookLots:
        bookLots = value as number;
        break;
      case OrderField.updateId:
        updateId = value as number;
        break;
      case OrderField.updateUs:
        updateUs = value as number;
        break;
      default:
        return false;
    }
  }
  if (executedLots === executed) return false;
  resting.setFilled(node, executedLots, cumQuoteUnits);
  resting.setUpdate(node, updateId, updateUs);
  if (executedLots - executed === shown) book.requeue(node, bookLots);
  else if (bookLots !== shown) book.setLots(node, bookLots);
  return true;
}

function foldResting(state: MarketState, node: number, changes: ChangedFields): void {
  const order = state.row(node);
  const shown = order.bookLots;
  const gone = order.executedLots + order.preventedLots;
  applyChanges(order, ORDER_FIELDS, changes);
  const consumed = order.executedLots + order.preventedLots - gone;
  if (consumed === shown) state.book.requeue(node, order.bookLots);
  state.changeResting(node, order);
}

function foldWaiting(state: MarketState, order: SpotOrder, changes: ChangedFields): void {
  const tracked = order.trailingUs > 0;
  applyChanges(order, ORDER_FIELDS, changes);
  if (isTerminal(order.status)) {
    state.removeWaiting(order, true);
    return;
  }
  if (!isConditional(order)) {
    state.goLive(order);
    return;
  }
  if (!tracked && order.trailingUs > 0) state.triggers.activate(order.orderId, order.trailingExtremeTicks);
  const outcome = newValue(changes, OrderField.outcome) as RequestOutcome | undefined;
  if (outcome?.kind === RequestKind.ACTIVATE && outcome.code === 0) state.fund(order.orderId);
}

function foldListCreated(state: MarketState, list: Readonly<SpotOrderList>): void {
  if (list.statusType !== ListStatusType.ALL_DONE) state.lists.set(list.orderListId, { ...list });
}

function foldListUpdated(state: MarketState, orderListId: number, changes: ChangedFields): void {
  const list = state.lists.get(orderListId);
  if (list === undefined) return;
  applyChanges(list, LIST_FIELDS, changes);
  if (list.statusType === ListStatusType.ALL_DONE) state.lists.delete(orderListId);
}
