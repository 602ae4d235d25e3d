// Everything a symbol's writer remembers: the open orders and where each of them is, the open lists, the counters.
// Changed by the live engine and by the fold through the same methods, so that both arrive at the same state.
// Writes no entries and decides nothing.
import { assert } from '../assert.ts';
import type { Instrument } from '../instrument.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ContingencyType, isTriggered, ListLeg, Side } from '../orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { ExpiryQueue } from './expiryQueue.ts';
import { limitTicks } from './liveOrder.ts';
import { OrderBook } from './orderBook.ts';
import { RestingOrders } from './restingOrders.ts';
import { TriggerBook } from './triggerBook.ts';

/** A pending leg of an OTO list that is not live yet. */
export interface ParkedOrder {
  readonly order: SpotOrder;
  /** Its account has funded it; one of an OCO pair then waits for the other. */
  funded: boolean;
}

export class MarketState {
  instrument: Instrument;
  readonly book: OrderBook;
  /** The orders on the book, by their node there. */
  readonly resting = new RestingOrders();
  readonly triggers = new TriggerBook();
  readonly parked = new Map<number, ParkedOrder>();
  readonly lists = new Map<number, SpotOrderList>();
  readonly expiry = new ExpiryQueue();
  /** The order that is being matched in the running command. */
  taker: SpotOrder | null = null;
  lastTradeId = 0;
  /** 0 before the first trade. */
  lastPriceTicks = 0;
  updateId = 0;
  lastPreventedMatchId = 0;
  /** Icebergs on the book: while there are none, what a level shows is what it holds. */
  icebergs = 0;

  /** Room for so many orders on the book at first; it grows by itself. */
  constructor(instrument: Instrument, capacity = 64) {
    this.instrument = instrument;
    this.book = new OrderBook(capacity);
  }

  /**
   * An open order, wherever it is. Of an order on the book this is a row of its own, to be handed back with
   * changeResting(); every other order is the state's own object.
   */
  find(orderId: number): SpotOrder | undefined {
    const node = this.book.find(orderId);
    if (node !== 0) return this.row(node);
    const waiting = this.waiting(orderId);
    if (waiting !== undefined) return waiting;
    return this.taker !== null && this.taker.orderId === orderId ? this.taker : undefined;
  }

  isOpen(orderId: number): boolean {
    if (this.book.find(orderId) !== 0 || this.waiting(orderId) !== undefined) return true;
    return this.taker !== null && this.taker.orderId === orderId;
  }

  /** A conditional order that has not gone live. */
  waiting(orderId: number): SpotOrder | undefined {
    return this.triggers.find(orderId) ?? this.parked.get(orderId)?.order;
  }

  /** An order on the book as a row of its own. */
  row(node: number): SpotOrder {
    const { book } = this;
    return this.resting.row(node, this.instrument.symbol, book.orderId(node), book.side(node), book.lots(node));
  }

  /** Puts an order with its bookLots on the book, last at its price. */
  rest(order: Readonly<SpotOrder>): void {
    const node = this.book.rest(order.orderId, order.side, limitTicks(order), order.bookLots);
    this.resting.store(node, order);
    if (order.icebergLots > 0) this.icebergs += 1;
    if (order.expireUs > 0 && !this.expiry.has(order.orderId)) this.expiry.add(order.orderId, order.expireUs);
  }

  /** An order on the book has changed where it stands. */
  changeResting(node: number, order: Readonly<SpotOrder>): void {
    this.resting.store(node, order);
    if (this.book.lots(node) !== order.bookLots) this.book.setLots(node, order.bookLots);
  }

  /** Takes an order off the book for good. */
  removeResting(node: number): void {
    if (this.icebergs > 0 && this.resting.icebergLots(node) > 0) this.icebergs -= 1;
    if (this.expiry.size > 0) this.expiry.remove(this.book.orderId(node));
    this.resting.release(node);
    this.book.remove(node);
  }

  /** A conditional order starts to wait for its price. */
  arm(order: SpotOrder): void {
    this.triggers.arm(order);
    if (order.expireUs > 0) this.expiry.add(order.orderId, order.expireUs);
  }

