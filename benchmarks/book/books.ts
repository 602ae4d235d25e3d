// The bare order book and the whole market, as something that rests orders and cancels them.
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import { Market } from '../../src/domain/market/market.ts';
import { OrderBook } from '../../src/domain/market/orderBook.ts';
import { CancelRestriction, RequestKind, Side } from '../../src/domain/orderTerms.ts';
import type { OrderRequest, SpotOrder } from '../../src/domain/spotOrder.ts';
import { instrument, order } from '../../tests/market/fixture.ts';

export interface RestingBook {
  readonly size: number;
  /** An order that does not trade. */
  rest(orderId: number, side: Side, priceTicks: number, lots: number): void;
  cancel(orderId: number): void;
  /** Soon an order will be cancelled, then another one will rest at that price. */
  prefetch(cancelled: number, orderId: number, side: Side, priceTicks: number): void;
  /** Brings near what was named. */
  fetch(): void;
}

export class BareBook implements RestingBook {
  readonly #book = new OrderBook();

  get size(): number {
    return this.#book.size;
  }

  rest(orderId: number, side: Side, priceTicks: number, lots: number): void {
    this.#book.rest(orderId, side, priceTicks, lots);
  }

  prefetch(cancelled: number, orderId: number, side: Side, priceTicks: number): void {
    this.#book.prefetchOrder(cancelled);
    this.#book.prefetchRest(orderId, side, priceTicks);
  }

  fetch(): void {
    this.#book.fetch();
  }

  cancel(orderId: number): void {
    this.#book.remove(this.#book.find(orderId));
  }
}

const CANCEL: OrderRequest = {
  kind: RequestKind.CANCEL,
  commandId: 1,
  symbol: instrument.symbol,
  clientOrderId: '',
  restriction: CancelRestriction.NONE,
  lots: 0,
};
/** Entries that are kept before they are dropped, as a step that has been encoded is. */
const STEP_ENTRIES = 256;

/** Orders as the account's writer makes them, all entries written. */
export class WholeMarket implements RestingBook {
  readonly #market = new Market(instrument);
  readonly #templates = [Side.BUY, Side.SELL].map((side) => order({ orderId: 1, side, priceTicks: 1, origLots: 1 }));
  #entries: ChangeLogEntry[] = [];
  #nowUs = 1;

  get size(): number {
    return this.#market.openIds().length;
  }

  rest(orderId: number, side: Side, priceTicks: number, lots: number): void {
    const made: SpotOrder = { ...this.#templates[side - 1]!, orderId, priceTicks, origLots: lots };
    this.#market.place([made], null, this.#step(), this.#entries);
  }

  prefetch(cancelled: number, orderId: number, side: Side, priceTicks: number): void {
    this.#market.prefetchRequest(cancelled);
    this.#market.prefetchPlace(orderId, side, priceTicks);
  }

  fetch(): void {
    this.#market.fetch();
  }

  cancel(orderId: number): void {
    this.#market.request(orderId, CANCEL, this.#step(), this.#entries);
  }

  #step(): number {
    if (this.#entries.length > STEP_ENTRIES) this.#entries = [];
    this.#nowUs += 1;
    return this.#nowUs;
  }
}
