import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TrailingOrder, TrailingStops, trailingTriggerTicks } from './trailingStops.ts';

test('the trigger price is exact, rounded to the side that does not trigger early', () => {
  // Binance faqs/trailing-stop-faq.md: 44,100 = 42,000 x 1.05 (A), 36,900 = 41,000 x 0.90 (B), 40,145 = 37,000 x 1.085 (C),
  // 43,012.5 = 46,500 x 0.925 (D), 42,315 = 45,500 x 0.93 (E); in ticks of 0.01.
  expect(trailingTriggerTicks(true, 4_200_000, 500)).toBe(4_410_000);
  expect(trailingTriggerTicks(false, 4_100_000, 1000)).toBe(3_690_000);
  expect(trailingTriggerTicks(true, 3_700_000, 850)).toBe(4_014_500);
  expect(trailingTriggerTicks(false, 4_650_000, 750)).toBe(4_301_250);
  expect(trailingTriggerTicks(false, 4_550_000, 700)).toBe(4_231_500);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 47 }), fc.integer({ min: 1, max: 9_999 }), (ticks, delta) => {
      const up = BigInt(ticks) * BigInt(10_000 + delta);
      const down = BigInt(ticks) * BigInt(10_000 - delta);
      expect(BigInt(trailingTriggerTicks(true, ticks, delta))).toBe((up + 9_999n) / 10_000n);
      expect(BigInt(trailingTriggerTicks(false, ticks, delta))).toBe(down / 10_000n);
    }),
  );
});

/** Every order keeps its own extreme. */
class NaiveStops {
  readonly orders = new Map<number, { readonly delta: number; extreme: number }>();
  readonly #buys: boolean;

  constructor(buys: boolean) {
    this.#buys = buys;
  }

  onTrade(ticks: number): number[] {
    const triggered: number[] = [];
    for (const [orderId, order] of this.orders) {
      order.extreme = this.#buys ? Math.min(order.extreme, ticks) : Math.max(order.extreme, ticks);
      const scaled = BigInt(ticks) * 10_000n;
      const bound = BigInt(order.extreme) * BigInt(10_000 + (this.#buys ? order.delta : -order.delta));
      if (this.#buys ? scaled >= bound : scaled <= bound) triggered.push(orderId);
    }
    for (const orderId of triggered) this.orders.delete(orderId);
    return triggered;
  }
}

function compare(buys: boolean, steps: readonly (readonly [ticks: number, delta: number, act: number])[]): void {
  const stops = new TrailingStops(buys);
  const naive = new NaiveStops(buys);
  steps.forEach(([ticks, delta, act], orderId) => {
    const triggered: TrailingOrder[] = [];
    stops.onTrade(ticks);
    stops.takeTriggered(ticks, triggered);
    expect(triggered.map((order) => order.orderId).sort((a, b) => a - b)).toEqual(naive.onTrade(ticks));
    if (act > 0) {
      stops.add(orderId, delta, orderId, ticks);
      naive.orders.set(orderId, { delta, extreme: ticks });
    } else {
      const gone = [...naive.orders.keys()][-act % (naive.orders.size || 1)];
      if (gone !== undefined) {
        stops.remove(gone);
        naive.orders.delete(gone);
      }
    }
    expect(stops.size).toBe(naive.orders.size);
  });
  for (const [orderId, { extreme }] of naive.orders) expect(stops.extremeTicks(orderId)).toBe(extreme);
}

const delta = fc.constantFrom(1, 50, 100, 900);
const act = fc.oneof(fc.constant(1), fc.integer({ min: -50, max: 0 }));

test.each([true, false])('one stack of extremes serves all orders (buys: %s)', (buys) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 9_000, max: 11_000 }), delta, act), { maxLength: 200, size: 'max' }), (steps) =>
      compare(buys, steps),
    ),
    { numRuns: 60 },
  );
});

test.each([true, false])('thousands of extremes are thinned out, and nobody loses his (buys: %s)', (buys) => {
  const stops = new TrailingStops(buys);
  const worse = (by: number): number => (buys ? 1_000_000 + by : 1_000_000 - by);
  stops.onTrade(worse(0));
  for (let i = 0; i <= 5_000; i++) {
    if (i > 0) stops.onTrade(worse(i));
    if (i % 1_000 === 0) stops.add(i, 9_000, i, worse(i));
  }
  stops.remove(2_000);
  stops.onTrade(worse(3_500));
  expect([0, 1_000, 3_000, 4_000, 5_000].map((id) => stops.extremeTicks(id))).toEqual([0, 1_000, 3_000, 3_500, 3_500].map(worse));
});