  /** A conditional order waits no more: it goes live, or it ended. */
  removeWaiting(order: SpotOrder, ended: boolean): void {
    if (!this.parked.delete(order.orderId)) this.triggers.remove(order.orderId);
    if (ended && order.expireUs > 0) this.expiry.remove(order.orderId);
  }

  /** An order that waited is matched or rests now. */
  goLive(order: SpotOrder): void {
    this.removeWaiting(order, false);
    if (order.bookLots > 0) this.rest(order);
    else this.taker = order;
  }

  /** The order that was matched rests or ended. */
  endTaker(): void {
    const taker = this.taker;
    assert(taker !== null, 'an order is being matched');
    this.taker = null;
    if (taker.bookLots > 0) this.rest(taker);
    else if (taker.expireUs > 0) this.expiry.remove(taker.orderId);
  }

  /** A conditional order of a list starts its life parked, unless it is a leg of an OCO or the working order. */
  isParkedFirst(order: Readonly<SpotOrder>): boolean {
    if (order.orderListId < 0 || order.listLeg === ListLeg.WORKING) return false;
    const list = this.lists.get(order.orderListId);
    assert(list !== undefined, 'a leg comes after its list');
    return list.contingencyType !== ContingencyType.OCO;
  }

  /** The orders of which one ends the other; empty for lists without such a pair. */
  pairOf(list: Readonly<SpotOrderList>): readonly number[] {
    switch (list.contingencyType) {
      case ContingencyType.OCO:
        return list.orderIds;
      case ContingencyType.OTOCO:
      case ContingencyType.OPOCO:
        return list.orderIds.slice(1);
      default:
        return [];
    }
  }

  /** The account has funded a parked leg: conditional legs start to wait for their price, a pair's when both are funded. */
  fund(orderId: number): void {
    const parked = this.parked.get(orderId);
    assert(parked !== undefined, 'a leg is funded while it is parked');
    parked.funded = true;
    const list = this.lists.get(parked.order.orderListId)!;
    const pair = this.pairOf(list);
    const legs = pair.length === 0 ? [orderId] : pair;
    if (!this.isFunded(legs)) return;
    for (const leg of legs) {
      const order = this.parked.get(leg)!.order;
      if (!isTriggered(order.type)) continue;
      this.parked.delete(leg);
      this.arm(order);
    }
  }

  isFunded(legs: readonly number[]): boolean {
    for (const leg of legs) if (this.parked.get(leg)?.funded !== true) return false;
    return true;
  }

  hasOpenLeg(list: Readonly<SpotOrderList>): boolean {
    for (const orderId of list.orderIds) if (this.isOpen(orderId)) return true;
    return false;
  }

  bestTicks(side: Side): number {
    return this.book.bestTicks(side);
  }

  /** True when an order with that limit would trade at once. */
  crosses(side: Side, ticks: number): boolean {
    const best = this.book.bestTicks(side === Side.BUY ? Side.SELL : Side.BUY);
    if (best === 0) return false;
    return side === Side.BUY ? best <= ticks : best >= ticks;
  }

  /** Nodes of a side's orders, best price first, each price in queue order. */
  forEachNode(side: Side, visit: (node: number) => void): void {
    const { book } = this;
    for (let ticks = book.bestTicks(side); ticks !== 0; ticks = book.nextTicks(side, ticks)) {
      for (let node = book.nodeAt(side, ticks); node !== 0; node = book.nextInQueue(node)) visit(node);
    }
  }

  /** Counters as they stand in an order's entry. */
  observe(updateId: number, prevented: PreventedMatch | null): void {
    if (updateId > this.updateId) this.updateId = updateId;
    if (prevented !== null && prevented.preventedMatchId > this.lastPreventedMatchId)
      this.lastPreventedMatchId = prevented.preventedMatchId;
  }

  /** Ids of the open orders and lists. */
  openIds(): number[] {
    const ids: number[] = [...this.lists.keys(), ...this.parked.keys()];
    for (const order of this.triggers.byArrival()) ids.push(order.orderId);
    for (const side of [Side.BUY, Side.SELL]) this.forEachNode(side, (node) => ids.push(this.book.orderId(node)));
    return ids;
  }
}

/** True when the state of an open order says that it waits for something. */
export function isConditional(order: Readonly<SpotOrder>): boolean {
  return order.status === OrderStatus.ConditionalPending;
}
