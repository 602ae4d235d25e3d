// Orders that wait for a price: stops and take-profits by their stop price, trailing ones from when they became active by
// their distance from the extreme. Fed with every trade; says who fires, in the order they are to go: first those the
// price rose to, lowest trigger first, then those it fell to, highest first; equal triggers by arrival.
// Stop prices stand in an OrderBook of their own: below the market like bids, above it like asks.
import { assert } from '../assert.ts';
import { OrderType, Side } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import { OrderBook } from './orderBook.ts';
import { type TrailingOrder, TrailingStops, trailingTriggerTicks } from './trailingStops.ts';

/** Where an armed order waits. FIRED: its trigger was met in the running command, it has not gone yet. */
const Place = { STOP: 0, NEXT_TRADE: 1, TRAILING: 2, FIRED: 3 } as const;
type Place = (typeof Place)[keyof typeof Place];

interface Armed {
  readonly order: SpotOrder;
  /** Order of arrival among all conditional orders. */
  readonly arrival: number;
  place: Place;
  /** A trailing order that fired: the extreme it fired from. */
  firedExtremeTicks: number;
}

/** What a trade set off. Reused from trade to trade. */
export interface Triggered {
  /** Their trigger was met; they stay here as fired until take(). */
  readonly fired: SpotOrder[];
  /** Trailing orders that start to track at this trade. */
  readonly activated: SpotOrder[];
}

/** True when the order waits for the price to rise to its stop price (Binance rest-api.md, trigger price rules). */
export function triggersAbove(order: Readonly<SpotOrder>): boolean {
  const stopLoss = order.type === OrderType.STOP_LOSS || order.type === OrderType.STOP_LOSS_LIMIT;
  return stopLoss === (order.side === Side.BUY);
}

/** True when a stop price is met at a price. Orders without a stop price only trail. */
export function isTriggeredAt(order: Readonly<SpotOrder>, priceTicks: number): boolean {
  if (order.stopPriceTicks === 0) return false;
  return triggersAbove(order) ? priceTicks >= order.stopPriceTicks : priceTicks <= order.stopPriceTicks;
}

export class TriggerBook {
  readonly #armed = new Map<number, Armed>();
  readonly #stops = new OrderBook();
  readonly #nextTrade = new Set<number>();
  readonly #trailingBuys = new TrailingStops(true);
  readonly #trailingSells = new TrailingStops(false);
  #arrivals = 0;
  readonly #trailed: TrailingOrder[] = [];
  readonly #downward: { readonly armed: Armed; readonly triggerTicks: number }[] = [];
  readonly #upward: { readonly armed: Armed; readonly triggerTicks: number }[] = [];

  get size(): number {
    return this.#armed.size;
  }

  /** True when even a trade at the last price has to be told. */
  get awaitsAnyTrade(): boolean {
    return this.#nextTrade.size > 0;
  }

  find(orderId: number): SpotOrder | undefined {
    return this.#armed.get(orderId)?.order;
  }

  /** Its trigger was met in the running command and it still is to go. */
  isFired(orderId: number): boolean {
    return this.#armed.get(orderId)?.place === Place.FIRED;
  }

  isTrailing(orderId: number): boolean {
    return this.#armed.get(orderId)?.place === Place.TRAILING;
  }

