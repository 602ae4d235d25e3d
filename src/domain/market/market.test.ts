// One order at a time: the entries of each command, whole.
import { describe, expect, test } from 'vitest';
import { instrument, order, request, TestMarket } from '../../../tests/market/fixture.ts';
import type { ChangeLogEntry } from '../changeLogEntry.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, OrderType, RequestKind, Side, SymbolStatus, TimeInForce } from '../orderTerms.ts';
import { EngineReject } from '../rejectReason.ts';
import { Market } from './market.ts';

const { Pending, PartiallyFilled, Filled, Rejected, Expired } = OrderStatus;
const { BUY, SELL } = Side;

function withAsks(...levels: [priceTicks: number, lots: number][]): TestMarket {
  const market = new TestMarket();
  levels.forEach(([priceTicks, origLots], i) => {
    market.place(order({ orderId: i + 1, side: SELL, priceTicks, origLots }));
  });
  return market;
}

describe('LIMIT', () => {
  test('rests when nothing crosses', () => {
    const market = new TestMarket();
    expect(market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 5 }))).toEqual([
      { created: 'order', id: 1, status: Pending, bookLots: 5, updateId: 1 },
    ]);
    expect(market.market.depth(10)).toEqual({ bids: [[100, 5]], asks: [] });
  });

  test('trades at the makers prices, best first, and rests with what is left', () => {
    const market = withAsks([102, 4], [101, 3], [103, 9]);
    expect(market.place(order({ orderId: 9, side: BUY, priceTicks: 102, origLots: 10 }))).toEqual([
      { created: 'order', id: 9, status: Pending },
      { created: 'trade', id: 1, at: 101, lots: 3, maker: 2, taker: 9 },
      {
        updated: 'order',
        id: 2,
        status: Filled,
        executedLots: 3,
        cumQuoteUnits: 3030n,
        bookLots: 0,
        updateId: 4,
        updateUs: 1_000_004,
      },
      { created: 'trade', id: 2, at: 102, lots: 4, maker: 1, taker: 9 },
      {
        updated: 'order',
        id: 1,
        status: Filled,
        executedLots: 4,
        cumQuoteUnits: 4080n,
        bookLots: 0,
        updateId: 5,
        updateUs: 1_000_004,
      },
      {
        updated: 'order',
        id: 9,
        executedLots: 7,
        cumQuoteUnits: 7110n,
        status: PartiallyFilled,
        bookLots: 3,
        updateId: 6,
      },
    ]);
    expect(market.market.depth(10)).toEqual({ bids: [[102, 3]], asks: [[103, 9]] });
    expect([market.market.lastPriceTicks, market.market.lastTradeId, market.market.updateId]).toEqual([102, 2, 6]);
  });

  test('a trade is complete for both sides, fees withheld from what each receives', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, accountId: 7, side: SELL, priceTicks: 101, origLots: 3, makerRate: 100_000, takerRate: 1 }));
    market.place(order({ orderId: 2, accountId: 8, side: BUY, priceTicks: 105, origLots: 3, makerRate: 1, takerRate: 150_000 }));
    expect(market.log[2]).toEqual({
      entityType: 3,
      entityId: 'BTCUSDT-1',
      changeType: {
        kind: 0,
        fields: {
          tradeId: 1,
          symbol: 'BTCUSDT',
          priceTicks: 101,
          lots: 3,
          quoteUnits: 3030n,
          buyerIsMaker: false,
          buyerOrderId: 2,
          sellerOrderId: 1,
          buyerAccountId: 8,
          sellerAccountId: 7,
          // 15 bps of 3000 base units and 10 bps of 3030 quote units, rounded up.
          buyerFeeUnits: 5n,
          sellerFeeUnits: 4n,
          tradeUs: 1_000_002,
        },
      },
      timestamp: 1_000_002,
      sequence: 0,
    });
  });

  test('IOC takes what it can and the rest expires', () => {
    const market = withAsks([101, 3]);
    const ioc = order({ orderId: 9, side: BUY, priceTicks: 101, origLots: 5, timeInForce: TimeInForce.IOC });
    expect(market.place(ioc).slice(-1)).toEqual([
      {
        updated: 'order',
        id: 9,
        executedLots: 3,
        cumQuoteUnits: 3030n,
        status: Expired,
        expiryReason: ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED,
      },
    ]);
    expect(market.place({ ...ioc, orderId: 10 })).toEqual([
      { created: 'order', id: 10, status: Pending },
      { updated: 'order', id: 10, status: Expired, expiryReason: ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED },
    ]);
  });

  test('FOK trades all or nothing', () => {
    const market = withAsks([101, 3], [102, 3], [103, 9]);
    const fok = order({ orderId: 9, side: BUY, priceTicks: 102, origLots: 7, timeInForce: TimeInForce.FOK });
    expect(market.place(fok)).toEqual([
      { created: 'order', id: 9, status: Pending },
      { updated: 'order', id: 9, status: Expired, expiryReason: ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED },
    ]);
    expect(market.place({ ...fok, orderId: 10, origLots: 6 }).slice(-1)).toEqual([
      { updated: 'order', id: 10, executedLots: 6, cumQuoteUnits: 6090n, status: Filled },
    ]);
  });

  test('GTD ends at its time, before anyone can trade with it', () => {
    const market = new TestMarket();
    const dated = { side: SELL, priceTicks: 101, origLots: 5, timeInForce: TimeInForce.GTD };
    market.place(order({ orderId: 1, ...dated, expireUs: 1_000_100 }));
    market.place(order({ orderId: 2, ...dated, expireUs: 1_000_050 }));
    expect(market.market.nextExpiryUs).toBe(1_000_050);
    expect(market.tick(1_000_049)).toEqual([]);
    const ended = { updated: 'order', status: Expired, bookLots: 0, expiryReason: ExpiryReason.GTD_EXPIRED };
    expect(market.tick(1_000_050)).toEqual([{ ...ended, id: 2, updateId: 3, updateUs: 1_000_050 }]);
    expect(market.market.nextExpiryUs).toBe(1_000_100);
    market.nowUs = 1_000_099;
    expect(market.place(order({ orderId: 3, side: BUY, priceTicks: 101, origLots: 5 }))).toEqual([
      { ...ended, id: 1, updateId: 4, updateUs: 1_000_100 },
      { created: 'order', id: 3, status: Pending, bookLots: 5, updateId: 5 },
    ]);
    expect(market.market.nextExpiryUs).toBe(Number.POSITIVE_INFINITY);
    expect(market.place(order({ orderId: 4, ...dated, expireUs: 1_000_101 }))).toEqual([
      { created: 'order', id: 4, status: Rejected, rejectCode: EngineReject.GTD_EXPIRY.code },
    ]);
  });
});

