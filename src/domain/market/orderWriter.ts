// Changes orders that are not on the book yet or not any more, and lists, and writes the entry that says so: one method per
// thing that can happen to an order. In: decisions of placement, matcher, contingency and requests. Decides nothing.
import { assert } from '../assert.ts';
import type { FieldValue } from '../changeLogEntry.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, ListOrderStatus, ListStatusType } from '../orderTerms.ts';
import { leavesLots, OrderField, type OrderRequest, type RequestOutcome, type SpotOrder } from '../spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../spotOrderList.ts';
import { assertLegal, copyOrder, copyOrderInto, isByQuote, visibleLots } from './liveOrder.ts';
import type { MakerWriter } from './makerWriter.ts';
import type { MarketLog } from './marketLog.ts';
import type { MarketState } from './marketState.ts';

export class OrderWriter {
  readonly #state: MarketState;
  readonly #log: MarketLog;
  readonly #makers: MakerWriter;
  #taker: SpotOrder | undefined;

  constructor(state: MarketState, log: MarketLog, makers: MakerWriter) {
    this.#state = state;
    this.#log = log;
    this.#makers = makers;
  }

  createResting(order: Readonly<SpotOrder>, peggedPriceTicks: number): void {
    const row = this.#live(order, peggedPriceTicks);
    row.bookLots = visibleLots(row, leavesLots(row));
    row.updateId = this.#log.nextUpdateId();
    this.#log.orderCreated(row);
    this.#state.rest(row);
  }

  /** It is about to be matched. */
  createTaker(order: Readonly<SpotOrder>, peggedPriceTicks: number): SpotOrder {
    const row = this.#live(order, peggedPriceTicks);
    this.#log.orderCreated(row);
    const taker = this.#takerLike(row);
    this.#state.taker = taker;
    return taker;
  }

  /** Nobody keeps a taker beyond its match: all of them share a row, unless one is being matched already. */
  #takerLike(row: Readonly<SpotOrder>): SpotOrder {
    if (this.#taker === undefined || this.#state.taker !== null) {
      const taker = copyOrder(row);
      this.#taker ??= taker;
      return taker;
    }
    copyOrderInto(this.#taker, row);
    return this.#taker;
  }

  /** It waits for a price, or for another order of its list. The caller arms or parks it. */
  createWaiting(order: Readonly<SpotOrder>): SpotOrder {
    const waiting = this.#fresh(order, OrderStatus.ConditionalPending);
    this.#log.orderCreated(copyOrder(waiting));
    return waiting;
  }

  createRejected(order: Readonly<SpotOrder>, rejectCode: number): void {
    const row = this.#fresh(order, OrderStatus.Rejected);
    row.rejectCode = rejectCode;
    row.expiryReason = ExpiryReason.REJECTED;
    this.#log.orderCreated(row);
  }

  /** A conditional order goes on the book. */
  restWaiting(order: SpotOrder, peggedPriceTicks: number): void {
    const changes = this.#workingChanges(order, peggedPriceTicks);
    order.bookLots = visibleLots(order, leavesLots(order));
    changes.push(OrderField.bookLots, 0, order.bookLots);
    this.#log.stampUpdateId(order, changes);
    this.#state.goLive(order);
    this.#log.orderUpdated(order.orderId, changes);
  }