  /** A new conditional order. */
  arm(order: SpotOrder): void {
    assert(!this.#armed.has(order.orderId), 'an order is armed once');
    this.#arrivals += 1;
    const place = order.stopPriceTicks > 0 ? Place.STOP : Place.NEXT_TRADE;
    this.#armed.set(order.orderId, { order, arrival: this.#arrivals, place, firedExtremeTicks: 0 });
    if (place === Place.NEXT_TRADE) this.#nextTrade.add(order.orderId);
    else this.#stops.rest(order.orderId, triggersAbove(order) ? Side.SELL : Side.BUY, order.stopPriceTicks, 1);
  }

  /** It starts to track, with this as the best price so far. */
  activate(orderId: number, extremeTicks: number): void {
    const armed = this.#armed.get(orderId);
    assert(armed !== undefined, 'a trailing order is armed before it is active');
    this.#leave(armed);
    armed.place = Place.TRAILING;
    this.#trailing(armed.order).add(orderId, armed.order.trailingDelta, armed.arrival, extremeTicks);
  }

  /** Takes it out, wherever it waits. */
  remove(orderId: number): void {
    const armed = this.#armed.get(orderId);
    assert(armed !== undefined, 'the order is armed');
    this.#leave(armed);
    this.#armed.delete(orderId);
  }

  /** Best price since the order became active; 0 when it does not trail. */
  extremeTicks(orderId: number): number {
    const armed = this.#armed.get(orderId);
    if (armed === undefined) return 0;
    return armed.place === Place.TRAILING ? this.#trailing(armed.order).extremeTicks(orderId) : armed.firedExtremeTicks;
  }

  /** A trade when state is rebuilt: whom it set off is told by the entries that follow. */
  track(priceTicks: number): void {
    this.#trailingBuys.onTrade(priceTicks);
    this.#trailingSells.onTrade(priceTicks);
  }

  onTrade(priceTicks: number, triggered: Triggered): void {
    this.track(priceTicks);
    this.#collectStops(priceTicks, triggered.activated);
    this.#collectTrailing(priceTicks, this.#trailingBuys, true, this.#upward);
    this.#collectTrailing(priceTicks, this.#trailingSells, false, this.#downward);
    for (const orderId of this.#nextTrade) triggered.activated.push(this.#armed.get(orderId)!.order);
    if (this.#upward.length > 1) this.#upward.sort((a, b) => a.triggerTicks - b.triggerTicks || a.armed.arrival - b.armed.arrival);
    if (this.#downward.length > 1) this.#downward.sort((a, b) => b.triggerTicks - a.triggerTicks || a.armed.arrival - b.armed.arrival);
    for (const { armed } of this.#upward) triggered.fired.push(armed.order);
    for (const { armed } of this.#downward) triggered.fired.push(armed.order);
    this.#upward.length = 0;
    this.#downward.length = 0;
  }

  /** All armed orders in the order of their arrival. */
  byArrival(): SpotOrder[] {
    return [...this.#armed.values()].sort((a, b) => a.arrival - b.arrival).map((armed) => armed.order);
  }

  #collectStops(priceTicks: number, activated: SpotOrder[]): void {
    const stops = this.#stops;
    for (;;) {
      const node = stops.bestNode(Side.SELL);
      if (node === 0 || stops.bestTicks(Side.SELL) > priceTicks) break;
      this.#meet(node, stops.bestTicks(Side.SELL), this.#upward, activated);
    }
    for (;;) {
      const node = stops.bestNode(Side.BUY);
      if (node === 0 || stops.bestTicks(Side.BUY) < priceTicks) break;
      this.#meet(node, stops.bestTicks(Side.BUY), this.#downward, activated);
    }
  }

  /** A stop price is met: the order fires, or starts to trail. */
  #meet(
    node: number,
    triggerTicks: number,
    fired: { readonly armed: Armed; readonly triggerTicks: number }[],
    activated: SpotOrder[],
  ): void {
    const armed = this.#armed.get(this.#stops.orderId(node))!;
    this.#stops.remove(node);
    armed.place = Place.FIRED;
    if (armed.order.trailingDelta > 0) activated.push(armed.order);
    else fired.push({ armed, triggerTicks });
  }

  #collectTrailing(
    priceTicks: number,
    stops: TrailingStops,
    buys: boolean,
    fired: { readonly armed: Armed; readonly triggerTicks: number }[],
  ): void {
    if (stops.size === 0) return;
    stops.takeTriggered(priceTicks, this.#trailed);
    for (const { orderId, delta, extremeTicks } of this.#trailed) {
      const armed = this.#armed.get(orderId)!;
      armed.place = Place.FIRED;
      armed.firedExtremeTicks = extremeTicks;
      fired.push({ armed, triggerTicks: trailingTriggerTicks(buys, extremeTicks, delta) });
    }
    this.#trailed.length = 0;
  }

  #trailing(order: SpotOrder): TrailingStops {
    return order.side === Side.BUY ? this.#trailingBuys : this.#trailingSells;
  }

  #leave(armed: Armed): void {
    const orderId = armed.order.orderId;
    switch (armed.place) {
      case Place.STOP:
        this.#stops.remove(this.#stops.find(orderId));
        return;
      case Place.NEXT_TRADE:
        this.#nextTrade.delete(orderId);
        return;
      case Place.TRAILING:
        this.#trailing(armed.order).remove(orderId);
        return;
      case Place.FIRED:
    }
  }
}
