// The prices of one side of a book in order: finds a price's level, the best price and the next one after it.
// A radix tree of 32-way nodes, each with a bitmap of its children, that is only as high as its largest price needs:
// five steps for prices around 64,000.00, eight for 1,000,000,000.00 (real books hold such orders), and no cost per empty
// price. The best level is kept at hand. Must not know what a level holds: levels are numbers above 0.
import { assert } from '../assert.ts';
import { MAX_TICKS } from '../instrument.ts';

const DIGIT_BITS = 5;
const FAN_OUT = 1 << DIGIT_BITS;
const DIGIT_MASK = FAN_OUT - 1;
/** Digits below this come from the price's low word; bit operations work on 32 bits only. */
const LOW_DIGITS = 6;
const LOW_BITS = LOW_DIGITS * DIGIT_BITS;
const LOW_SPAN = 2 ** LOW_BITS;
/** Of prices below 2^47. */
const MAX_DIGITS = 10;
const NODES_AT_FIRST = 16;

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

export class PriceLadder {
  /** True: the highest price is the best (bids); false: the lowest (asks). */
  readonly #highestFirst: boolean;
  /** FAN_OUT entries per node: a node below, or a level in the lowest nodes; 0 = none. Node 0 is nobody. */
  #children = new Int32Array(NODES_AT_FIRST * FAN_OUT);
  #bitmaps = new Int32Array(NODES_AT_FIRST);
  #nodes = 1;
  /** Emptied nodes, linked through their first child. */
  #freeNode = 0;
  #root = 0;
  /** Digits of the prices under the root, which are all below the limit, FAN_OUT ** height. */
  #height = 0;
  #limit = 1;
  #size = 0;
  #bestLevel = 0;
  #bestTicks = 0;
  /** The leaf that was found last and its lowest price: an insertion follows the search for the same price. -1 = none. */
  #lastLeaf = 0;
  #lastBase = -1;
  readonly #path = new Int32Array(MAX_DIGITS);

  constructor(highestFirst: boolean) {
    this.#highestFirst = highestFirst;
  }

  /** Number of levels. */
  get size(): number {
    return this.#size;
  }

  /** 0 when empty. */
  get bestLevel(): number {
    return this.#bestLevel;
  }

  /** 0 when empty. */
  get bestTicks(): number {
    return this.#bestTicks;
  }

