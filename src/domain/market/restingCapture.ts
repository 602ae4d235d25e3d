// The orders on the book as they were at one moment, read off slice by slice while the book goes on. Who rests where is copied at
// once (32 bytes an order); a record is kept aside only when it is about to change before it was read.
import { Side } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { MarketState } from './marketState.ts';
import type { BookCopy } from './orderBook.ts';
import { RESTING_FIELDS, RestingOrders } from './restingOrders.ts';
import type { RareTerms, RestingSnapshot } from './restingSnapshot.ts';

export class RestingCapture {
  readonly book: BookCopy;
  readonly #symbol: string;
  readonly #live: RestingOrders;
  /** By node: its record has been read, or is kept aside. */
  readonly #done: Uint8Array;
  /** Nodes to their place among the records kept aside. */
  readonly #kept = new Map<number, number>();
  readonly #aside = new RestingOrders();
  /** The slice that was read last: its records from 0 on, and what the book says of them. */
  readonly #slice = new RestingOrders();
  #orderIds: number[] = [];
  #limitTicks: number[] = [];
  #lots: number[] = [];
  #bids = 0;

  constructor(state: MarketState) {
    this.book = state.book.copy();
    this.#symbol = state.instrument.symbol;
    this.#live = state.resting;
    this.#done = new Uint8Array(this.book.nodes);
  }

  /** From here on the book may change. */
  watch(): void {
    this.#live.watch = (node) => this.#keep(node);
  }

  close(): void {
    this.#live.watch = undefined;
  }

  /** Reads the next orders, so many at most; returns how many. */
  read(orders: number): number {
    const { book } = this;
    this.#orderIds = [];
    this.#limitTicks = [];
    this.#lots = [];
    this.#bids = 0;
    let count = 0;
    while (count < orders && book.next()) {
      const { node } = book;
      const aside = this.#kept.get(node);
      if (aside === undefined) this.#slice.copy(this.#live, node, count);
      else this.#slice.copy(this.#aside, aside, count);
      this.#done[node] = 1;
      this.#orderIds.push(book.orderId);
      this.#limitTicks.push(book.priceTicks);
      this.#lots.push(book.lots);
      if (book.side === Side.BUY) this.#bids++;
      count++;
    }
    return count;
  }

  /** Of the orders read, how many are bids: they come first. */
  get bids(): number {
    return this.#bids;
  }

  /** One of the orders read. */
  row(i: number): SpotOrder {
    const side = i < this.#bids ? Side.BUY : Side.SELL;
    return this.#slice.row(i, this.#symbol, this.#orderIds[i]!, side, this.#lots[i]!);
  }

  /** The orders read. */
  snapshot(): RestingSnapshot {
    const count = this.#orderIds.length;
    const clientOrderIds: string[] = [];
    const rare: (readonly [number, RareTerms])[] = [];
    for (let i = 0; i < count; i++) {
      clientOrderIds.push(this.#slice.clientOrderId(i));
      const terms = this.#slice.rare(i);
      if (terms !== undefined) rare.push([i, terms]);
    }
    return {
      bids: this.#bids,
      orderIds: bytesOf(this.#orderIds),
      limitTicks: bytesOf(this.#limitTicks),
      lots: bytesOf(this.#lots),
      clientOrderIds,
      columns: Array.from({ length: RESTING_FIELDS }, (_, field) => this.#slice.column(field, count)),
      rare,
    };
  }

  #keep(node: number): void {
    // Beyond the end are nodes that were no order's then.
    if (this.#done[node] !== 0) return;
    this.#done[node] = 1;
    const place = this.#kept.size;
    this.#aside.copy(this.#live, node, place);
    this.#kept.set(node, place);
  }
}

function bytesOf(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer);
}
