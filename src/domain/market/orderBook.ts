// The bare price-time book: who rests where, who is next. Orders and levels are 32-byte records in two pools of plain
// numbers, linked by position: every operation but the search for a price is O(1), and nothing is allocated per order.
// Knows quantities and ids only; what may trade with what is decided by its user. Positions ("nodes") are valid from
// rest() until the order left the book; 0 is no order.
import { assert } from '../assert.ts';
import { Side } from '../orderTerms.ts';
import { BookPrefetch, FITS_CACHE } from './bookPrefetch.ts';
import { PriceLadder } from './priceLadder.ts';

// A record is 4 doubles, the last two of which are read as 4 words.
const DOUBLES = 4;
const WORDS = 8;
// Order: double 0 lots, double 1 order id, then words:
const NEXT = 4;
const PREVIOUS = 5;
const LEVEL = 6;
const CHAIN = 7;
// Level: double 0 lots of all its orders, double 1 price, then words:
const HEAD = 4;
const TAIL = 5;
const COUNT = 6;
/** The side in the lowest bits, the ladder's leaf above them. */
const SIDE_AND_LEAF = 7;
const SIDE_BITS = 2;
const SIDE_MASK = 3;

const LAYOUT = { words: WORDS, next: NEXT, previous: PREVIOUS, level: LEVEL, chain: CHAIN, tail: TAIL };
const NO_NODES = new Int32Array(0);

/** Odd, near 2^32 / golden ratio: where the run of buckets of one block of ids begins. */
const SPREAD = 0x9e3779b1;

/**
 * A large block of memory begins 16 bytes behind a boundary, where the allocator (glibc's) has its own words. Records that begin 16
 * bytes later lie in one cache line each; else every other one lies across two.
 */
const LEAD_BYTES = 16;

function room(doubles: number): Float64Array {
  return new Float64Array(new ArrayBuffer(LEAD_BYTES + doubles * Float64Array.BYTES_PER_ELEMENT), LEAD_BYTES, doubles);
}

function wordsOf(doubles: Float64Array): Int32Array {
  return new Int32Array(doubles.buffer, doubles.byteOffset, doubles.length * 2);
}

class Pool {
  doubles: Float64Array;
  words: Int32Array;
  #used = 1;
  #free = 0;

  constructor(capacity: number) {
    this.doubles = room((capacity + 1) * DOUBLES);
    this.words = wordsOf(this.doubles);
  }

  /** Every field of the record is to be set by the caller. */
  take(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.words[free * WORDS + NEXT]!;
      return free;
    }
    if (this.#used * DOUBLES === this.doubles.length) {
      const doubles = room(this.doubles.length * 2);
      doubles.set(this.doubles);
      this.doubles = doubles;
      this.words = wordsOf(doubles);
    }
    const record = this.#used;
    this.#used += 1;
    return record;
  }

  /** The records as they are now. */
  copy(): Float64Array {
    return this.doubles.slice(0, this.#used * DOUBLES);
  }

  give(record: number): void {
    this.words[record * WORDS + NEXT] = this.#free;
    this.#free = record;
  }
}

/** Who rested where at one moment, to be walked while the book goes on: best price first, each price in queue order. */
export class BookCopy {
  readonly size: number;
  readonly bidLevels: number;
  readonly askLevels: number;
  readonly #doubles: Float64Array;
  readonly #words: Int32Array;
  /** By level, the bids' before the asks'. */
  readonly #heads: Int32Array;
  readonly #ticks: Float64Array;
  #level = -1;
  /** Where the walk is; 0 before its beginning and after its end. */
  node = 0;

  constructor(size: number, records: Float64Array, levels: readonly [bids: number, asks: number], heads: Int32Array, ticks: Float64Array) {
    this.size = size;
    this.#doubles = records;
    this.#words = new Int32Array(records.buffer);
    [this.bidLevels, this.askLevels] = levels;
    this.#heads = heads;
    this.#ticks = ticks;
  }