  /** The level at a price, or 0. */
  level(ticks: number): number {
    if (ticks === this.#bestTicks) return this.#bestLevel;
    const leaf = this.#findLeaf(ticks);
    return leaf === 0 ? 0 : this.#children[leaf * FAN_OUT + (ticks & DIGIT_MASK)]!;
  }

  /** The price must have no level yet. Returns its leaf, to be kept for remove(). */
  insert(ticks: number, level: number): number {
    assert(ticks > 0 && ticks < MAX_TICKS, 'a price is above 0 and below 2^47 ticks');
    let leaf = this.#findLeaf(ticks);
    if (leaf === 0) leaf = this.#makeLeaf(ticks);
    const child = ticks & DIGIT_MASK;
    assert(this.#children[leaf * FAN_OUT + child] === 0, 'a price has one level');
    this.#children[leaf * FAN_OUT + child] = level;
    this.#bitmaps[leaf]! |= 1 << child;
    this.#size += 1;
    if (this.#bestLevel === 0 || (this.#highestFirst ? ticks > this.#bestTicks : ticks < this.#bestTicks)) {
      this.#bestLevel = level;
      this.#bestTicks = ticks;
    }
    return leaf;
  }

  /** The price must have a level, in this leaf. */
  remove(ticks: number, leaf: number): void {
    const child = ticks & DIGIT_MASK;
    this.#size -= 1;
    this.#children[leaf * FAN_OUT + child] = 0;
    const bits = this.#bitmaps[leaf]! & ~(1 << child);
    this.#bitmaps[leaf] = bits;
    if (bits === 0) {
      this.#prune(ticks);
      if (ticks === this.#bestTicks) this.#findBest();
    } else if (ticks === this.#bestTicks) {
      // The best price of a leaf is gone: the next one of the same leaf follows it.
      const next = this.#highestFirst ? highestBit(bits) : lowestBit(bits);
      this.#bestLevel = this.#children[leaf * FAN_OUT + next]!;
      this.#bestTicks = ticks - child + next;
    }
  }

  /** The next worse price that has a level, or 0. The price itself needs none. */
  nextTicks(ticks: number): number {
    const height = this.#height;
    if (ticks >= this.#limit) return this.#highestFirst ? this.#bestTicks : 0;
    const path = this.#path;
    // Down along the price's digits as far as nodes go, then up to the first node with a worse child.
    let node = this.#root;
    let digit = height - 1;
    path[digit] = node;
    while (digit > 0) {
      node = this.#children[node * FAN_OUT + digitOf(ticks, digit)]!;
      if (node === 0) break;
      digit -= 1;
      path[digit] = node;
    }
    for (; digit < height; digit++) {
      node = path[digit]!;
      const child = digitOf(ticks, digit);
      const worse = this.#highestFirst ? this.#bitmaps[node]! & ((1 << child) - 1) : this.#bitmaps[node]! & ~((2 << child) - 1);
      if (worse === 0) continue;
      const next = this.#highestFirst ? highestBit(worse) : lowestBit(worse);
      const span = FAN_OUT ** digit;
      const base = Math.floor(ticks / (span * FAN_OUT)) * span * FAN_OUT + next * span;
      return digit === 0 ? base : this.#firstBelow(this.#children[node * FAN_OUT + next]!, digit - 1, base);
    }
    return 0;
  }

  /** The best price under a node, whose own digit and base price are given. */
  #firstBelow(top: number, topDigit: number, base: number): number {
    let node = top;
    let ticks = base;
    for (let digit = topDigit; ; digit--) {
      const bits = this.#bitmaps[node]!;
      const child = this.#highestFirst ? highestBit(bits) : lowestBit(bits);
      ticks += child * FAN_OUT ** digit;
      if (digit === 0) return ticks;
      node = this.#children[node * FAN_OUT + child]!;
    }
  }

  #findBest(): void {
    let node = this.#root;
    if (node === 0) {
      this.#bestLevel = 0;
      this.#bestTicks = 0;
      return;
    }
    const children = this.#children;
    const bitmaps = this.#bitmaps;
    const height = this.#height;
    let ticks = 0;
    for (let i = height; i > 0; i--) {
      const bits = bitmaps[node]!;
      const child = this.#highestFirst ? highestBit(bits) : lowestBit(bits);
      ticks = ticks * FAN_OUT + child;
      node = children[node * FAN_OUT + child]!;
    }
    this.#bestLevel = node;
    this.#bestTicks = ticks;
  }

  /** The leaf that has the price's place, or 0. */
  #findLeaf(ticks: number): number {
    const base = ticks - (ticks & DIGIT_MASK);
    if (base === this.#lastBase) return this.#lastLeaf;
    if (ticks >= this.#limit) return 0;
    const children = this.#children;
    let node = this.#root;
    let digit = this.#height - 1;
    if (digit >= LOW_DIGITS) {
      const high = Math.floor(ticks / LOW_SPAN);
      for (; digit >= LOW_DIGITS && node !== 0; digit--) {
        node = children[node * FAN_OUT + ((high >>> ((digit - LOW_DIGITS) * DIGIT_BITS)) & DIGIT_MASK)]!;
      }
    }
    for (; digit > 0 && node !== 0; digit--) {
      node = children[node * FAN_OUT + ((ticks >>> (digit * DIGIT_BITS)) & DIGIT_MASK)]!;
    }
    if (node !== 0) {
      this.#lastBase = base;
      this.#lastLeaf = node;
    }
    return node;
  }

  /** Makes the nodes that are missing on the price's way. */
  #makeLeaf(ticks: number): number {
    if (this.#root === 0) this.#plant(ticks);
    while (ticks >= this.#limit) this.#raise();
    let node = this.#root;
    for (let digit = this.#height - 1; digit > 0; digit--) {
      const child = digitOf(ticks, digit);
      let below = this.#children[node * FAN_OUT + child]!;
      if (below === 0) {
        below = this.#newNode();
        this.#children[node * FAN_OUT + child] = below;
        this.#bitmaps[node]! |= 1 << child;
      }
      node = below;
    }
    return node;
  }

  /** The price's leaf is empty: takes it away, and the nodes above it that are empty then. */
  #prune(ticks: number): void {
    const path = this.#path;
    const height = this.#height;
    let node = this.#root;
    for (let digit = height - 1; digit > 0; digit--) {
      path[digit] = node;
      node = this.#children[node * FAN_OUT + digitOf(ticks, digit)]!;
    }
    if (node === this.#lastLeaf) this.#lastBase = -1;
    for (let digit = 1; ; digit++) {
      this.#free(node);
      if (digit === height) {
        this.#root = 0;
        this.#height = 0;
        this.#limit = 1;
        return;
      }
      node = path[digit]!;
      const child = digitOf(ticks, digit);
      this.#children[node * FAN_OUT + child] = 0;
      this.#bitmaps[node]! &= ~(1 << child);
      if (this.#bitmaps[node] !== 0) break;
    }
    this.#lower();
  }

  /** The first root, as high as the price needs. */
  #plant(ticks: number): void {
    this.#root = this.#newNode();
    do {
      this.#height += 1;
      this.#limit *= FAN_OUT;
    } while (ticks >= this.#limit);
  }

  /** A new root over the old one. */
  #raise(): void {
    const root = this.#newNode();
    this.#children[root * FAN_OUT] = this.#root;
    this.#bitmaps[root] = 1;
    this.#root = root;
    this.#height += 1;
    this.#limit *= FAN_OUT;
  }

  /** Takes away roots that are not needed any more. */
  #lower(): void {
    while (this.#height > 1 && this.#bitmaps[this.#root] === 1) {
      const root = this.#root;
      this.#root = this.#children[root * FAN_OUT]!;
      this.#height -= 1;
      this.#limit /= FAN_OUT;
      this.#bitmaps[root] = 0;
      this.#free(root);
    }
  }

  #free(node: number): void {
    this.#children[node * FAN_OUT] = this.#freeNode;
    this.#freeNode = node;
  }

  /** All children 0. */
  #newNode(): number {
    const free = this.#freeNode;
    if (free !== 0) {
      this.#freeNode = this.#children[free * FAN_OUT]!;
      this.#children[free * FAN_OUT] = 0;
      return free;
    }
    if (this.#nodes === this.#bitmaps.length) {
      const children = new Int32Array(this.#children.length * 2);
      children.set(this.#children);
      this.#children = children;
      const bitmaps = new Int32Array(this.#bitmaps.length * 2);
      bitmaps.set(this.#bitmaps);
      this.#bitmaps = bitmaps;
    }
    const node = this.#nodes;
    this.#nodes += 1;
    return node;
  }
}

function digitOf(ticks: number, digit: number): number {
  return digit < LOW_DIGITS
    ? (ticks >>> (digit * DIGIT_BITS)) & DIGIT_MASK
    : (Math.floor(ticks / LOW_SPAN) >>> ((digit - LOW_DIGITS) * DIGIT_BITS)) & DIGIT_MASK;
}