describe('LIMIT_MAKER', () => {
  test('rests, and is refused when it would match', () => {
    const market = withAsks([101, 3]);
    const maker = order({ orderId: 9, side: BUY, type: OrderType.LIMIT_MAKER, priceTicks: 100, origLots: 5 });
    expect(market.place(maker)).toEqual([{ created: 'order', id: 9, status: Pending, bookLots: 5, updateId: 2 }]);
    expect(market.place({ ...maker, orderId: 10, priceTicks: 101 })).toEqual([
      { created: 'order', id: 10, status: Rejected, rejectCode: EngineReject.WOULD_MATCH.code },
    ]);
  });
});

describe('MARKET', () => {
  const buy = { side: BUY, type: OrderType.MARKET } as const;

  test('by quantity takes the book; what the book lacks expires', () => {
    const market = withAsks([101, 3], [105, 2]);
    const taken = market.place(order({ orderId: 9, ...buy, origLots: 9 }));
    expect(taken.filter((entry) => 'at' in entry)).toEqual([
      { created: 'trade', id: 1, at: 101, lots: 3, maker: 1, taker: 9 },
      { created: 'trade', id: 2, at: 105, lots: 2, maker: 2, taker: 9 },
    ]);
    expect(taken.at(-1)).toEqual({
      updated: 'order',
      id: 9,
      executedLots: 5,
      cumQuoteUnits: 5130n,
      status: Expired,
      expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY,
    });
  });

  test('never spends more than was reserved', () => {
    const market = withAsks([100, 3], [110, 9]);
    // 3 at 100 cost 3000 units, one at 110 costs 1100: 5199 pay for one of them.
    expect(market.place(order({ orderId: 9, ...buy, origLots: 9, reservedUnits: 5_199n })).at(-1)).toEqual({
      updated: 'order',
      id: 9,
      executedLots: 4,
      cumQuoteUnits: 4_100n,
      status: Expired,
      expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY,
    });
  });

  test('BUY for an amount spends as much of it as buys whole lots', () => {
    const market = withAsks([100, 3], [110, 9]);
    const spend = order({ orderId: 9, ...buy, origQuoteUnits: 5_300n, reservedUnits: 5_300n });
    expect(market.place(spend).at(-1)).toEqual({
      updated: 'order',
      id: 9,
      executedLots: 5,
      cumQuoteUnits: 5_200n,
      origLots: 5,
      status: Filled,
    });
    const all = order({ orderId: 10, ...buy, origQuoteUnits: 99_999n, reservedUnits: 99_999n });
    expect(market.place(all).at(-1)).toMatchObject({
      executedLots: 7,
      origLots: 7,
      status: Expired,
      expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY,
    });
    expect(market.place({ ...all, orderId: 11 })).toEqual([
      { created: 'order', id: 11, status: Rejected, rejectCode: EngineReject.NO_LIQUIDITY.code },
    ]);
  });

  test('for an amount, on a book with less than the least quantity', () => {
    const of = (minLots: number, marketMinLots: number): TestMarket => {
      const market = new TestMarket({ ...instrument, filters: { ...instrument.filters, minLots, marketMinLots } });
      market.place(order({ orderId: 1, side: SELL, priceTicks: 101, origLots: 2 }));
      market.place(order({ orderId: 2, side: SELL, priceTicks: 103, origLots: 4, icebergLots: 1 }));
      return market;
    };
    const spend = order({ orderId: 9, ...buy, origQuoteUnits: 5_300n, reservedUnits: 5_300n });
    const refused = (code: number) => [{ created: 'order', id: 9, status: Rejected, rejectCode: code }];
    expect(of(7, 0).place(spend)).toEqual(refused(EngineReject.LIQUIDITY_LOT_SIZE.code));
    expect(of(7, 8).place(spend)).toEqual(refused(EngineReject.LIQUIDITY_LOT_SIZE.code));
    expect(of(6, 7).place(spend)).toEqual(refused(EngineReject.LIQUIDITY_MARKET_LOT_SIZE.code));
    // Six lots, three of them hidden, at two prices.
    expect(of(6, 6).place(spend).at(-1)).toMatchObject({ id: 9, executedLots: 5, status: Filled });
    // By quantity it takes what there is.
    const market = of(7, 8);
    expect(market.place(order({ orderId: 9, ...buy, origLots: 8 })).at(-1)).toMatchObject({ id: 9, executedLots: 6, status: Expired });
    expect(market.place({ ...spend, orderId: 10 })).toEqual([
      { created: 'order', id: 10, status: Rejected, rejectCode: EngineReject.NO_LIQUIDITY.code },
    ]);
  });

  test('SELL for an amount sells what takes it, at most what was reserved', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 3 }));
    market.place(order({ orderId: 2, side: BUY, priceTicks: 90, origLots: 30 }));
    const take = order({
      orderId: 9,
      side: SELL,
      type: OrderType.MARKET,
      origQuoteUnits: 5_000n,
      reservedUnits: 10_000n,
    });
    expect(market.place(take).at(-1)).toMatchObject({
      executedLots: 5,
      cumQuoteUnits: 4_800n,
      origLots: 5,
      status: Filled,
    });
    expect(market.place({ ...take, orderId: 10, reservedUnits: 4_999n }).at(-1)).toMatchObject({
      executedLots: 4,
      origLots: 4,
      status: Expired,
      expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY,
    });
  });
});

