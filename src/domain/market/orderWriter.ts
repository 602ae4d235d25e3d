// Changes open orders and lists, and writes the entry that says so: one method per thing that can happen to an order.
// In: decisions of matcher, contingency and requests. Out: entries, in the order they happened. Every entry that changes
// what an order shows on the book takes the symbol's next update id. Decides nothing.
import { assert, InvariantError } from '../assert.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, type FieldValue, updated } from '../changeLogEntry.ts';
import { isLegalTransition, OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, ListOrderStatus, ListStatusType } from '../orderTerms.ts';
import { leavesLots, OrderField, type OrderRequest, type PreventedMatch, type RequestOutcome, type SpotOrder } from '../spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../spotOrderList.ts';
import type { SpotTrade } from '../spotTrade.ts';
import { copyOrder, isByQuote, visibleLots } from './liveOrder.ts';
import type { MarketState } from './marketState.ts';

export class OrderWriter {
  readonly #state: MarketState;
  #nowUs = 0;
  #out: ChangeLogEntry[] = [];

  constructor(state: MarketState) {
    this.#state = state;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** A command begins. */
  begin(nowUs: number, out: ChangeLogEntry[]): void {
    this.#nowUs = nowUs;
    this.#out = out;
  }

  createResting(order: Readonly<SpotOrder>, peggedPriceTicks: number): void {
    const row = this.#live(order, peggedPriceTicks);
    row.bookLots = visibleLots(row, leavesLots(row));
    row.updateId = this.#nextUpdateId();
    this.#created(row);
    this.#state.rest(row, false);
  }

  /** It is about to be matched. */
  createTaker(order: Readonly<SpotOrder>, peggedPriceTicks: number): SpotOrder {
    const taker = this.#live(order, peggedPriceTicks);
    this.#created(copyOrder(taker));
    this.#state.taker = taker;
    return taker;
  }

  /** It waits for a price, or for another order of its list. The caller arms or parks it. */
  createWaiting(order: Readonly<SpotOrder>): SpotOrder {
    const waiting = this.#fresh(order, OrderStatus.ConditionalPending);
    this.#created(copyOrder(waiting));
    return waiting;
  }

  createRejected(order: Readonly<SpotOrder>, rejectCode: number): void {
    const row = this.#fresh(order, OrderStatus.Rejected);
    row.rejectCode = rejectCode;
    row.expiryReason = ExpiryReason.REJECTED;
    this.#created(row);
  }

  /** A conditional order goes on the book. */
  restWaiting(order: SpotOrder, peggedPriceTicks: number): void {
    const changes = this.#workingChanges(order, peggedPriceTicks);
    order.bookLots = visibleLots(order, leavesLots(order));
    changes.push(OrderField.bookLots, 0, order.bookLots);
    this.#stampUpdateId(order, changes);
    this.#state.goLive(order);
    this.#updated(order.orderId, changes);
  }

  /** A conditional order is about to be matched. */
  takeWaiting(order: SpotOrder, peggedPriceTicks: number): void {
    const changes = this.#workingChanges(order, peggedPriceTicks);
    this.#state.goLive(order);
    this.#updated(order.orderId, changes);
  }

  trade(trade: SpotTrade): void {
    const state = this.#state;
    state.lastTradeId = trade.tradeId;
    state.lastPriceTicks = trade.priceTicks;
    this.#out.push(created(EntityType.SpotTrade, entityIds.trade(trade.symbol, trade.tradeId), trade, this.#nowUs));
  }

  /** A resting order traded. Returns it as it is now. */
  fillMaker(node: number, lots: number, quoteUnits: bigint): Readonly<SpotOrder> {
    const order = this.#state.mutable(node);
    const status = order.status;
    const executed = order.executedLots + lots;
    const cumQuoteUnits = order.cumQuoteUnits + quoteUnits;
    const leaves = order.origLots - executed - order.preventedLots;
    const next = leaves === 0 ? OrderStatus.Filled : OrderStatus.PartiallyFilled;
    const changes: FieldValue[] =
      status === next
        ? [OrderField.executedLots, order.executedLots, executed, OrderField.cumQuoteUnits, order.cumQuoteUnits, cumQuoteUnits]
        : [
            OrderField.status,
            status,
            next,
            OrderField.executedLots,
            order.executedLots,
            executed,
            OrderField.cumQuoteUnits,
            order.cumQuoteUnits,
            cumQuoteUnits,
          ];
    order.executedLots = executed;
    order.cumQuoteUnits = cumQuoteUnits;
    this.#setStatus(order, next);
    this.#consume(node, order, lots, leaves, changes);
    return order;
  }

  /** Self-trade prevention took lots from a resting order. Returns it as it is now. */
  preventMaker(node: number, lots: number, match: PreventedMatch): Readonly<SpotOrder> {
    const order = this.#state.mutable(node);
    const changes: FieldValue[] = [
      OrderField.preventedLots,
      order.preventedLots,
      order.preventedLots + lots,
      OrderField.preventedMatch,
      order.preventedMatch,
      match,
    ];
    order.preventedLots += lots;
    order.preventedMatch = match;
    const leaves = leavesLots(order);
    if (leaves === 0) this.#endChanges(order, OrderStatus.Expired, ExpiryReason.SELF_TRADE_PREVENTION, changes);
    this.#consume(node, order, lots, leaves, changes);
    return order;
  }

  /** The taker has what it could get: its fields say what happened to it since its entry. */
  finishTaker(taker: SpotOrder, status: OrderStatus, reason: ExpiryReason): void {
    const changes: FieldValue[] = [];
    if (taker.executedLots > 0) {
      changes.push(OrderField.executedLots, 0, taker.executedLots, OrderField.cumQuoteUnits, 0n, taker.cumQuoteUnits);
    }
    if (taker.preventedLots > 0) changes.push(OrderField.preventedLots, 0, taker.preventedLots);
    if (taker.preventedMatch !== null) changes.push(OrderField.preventedMatch, null, taker.preventedMatch);
    if (isByQuote(taker)) {
      const lots = taker.executedLots + taker.preventedLots;
      if (lots !== taker.origLots) changes.push(OrderField.origLots, taker.origLots, lots);
      taker.origLots = lots;
    }
    if (taker.status !== status) changes.push(OrderField.status, taker.status, status);
    this.#setStatus(taker, status);
    if (reason !== ExpiryReason.NONE) {
      changes.push(OrderField.expiryReason, taker.expiryReason, reason);
      taker.expiryReason = reason;
    }
    if (status === OrderStatus.Pending || status === OrderStatus.PartiallyFilled) {
      taker.bookLots = visibleLots(taker, leavesLots(taker));
      changes.push(OrderField.bookLots, 0, taker.bookLots);
      this.#stampUpdateId(taker, changes);
    }
    this.#state.endTaker();
    this.#updated(taker.orderId, changes);
  }

  /** A trailing order starts to track, at the price of the last trade. */
  activate(order: SpotOrder): void {
    const extremeTicks = this.#state.lastPriceTicks;
    const changes: FieldValue[] = [
      OrderField.trailingUs,
      order.trailingUs,
      this.#nowUs,
      OrderField.trailingExtremeTicks,
      order.trailingExtremeTicks,
      extremeTicks,
    ];
    order.trailingUs = this.#nowUs;
    order.trailingExtremeTicks = extremeTicks;
    this.#stampTime(order, changes);
    this.#state.triggers.activate(order.orderId, extremeTicks);
    this.#updated(order.orderId, changes);
  }

  /** An order on the book, or one that waits, ended. */
  end(orderId: number, status: OrderStatus, reason: ExpiryReason, outcome: RequestOutcome | null): void {
    const state = this.#state;
    const node = state.book.find(orderId);
    const order = node === 0 ? state.mutableById(orderId) : state.resting(node);
    assert(order !== undefined, 'an order that ends is open');
    assertLegal(order, status);
    const changes: FieldValue[] = [OrderField.status, order.status, status];
    if (node !== 0) {
      changes.push(OrderField.bookLots, order.bookLots, 0, OrderField.updateId, order.updateId, this.#nextUpdateId());
      state.removeResting(node);
    } else {
      state.removeWaiting(order as SpotOrder, true);
    }
    if (reason !== ExpiryReason.NONE) changes.push(OrderField.expiryReason, order.expiryReason, reason);
    if (outcome !== null) changes.push(OrderField.outcome, order.outcome, outcome);
    if (order.updateUs !== this.#nowUs) changes.push(OrderField.updateUs, order.updateUs, this.#nowUs);
    this.#updated(orderId, changes);
  }

  /**
   * The order's quantity becomes smaller and it keeps its place; what it shows shrinks only when it must. Without a
   * request it follows the other leg of its pair. Ends the order when nothing is left.
   */
  amend(order: SpotOrder, newLots: number, request: OrderRequest | null): void {
    const origLots = Math.max(newLots, order.executedLots + order.preventedLots);
    const changes: FieldValue[] = [OrderField.origLots, order.origLots, origLots];
    order.origLots = origLots;
    if (request !== null) {
      changes.push(OrderField.amendCount, order.amendCount, order.amendCount + 1);
      order.amendCount += 1;
      if (request.clientOrderId !== '' && request.clientOrderId !== order.clientOrderId) {
        changes.push(OrderField.clientOrderId, order.clientOrderId, request.clientOrderId);
        order.clientOrderId = request.clientOrderId;
      }
      this.#answer(order, outcomeOf(request, 0), changes);
    }
    const leaves = leavesLots(order);
    if (leaves === 0) this.#endChanges(order, OrderStatus.Expired, ExpiryReason.NONE, changes);
    const node = this.#state.book.find(order.orderId);
    if (node !== 0 && leaves < order.bookLots) {
      changes.push(OrderField.bookLots, order.bookLots, leaves);
      order.bookLots = leaves;
      this.#stampUpdateId(order, changes);
      if (leaves > 0) this.#state.book.setLots(node, leaves);
      else this.#state.removeResting(node);
    } else if (leaves === 0) {
      this.#state.removeWaiting(order, true);
    }
    this.#stampTime(order, changes);
    this.#updated(order.orderId, changes);
  }

  /** A parked leg's account has its funds. */
  fund(order: SpotOrder, origLots: number, reservedUnits: bigint, outcome: RequestOutcome): void {
    const changes: FieldValue[] = [];
    if (origLots !== order.origLots) changes.push(OrderField.origLots, order.origLots, origLots);
    if (reservedUnits !== order.reservedUnits) changes.push(OrderField.reservedUnits, order.reservedUnits, reservedUnits);
    order.origLots = origLots;
    order.reservedUnits = reservedUnits;
    this.#answer(order, outcome, changes);
    this.#stampTime(order, changes);
    this.#state.fund(order.orderId);
    this.#updated(order.orderId, changes);
  }

  /** A request that changes nothing, of an order that may be unknown here. */
  refuse(orderId: number, request: OrderRequest, code: number): void {
    const outcome = outcomeOf(request, code);
    const changes: FieldValue[] = [];
    const order = this.#state.mutableById(orderId);
    if (order === undefined) changes.push(OrderField.outcome, null, outcome);
    else this.#answer(order, outcome, changes);
    this.#updated(orderId, changes);
  }

  createList(list: Readonly<SpotOrderList>, rejected: boolean): void {
    const copy: SpotOrderList = {
      ...list,
      statusType: rejected ? ListStatusType.ALL_DONE : ListStatusType.EXEC_STARTED,
      orderStatus: rejected ? ListOrderStatus.REJECT : ListOrderStatus.EXECUTING,
      updateUs: this.#nowUs,
    };
    this.#out.push(created(EntityType.SpotOrderList, list.orderListId, copy, this.#nowUs));
    if (!rejected) this.#state.lists.set(list.orderListId, { ...copy });
  }

  /** A leg's client order id has changed. */
  renameInList(orderListId: number): void {
    const list = this.#state.lists.get(orderListId);
    if (list !== undefined) this.#updateList(list, ListStatusType.UPDATED, list.orderStatus);
  }

  /** No leg is open any more. */
  closeList(list: SpotOrderList): void {
    this.#state.lists.delete(list.orderListId);
    this.#updateList(list, ListStatusType.ALL_DONE, ListOrderStatus.ALL_DONE);
  }

  #updateList(list: SpotOrderList, statusType: ListStatusType, orderStatus: ListOrderStatus): void {
    const changes: FieldValue[] = [];
    if (list.statusType !== statusType) changes.push(OrderListField.statusType, list.statusType, statusType);
    if (list.orderStatus !== orderStatus) changes.push(OrderListField.orderStatus, list.orderStatus, orderStatus);
    if (list.updateUs !== this.#nowUs) changes.push(OrderListField.updateUs, list.updateUs, this.#nowUs);
    list.statusType = statusType;
    list.orderStatus = orderStatus;
    list.updateUs = this.#nowUs;
    this.#out.push(updated(EntityType.SpotOrderList, list.orderListId, changes, this.#nowUs));
  }

  /** Takes lots off what a resting order shows; an iceberg's next part goes to the end of the queue. */
  #consume(node: number, order: SpotOrder, lots: number, leaves: number, changes: FieldValue[]): void {
    const state = this.#state;
    const shown = order.bookLots;
    let left = shown - lots;
    if (left > 0) {
      state.book.setLots(node, left);
    } else if (leaves === 0) {
      left = 0;
      state.removeResting(node);
    } else {
      left = visibleLots(order, leaves);
      state.book.requeue(node, left);
    }
    if (left !== shown) {
      changes.push(OrderField.bookLots, shown, left);
      order.bookLots = left;
      this.#stampUpdateId(order, changes);
    }
    this.#stampTime(order, changes);
    this.#updated(order.orderId, changes);
  }

  #endChanges(order: SpotOrder, status: OrderStatus, reason: ExpiryReason, changes: FieldValue[]): void {
    changes.push(OrderField.status, order.status, status);
    this.#setStatus(order, status);
    if (reason === ExpiryReason.NONE) return;
    changes.push(OrderField.expiryReason, order.expiryReason, reason);
    order.expiryReason = reason;
  }

  /** A conditional order's changes when it goes live. */
  #workingChanges(order: SpotOrder, peggedPriceTicks: number): FieldValue[] {
    const changes: FieldValue[] = [
      OrderField.status,
      order.status,
      OrderStatus.Pending,
      OrderField.workingUs,
      order.workingUs,
      this.#nowUs,
    ];
    this.#setStatus(order, OrderStatus.Pending);
    order.workingUs = this.#nowUs;
    const extremeTicks = order.trailingUs > 0 ? this.#state.triggers.extremeTicks(order.orderId) : 0;
    if (extremeTicks !== order.trailingExtremeTicks) {
      changes.push(OrderField.trailingExtremeTicks, order.trailingExtremeTicks, extremeTicks);
      order.trailingExtremeTicks = extremeTicks;
    }
    if (peggedPriceTicks !== order.peggedPriceTicks) {
      changes.push(OrderField.peggedPriceTicks, order.peggedPriceTicks, peggedPriceTicks);
      order.peggedPriceTicks = peggedPriceTicks;
    }
    this.#stampTime(order, changes);
    return changes;
  }

