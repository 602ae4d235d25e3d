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
import { copyOrder, limitTicks } from './liveOrder.ts';
import { OrderBook } from './orderBook.ts';
import { TriggerBook } from './triggerBook.ts';

/** A pending leg of an OTO list that is not live yet. */
export interface ParkedOrder {
  readonly order: SpotOrder;
  /** Its account has funded it; one of an OCO pair then waits for the other. */
  funded: boolean;
}

export class MarketState {
  instrument: Instrument;
  readonly book = new OrderBook();
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
  /** Resting orders by their node. */
  readonly #resting: (SpotOrder | null)[] = [];
  /** By node: 0 = the order is also the log's, and is copied before it changes. */
  readonly #owned: number[] = [];

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  /** An open order, wherever it is. */
  find(orderId: number): SpotOrder | undefined {
    const node = this.book.find(orderId);
    if (node !== 0) return this.#resting[node]!;
    const waiting = this.triggers.find(orderId) ?? this.parked.get(orderId)?.order;
    if (waiting !== undefined) return waiting;
    return this.taker !== null && this.taker.orderId === orderId ? this.taker : undefined;
  }

  /** For reading: see mutable(). */
  resting(node: number): Readonly<SpotOrder> {
    return this.#resting[node]!;
  }

  /** A resting order, to be changed. */
  mutable(node: number): SpotOrder {
    const order = this.#resting[node]!;
    if (this.#owned[node] === 1) return order;
    const own = copyOrder(order);
    this.#resting[node] = own;
    this.#owned[node] = 1;
    return own;
  }

  /** An open order that is not being matched, to be changed. */
  mutableById(orderId: number): SpotOrder | undefined {
    const node = this.book.find(orderId);
    if (node !== 0) return this.mutable(node);
    return this.triggers.find(orderId) ?? this.parked.get(orderId)?.order;
  }

  /** Puts an order with its bookLots on the book, last at its price. `owned`: nobody else holds the object. */
  rest(order: SpotOrder, owned: boolean): void {
    const node = this.book.rest(order.orderId, order.side, limitTicks(order), order.bookLots);
    this.#resting[node] = order;
    this.#owned[node] = owned ? 1 : 0;
    if (order.icebergLots > 0) this.icebergs += 1;
    if (order.expireUs > 0 && !this.expiry.has(order.orderId)) this.expiry.add(order.orderId, order.expireUs);
  }

  /** Takes a resting order off the book for good. */
  removeResting(node: number): void {
    const order = this.#resting[node]!;
    this.book.remove(node);
    this.#resting[node] = null;
    if (order.icebergLots > 0) this.icebergs -= 1;
    if (order.expireUs > 0) this.expiry.remove(order.orderId);
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
    if (order.bookLots > 0) this.rest(order, true);
    else this.taker = order;
  }

  /** The order that was matched rests or ended. */
  endTaker(): void {
    const taker = this.taker;
    assert(taker !== null, 'an order is being matched');
    this.taker = null;
    if (taker.bookLots > 0) this.rest(taker, true);
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
    for (const orderId of list.orderIds) if (this.find(orderId) !== undefined) return true;
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

  /** Resting orders of a side, best price first, each price in queue order. */
  forEachResting(side: Side, visit: (order: Readonly<SpotOrder>) => void): void {
    for (let ticks = this.book.bestTicks(side); ticks !== 0; ticks = this.book.nextTicks(side, ticks)) {
      for (let node = this.book.nodeAt(side, ticks); node !== 0; node = this.book.nextInQueue(node)) visit(this.#resting[node]!);
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
    for (const side of [Side.BUY, Side.SELL]) this.forEachResting(side, (order) => ids.push(order.orderId));
    return ids;
  }
}

/** True when the state of an open order says that it waits for something. */
export function isConditional(order: Readonly<SpotOrder>): boolean {
  return order.status === OrderStatus.ConditionalPending;
}
