import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpotTrade } from '../../domain/spotTrade.ts';
import { StateHash } from '../../domain/stateHash.ts';
import type { WindowStats } from '../../ports/marketData.ts';
import { RollingStats } from './rollingStats.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
const START_US = 20_000 * DAY_US;

function trade(tradeId: number, tradeUs: number, priceTicks: number, lots: number): SpotTrade {
  return {
    tradeId,
    symbol: 'BTCUSDT',
    priceTicks,
    lots,
    quoteUnits: BigInt(priceTicks * lots),
    buyerIsMaker: false,
    buyerOrderId: 1,
    sellerOrderId: 2,
    buyerAccountId: 1000,
    sellerAccountId: 1001,
    buyerFeeUnits: 0n,
    sellerFeeUnits: 0n,
    tradeUs,
  };
}

/** The statistics straight from the definition. */
function naiveStats(trades: readonly SpotTrade[], startUs: number, nowUs: number): WindowStats {
  const openUs = Math.floor(startUs / MINUTE_US) * MINUTE_US;
  const inside = trades.filter(({ tradeUs }) => tradeUs >= openUs);
  const prices = inside.map(({ priceTicks }) => priceTicks);
  const before = trades.filter(({ tradeUs }) => tradeUs < openUs).at(-1)?.priceTicks ?? 0;
  return {
    openUs,
    closeUs: nowUs,
    openTicks: prices[0] ?? before,
    highTicks: inside.length === 0 ? before : Math.max(...prices),
    lowTicks: inside.length === 0 ? before : Math.min(...prices),
    closeTicks: prices.at(-1) ?? before,
    volumeLots: inside.reduce((sum, { lots }) => sum + lots, 0),
    quoteUnits: inside.reduce((sum, { quoteUnits }) => sum + quoteUnits, 0n),
    trades: inside.length,
    firstTradeId: inside[0]?.tradeId ?? -1,
    lastTradeId: inside.at(-1)?.tradeId ?? -1,
    prevCloseTicks: before,
    lastLots: inside.at(-1)?.lots ?? 0,
  };
}

const digest = (stats: RollingStats): string => {
  const hash = new StateHash();
  stats.addTo(hash);
  return hash.digest();
};

describe('RollingStats', () => {
  it('has zeros and ids of -1 before the first trade', () => {
    expect(new RollingStats().since(START_US, START_US + 5)).toEqual(naiveStats([], START_US, START_US + 5));
  });

  it('repeats the last price before a window that has no trade', () => {
    const stats = new RollingStats();
    stats.record(trade(1, START_US, 500, 2));
    const now = START_US + 8 * DAY_US;
    expect(stats.since(now - DAY_US, now)).toMatchObject({
      trades: 0,
      volumeLots: 0,
      openTicks: 500,
      highTicks: 500,
      lowTicks: 500,
      closeTicks: 500,
      prevCloseTicks: 500,
      lastTradeId: -1,
    });
  });

  it('counts a trade of a successor whose clock is behind in the newest minute', () => {
    const stats = new RollingStats();
    stats.record(trade(1, START_US + MINUTE_US, 500, 2));
    stats.record(trade(2, START_US + MINUTE_US - 1, 501, 1));
    expect(stats.since(START_US + MINUTE_US, START_US + 2 * MINUTE_US)).toMatchObject({ trades: 2, closeTicks: 501 });
    expect(stats.lastTradeUs).toBe(START_US + MINUTE_US);
  });

  it('equals the definition for every window up to 7 days, also after a restore', () => {
    const gap = fc.oneof(
      fc.integer({ min: 0, max: 5_000_000 }),
      fc.integer({ min: 0, max: 90 * MINUTE_US }),
      fc.integer({ min: 0, max: 2 * DAY_US }),
    );
    const step = fc.record({ gap, price: fc.integer({ min: 1, max: 1000 }), lots: fc.integer({ min: 1, max: 1000 }) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 400, size: 'max' }),
        fc.array(fc.integer({ min: 1, max: 7 * 1440 - 1 }), { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 0, max: DAY_US }),
        (steps, windows, later) => {
          let stats = new RollingStats();
          const trades: SpotTrade[] = [];
          let nowUs = START_US + 123_456;
          for (const [i, { gap, price, lots }] of steps.entries()) {
            nowUs += gap;
            trades.push(trade(i + 1, nowUs, price, lots));
            stats.record(trades[i] as SpotTrade);
            if (i === steps.length >> 1) {
              const restored = RollingStats.restore(structuredClone(stats.snapshot()));
              expect(digest(restored)).toBe(digest(stats));
              stats = restored;
            }
            const minutes = windows[i % windows.length] as number;
            const startUs = nowUs - minutes * MINUTE_US;
            expect(stats.since(startUs, nowUs)).toEqual(naiveStats(trades, startUs, nowUs));
          }
          for (const minutes of [1, 59, 60, 61, 1440, ...windows, 7 * 1440]) {
            const startUs = nowUs + later - minutes * MINUTE_US;
            expect(stats.since(startUs, nowUs + later)).toEqual(naiveStats(trades, startUs, nowUs + later));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps no more than seven days', () => {
    const stats = new RollingStats();
    for (let i = 0; i < 20_000; i++) stats.record(trade(i + 1, START_US + i * MINUTE_US, 100 + (i % 7), 1));
    const { minutes, hours } = stats.snapshot();
    expect(minutes.length).toBe(7 * 1440 + 1);
    expect(hours.length).toBeLessThanOrEqual(7 * 24 + 1);
  });
});
