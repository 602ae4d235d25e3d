// Every order that is not closed, as the market log says: the fold of its Created and Updated entries.
// In: order entries of markets-s. Out: the live rows, by id and by account. Rows are shared with the other folds of this
// stage; whoever hands one out of the stage copies it.
import { namesOf } from '../../domain/changedFields.ts';
import type { FieldValue } from '../../domain/changeLogEntry.ts';
import { IdMap } from '../../domain/idMap.ts';
import { OrderField, type SpotOrder } from '../../domain/spotOrder.ts';
import type { StateHash } from '../../domain/stateHash.ts';
import type { MarketFold } from './marketFold.ts';

const FIELDS = namesOf<SpotOrder>(OrderField);

/** The level an order stands at. */
export function bookPriceTicks(order: Readonly<SpotOrder>): number {
  return order.peggedPriceTicks || order.priceTicks;
}

export type OrderRow = readonly FieldValue[];

export function orderRow(order: Readonly<SpotOrder>): OrderRow {
  return FIELDS.map((field) => order[field]);
}

export function orderOfRow(row: OrderRow): SpotOrder {
  const order: Record<string, FieldValue> = {};
  for (const [position, field] of FIELDS.entries()) order[field] = row[position];
  return order as unknown as SpotOrder;
}

export function addOrderTo(hash: StateHash, order: Readonly<SpotOrder>): void {
  for (const field of FIELDS) {
    const value = order[field];
    if (typeof value === 'number') hash.number(value);
    else if (typeof value === 'bigint') hash.bigint(value);
    else hash.string(typeof value === 'string' ? value : JSON.stringify(value));
  }
}

/**
 * An order and its places in the folds. The row is the log's own until it changes: most orders are created, rest and
 * end, and are never copied.
 */
export class OpenOrder {
  readonly market: MarketFold;
  #row: SpotOrder;
  #isOwn = false;
  /** Links of the account's orders, in the order they were created. */
  previous: OpenOrder | undefined;
  next: OpenOrder | undefined;

  constructor(row: Readonly<SpotOrder>, market: MarketFold) {
    this.#row = row as SpotOrder;
    this.market = market;
  }

  get row(): Readonly<SpotOrder> {
    return this.#row;
  }

  /** The row to write to. */
  own(): SpotOrder {
    if (!this.#isOwn) {
      this.#row = { ...this.#row };
      this.#isOwn = true;
    }
    return this.#row;
  }
}

interface AccountOrders {
  first: OpenOrder | undefined;
  last: OpenOrder | undefined;
}

export class OpenOrders {
  readonly #byId = new IdMap<OpenOrder>();
  readonly #byAccount = new IdMap<AccountOrders>();

  get count(): number {
    return this.#byId.size;
  }

  get(orderId: number): OpenOrder | undefined {
    return this.#byId.get(orderId);
  }

  add(order: OpenOrder): void {
    const { orderId, accountId } = order.row;
    this.#byId.set(orderId, order);
    const own = this.#byAccount.get(accountId);
    if (own === undefined) {
      this.#byAccount.set(accountId, { first: order, last: order });
      return;
    }
    order.previous = own.last;
    if (own.last === undefined) own.first = order;
    else own.last.next = order;
    own.last = order;
  }

  remove(order: OpenOrder): void {
    const { orderId, accountId } = order.row;
    if (!this.#byId.delete(orderId)) return;
    const { previous, next } = order;
    if (previous !== undefined && next !== undefined) {
      previous.next = next;
      next.previous = previous;
      return;
    }
    const own = this.#byAccount.get(accountId) as AccountOrders;
    if (previous === undefined) own.first = next;
    else previous.next = undefined;
    if (next === undefined) own.last = previous;
    else next.previous = undefined;
    if (own.first === undefined) this.#byAccount.delete(accountId);
  }

  /** Copies, ascending by id. */
  ofAccount(accountId: number, symbol?: string): SpotOrder[] {
    const orders: SpotOrder[] = [];
    for (let order = this.#byAccount.get(accountId)?.first; order !== undefined; order = order.next) {
      if (symbol === undefined || order.row.symbol === symbol) orders.push({ ...order.row });
    }
    return orders.sort((a, b) => a.orderId - b.orderId);
  }

  clear(): void {
    this.#byId.clear();
    this.#byAccount.clear();
  }

  snapshot(): OrderRow[] {
    return [...this.#byId.values()].map(({ row }) => orderRow(row));
  }

  addTo(hash: StateHash): void {
    hash.number(this.#byId.size);
    for (const orderId of [...this.#byId.keys()].sort((a, b) => a - b)) {
      addOrderTo(hash, (this.#byId.get(orderId) as OpenOrder).row);
    }
  }
}
