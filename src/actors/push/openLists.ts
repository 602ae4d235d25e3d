// Order lists that are not done, with their legs: what a list status event names.
// In: order list entries of markets-s, and the legs as they are created. Legs stay here after they closed, until the
// list is done.
import { applyChanges, namesOf } from '../../domain/changedFields.ts';
import type { ChangedFields } from '../../domain/changeLogEntry.ts';
import { ListOrderStatus } from '../../domain/orderTerms.ts';
import { OrderListField, type SpotOrderList } from '../../domain/spotOrderList.ts';
import type { StateHash } from '../../domain/stateHash.ts';
import { addOrderTo, type OpenOrder, type OrderRow, orderRow } from './openOrders.ts';

const FIELDS = namesOf<SpotOrderList>(OrderListField);

export interface OpenList {
  readonly list: SpotOrderList;
  /** In the order they were created. */
  readonly legs: OpenOrder[];
}

export interface OpenListSnapshot {
  readonly list: Readonly<SpotOrderList>;
  /** A leg that is still open is its id: the row is with the open orders. */
  readonly legs: readonly (number | OrderRow)[];
}

export class OpenLists {
  readonly #byId = new Map<number, OpenList>();

  get count(): number {
    return this.#byId.size;
  }

  get(orderListId: number): OpenList | undefined {
    return this.#byId.get(orderListId);
  }

  add(list: Readonly<SpotOrderList>): OpenList {
    const open = { list: { ...list }, legs: [] };
    this.#byId.set(list.orderListId, open);
    return open;
  }

  /** Undefined when the list is not known; one that is done is forgotten. */
  update(orderListId: number, changed: ChangedFields): OpenList | undefined {
    const open = this.#byId.get(orderListId);
    if (open === undefined) return undefined;
    applyChanges(open.list, FIELDS, changed);
    if (open.list.orderStatus !== ListOrderStatus.EXECUTING) this.#byId.delete(orderListId);
    return open;
  }

  remove(orderListId: number): void {
    this.#byId.delete(orderListId);
  }

  clear(): void {
    this.#byId.clear();
  }

  snapshot(isOpen: (order: OpenOrder) => boolean): OpenListSnapshot[] {
    return [...this.#byId.values()].map(({ list, legs }) => ({
      list: { ...list },
      legs: legs.map((leg) => (isOpen(leg) ? leg.row.orderId : orderRow(leg.row))),
    }));
  }

  restore(lists: readonly OpenListSnapshot[], legOf: (leg: number | OrderRow) => OpenOrder | undefined): void {
    for (const { list, legs } of lists) {
      const open = this.add(list);
      for (const leg of legs) {
        const order = legOf(leg);
        if (order !== undefined) open.legs.push(order);
      }
    }
  }

  addTo(hash: StateHash): void {
    hash.number(this.#byId.size);
    for (const { list, legs } of [...this.#byId.values()].sort((a, b) => a.list.orderListId - b.list.orderListId)) {
      for (const field of FIELDS) hash.string(String(list[field]));
      hash.number(legs.length);
      for (const leg of legs) addOrderTo(hash, leg.row);
    }
  }
}
