// Cancels and places in turn over a book that keeps its size. What is to come is laid down beforehand, so that choosing it costs
// the measured loop nothing: a caller has the order's id in its message.
import { LOOK_AHEAD } from '../../src/domain/market/bookPrefetch.ts';
import { Side } from '../../src/domain/orderTerms.ts';
import { Random } from '../measure/random.ts';
import type { RestingBook } from './books.ts';

export const Reach = {
  /** Any order of the book is cancelled; the next one stands on any of 40,000 prices: every record touched is a cache miss. */
  ANYWHERE: 'anywhere',
  /** One of the newest thousand is cancelled; the next one stands on the best 200 prices: what most orders do in practice. */
  YOUNG: 'young',
} as const;
export type Reach = (typeof Reach)[keyof typeof Reach];

const MID_TICKS = 6_000_000;
const TICKS_ANYWHERE = 20_000;
const TICKS_YOUNG = 100;
const NEWEST = 1_000;
/** Messages come in batches, and the actor announces so many of a batch at once: see src/actors/rounds.ts. */
const PAIRS_AHEAD = LOOK_AHEAD / 2;

export class RestingFlow {
  readonly #book: RestingBook;
  readonly #reach: Reach;
  readonly #random = new Random();
  /** Ids of the orders on the book. */
  readonly #ids: Float64Array;
  #nextId = 1;

  /** Fills the book. */
  constructor(book: RestingBook, size: number, reach: Reach) {
    this.#book = book;
    this.#reach = reach;
    this.#ids = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const { orderId, side, priceTicks, lots } = this.#next(TICKS_ANYWHERE);
      book.rest(orderId, side, priceTicks, lots);
      this.#ids[i] = orderId;
    }
  }

  /** Seconds for so many messages, half of them cancels. */
  run(messages: number): number {
    const pairs = messages / 2;
    const cancelled = new Float64Array(pairs);
    const placed = new Float64Array(pairs);
    const sides = new Uint8Array(pairs);
    const prices = new Float64Array(pairs);
    const quantities = new Float64Array(pairs);
    for (let i = 0; i < pairs; i++) {
      const slot = this.#slot();
      const { orderId, side, priceTicks, lots } = this.#next(this.#reach === Reach.YOUNG ? TICKS_YOUNG : TICKS_ANYWHERE);
      cancelled[i] = this.#ids[slot]!;
      this.#ids[slot] = orderId;
      placed[i] = orderId;
      sides[i] = side;
      prices[i] = priceTicks;
      quantities[i] = lots;
    }
    globalThis.gc?.();
    const book = this.#book;
    const start = process.hrtime.bigint();
    for (let i = 0; i < pairs; i++) {
      if (i % PAIRS_AHEAD === 0) {
        for (let j = i; j < pairs && j < i + PAIRS_AHEAD; j++) book.prefetch(cancelled[j]!, placed[j]!, sides[j] as Side, prices[j]!);
        book.fetch();
      }
      book.cancel(cancelled[i]!);
      book.rest(placed[i]!, sides[i] as Side, prices[i]!, quantities[i]!);
    }
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (book.size !== this.#ids.length) throw new Error(`${book.size} orders rest where ${this.#ids.length} should`);
    return seconds;
  }

  #slot(): number {
    const size = this.#ids.length;
    if (this.#reach === Reach.ANYWHERE) return this.#random.below(size);
    return this.#random.below(Math.min(NEWEST, size));
  }

  #next(ticks: number): { readonly orderId: number; readonly side: Side; readonly priceTicks: number; readonly lots: number } {
    const orderId = this.#nextId++;
    const side = orderId % 2 === 0 ? Side.BUY : Side.SELL;
    const away = 1 + this.#random.below(ticks);
    return { orderId, side, priceTicks: side === Side.BUY ? MID_TICKS - away : MID_TICKS + away, lots: 1 + this.#random.below(100) };
  }
}
