// The open orders of one account, by ascending id. They are found in an index that all accounts of a partition share.
import { assert } from '../assert.ts';
import type { OpenOrder } from './openOrder.ts';
import type { OrderIndex } from './orderIndex.ts';

export type ReadonlyOpenOrders = Omit<OpenOrders, 'add' | 'remove' | 'rename' | 'moveTo'>;

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

  named(symbol: string, clientOrderId: string): OpenOrder | undefined {
    return this.#index.named(this, symbol, clientOrderId);
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
    this.#index.add(order);
  }

  rename(order: OpenOrder, clientOrderId: string): void {
    this.#index.deleteName(order);
    order.clientOrderId = clientOrderId;
    this.#index.addName(order);
  }

  remove(order: OpenOrder): void {
    const { previous, next } = order;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    this.#index.delete(order);
    // What has ended keeps nothing else alive.
    order.owner = undefined;
    order.previous = undefined;
    order.next = undefined;
    this.#size--;
  }

  /** Out of the index they are in, unless it has others by their ids; into another. */
  moveTo(index: OrderIndex | undefined): void {
    for (const order of this.values()) {
      this.#index.delete(order);
      index?.add(order);
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
