// The orders and prices that the next messages will touch, brought near before the first of these messages is carried out. At a
// million resting orders nearly everything a message touches is in no cache, and each thing tells where the next one is: bucket,
// order, neighbours in the queue, level. Carried out one by one, every message waits for all of them, one after the other. Here
// all messages wait for their buckets together, then for their orders, then for the neighbours.
// Changes nothing, and need not be right: what has moved or gone meanwhile was read for nothing.
import { gather, gatherRoom } from './gather.ts';
import type { PriceLadder } from './priceLadder.ts';

/** Messages that are looked at together. More of them would drive each other out of the nearest cache. */
export const LOOK_AHEAD = 32;

/** So many orders and their buckets are in the processor's caches anyway: those of a small book, and the newest ones of any. */
export const FITS_CACHE = 16_384;
/** From the best price: so many orders go to these prices that their levels are in the caches too. */
const NEAR_TICKS = 256;

/** Where the records have what leads on, in words; the id is the order's second double. */
export interface RecordLayout {
  readonly words: number;
  readonly next: number;
  readonly previous: number;
  readonly level: number;
  readonly chain: number;
  readonly tail: number;
}

const ROOM = gatherRoom(LOOK_AHEAD);

export class BookPrefetch {
  readonly #layout: RecordLayout;
  readonly #orderIds = new Float64Array(ROOM);
  readonly #buckets = new Int32Array(ROOM);
  #orders = 0;
  readonly #levels = new Int32Array(ROOM);
  #prices = 0;
  /** The newest id of a new order; NaN before the first one, and nothing is newer than that. */
  #newest = Number.NaN;
  /** The orders of the last fetch; 0 for one that is not on the book. */
  readonly nodes = new Int32Array(ROOM);
  readonly #found = new Int32Array(ROOM);
  readonly #read = new Int32Array(ROOM);

  constructor(layout: RecordLayout) {
    this.#layout = layout;
  }

  /** It is in the caches anyway. */
  isRecent(orderId: number): boolean {
    return orderId > this.#newest - FITS_CACHE;
  }

  /** An order that will change or leave. */
  addOrder(orderId: number, bucket: number): void {
    if (this.#orders === LOOK_AHEAD) return;
    this.#orderIds[this.#orders] = orderId;
    this.#buckets[this.#orders++] = bucket;
  }

  /** A new order that will go to the end of the queue at that price. */
  addRest(orderId: number, ladder: PriceLadder, priceTicks: number): void {
    if (!(orderId <= this.#newest)) this.#newest = orderId;
    if (this.#prices === LOOK_AHEAD || Math.abs(priceTicks - ladder.bestTicks) < NEAR_TICKS) return;
    this.#levels[this.#prices++] = ladder.level(priceTicks);
  }

  /** Reads what was added since the last time. Returns how many orders that were. */
  fetch(buckets: Int32Array, doubles: Float64Array, words: Int32Array, levelWords: Int32Array): number {
    const { words: stride, next, previous, level, tail } = this.#layout;
    const orders = this.#orders;
    const prices = this.#prices;
    if (orders + prices === 0) return 0;
    this.#orders = 0;
    this.#prices = 0;
    const { nodes } = this;
    const found = this.#found;
    const read = this.#read;
    gather(levelWords, stride, tail, this.#levels, prices, found);
    gather(words, stride, next, found, prices, read);
    gather(buckets, 1, 0, this.#buckets, orders, nodes);
    gather(words, stride, next, nodes, orders, read);
    this.#resolve(orders, doubles, words);
    gather(words, stride, next, nodes, orders, found);
    gather(words, stride, previous, found, orders, read);
    gather(words, stride, previous, nodes, orders, found);
    gather(words, stride, next, found, orders, read);
    gather(words, stride, level, nodes, orders, found);
    gather(levelWords, stride, tail, found, orders, read);
    return orders;
  }

  /** From the first order of each bucket to the one that is meant. */
  #resolve(orders: number, doubles: Float64Array, words: Int32Array): void {
    const { words: stride, chain } = this.#layout;
    const doublesEach = stride >> 1;
    const { nodes } = this;
    const orderIds = this.#orderIds;
    for (let i = 0; i < orders; i++) {
      let node = nodes[i]!;
      while (node !== 0 && doubles[node * doublesEach + 1] !== orderIds[i]) node = words[node * stride + chain]!;
      nodes[i] = node;
    }
  }
}