  /** On to the next order; false when there is none. */
  next(): boolean {
    if (this.node !== 0) this.node = this.#words[this.node * WORDS + NEXT]!;
    if (this.node === 0 && this.#level + 1 < this.#heads.length) this.node = this.#heads[++this.#level]!;
    return this.node !== 0;
  }

  /** Nodes are below this. */
  get nodes(): number {
    return this.#doubles.length / DOUBLES;
  }

  get side(): Side {
    return this.#level < this.bidLevels ? Side.BUY : Side.SELL;
  }

  get priceTicks(): number {
    return this.#ticks[this.#level]!;
  }

  get orderId(): number {
    return this.#doubles[this.node * DOUBLES + 1]!;
  }

  get lots(): number {
    return this.#doubles[this.node * DOUBLES]!;
  }
}

export class OrderBook {
  readonly #bids = new PriceLadder(true);
  readonly #asks = new PriceLadder(false);
  readonly #orders: Pool;
  readonly #levels: Pool;
  /** Orders by id: chains through CHAIN, one bucket per order or more. */
  #buckets: Int32Array;
  #bits: number;
  #size = 0;
  /** Of a book that is too large for the caches. */
  #prefetch: BookPrefetch | undefined;

  /** Grows beyond the capacity by itself. */
  constructor(capacity = 64) {
    this.#orders = new Pool(capacity);
    this.#levels = new Pool(capacity);
    const bits = Math.max(4, 32 - Math.clz32(capacity - 1));
    this.#buckets = new Int32Array(2 ** bits);
    this.#bits = bits;
  }

  /** Orders on the book. */
  get size(): number {
    return this.#size;
  }

  /** 0 when the side is empty. */
  bestTicks(side: Side): number {
    return side === Side.BUY ? this.#bids.bestTicks : this.#asks.bestTicks;
  }

  /** The order that trades first on a side; 0 when the side is empty. */
  bestNode(side: Side): number {
    const level = side === Side.BUY ? this.#bids.bestLevel : this.#asks.bestLevel;
    return level === 0 ? 0 : this.#levels.words[level * WORDS + HEAD]!;
  }

  /** The order with that id; 0 when it is not on the book. */
  find(orderId: number): number {
    let node = this.#buckets[this.#bucketOf(orderId)]!;
    const doubles = this.#orders.doubles;
    const words = this.#orders.words;
    while (node !== 0 && doubles[node * DOUBLES + 1] !== orderId) node = words[node * WORDS + CHAIN]!;
    return node;
  }

  lots(node: number): number {
    return this.#orders.doubles[node * DOUBLES]!;
  }

  orderId(node: number): number {
    return this.#orders.doubles[node * DOUBLES + 1]!;
  }

  priceTicks(node: number): number {
    return this.#levels.doubles[this.#orders.words[node * WORDS + LEVEL]! * DOUBLES + 1]!;
  }

