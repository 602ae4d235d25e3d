import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Side } from '../orderTerms.ts';
import { LOOK_AHEAD } from './bookPrefetch.ts';
import { OrderBook } from './orderBook.ts';

/** The ids of a side in the order they would trade, with their lots. */
function queue(book: OrderBook, side: Side): [orderId: number, priceTicks: number, lots: number][] {
  const orders: [number, number, number][] = [];
  for (let ticks = book.bestTicks(side); ticks !== 0; ticks = book.nextTicks(side, ticks)) {
    for (let node = book.nodeAt(side, ticks); node !== 0; node = book.nextInQueue(node))
      orders.push([book.orderId(node), book.priceTicks(node), book.lots(node)]);
  }
  return orders;
}

describe('price and time priority', () => {
  test('better prices first, then earlier arrival', () => {
    const book = new OrderBook();
    book.rest(1, Side.BUY, 100, 5);
    book.rest(2, Side.BUY, 101, 6);
    book.rest(3, Side.BUY, 100, 7);
    book.rest(4, Side.SELL, 103, 8);
    book.rest(5, Side.SELL, 102, 9);
    expect(queue(book, Side.BUY)).toEqual([
      [2, 101, 6],
      [1, 100, 5],
      [3, 100, 7],
    ]);
    expect(queue(book, Side.SELL)).toEqual([
      [5, 102, 9],
      [4, 103, 8],
    ]);
    expect([book.bestTicks(Side.BUY), book.bestTicks(Side.SELL)]).toEqual([101, 102]);
    expect(book.orderId(book.bestNode(Side.BUY))).toBe(2);
  });

  test('a fill keeps the place of what is left, and removes what is used up', () => {
    const book = new OrderBook();
    const first = book.rest(1, Side.SELL, 100, 5);
    book.rest(2, Side.SELL, 100, 5);
    expect(book.fill(first, 2)).toBe(3);
    expect(queue(book, Side.SELL)).toEqual([
      [1, 100, 3],
      [2, 100, 5],
    ]);
    expect(book.fill(first, 3)).toBe(0);
    expect(queue(book, Side.SELL)).toEqual([[2, 100, 5]]);
    expect(book.find(1)).toBe(0);
  });

  test('requeue goes to the end with new lots', () => {
    const book = new OrderBook();
    const first = book.rest(1, Side.BUY, 100, 5);
    book.rest(2, Side.BUY, 100, 5);
    book.requeue(first, 4);
    expect(queue(book, Side.BUY)).toEqual([
      [2, 100, 5],
      [1, 100, 4],
    ]);
    expect(book.lotsAt(Side.BUY, 100)).toBe(9);
  });

  test('an empty side has no best', () => {
    const book = new OrderBook();
    expect([book.bestTicks(Side.BUY), book.bestNode(Side.SELL), book.lotsAt(Side.BUY, 7)]).toEqual([0, 0, 0]);
  });
});

interface Naive {
  readonly orderId: number;
  readonly side: Side;
  readonly ticks: number;
  lots: number;
}

type Step = {
  readonly kind: 'rest' | 'remove' | 'setLots' | 'requeue' | 'fill';
  readonly pick: number;
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('rest', 'rest', 'rest', 'remove', 'setLots', 'requeue', 'fill'),
  pick: fc.nat(1000),
  side: fc.constantFrom<Side>(Side.BUY, Side.SELL),
  ticks: fc.oneof(fc.integer({ min: 90, max: 96 }), fc.constantFrom(1, 100_000_000_000)),
  lots: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(2 ** 46)),
});