  /** A conditional order is about to be matched. */
  takeWaiting(order: SpotOrder, peggedPriceTicks: number): void {
    const changes = this.#workingChanges(order, peggedPriceTicks);
    this.#state.goLive(order);
    this.#log.orderUpdated(order.orderId, changes);
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
      this.#log.stampUpdateId(taker, changes);
    }
    this.#state.endTaker();
    this.#log.orderUpdated(taker.orderId, changes);
  }

  /** A trailing order starts to track, at the price of the last trade. */
  activate(order: SpotOrder): void {
    const extremeTicks = this.#state.lastPriceTicks;
    const changes: FieldValue[] = [
      OrderField.trailingUs,
      order.trailingUs,
      this.#log.nowUs,
      OrderField.trailingExtremeTicks,
      order.trailingExtremeTicks,
      extremeTicks,
    ];
    order.trailingUs = this.#log.nowUs;
    order.trailingExtremeTicks = extremeTicks;
    this.#log.stampTime(order, changes);
    this.#state.triggers.activate(order.orderId, extremeTicks);
    this.#log.orderUpdated(order.orderId, changes);
  }

  /** An order on the book, or one that waits, ended. */
  end(orderId: number, status: OrderStatus, reason: ExpiryReason, outcome: RequestOutcome | null): void {
    const state = this.#state;
    const node = state.book.find(orderId);
    if (node !== 0) {
      this.#makers.end(node, status, reason, outcome);
      return;
    }
    const order = state.waiting(orderId);
    assert(order !== undefined, 'an order that ends is open');
    const changes: FieldValue[] = [];
    this.#end(order, status, reason, changes);
    if (outcome !== null) this.#answer(order, outcome, changes);
    state.removeWaiting(order, true);
    this.#log.stampTime(order, changes);
    this.#log.orderUpdated(orderId, changes);
  }

  /**
   * The order's quantity becomes smaller and it keeps its place; what it shows shrinks only when it must. Without a
   * request it follows the other leg of its pair. Ends the order when nothing is left.
   */
  amend(order: SpotOrder, newLots: number, request: OrderRequest | null): void {
    const state = this.#state;
    const origLots = Math.max(newLots, order.executedLots + order.preventedLots);
    const changes: FieldValue[] = [OrderField.origLots, order.origLots, origLots];
    order.origLots = origLots;
    if (request !== null) this.#answerAmend(order, request, changes);
    const leaves = leavesLots(order);
    if (leaves === 0) this.#end(order, OrderStatus.Expired, ExpiryReason.NONE, changes);
    const node = state.book.find(order.orderId);
    if (leaves < order.bookLots) {
      changes.push(OrderField.bookLots, order.bookLots, leaves);
      order.bookLots = leaves;
      this.#log.stampUpdateId(order, changes);
    }
    this.#log.stampTime(order, changes);
    if (node === 0) {
      if (leaves === 0) state.removeWaiting(order, true);
    } else if (leaves === 0) {
      state.removeResting(node);
    } else {
      state.changeResting(node, order);
    }
    this.#log.orderUpdated(order.orderId, changes);
  }

  #answerAmend(order: SpotOrder, request: OrderRequest, changes: FieldValue[]): void {
    changes.push(OrderField.amendCount, order.amendCount, order.amendCount + 1);
    order.amendCount += 1;
    if (request.clientOrderId !== '' && request.clientOrderId !== order.clientOrderId) {
      changes.push(OrderField.clientOrderId, order.clientOrderId, request.clientOrderId);
      order.clientOrderId = request.clientOrderId;
    }
    this.#answer(order, outcomeOf(request, 0), changes);
  }

  /** A parked leg's account has its funds. */
  fund(order: SpotOrder, origLots: number, reservedUnits: bigint, outcome: RequestOutcome): void {
    const changes: FieldValue[] = [];
    if (origLots !== order.origLots) changes.push(OrderField.origLots, order.origLots, origLots);
    if (reservedUnits !== order.reservedUnits) changes.push(OrderField.reservedUnits, order.reservedUnits, reservedUnits);
    order.origLots = origLots;
    order.reservedUnits = reservedUnits;
    this.#answer(order, outcome, changes);
    this.#log.stampTime(order, changes);
    this.#state.fund(order.orderId);
    this.#log.orderUpdated(order.orderId, changes);
  }

  /** A request that changes nothing, of an order that may be unknown here. */
  refuse(orderId: number, request: OrderRequest, code: number): void {
    const { book, resting } = this.#state;
    const outcome = outcomeOf(request, code);
    const changes: FieldValue[] = [];
    const node = book.find(orderId);
    const waiting = node === 0 ? this.#state.waiting(orderId) : undefined;
    if (waiting !== undefined) {
      this.#answer(waiting, outcome, changes);
    } else {
      changes.push(OrderField.outcome, node === 0 ? null : resting.outcome(node), outcome);
      if (node !== 0) resting.setOutcome(node, outcome);
    }
    this.#log.orderUpdated(orderId, changes);
  }

  createList(list: Readonly<SpotOrderList>, rejected: boolean): void {
    const copy: SpotOrderList = {
      ...list,
      statusType: rejected ? ListStatusType.ALL_DONE : ListStatusType.EXEC_STARTED,
      orderStatus: rejected ? ListOrderStatus.REJECT : ListOrderStatus.EXECUTING,
      updateUs: this.#log.nowUs,
    };
    this.#log.listCreated(copy);
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
    if (list.updateUs !== this.#log.nowUs) changes.push(OrderListField.updateUs, list.updateUs, this.#log.nowUs);
    list.statusType = statusType;
    list.orderStatus = orderStatus;
    list.updateUs = this.#log.nowUs;
    this.#log.listUpdated(list.orderListId, changes);
  }

  #end(order: SpotOrder, status: OrderStatus, reason: ExpiryReason, changes: FieldValue[]): void {
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
      this.#log.nowUs,
    ];
    this.#setStatus(order, OrderStatus.Pending);
    order.workingUs = this.#log.nowUs;
    const extremeTicks = order.trailingUs > 0 ? this.#state.triggers.extremeTicks(order.orderId) : 0;
    if (extremeTicks !== order.trailingExtremeTicks) {
      changes.push(OrderField.trailingExtremeTicks, order.trailingExtremeTicks, extremeTicks);
      order.trailingExtremeTicks = extremeTicks;
    }
    if (peggedPriceTicks !== order.peggedPriceTicks) {
      changes.push(OrderField.peggedPriceTicks, order.peggedPriceTicks, peggedPriceTicks);
      order.peggedPriceTicks = peggedPriceTicks;
    }
    this.#log.stampTime(order, changes);
    return changes;
  }

  /** A copy as it enters the market's log. */
  #fresh(order: Readonly<SpotOrder>, status: OrderStatus): SpotOrder {
    const copy = copyOrder(order);
    copy.status = status;
    copy.updateUs = this.#log.nowUs;
    return copy;
  }

  #live(order: Readonly<SpotOrder>, peggedPriceTicks: number): SpotOrder {
    const copy = this.#fresh(order, OrderStatus.Pending);
    copy.workingUs = this.#log.nowUs;
    copy.peggedPriceTicks = peggedPriceTicks;
    return copy;
  }

  #answer(order: SpotOrder, outcome: RequestOutcome, changes: FieldValue[]): void {
    changes.push(OrderField.outcome, order.outcome, outcome);
    order.outcome = outcome;
  }

  #setStatus(order: SpotOrder, status: OrderStatus): void {
    assertLegal(order.orderId, order.status, status);
    order.status = status;
  }
}

export function outcomeOf(request: OrderRequest, code: number): RequestOutcome {
  return { commandId: request.commandId, kind: request.kind, code, clientOrderId: request.clientOrderId };
}