describe('iceberg', () => {
  test('shows its part; the next part goes to the end of the queue', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: SELL, priceTicks: 100, origLots: 10, icebergLots: 4 }));
    market.place(order({ orderId: 2, side: SELL, priceTicks: 100, origLots: 3 }));
    expect(market.market.depth(1).asks).toEqual([[100, 7]]);
    const taken = market.place(order({ orderId: 9, side: BUY, priceTicks: 100, origLots: 12 }));
    expect(taken.filter((entry) => 'at' in entry)).toEqual([
      { created: 'trade', id: 1, at: 100, lots: 4, maker: 1, taker: 9 },
      { created: 'trade', id: 2, at: 100, lots: 3, maker: 2, taker: 9 },
      { created: 'trade', id: 3, at: 100, lots: 4, maker: 1, taker: 9 },
      { created: 'trade', id: 4, at: 100, lots: 1, maker: 1, taker: 9 },
    ]);
    // A full part for a full part: nothing changes on the book, so no update of it is counted.
    expect(taken[2]).toEqual({
      updated: 'order',
      id: 1,
      status: PartiallyFilled,
      executedLots: 4,
      cumQuoteUnits: 4_000n,
      updateUs: 1_000_003,
    });
    expect(taken[6]).toMatchObject({ id: 1, executedLots: 8, bookLots: 2, updateId: 4 });
    expect(market.market.depth(1).asks).toEqual([[100, 1]]);
  });

  test('FOK counts what is hidden', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: SELL, priceTicks: 100, origLots: 10, icebergLots: 4 }));
    const fok = order({ orderId: 9, side: BUY, priceTicks: 100, origLots: 10, timeInForce: TimeInForce.FOK });
    expect(market.place(fok).at(-1)).toMatchObject({ status: Filled, executedLots: 10 });
  });
});