test('the book is a list of orders, however it grows and shrinks', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.constantFrom(1, 3, 10_000, 2 ** 33), (steps, stride) => {
      const book = new OrderBook(1);
      let naive: Naive[] = [];
      let nextId = 1;
      for (const { kind, pick, side, ticks, lots } of steps) {
        const order = naive[pick % (naive.length || 1)];
        if (kind === 'rest' || order === undefined) {
          const orderId = nextId * stride;
          nextId += 1;
          naive.push({ orderId, side, ticks, lots });
          const node = book.rest(orderId, side, ticks, lots);
          expect([book.orderId(node), book.side(node), book.priceTicks(node)]).toEqual([orderId, side, ticks]);
          continue;
        }
        const node = book.find(order.orderId);
        if (kind === 'setLots') {
          book.setLots(node, lots);
          order.lots = lots;
        } else if (kind === 'fill') {
          const filled = Math.min(lots, order.lots);
          expect(book.fill(node, filled)).toBe(order.lots - filled);
          order.lots -= filled;
        } else {
          if (kind === 'remove') book.remove(node);
          else book.requeue(node, lots);
          naive = naive.filter((other) => other !== order);
          if (kind === 'requeue') naive.push({ ...order, lots });
        }
        naive = naive.filter((other) => other.lots > 0);
      }
      for (const side of [Side.BUY, Side.SELL]) {
        const own = naive.filter((order) => order.side === side);
        const prices = [...new Set(own.map((order) => order.ticks))].sort((a, b) => (side === Side.BUY ? b - a : a - b));
        expect(book.levelCount(side)).toBe(prices.length);
        expect(queue(book, side)).toEqual(prices.flatMap((at) => own.filter((o) => o.ticks === at).map((o) => [o.orderId, at, o.lots])));
        for (const at of prices) {
          const level = own.filter((order) => order.ticks === at);
          expect(book.lotsAt(side, at)).toBe(level.reduce((sum, order) => sum + order.lots, 0));
          expect(book.countAt(side, at)).toBe(level.length);
        }
      }
      expect(book.size).toBe(naive.length);
      for (let id = 1; id < nextId; id++) {
        const expected = naive.some((order) => order.orderId === id * stride);
        expect(book.find(id * stride) !== 0).toBe(expected);
      }
    }),
    { numRuns: 100 },
  );
});

test('what is brought near are the orders that were named, and nothing changes by it', () => {
  const [book, other] = [new OrderBook(), new OrderBook()];
  const orders = 40_000;
  for (const each of [book, other])
    for (let id = 1; id <= orders; id++)
      each.rest(id * 3, id % 2 === 0 ? Side.BUY : Side.SELL, id % 2 === 0 ? 9_000 - (id % 997) : 11_000 + (id % 997), id);
  const named = [3, 6, 7, 3 * orders + 30_000, 3 * 20_000, 3];
  for (const id of named) book.prefetchOrder(id);
  book.prefetchRest(3 * orders + 3, Side.BUY, 8_500);
  book.prefetchRest(3 * orders + 6, Side.SELL, 99_999);
  expect(book.fetch()).toBe(named.length);
  expect([...book.fetched.subarray(0, named.length)]).toEqual(named.map((id) => book.find(id)));
  expect([book.find(3), book.find(7)].map((node) => node > 0)).toEqual([true, false]);
  expect(book.fetch()).toBe(0);
  for (const side of [Side.BUY, Side.SELL]) expect(queue(book, side)).toEqual(queue(other, side));
});

test('what the caches have anyway is not brought near, nor more than was asked for at once', () => {
  const book = new OrderBook();
  for (let id = 1; id <= 10_000; id++) book.rest(id, Side.BUY, id, 1);
  book.prefetchOrder(1);
  expect(book.fetch()).toBe(0);
  for (let id = 10_001; id <= 40_000; id++) book.rest(id, Side.BUY, id, 1);
  book.prefetchRest(40_001, Side.BUY, 5);
  book.prefetchOrder(39_000);
  expect(book.fetch()).toBe(0);
  for (let id = 1; id <= 2 * LOOK_AHEAD; id++) {
    book.prefetchOrder(id);
    book.prefetchRest(40_000 + id, Side.BUY, id);
  }
  expect(book.fetch()).toBe(LOOK_AHEAD);
});