  side(node: number): Side {
    return (this.#levels.words[this.#orders.words[node * WORDS + LEVEL]! * WORDS + SIDE_AND_LEAF]! & SIDE_MASK) as Side;
  }

  /** The order behind it at the same price; 0 for the last. */
  nextInQueue(node: number): number {
    return this.#orders.words[node * WORDS + NEXT]!;
  }

  /** That order will be asked for soon, together with what else is named before the next fetch(): see bookPrefetch.ts. */
  prefetchOrder(orderId: number): void {
    if (this.#size < FITS_CACHE) return;
    this.#prefetch ??= new BookPrefetch(LAYOUT);
    if (!this.#prefetch.isRecent(orderId)) this.#prefetch.addOrder(orderId, this.#bucketOf(orderId));
  }

  /** As prefetchOrder(), of an order that will rest at that price. */
  prefetchRest(orderId: number, side: Side, priceTicks: number): void {
    if (this.#size < FITS_CACHE) return;
    this.#prefetch ??= new BookPrefetch(LAYOUT);
    this.#prefetch.addRest(orderId, side === Side.BUY ? this.#bids : this.#asks, priceTicks);
  }

  /** Brings near what was named. Returns how many orders of it there are in `fetched`. */
  fetch(): number {
    return this.#prefetch?.fetch(this.#buckets, this.#orders.doubles, this.#orders.words, this.#levels.words) ?? 0;
  }

  /** Nodes of the orders named before the last fetch(); 0 for those that are not on the book. */
  get fetched(): Int32Array {
    return this.#prefetch?.nodes ?? NO_NODES;
  }

  /** Puts an order last in the queue of its price. The id must not be on the book. */
  rest(orderId: number, side: Side, priceTicks: number, lots: number): number {
    const ladder = side === Side.BUY ? this.#bids : this.#asks;
    const levels = this.#levels;
    let level = ladder.level(priceTicks);
    if (level === 0) {
      level = levels.take();
      levels.doubles[level * DOUBLES] = 0;
      levels.doubles[level * DOUBLES + 1] = priceTicks;
      const base = level * WORDS;
      levels.words[base + HEAD] = 0;
      levels.words[base + TAIL] = 0;
      levels.words[base + COUNT] = 0;
      levels.words[base + SIDE_AND_LEAF] = side | (ladder.insert(priceTicks, level) << SIDE_BITS);
    }
    const node = this.#orders.take();
    this.#orders.doubles[node * DOUBLES + 1] = orderId;
    this.#append(node, level, lots);
    this.#register(node, orderId);
    return node;
  }

  /** Takes an order off the book. */
  remove(node: number): void {
    this.#unregister(node);
    const level = this.#unlink(node);
    if (this.#levels.words[level * WORDS + COUNT] === 0) this.#dropLevel(level);
    this.#orders.give(node);
  }

  /** Changes its quantity where it stands. The new quantity is above 0. */
  setLots(node: number, lots: number): void {
    const doubles = this.#orders.doubles;
    const level = this.#orders.words[node * WORDS + LEVEL]!;
    this.#levels.doubles[level * DOUBLES]! += lots - doubles[node * DOUBLES]!;
    doubles[node * DOUBLES] = lots;
  }

  /** Moves it to the end of its price's queue with a new quantity. */
  requeue(node: number, lots: number): void {
    this.#append(node, this.#unlink(node), lots);
  }

  /** Takes lots off it, and it off the book when none are left. Returns the lots left. */
  fill(node: number, lots: number): number {
    const left = this.#orders.doubles[node * DOUBLES]! - lots;
    if (left > 0) this.setLots(node, left);
    else this.remove(node);
    return left;
  }

  /** Lots shown at a price. */
  lotsAt(side: Side, priceTicks: number): number {
    const level = (side === Side.BUY ? this.#bids : this.#asks).level(priceTicks);
    return level === 0 ? 0 : this.#levels.doubles[level * DOUBLES]!;
  }

  /** The first order at a price; 0 when there is none. */
  nodeAt(side: Side, priceTicks: number): number {
    const level = (side === Side.BUY ? this.#bids : this.#asks).level(priceTicks);
    return level === 0 ? 0 : this.#levels.words[level * WORDS + HEAD]!;
  }

  /** The next worse price with orders; 0 when there is none. */
  nextTicks(side: Side, priceTicks: number): number {
    return (side === Side.BUY ? this.#bids : this.#asks).nextTicks(priceTicks);
  }

  /** Number of prices with orders. */
  levelCount(side: Side): number {
    return (side === Side.BUY ? this.#bids : this.#asks).size;
  }

  /** Orders at a price. */
  countAt(side: Side, priceTicks: number): number {
    const level = (side === Side.BUY ? this.#bids : this.#asks).level(priceTicks);
    return level === 0 ? 0 : this.#levels.words[level * WORDS + COUNT]!;
  }

  /** As of now. Copies 32 bytes an order and makes a step per price: 1,000,000 orders at 40,000 prices are milliseconds. */
  copy(): BookCopy {
    const bids = this.#bids.size;
    const asks = this.#asks.size;
    const heads = new Int32Array(bids + asks);
    const ticks = new Float64Array(bids + asks);
    let level = 0;
    for (const ladder of [this.#bids, this.#asks]) {
      for (let price = ladder.bestTicks; price !== 0; price = ladder.nextTicks(price)) {
        heads[level] = this.#levels.words[ladder.level(price) * WORDS + HEAD]!;
        ticks[level++] = price;
      }
    }
    return new BookCopy(this.#size, this.#orders.copy(), [bids, asks], heads, ticks);
  }

  #append(node: number, level: number, lots: number): void {
    const words = this.#orders.words;
    const levelWords = this.#levels.words;
    const tail = levelWords[level * WORDS + TAIL]!;
    const base = node * WORDS;
    words[base + NEXT] = 0;
    words[base + PREVIOUS] = tail;
    words[base + LEVEL] = level;
    if (tail === 0) levelWords[level * WORDS + HEAD] = node;
    else words[tail * WORDS + NEXT] = node;
    levelWords[level * WORDS + TAIL] = node;
    levelWords[level * WORDS + COUNT]! += 1;
    this.#levels.doubles[level * DOUBLES]! += lots;
    this.#orders.doubles[node * DOUBLES] = lots;
  }

  /** Out of its queue; returns the level, which may be empty now. */
  #unlink(node: number): number {
    const words = this.#orders.words;
    const levelWords = this.#levels.words;
    const base = node * WORDS;
    const level = words[base + LEVEL]!;
    const next = words[base + NEXT]!;
    const previous = words[base + PREVIOUS]!;
    if (previous === 0) levelWords[level * WORDS + HEAD] = next;
    else words[previous * WORDS + NEXT] = next;
    if (next === 0) levelWords[level * WORDS + TAIL] = previous;
    else words[next * WORDS + PREVIOUS] = previous;
    levelWords[level * WORDS + COUNT]! -= 1;
    this.#levels.doubles[level * DOUBLES]! -= this.#orders.doubles[node * DOUBLES]!;
    return level;
  }

  #dropLevel(level: number): void {
    const sideAndLeaf = this.#levels.words[level * WORDS + SIDE_AND_LEAF]!;
    const ladder = (sideAndLeaf & SIDE_MASK) === Side.BUY ? this.#bids : this.#asks;
    ladder.remove(this.#levels.doubles[level * DOUBLES + 1]!, sideAndLeaf >>> SIDE_BITS);
    this.#levels.give(level);
  }

  #register(node: number, orderId: number): void {
    this.#size += 1;
    if (this.#size > this.#buckets.length) this.#rehash();
    const bucket = this.#bucketOf(orderId);
    this.#orders.words[node * WORDS + CHAIN] = this.#buckets[bucket]!;
    this.#buckets[bucket] = node;
  }

  #unregister(node: number): void {
    this.#size -= 1;
    const words = this.#orders.words;
    const after = words[node * WORDS + CHAIN]!;
    const bucket = this.#bucketOf(this.#orders.doubles[node * DOUBLES + 1]!);
    let at = this.#buckets[bucket]!;
    if (at === node) {
      this.#buckets[bucket] = after;
      return;
    }
    while (words[at * WORDS + CHAIN] !== node) {
      at = words[at * WORDS + CHAIN]!;
      assert(at !== 0, 'an order on the book is in its chain');
    }
    words[at * WORDS + CHAIN] = after;
  }

  /**
   * Ids that follow each other get buckets that do, so that what was placed at the same time is found in the same cache
   * lines; blocks of ids begin anywhere, so that ids in steps spread too.
   */
  #bucketOf(orderId: number): number {
    return (orderId + Math.imul(orderId >>> this.#bits, SPREAD)) & (this.#buckets.length - 1);
  }

  /** Twice the buckets. */
  #rehash(): void {
    const old = this.#buckets;
    const buckets = new Int32Array(old.length * 2);
    this.#buckets = buckets;
    this.#bits += 1;
    const words = this.#orders.words;
    const doubles = this.#orders.doubles;
    for (let i = 0; i < old.length; i++) {
      let node = old[i]!;
      while (node !== 0) {
        const after = words[node * WORDS + CHAIN]!;
        const bucket = this.#bucketOf(doubles[node * DOUBLES + 1]!);
        words[node * WORDS + CHAIN] = buckets[bucket]!;
        buckets[bucket] = node;
        node = after;
      }
    }
  }
}
