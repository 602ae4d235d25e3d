// The open orders of one account, by ascending id. They are found by id in an index that all accounts of a partition share:
// one table instead of one an account, and whoever has an order of the market's log finds its account there.
import { assert } from '../assert.ts';
import type { IdMap } from '../idMap.ts';
import type { OpenOrder } from './openOrder.ts';

/** Open orders by id. */
export type OrderIndex = IdMap<OpenOrder>;

export type ReadonlyOpenOrders = Omit<OpenOrders, 'add' | 'remove' | 'moveTo'>;

export class OpenOrders {
  readonly accountId: number;
  #index: OrderIndex;
  #first: OpenOrder | undefined;
  #last: OpenOrder | undefined;
  #size = 0;

  constructor(accountId: number, index: OrderIndex) {
    this.accountId = accountId;
    this.#index = index;
  }

  get size(): number {
    return this.#size;
  }

  get(orderId: number): OpenOrder | undefined {
    const order = this.#index.get(orderId);
    return order?.owner === this ? order : undefined;
  }

  has(orderId: number): boolean {
    return this.get(orderId) !== undefined;
  }

  /** Its id is above all that are open. */
  add(order: OpenOrder): void {
    const last = this.#last;
    assert(last === undefined || last.orderId < order.orderId, 'orders open by ascending id');
    order.owner = this;
    order.previous = last;
    if (last === undefined) this.#first = order;
    else last.next = order;
    this.#last = order;
    this.#size++;
    this.#index.set(order.orderId, order);
  }

  remove(order: OpenOrder): void {
    const { previous, next } = order;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // What has ended keeps nothing else alive.
    order.owner = undefined;
    order.previous = undefined;
    order.next = undefined;
    this.#size--;
    this.#index.delete(order.orderId);
  }

  /** Out of the index they are in, unless it has others by their ids; into another. */
  moveTo(index: OrderIndex | undefined): void {
    for (const order of this.values()) {
      if (this.#index.get(order.orderId) === order) this.#index.delete(order.orderId);
      index?.set(order.orderId, order);
    }
    if (index !== undefined) this.#index = index;
  }

  *keys(): Generator<number> {
    for (const order of this.values()) yield order.orderId;
  }

  *values(): Generator<OpenOrder> {
    for (let order = this.#first; order !== undefined; order = order.next) yield order;
  }
}