  /** A copy as it enters the market's log. */
  #fresh(order: Readonly<SpotOrder>, status: OrderStatus): SpotOrder {
    const copy = copyOrder(order);
    copy.status = status;
    copy.updateUs = this.#nowUs;
    return copy;
  }

  #live(order: Readonly<SpotOrder>, peggedPriceTicks: number): SpotOrder {
    const copy = this.#fresh(order, OrderStatus.Pending);
    copy.workingUs = this.#nowUs;
    copy.peggedPriceTicks = peggedPriceTicks;
    return copy;
  }

  #answer(order: SpotOrder, outcome: RequestOutcome, changes: FieldValue[]): void {
    changes.push(OrderField.outcome, order.outcome, outcome);
    order.outcome = outcome;
  }

  #setStatus(order: SpotOrder, status: OrderStatus): void {
    assertLegal(order, status);
    order.status = status;
  }

  #stampUpdateId(order: SpotOrder, changes: FieldValue[]): void {
    const updateId = this.#nextUpdateId();
    changes.push(OrderField.updateId, order.updateId, updateId);
    order.updateId = updateId;
  }

  #stampTime(order: SpotOrder, changes: FieldValue[]): void {
    if (order.updateUs === this.#nowUs) return;
    changes.push(OrderField.updateUs, order.updateUs, this.#nowUs);
    order.updateUs = this.#nowUs;
  }

  #nextUpdateId(): number {
    this.#state.updateId += 1;
    return this.#state.updateId;
  }

  #created(row: SpotOrder): void {
    this.#out.push(created(EntityType.SpotOrder, row.orderId, row, this.#nowUs));
  }

  #updated(orderId: number, changes: FieldValue[]): void {
    this.#out.push(updated(EntityType.SpotOrder, orderId, changes, this.#nowUs));
  }
}

export function outcomeOf(request: OrderRequest, code: number): RequestOutcome {
  return { commandId: request.commandId, kind: request.kind, code, clientOrderId: request.clientOrderId };
}

function assertLegal(order: Readonly<SpotOrder>, status: OrderStatus): void {
  if (!isLegalTransition(order.status, status)) throw new InvariantError(`order ${order.orderId} moves from ${order.status} to ${status}`);
}
