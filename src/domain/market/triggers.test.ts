// Orders that wait for a price: when they fire, in which order, and what they do then.
import { describe, expect, test } from 'vitest';
import { order, request, TestMarket } from '../../../tests/market/fixture.ts';
import type { ChangeLogEntry } from '../changeLogEntry.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, OrderType, RequestKind, Side, TimeInForce } from '../orderTerms.ts';
import { EngineReject } from '../rejectReason.ts';
import type { SpotOrder } from '../spotOrder.ts';

const { ConditionalPending, Pending, PartiallyFilled, Filled, Rejected, Expired } = OrderStatus;
const { BUY, SELL } = Side;

/** Trades one lot at each price, through a maker and a taker that leave nothing behind. */
function trade(market: TestMarket, ...prices: number[]): object[] {
  return prices.flatMap((priceTicks) => {
    const id = 10_000 + market.log.length;
    market.place(order({ orderId: id, side: SELL, type: OrderType.LIMIT_MAKER, priceTicks, origLots: 1 }));
    return market.place(order({ orderId: id + 1, side: BUY, priceTicks, origLots: 1, timeInForce: TimeInForce.IOC }));
  });
}

function stop(orderId: number, side: Side, type: OrderType, stopPriceTicks: number, terms: Partial<SpotOrder> = {}): SpotOrder {
  return order({ orderId, side, type, stopPriceTicks, origLots: 2, ...terms });
}

test.each([
  ['STOP_LOSS BUY', BUY, OrderType.STOP_LOSS, 'rises to', 105, 104],
  ['TAKE_PROFIT SELL', SELL, OrderType.TAKE_PROFIT, 'rises to', 105, 104],
  ['STOP_LOSS SELL', SELL, OrderType.STOP_LOSS, 'falls to', 95, 96],
  ['TAKE_PROFIT BUY', BUY, OrderType.TAKE_PROFIT, 'falls to', 95, 96],
])('%s fires when the price %s it', (_name, side, type, _moves, at, before) => {
  const market = new TestMarket();
  trade(market, 100);
  expect(market.place(stop(1, side, type, 105 + (at - 105)))).toEqual([{ created: 'order', id: 1, status: ConditionalPending }]);
  trade(market, before);
  expect(market.market.openOrder(1)?.status).toBe(ConditionalPending);
  const other = side === BUY ? SELL : BUY;
  market.place(order({ orderId: 2, side: other, priceTicks: side === BUY ? 120 : 80, origLots: 1 }));
  expect(trade(market, at).slice(-4)).toEqual([
    { updated: 'order', id: 1, status: Pending, workingUs: market.nowUs, updateUs: market.nowUs },
    { created: 'trade', id: 4, at: side === BUY ? 120 : 80, lots: 1, maker: 2, taker: 1 },
    expect.objectContaining({ id: 2, status: Filled }),
    {
      updated: 'order',
      id: 1,
      executedLots: 1,
      cumQuoteUnits: side === BUY ? 1_200n : 800n,
      status: Expired,
      expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY,
    },
  ]);
});

test('an order that would fire at once is refused', () => {
  const market = new TestMarket();
  expect(market.place(stop(1, BUY, OrderType.STOP_LOSS, 90))).toMatchObject([{ status: ConditionalPending }]);
  trade(market, 80);
  for (const [side, type] of [
    [BUY, OrderType.STOP_LOSS],
    [SELL, OrderType.TAKE_PROFIT_LIMIT],
  ] as const) {
    expect(market.place(stop(10 + side, side, type, 80, { priceTicks: 85 }))).toEqual([
      { created: 'order', id: 10 + side, status: Rejected, rejectCode: EngineReject.WOULD_TRIGGER.code },
    ]);
  }
});

