// The open orders of all accounts of a partition: by id, and by the names that clients gave them. Two tables of plain numbers
// instead of two an account; whoever has an order of the market's log finds its account here.
import { assert } from '../assert.ts';
import { IdMap } from '../idMap.ts';
import type { OpenOrder } from './openOrder.ts';
import type { OpenOrders } from './openOrders.ts';

export class OrderIndex {
  readonly #byId = new IdMap<OpenOrder>();
  /** By the hash of account and name; orders of one hash are chained through nextOfHash. */
  readonly #byName = new IdMap<OpenOrder>();

  get size(): number {
    return this.#byId.size;
  }

  get(orderId: number): OpenOrder | undefined {
    return this.#byId.get(orderId);
  }

  /** Owner and client order id are set. */
  add(order: OpenOrder): void {
    this.#byId.set(order.orderId, order);
    this.addName(order);
  }

  /** Nothing happens to another order that has the id. */
  delete(order: OpenOrder): void {
    if (this.#byId.get(order.orderId) === order) this.#byId.delete(order.orderId);
    this.deleteName(order);
  }

  /** The owner's order of that client order id on the symbol. */
  named(owner: OpenOrders, symbol: string, clientOrderId: string): OpenOrder | undefined {
    let order = this.#byName.get(hashOf(owner.accountId, clientOrderId)) ?? null;
    while (order !== null && (order.owner !== owner || order.clientOrderId !== clientOrderId || order.symbol !== symbol))
      order = order.nextOfHash;
    return order ?? undefined;
  }

  addName(order: OpenOrder): void {
    const { owner } = order;
    assert(owner !== undefined, 'an order in the index is open');
    const hash = hashOf(owner.accountId, order.clientOrderId);
    order.nameHash = hash;
    order.nextOfHash = this.#byName.get(hash) ?? null;
    this.#byName.set(hash, order);
  }

  deleteName(order: OpenOrder): void {
    const { nameHash, nextOfHash } = order;
    const first = this.#byName.get(nameHash);
    if (first === order) {
      if (nextOfHash === null) this.#byName.delete(nameHash);
      else this.#byName.set(nameHash, nextOfHash);
    } else {
      let before = first ?? null;
      while (before !== null && before.nextOfHash !== order) before = before.nextOfHash;
      if (before !== null) before.nextOfHash = nextOfHash;
    }
    order.nextOfHash = null;
  }
}

/**
 * Below 2^30: small enough to be kept in an order without a number object. Names made to collide share a chain with the
 * account's own orders alone.
 */
function hashOf(accountId: number, clientOrderId: string): number {
  let hash = accountId | 0;
  for (let i = 0; i < clientOrderId.length; i++) hash = Math.imul(hash ^ clientOrderId.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}
