import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PriceLadder } from './priceLadder.ts';

const near = fc.integer({ min: 33_000, max: 33_200 });
const anywhere = fc.oneof(
  near,
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc.integer({ min: 2 ** 29, max: 2 ** 31 + 40 }),
  // 1,000,000,000.00 in ticks of 0.01, which the recorded Coinbase book holds, and the largest price there can be.
  fc.constantFrom(1, 31, 32, 33, 1023, 1024, 2 ** 30 - 1, 2 ** 30, 2 ** 32, 100_000_000_000, 2 ** 47 - 1),
);

/** Inserts a price that is absent and removes one that is present; compares everything after each step. */
function check(highestFirst: boolean, prices: readonly number[], queries: readonly number[]): void {
  const ladder = new PriceLadder(highestFirst);
  const levels = new Map<number, number>();
  const leaves = new Map<number, number>();
  let next = 1;
  for (const ticks of prices) {
    if (levels.has(ticks)) {
      levels.delete(ticks);
      ladder.remove(ticks, leaves.get(ticks)!);
    } else {
      levels.set(ticks, next);
      leaves.set(ticks, ladder.insert(ticks, next));
      next += 1;
    }
    const sorted = [...levels.keys()].sort((a, b) => (highestFirst ? b - a : a - b));
    expect(ladder.size).toBe(sorted.length);
    expect(ladder.bestTicks).toBe(sorted[0] ?? 0);
    expect(ladder.bestLevel).toBe(levels.get(sorted[0] ?? 0) ?? 0);
    const walked: number[] = [];
    for (let at = ladder.bestTicks; at !== 0; at = ladder.nextTicks(at)) walked.push(at);
    expect(walked).toEqual(sorted);
    for (const query of [...queries, ...prices]) {
      expect(ladder.level(query)).toBe(levels.get(query) ?? 0);
      const worse = sorted.find((other) => (highestFirst ? other < query : other > query));
      expect(ladder.nextTicks(query)).toBe(worse ?? 0);
    }
  }
}

describe.each([
  ['bids', true],
  ['asks', false],
] as const)('a ladder of %s', (_name, highestFirst) => {
  test('is a sorted map of prices', () => {
    fc.assert(
      fc.property(fc.array(anywhere, { maxLength: 30 }), fc.array(anywhere, { maxLength: 5 }), (prices, queries) =>
        check(highestFirst, prices, queries),
      ),
      { numRuns: 60 },
    );
  });

  test('keeps its order while neighbouring prices come and go', () => {
    fc.assert(
      fc.property(fc.array(near, { maxLength: 80 }), (prices) => check(highestFirst, prices, [32_999, 33_201])),
      { numRuns: 30 },
    );
  });

  test('is empty again after everything left', () => {
    const ladder = new PriceLadder(highestFirst);
    const leaves = new Map([5, 100_000_000_000, 77].map((ticks, i) => [ticks, ladder.insert(ticks, i + 1)]));
    for (const ticks of [100_000_000_000, 5, 77]) ladder.remove(ticks, leaves.get(ticks)!);
    expect([ladder.size, ladder.bestTicks, ladder.bestLevel, ladder.nextTicks(50)]).toEqual([0, 0, 0, 0]);
    expect(ladder.level(5)).toBe(0);
  });
});

test('prices that cannot be are refused, and change nothing', () => {
  const ladder = new PriceLadder(true);
  ladder.insert(3, 1);
  for (const ticks of [0, -1, 2 ** 47]) expect(() => ladder.insert(ticks, 2)).toThrow('above 0 and below 2^47');
  ladder.insert(4, 2);
  expect([ladder.size, ladder.bestTicks, ladder.level(3)]).toEqual([2, 4, 1]);
});