test('a triggered limit order trades as a taker, then rests', () => {
  const market = new TestMarket();
  trade(market, 100);
  market.place(stop(1, BUY, OrderType.STOP_LOSS_LIMIT, 105, { priceTicks: 107, origLots: 5, icebergLots: 2 }));
  market.place(order({ orderId: 2, side: SELL, priceTicks: 106, origLots: 2 }));
  expect(trade(market, 105).slice(-4)).toEqual([
    { updated: 'order', id: 1, status: Pending, workingUs: 1_000_006, updateUs: 1_000_006 },
    { created: 'trade', id: 3, at: 106, lots: 2, maker: 2, taker: 1 },
    expect.objectContaining({ id: 2, status: Filled }),
    {
      updated: 'order',
      id: 1,
      executedLots: 2,
      cumQuoteUnits: 2_120n,
      status: PartiallyFilled,
      bookLots: 2,
      updateId: 7,
    },
  ]);
});

test('a triggered limit order that does not cross rests with its first entry', () => {
  const market = new TestMarket();
  trade(market, 100);
  market.place(stop(3, SELL, OrderType.STOP_LOSS_LIMIT, 95, { priceTicks: 97 }));
  expect(trade(market, 95).at(-1)).toEqual({
    updated: 'order',
    id: 3,
    status: Pending,
    workingUs: market.nowUs,
    updateUs: market.nowUs,
    bookLots: 2,
    updateId: 5,
  });
});

test('a price touched in the middle of a sweep counts', () => {
  const market = new TestMarket();
  trade(market, 110);
  market.place(stop(1, SELL, OrderType.STOP_LOSS_LIMIT, 102, { priceTicks: 200 }));
  market.place(order({ orderId: 2, side: SELL, priceTicks: 101, origLots: 1 }));
  market.place(order({ orderId: 3, side: SELL, priceTicks: 109, origLots: 1 }));
  const swept = market.place(order({ orderId: 4, side: BUY, priceTicks: 109, origLots: 2 }));
  expect(swept.at(-2)).toMatchObject({ id: 4, status: Filled });
  expect(swept.at(-1)).toMatchObject({ id: 1, status: Pending, bookLots: 2 });
});

test('a cascade goes by trigger price, then arrival, one order after the other', () => {
  const market = new TestMarket();
  trade(market, 100);
  const sells = { priceTicks: 1, origLots: 1 } as const;
  market.place(stop(1, SELL, OrderType.STOP_LOSS_LIMIT, 97, sells));
  market.place(stop(2, SELL, OrderType.STOP_LOSS_LIMIT, 99, sells));
  market.place(stop(3, SELL, OrderType.STOP_LOSS_LIMIT, 99, sells));
  market.place(stop(4, SELL, OrderType.STOP_LOSS_LIMIT, 90, sells));
  for (const [orderId, priceTicks] of [
    [11, 99],
    [12, 97],
    [13, 96],
    [14, 95],
    [15, 91],
  ] as const)
    market.place(order({ orderId, side: BUY, priceTicks, origLots: 1 }));
  const entries = market.place(order({ orderId: 20, side: SELL, priceTicks: 99, origLots: 1 }));
  expect(entries.filter((entry) => 'at' in entry)).toEqual([
    { created: 'trade', id: 2, at: 99, lots: 1, maker: 11, taker: 20 },
    { created: 'trade', id: 3, at: 97, lots: 1, maker: 12, taker: 2 },
    { created: 'trade', id: 4, at: 96, lots: 1, maker: 13, taker: 3 },
    { created: 'trade', id: 5, at: 95, lots: 1, maker: 14, taker: 1 },
  ]);
  expect(market.market.openOrder(4)?.status).toBe(ConditionalPending);
});

test('a cascade is as long as there are orders', () => {
  const { market } = new TestMarket();
  const log: ChangeLogEntry[] = [];
  const place = (terms: SpotOrder): void => market.place([terms], null, 1, log);
  const count = 8_000;
  place(order({ orderId: 1, side: BUY, priceTicks: 100_000, origLots: 1 }));
  place(order({ orderId: 2, side: SELL, priceTicks: 100_000, origLots: 1 }));
  for (let i = 1; i <= count; i++) {
    place(order({ orderId: 2 + i, side: BUY, priceTicks: 100_000 - i, origLots: 1 }));
    place(stop(200_000 + i, SELL, OrderType.STOP_LOSS, 100_000 - i, { origLots: 1 }));
  }
  // The first trade fires the first stop, which trades with the next bid, and so on; the last one finds nobody.
  place(order({ orderId: 999_999, side: SELL, priceTicks: 1, origLots: 1 }));
  expect([market.lastTradeId, market.lastPriceTicks]).toEqual([count + 1, 100_000 - count]);
  expect(market.openIds()).toEqual([]);
});

