// Orders going live: new ones and lists as they arrive, conditional ones when their trigger fires or their list lets them
// go. Refuses, rests, parks, arms or hands to the matcher; afterwards carries out the triggers that trades have set off,
// one after the other until none is left.
import { assert } from '../assert.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ContingencyType, ExpiryReason, isMarketLike, isTriggered, ListLeg, TimeInForce } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { arrivalRefusal, limitRefusal, marketRefusal, pairRefusal, peggedTicks } from './admission.ts';
import type { Contingency } from './contingency.ts';
import { isPegged } from './liveOrder.ts';
import type { MakerWriter } from './makerWriter.ts';
import type { MarketLog } from './marketLog.ts';
import type { MarketState } from './marketState.ts';
import { Matcher } from './matcher.ts';
import type { OrderWriter } from './orderWriter.ts';

export class Placement {
  readonly #state: MarketState;
  readonly #log: MarketLog;
  readonly #writer: OrderWriter;
  readonly #contingency: Contingency;
  readonly #matcher: Matcher;
  /** Orders whose trigger was met in the running command, in the order they go. */
  readonly #fired: SpotOrder[] = [];

  constructor(state: MarketState, log: MarketLog, makers: MakerWriter, writer: OrderWriter, contingency: Contingency) {
    this.#state = state;
    this.#log = log;
    this.#writer = writer;
    this.#contingency = contingency;
    this.#matcher = new Matcher(state, log, makers, writer, contingency, this.#fired);
  }

  place(order: Readonly<SpotOrder>): void {
    const refusal = this.#refusal(order);
    if (refusal !== 0) {
      this.#writer.createRejected(order, refusal);
      return;
    }
    const taker = this.#create(order);
    if (taker !== null) this.#take(taker);
  }

  placeList(orders: readonly Readonly<SpotOrder>[], list: Readonly<SpotOrderList>): void {
    const legs = list.contingencyType === ContingencyType.OCO ? withSharedReservation(orders) : orders;
    const refusal = this.#listRefusal(legs, list);
    this.#writer.createList(list, refusal !== 0);
    if (refusal !== 0) {
      for (const order of legs) this.#writer.createRejected(order, refusal);
      return;
    }
    let taker: SpotOrder | null = null;
    for (const order of legs) {
      if (this.#state.isParkedFirst(order)) this.#park(order);
      else taker = this.#create(order) ?? taker;
    }
    if (taker !== null) this.#take(taker);
  }

  /** A code when a parked leg, or the pair it completes, cannot go live now; 0 otherwise. */
  parkedRefusal(legs: readonly Readonly<SpotOrder>[]): number {
    for (const leg of legs) {
      const refusal = this.#refusal(leg);
      if (refusal !== 0) return refusal;
    }
    return legs.length === 2 ? pairRefusal(this.#state, legs[0]!, legs[1]!) : 0;
  }

  /** A parked leg that waits for nothing else goes on the book or is matched. */
  release(order: SpotOrder): void {
    this.#goLive(order);
    this.#carryOutTriggers();
  }

  #refusal(order: Readonly<SpotOrder>): number {
    const refusal = marketRefusal(this.#state) || arrivalRefusal(this.#state, order, this.#log.nowUs);
    if (refusal !== 0 || isTriggered(order.type) || isMarketLike(order.type)) return refusal;
    const ticks = isPegged(order) ? peggedTicks(this.#state, order) : order.priceTicks;
    return ticks < 0 ? -ticks : limitRefusal(this.#state, order, ticks);
  }

  #listRefusal(orders: readonly Readonly<SpotOrder>[], list: Readonly<SpotOrderList>): number {
    assert(orders.length === list.orderIds.length, 'a list comes with all its legs');
    const first = orders[0]!;
    if (list.contingencyType !== ContingencyType.OCO) {
      assert(first.listLeg === ListLeg.WORKING, 'the working order comes first');
      return this.#refusal(first);
    }
    const second = orders[1]!;
    return marketRefusal(this.#state) || pairRefusal(this.#state, first, second) || this.#refusal(first) || this.#refusal(second);
  }

  /** Writes an order that is not refused. Returns it when it is to be matched; else it rests or waits. */
  #create(order: Readonly<SpotOrder>): SpotOrder | null {
    if (isTriggered(order.type)) {
      this.#state.arm(this.#writer.createWaiting(order));
      return null;
    }
    const pegged = isPegged(order) ? peggedTicks(this.#state, order) : 0;
    if (this.#isTaker(order, pegged)) return this.#writer.createTaker(order, pegged);
    this.#writer.createResting(order, pegged);
    return null;
  }

  #park(order: Readonly<SpotOrder>): void {
    const parked = this.#writer.createWaiting(order);
    this.#state.parked.set(parked.orderId, { order: parked, funded: false });
  }

  #isTaker(order: Readonly<SpotOrder>, peggedPriceTicks: number): boolean {
    if (isMarketLike(order.type)) return true;
    if (order.timeInForce === TimeInForce.IOC || order.timeInForce === TimeInForce.FOK) return true;
    return this.#state.crosses(order.side, peggedPriceTicks === 0 ? order.priceTicks : peggedPriceTicks);
  }

  #take(taker: SpotOrder): void {
    this.#matcher.run(taker);
    this.#carryOutTriggers();
  }

  /** An order that waited goes live; refused only for the price it is pegged to or would match at. */
  #goLive(order: SpotOrder): void {
    let pegged = 0;
    if (!isMarketLike(order.type)) {
      if (isPegged(order)) pegged = peggedTicks(this.#state, order);
      const refused = pegged < 0 || limitRefusal(this.#state, order, pegged === 0 ? order.priceTicks : pegged) !== 0;
      if (refused) {
        this.#writer.end(order.orderId, OrderStatus.Expired, ExpiryReason.REJECTED, null);
        this.#contingency.touched(order.orderListId, order.orderId, OrderStatus.Expired);
        return;
      }
    }
    if (this.#isTaker(order, pegged)) {
      this.#writer.takeWaiting(order, pegged);
      this.#matcher.run(order);
    } else {
      this.#writer.restWaiting(order, pegged);
    }
  }

  /** Bounded by the orders themselves: every one fires once. */
  #carryOutTriggers(): void {
    const fired = this.#fired;
    for (let i = 0; i < fired.length; i++) {
      const order = fired[i]!;
      // Its list may have ended it since.
      if (!this.#state.triggers.isFired(order.orderId)) continue;
      this.#contingency.triggered(order);
      this.#goLive(order);
    }
    fired.length = 0;
  }
}

/** The legs of an OCO share one reservation, which stands with one of them; either may spend it. */
function withSharedReservation(orders: readonly Readonly<SpotOrder>[]): readonly Readonly<SpotOrder>[] {
  let reservedUnits = 0n;
  for (const order of orders) if (order.reservedUnits > reservedUnits) reservedUnits = order.reservedUnits;
  return orders.map((order) => (order.reservedUnits === reservedUnits ? order : { ...order, reservedUnits }));
}
