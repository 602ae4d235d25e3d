// Trailing stops of one side that track the market: who triggers when the price turns by its delta from its extreme.
// An order's extreme is the best price over all trades since it became active, so orders that became active earlier have
// an extreme at least as good. Two things follow: the extremes of all orders are one monotone stack of prices, kept up in
// amortised O(1) per trade; and of the orders with one delta, the oldest always triggers first. A trade thus costs one
// look per distinct delta, however many orders trail.
import { assert } from '../assert.ts';

const BIPS = 10_000;
/** Extremes are only thinned out when they are many. */
const MANY_EXTREMES = 1024;

export interface TrailingOrder {
  readonly orderId: number;
  readonly delta: number;
  /** Ties are broken by it: the order's place in the arrival order of all conditional orders. */
  readonly arrival: number;
  /** Number of the trade that made it active. */
  readonly since: number;
  /** The extreme it triggered from; 0 until then. */
  extremeTicks: number;
  before: TrailingOrder | null;
  behind: TrailingOrder | null;
}

/** The orders with one delta, oldest first. */
interface Queue {
  readonly delta: number;
  head: TrailingOrder | null;
  tail: TrailingOrder | null;
}

/** BUY: floor(x * (10000 + delta) / 10000) rounded up; SELL: x * (10000 - delta) / 10000 rounded down. Exact. */
export function trailingTriggerTicks(buys: boolean, extremeTicks: number, delta: number): number {
  const factor = buys ? BIPS + delta : BIPS - delta;
  const rest = extremeTicks % BIPS;
  const whole = ((extremeTicks - rest) / BIPS) * factor;
  return whole + (buys ? Math.ceil((rest * factor) / BIPS) : Math.floor((rest * factor) / BIPS));
}

export class TrailingStops {
  /** BUY orders trail the lowest price and trigger above it; SELL orders trail the highest and trigger below it. */
  readonly #buys: boolean;
  readonly #orders = new Map<number, TrailingOrder>();
  readonly #queues: Queue[] = [];
  /** Extremes: trade numbers ascend, prices get strictly worse for the order from entry to entry (newer, less extreme). */
  readonly #trades: number[] = [];
  readonly #prices: number[] = [];
  #trade = 0;

  constructor(buys: boolean) {
    this.#buys = buys;
  }

  get size(): number {
    return this.#orders.size;
  }

  has(orderId: number): boolean {
    return this.#orders.has(orderId);
  }

  /** To be told of every trade while orders trail. */
  onTrade(priceTicks: number): void {
    if (this.#orders.size === 0) return;
    this.#trade += 1;
    const prices = this.#prices;
    while (prices.length > 0 && (this.#buys ? prices.at(-1)! >= priceTicks : prices.at(-1)! <= priceTicks)) {
      prices.pop();
      this.#trades.pop();
    }
    prices.push(priceTicks);
    this.#trades.push(this.#trade);
    if (prices.length > MANY_EXTREMES && prices.length > 4 * this.#orders.size) this.#thinOut();
  }

  /**
   * Starts to track. `extremeTicks` is the price of the last trade; when orders are restored, the extreme each had, and
   * then those with the best extremes come first.
   */
  add(orderId: number, delta: number, arrival: number, extremeTicks: number): void {
    const last = this.#prices.at(-1);
    if (last !== extremeTicks) {
      assert(last === undefined || (this.#buys ? last < extremeTicks : last > extremeTicks), 'extremes get worse');
      this.#trade += 1;
      this.#prices.push(extremeTicks);
      this.#trades.push(this.#trade);
    }
    const queue = this.#queueOf(delta);
    const order: TrailingOrder = {
      orderId,
      delta,
      arrival,
      since: this.#trades.at(-1)!,
      extremeTicks: 0,
      before: queue.tail,
      behind: null,
    };
    if (queue.tail === null) queue.head = order;
    else queue.tail.behind = order;
    queue.tail = order;
    this.#orders.set(orderId, order);
  }

  remove(orderId: number): void {
    const order = this.#orders.get(orderId);
    if (order === undefined) return;
    this.#orders.delete(orderId);
    const queue = this.#queueOf(order.delta);
    if (order.before === null) queue.head = order.behind;
    else order.before.behind = order.behind;
    if (order.behind === null) queue.tail = order.before;
    else order.behind.before = order.before;
    if (queue.head === null) this.#queues.splice(this.#queues.indexOf(queue), 1);
    if (this.#orders.size === 0) {
      this.#prices.length = 0;
      this.#trades.length = 0;
    }
  }

  extremeTicks(orderId: number): number {
    const order = this.#orders.get(orderId);
    assert(order !== undefined, 'the order trails');
    return this.#extremeOf(order);
  }

  /** Takes out everyone whom a trade at this price triggers; the trade has been told before. */
  takeTriggered(priceTicks: number, into: TrailingOrder[]): void {
    for (let i = this.#queues.length - 1; i >= 0; i--) {
      const queue = this.#queues[i]!;
      while (queue.head !== null) {
        const order = queue.head;
        const extremeTicks = this.#extremeOf(order);
        const trigger = trailingTriggerTicks(this.#buys, extremeTicks, queue.delta);
        if (this.#buys ? priceTicks < trigger : priceTicks > trigger) break;
        order.extremeTicks = extremeTicks;
        into.push(order);
        this.remove(order.orderId);
      }
    }
  }

  /** Drops the extremes that are nobody's; the last one is the price of the last trade and stays. */
  #thinOut(): void {
    const needed = new Uint8Array(this.#prices.length);
    needed[needed.length - 1] = 1;
    for (const order of this.#orders.values()) needed[this.#extremeIndex(order)] = 1;
    let kept = 0;
    for (let i = 0; i < needed.length; i++) {
      if (needed[i] === 0) continue;
      this.#prices[kept] = this.#prices[i]!;
      this.#trades[kept] = this.#trades[i]!;
      kept += 1;
    }
    this.#prices.length = kept;
    this.#trades.length = kept;
  }

  #extremeOf(order: TrailingOrder): number {
    return this.#prices[this.#extremeIndex(order)]!;
  }

  /** The first extreme that is not older than the order. */
  #extremeIndex(order: TrailingOrder): number {
    let low = 0;
    let high = this.#trades.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#trades[middle]! >= order.since) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #queueOf(delta: number): Queue {
    for (const queue of this.#queues) if (queue.delta === delta) return queue;
    const queue: Queue = { delta, head: null, tail: null };
    this.#queues.push(queue);
    return queue;
  }
}