describe('a market that is not open', () => {
  test.each([
    ['HALT', SymbolStatus.HALT, EngineReject.MARKET_CLOSED.code],
    ['BREAK', SymbolStatus.BREAK, EngineReject.MARKET_CLOSED.code],
    ['CANCEL_ONLY', SymbolStatus.CANCEL_ONLY, EngineReject.CANCEL_ONLY.code],
  ])('%s refuses orders and lets cancels through', (_name, status, rejectCode) => {
    const market = withAsks([101, 3]);
    market.market.updateInstrument({ ...instrument, status });
    expect(market.place(order({ orderId: 9, side: BUY, priceTicks: 90, origLots: 5 }))).toEqual([
      { created: 'order', id: 9, status: Rejected, rejectCode },
    ]);
    expect(market.request(1, request(RequestKind.CANCEL))).toMatchObject([{ id: 1, status: OrderStatus.Cancelled }]);
    market.market.updateInstrument(instrument);
    expect(market.place(order({ orderId: 10, side: BUY, priceTicks: 90, origLots: 5 }))).toMatchObject([{ status: Pending }]);
  });
});

test('prices as far apart as real books have them', () => {
  const market = withAsks([100_000_000_000, 1], [2, 1], [2 ** 46, 1]);
  market.place(order({ orderId: 9, side: BUY, priceTicks: 1, origLots: 1 }));
  expect(market.market.depth(10)).toEqual({
    bids: [[1, 1]],
    asks: [
      [2, 1],
      [100_000_000_000, 1],
      [2 ** 46, 1],
    ],
  });
});

test('what is brought near beforehand changes nothing', () => {
  const market = new Market(instrument);
  const out: ChangeLogEntry[] = [];
  for (let orderId = 1; orderId <= 40_000; orderId++) {
    const buys = orderId % 2 === 0;
    const made = order({
      orderId,
      side: buys ? BUY : SELL,
      priceTicks: buys ? 1_000 - (orderId % 700) : 1_001 + (orderId % 700),
      origLots: 5,
    });
    market.place([made], null, orderId, out);
  }
  const hash = market.hash();
  for (const orderId of [1, 2, 20_000, 99_999]) market.prefetchRequest(orderId);
  market.prefetchPlace(40_001, BUY, 400);
  market.prefetchPlace(40_002, SELL, 5_000);
  market.fetch();
  market.fetch();
  expect(market.hash()).toBe(hash);
  market.checkInvariants();
});