describe('trailing stops (Binance faqs/trailing-stop-faq.md, in ticks of 1.00)', () => {
  const sell = { priceTicks: 1, origLots: 1 };
  const buy = { priceTicks: 90_000, origLots: 1 };

  test.each([
    ['A: STOP_LOSS_LIMIT BUY', BUY, OrderType.STOP_LOSS_LIMIT, 44_000, 500, [40_000, 37_000, 44_000, 46_000, 42_000, 44_099], 44_100],
    ['B: STOP_LOSS_LIMIT SELL', SELL, OrderType.STOP_LOSS_LIMIT, 39_000, 1000, [41_500, 39_000, 37_000, 41_000, 36_901], 36_900],
    ['C: TAKE_PROFIT_LIMIT BUY', BUY, OrderType.TAKE_PROFIT_LIMIT, 38_000, 850, [42_000, 38_000, 37_000, 39_000, 38_000, 40_144], 40_145],
    [
      'D: TAKE_PROFIT_LIMIT SELL',
      SELL,
      OrderType.TAKE_PROFIT_LIMIT,
      42_000,
      750,
      [41_500, 39_000, 42_000, 45_000, 44_000, 46_500, 43_013],
      43_012,
    ],
    ['E: without a stop price', SELL, OrderType.STOP_LOSS_LIMIT, 0, 700, [42_000, 39_500, 45_500, 42_316], 42_315],
  ] as const)('%s', (_name, side, type, stopPriceTicks, trailingDelta, quiet, fires) => {
    const market = new TestMarket();
    trade(market, 40_000);
    market.place(stop(1, side, type, stopPriceTicks, { ...(side === BUY ? buy : sell), trailingDelta }));
    expect(market.market.openOrder(1)).toMatchObject({ trailingUs: 0, trailingExtremeTicks: 0 });
    for (const price of quiet) {
      trade(market, price);
      expect(market.market.openOrder(1)?.status).toBe(ConditionalPending);
    }
    expect(trade(market, fires).at(-1)).toMatchObject({ updated: 'order', id: 1, status: Pending, bookLots: 1 });
  });

  test('the log tells when tracking starts, and the extreme it fired from', () => {
    const market = new TestMarket();
    market.place(stop(1, SELL, OrderType.STOP_LOSS_LIMIT, 0, { ...sell, trailingDelta: 1_000 }));
    expect(trade(market, 100).filter((entry) => 'updated' in entry && 'id' in entry && entry.id === 1)).toEqual([
      { updated: 'order', id: 1, trailingUs: market.nowUs, trailingExtremeTicks: 100, updateUs: market.nowUs },
    ]);
    expect(trade(market, 120).filter((entry) => 'updated' in entry && 'id' in entry && entry.id === 1)).toEqual([]);
    expect(market.market.openOrder(1)?.trailingExtremeTicks).toBe(120);
    expect(trade(market, 108).at(-1)).toMatchObject({ id: 1, status: Pending, trailingExtremeTicks: 120, bookLots: 1 });
    expect(market.fold().hash()).toBe(market.market.hash());
  });
});

test('a stop that was amended spends no more than its account keeps for it', () => {
  const market = new TestMarket();
  trade(market, 100);
  // 10 lots at 105 with a quarter more: 13,125 units. Amended to 4, the account keeps 5,250.
  market.place(stop(1, BUY, OrderType.STOP_LOSS, 105, { origLots: 10, reservedUnits: 13_125n }));
  market.request(1, request(RequestKind.AMEND, { lots: 4 }));
  market.place(order({ orderId: 2, side: SELL, priceTicks: 200, origLots: 9 }));
  expect(trade(market, 105).at(-1)).toMatchObject({ id: 1, executedLots: 2, cumQuoteUnits: 4_000n, status: Expired });
});
