import { describe, expect, it } from 'vitest';
import type { KLine, KlineInterval } from '../klineEntry.ts';
import { INTERVAL_US, klineCloseUs, klineOpenUs } from './klineInterval.ts';
import { fillEmpty, rollUp } from './rollUp.ts';

const MINUTE = INTERVAL_US['1m'];
const DAY = INTERVAL_US['1d'];

function kline(interval: KlineInterval, openUs: number, overrides: Partial<KLine> = {}): KLine {
  const id = Math.floor(openUs / MINUTE) + 1;
  return {
    symbol: 'BTCUSDT',
    interval,
    openUs,
    closeUs: klineCloseUs(interval, openUs),
    openTicks: 100,
    highTicks: 110,
    lowTicks: 90,
    closeTicks: 105,
    volumeLots: 10,
    quoteUnits: 1000n,
    trades: 2,
    takerBuyLots: 4,
    takerBuyQuoteUnits: 400n,
    firstTradeId: id,
    lastTradeId: id,
    closed: true,
    ...overrides,
  };
}

describe('rollUp', () => {
  it('takes the first open, the last close, the extremes and the sums', () => {
    const rolled = rollUp(
      [
        kline('1m', 0, { openTicks: 1, highTicks: 5, lowTicks: 1, closeTicks: 4 }),
        kline('1m', 2 * MINUTE, { openTicks: 4, highTicks: 9, lowTicks: 3, closeTicks: 3 }),
        kline('1m', 5 * MINUTE, { openTicks: 7, highTicks: 7, lowTicks: 6, closeTicks: 6, closed: false }),
      ],
      '5m',
    );
    expect(rolled).toEqual([
      {
        ...kline('5m', 0),
        openTicks: 1,
        highTicks: 9,
        lowTicks: 1,
        closeTicks: 3,
        volumeLots: 20,
        quoteUnits: 2000n,
        trades: 4,
        takerBuyLots: 8,
        takerBuyQuoteUnits: 800n,
        firstTradeId: 1,
        lastTradeId: 3,
        closed: true,
      },
      {
        ...kline('5m', 5 * MINUTE),
        openTicks: 7,
        highTicks: 7,
        lowTicks: 6,
        closeTicks: 6,
        firstTradeId: 6,
        lastTradeId: 6,
        closed: false,
      },
    ]);
  });

  it('closes the last one with its last part, or when time is past it', () => {
    const part = kline('1m', 4 * MINUTE);
    expect(rollUp([part], '5m')[0]?.closed).toBe(true);
    expect(rollUp([{ ...part, closed: false }], '5m')[0]?.closed).toBe(false);
    expect(rollUp([kline('1m', MINUTE)], '5m')[0]?.closed).toBe(false);
    expect(rollUp([kline('1m', MINUTE)], '5m', 0, 5 * MINUTE - 1)[0]?.closed).toBe(false);
    expect(rollUp([kline('1m', MINUTE)], '5m', 0, 5 * MINUTE)[0]?.closed).toBe(true);
  });

  it('rolls hours up to the days of another time zone', () => {
    const hours = Array.from({ length: 48 }, (_, hour) => kline('1h', hour * INTERVAL_US['1h']));
    const days = rollUp(hours, '1d', 480);
    expect(days.map((day) => [day.openUs, day.volumeLots])).toEqual([
      [klineOpenUs('1d', 0, 480), 160],
      [16 * INTERVAL_US['1h'], 240],
      [40 * INTERVAL_US['1h'], 80],
    ]);
    expect(days[0]?.openUs).toBe(-8 * INTERVAL_US['1h']);
  });

  it('leaves empty parts out and its input alone', () => {
    const traded = Object.freeze(kline('1m', 0));
    const empty = Object.freeze(kline('1m', MINUTE, { trades: 0, volumeLots: 0, openTicks: 1, lowTicks: 1 }));
    expect(rollUp([empty, traded, empty], '5m')).toEqual([{ ...traded, interval: '5m', closeUs: 5 * MINUTE - 1, closed: false }]);
    expect(rollUp([empty], '5m')).toEqual([]);
  });
});

describe('fillEmpty', () => {
  const range = { interval: '1d', firstOpenUs: 10 * DAY, lastOpenUs: 13 * DAY, nowUs: 13 * DAY + 5 } as const;

  it('puts flat klines at the last close where nobody traded', () => {
    const traded = kline('1d', 11 * DAY, { closeTicks: 77 });
    const filled = fillEmpty([traded], { ...range, previous: kline('1d', 3 * DAY, { closeTicks: 55 }) });
    expect(filled.map((k) => [k.openUs / DAY, k.openTicks, k.highTicks, k.lowTicks, k.closeTicks])).toEqual([
      [10, 55, 55, 55, 55],
      [11, 100, 110, 90, 77],
      [12, 77, 77, 77, 77],
      [13, 77, 77, 77, 77],
    ]);
    expect(filled[2]).toEqual({
      ...kline('1d', 12 * DAY),
      openTicks: 77,
      highTicks: 77,
      lowTicks: 77,
      closeTicks: 77,
      volumeLots: 0,
      quoteUnits: 0n,
      trades: 0,
      takerBuyLots: 0,
      takerBuyQuoteUnits: 0n,
      firstTradeId: -1,
      lastTradeId: -1,
      closed: true,
    });
    expect(filled[3]?.closed).toBe(false);
  });

  it('starts with the first trade when there was none before', () => {
    const traded = kline('1d', 12 * DAY);
    expect(fillEmpty([traded], range).map((k) => k.openUs / DAY)).toEqual([12, 13]);
    expect(fillEmpty([], range)).toEqual([]);
  });

  it('fills months of any length in a time zone', () => {
    const at = (text: string): number => Date.parse(text) * 1000;
    const filled = fillEmpty([], {
      interval: '1M',
      timeZoneMinutes: -120,
      firstOpenUs: at('2024-01-01T02:00:00Z'),
      lastOpenUs: at('2024-04-01T02:00:00Z'),
      previous: kline('1M', at('2023-12-01T02:00:00Z')),
      nowUs: at('2024-04-02T00:00:00Z'),
    });
    expect(filled.map((k) => new Date(k.openUs / 1000).toISOString())).toEqual([
      '2024-01-01T02:00:00.000Z',
      '2024-02-01T02:00:00.000Z',
      '2024-03-01T02:00:00.000Z',
      '2024-04-01T02:00:00.000Z',
    ]);
  });
});
