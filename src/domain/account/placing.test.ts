import { beforeEach, describe, expect, it } from 'vitest';
import { AccountBench, instrumentOf, linesOf, marketSays, profileOf } from '../../../tests/fixtures/accounts.ts';
import { EntityType, entityIds } from '../changeLogEntry.ts';
import { MAX_LOTS, MAX_TICKS } from '../instrument.ts';
import { OrderStatus } from '../orderStatus.ts';
import { OrderType, Side, SymbolStatus } from '../orderTerms.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';

let bench: AccountBench;

beforeEach(() => {
  bench = new AccountBench();
  bench.deposit('USDT', 100_000n);
  bench.deposit('BTC', 50_000n);
});

function refuses(reason: EngineReason, run: () => unknown): void {
  const before = bench.live.hash();
  expect(run()).toEqual({ ok: false, reason });
  expect(bench.entries).toEqual([]);
  expect(bench.live.hash()).toBe(before);
}

describe('placing an order', () => {
  it('locks the notional of a limit buy and writes the whole order', () => {
    const reply = bench.place({ clientOrderId: 'mine' });
    const row = {
      orderId: 1,
      accountId: 1000,
      symbol: 'BTCUSDT',
      clientOrderId: 'mine',
      side: 1,
      type: 2,
      timeInForce: 1,
      priceTicks: 100,
      origLots: 5,
      commandId: 3,
      createdUs: bench.nowUs,
      makerRate: 100_000,
      takerRate: 200_000,
      status: OrderStatus.Pending,
      executedLots: 0,
      cumQuoteUnits: 0n,
      bookLots: 0,
      updateId: 0,
      updateUs: bench.nowUs,
      workingUs: 0,
      reservedUnits: 5000n,
      origQuoteUnits: 0n,
      stpMode: 0,
      stopPriceTicks: 0,
      trailingDelta: 0,
      trailingUs: 0,
      trailingExtremeTicks: 0,
      icebergLots: 0,
      expireUs: 0,
      orderListId: -1,
      listLeg: 0,
      strategyId: null,
      strategyType: null,
      pegPriceType: 0,
      pegOffsetType: 0,
      pegOffsetValue: 0,
      peggedPriceTicks: 0,
      preventedLots: 0,
      preventedMatch: null,
      expiryReason: 0,
      rejectCode: 0,
      amendCount: 0,
      request: null,
      outcome: null,
    };
    expect(reply).toEqual({ ok: true, orders: [row], list: null, requestedOrderIds: [] });
    expect(bench.entries).toEqual([
      {
        entityType: EntityType.SpotOrder,
        entityId: 1,
        changeType: { kind: 0, fields: row },
        timestamp: bench.nowUs,
        sequence: 0,
      },
      {
        entityType: EntityType.Balance,
        entityId: entityIds.balance(1000, 'USDT'),
        changeType: {
          kind: 1,
          // free, locked, updateUs, cause, requestId
          changedFields: [
            ...[2, 100_000n, 95_000n],
            ...[3, 0n, 5000n],
            ...[4, bench.nowUs - 2000, bench.nowUs],
            ...[5, 1, 0],
            ...[6, 'seed-0', ''],
          ],
        },
        timestamp: bench.nowUs,
        sequence: 0,
      },
    ]);
  });

  it.each([
    ['limit sell: the quantity', { side: Side.SELL }, 'BTC', 5000n],
    ['limit maker buy', { type: OrderType.LIMIT_MAKER }, 'USDT', 5000n],
    ['stop limit buy: the limit price', { type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 90 }, 'USDT', 5000n],
    ['market buy by amount', { type: OrderType.MARKET, priceTicks: 0, lots: 0, quoteUnits: 777n }, 'USDT', 777n],
    ['market buy: the estimate and a quarter', { type: OrderType.MARKET, priceTicks: 0, estimateUnits: 1001n }, 'USDT', 1252n],
    ['market buy, margin capped', { type: OrderType.MARKET, priceTicks: 0, estimateUnits: 90_000n }, 'USDT', 100_000n],
    ['market buy, nothing known: all', { type: OrderType.MARKET, priceTicks: 0 }, 'USDT', 100_000n],
    ['market sell: the quantity', { type: OrderType.MARKET, priceTicks: 0, side: Side.SELL }, 'BTC', 5000n],
    [
      'market sell by amount: the estimate in base units and a quarter',
      { type: OrderType.MARKET, side: Side.SELL, priceTicks: 0, lots: 0, quoteUnits: 400n, estimateUnits: 4000n },
      'BTC',
      5000n,
    ],
    [
      'market sell by amount, nothing known: all',
      { type: OrderType.MARKET, side: Side.SELL, priceTicks: 0, lots: 0, quoteUnits: 400n },
      'BTC',
      50_000n,
    ],
    ['stop buy: the stop price and a quarter', { type: OrderType.STOP_LOSS, priceTicks: 0, stopPriceTicks: 110 }, 'USDT', 6875n],
    ['stop buy, margin capped', { type: OrderType.TAKE_PROFIT, priceTicks: 0, stopPriceTicks: 1900 }, 'USDT', 100_000n],
    [
      'trailing buy: the estimate and a quarter',
      { type: OrderType.STOP_LOSS, priceTicks: 0, trailingDelta: 100, estimateUnits: 4000n },
      'USDT',
      5000n,
    ],
    ['stop sell: the quantity', { type: OrderType.STOP_LOSS, side: Side.SELL, priceTicks: 0, stopPriceTicks: 9 }, 'BTC', 5000n],
    ['pegged buy: the estimate and a quarter', { priceTicks: 0, pegPriceType: 1, estimateUnits: 4000n }, 'USDT', 5000n],
    ['pegged buy with a limit: the higher', { priceTicks: 120, pegPriceType: 1, estimateUnits: 4000n }, 'USDT', 7500n],
    [
      'pegged stop buy: the stop price when it is the highest',
      { type: OrderType.STOP_LOSS_LIMIT, priceTicks: 0, stopPriceTicks: 200, pegPriceType: 2, estimateUnits: 4000n },
      'USDT',
      12_500n,
    ],
  ] as const)('reserves: %s', (_, changes, asset, reserved) => {
    expect(bench.place(changes)).toMatchObject({ ok: true, orders: [{ reservedUnits: reserved }] });
    expect(bench.locked(asset)).toBe(reserved);
    expect(bench.live.reservations(bench)).toEqual(new Map([[asset, reserved]]));
  });

  it('sets triggered orders aside as conditional', () => {
    expect(bench.place({ type: OrderType.STOP_LOSS, priceTicks: 0, stopPriceTicks: 110 })).toMatchObject({
      orders: [{ status: OrderStatus.ConditionalPending, stopPriceTicks: 110 }],
    });
  });

  it('stamps the rates of the symbol where the account has them', () => {
    bench.current = profileOf(1000, { symbolRates: { BTCUSDT: { makerRate: 1, takerRate: 2 } } });
    expect(bench.place()).toMatchObject({ orders: [{ makerRate: 1, takerRate: 2 }] });
  });

  it('numbers orders from the context', () => {
    bench.place();
    expect(bench.place({ clientOrderId: 'c2' })).toMatchObject({ orders: [{ orderId: 2 }] });
    expect([...bench.live.openIds()]).toEqual([1, 2]);
    expect([...bench.live.openOrders()].map((order) => order.clientOrderId)).toEqual(['c1', 'c2']);
  });
});

describe('a new order is refused', () => {
  it.each([
    ['a unit short', { priceTicks: 401, lots: 25 }],
    ['nothing of the asset', { type: OrderType.MARKET, priceTicks: 0, side: Side.SELL, lots: 51 }],
    ['less than the estimate', { type: OrderType.MARKET, priceTicks: 0, estimateUnits: 100_001n }],
    ['less than the stop notional', { type: OrderType.STOP_LOSS, priceTicks: 0, stopPriceTicks: 2001 }],
    ['less than the quote amount', { type: OrderType.MARKET, priceTicks: 0, lots: 0, quoteUnits: 100_001n }],
  ] as const)('without funds: %s', (_, changes) => {
    refuses(EngineReject.INSUFFICIENT_BALANCE, () => bench.place(changes));
  });

  it('when everything free is wanted and nothing is', () => {
    bench.place({ priceTicks: 2000, lots: 5 });
    expect(bench.free('USDT')).toBe(0n);
    refuses(EngineReject.INSUFFICIENT_BALANCE, () => bench.place({ clientOrderId: 'c2', type: OrderType.MARKET, priceTicks: 0 }));
  });

  it.each([
    ['price', { priceTicks: 0 }],
    ['quantity', { lots: 0 }],
    ['quantity to sell', { side: Side.SELL, lots: 0 }],
    ['quantity, but less', { side: Side.SELL, type: OrderType.MARKET, lots: -1 }],
  ] as const)('without a %s', (_, changes) => {
    refuses(EngineReject.PRICE_QTY_ZERO, () => bench.place(changes));
  });

  it('beyond the largest amount', () => {
    refuses(EngineReject.OVERFLOW, () => bench.place({ priceTicks: MAX_TICKS - 1, lots: MAX_LOTS - 1 }));
  });

  it.each([
    [EngineReject.UNKNOWN_ACCOUNT, undefined],
    [EngineReject.ACCOUNT_FROZEN, { frozen: true, canTrade: false }],
    [EngineReject.ACTION_DISABLED, { canTrade: false }],
  ] as const)('by the profile: %o', (reason, changes) => {
    bench.current = changes && profileOf(1000, changes);
    refuses(reason, () => bench.place());
  });

  it.each([
    [EngineReject.MARKET_CLOSED, { status: SymbolStatus.HALT }],
    [EngineReject.MARKET_CLOSED, { status: SymbolStatus.BREAK }],
    [EngineReject.MARKET_CLOSED, { status: SymbolStatus.END_OF_DAY }],
    [EngineReject.CANCEL_ONLY, { status: SymbolStatus.CANCEL_ONLY }],
    [EngineReject.SYMBOL_HALTED_BY_POISON, { status: SymbolStatus.HALT, haltReason: 'crash' }],
  ] as const)('by the symbol: %o', (reason, changes) => {
    bench.instruments.set('BTCUSDT', instrumentOf(changes));
    refuses(reason, () => bench.place());
  });

  it('on a symbol nobody knows', () => {
    refuses(EngineReject.UNKNOWN_SYMBOL, () => bench.place({}, { symbol: 'NOPE' }));
  });

  it('under the client order id of an open order of the symbol, until that ends', () => {
    bench.instruments.set('BTCEUR', instrumentOf({ symbol: 'BTCEUR', quoteAsset: 'EUR' }));
    bench.deposit('EUR', 10_000n);
    bench.place();
    refuses(EngineReject.DUPLICATE_ORDER, () => bench.place());
    expect(bench.place({}, { symbol: 'BTCEUR' })).toMatchObject({ ok: true });
    bench.settle(marketSays(1, { status: OrderStatus.Cancelled }));
    expect(bench.place()).toMatchObject({ ok: true });
  });

  it('by MAX_NUM_ORDERS, per symbol', () => {
    bench.setFilters({ maxNumOrders: 2 });
    bench.instruments.set('BTCEUR', instrumentOf({ symbol: 'BTCEUR', quoteAsset: 'EUR' }));
    bench.deposit('EUR', 10_000n);
    bench.place({ clientOrderId: 'a' });
    bench.place({ clientOrderId: 'b' });
    refuses(EngineReject.MAX_NUM_ORDERS, () => bench.place({ clientOrderId: 'c' }));
    expect(bench.place({}, { symbol: 'BTCEUR' })).toMatchObject({ ok: true });
    bench.settle(marketSays(1, { status: OrderStatus.Expired }));
    expect(bench.place({ clientOrderId: 'c' })).toMatchObject({ ok: true });
  });

  it('by MAX_NUM_ALGO_ORDERS', () => {
    bench.setFilters({ maxNumAlgoOrders: 1 });
    const stop = { type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 110 };
    bench.place(stop);
    refuses(EngineReject.MAX_NUM_ALGO_ORDERS, () => bench.place({ ...stop, clientOrderId: 'b' }));
    expect(bench.place({ clientOrderId: 'c' })).toMatchObject({ ok: true });
  });

  it('by MAX_NUM_ICEBERG_ORDERS', () => {
    bench.setFilters({ maxNumIcebergOrders: 1 });
    bench.place({ icebergLots: 1 });
    refuses(EngineReject.MAX_NUM_ICEBERG_ORDERS, () => bench.place({ icebergLots: 1, clientOrderId: 'b' }));
    expect(bench.place({ clientOrderId: 'c' })).toMatchObject({ ok: true });
  });

  it('by EXCHANGE_MAX_NUM_*, over all symbols', () => {
    bench.limits = { maxNumOrders: 3, maxNumAlgoOrders: 2, maxNumIcebergOrders: 1, maxNumOrderLists: 0 };
    bench.instruments.set('BTCEUR', instrumentOf({ symbol: 'BTCEUR', quoteAsset: 'EUR' }));
    bench.deposit('EUR', 10_000n);
    const stop = { type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 110 };
    bench.place({ ...stop, clientOrderId: 'a' });
    bench.place({ ...stop, clientOrderId: 'b' }, { symbol: 'BTCEUR' });
    refuses(EngineReject.EXCHANGE_MAX_NUM_ALGO_ORDERS, () => bench.place({ ...stop, clientOrderId: 'c' }));
    bench.place({ icebergLots: 1, clientOrderId: 'd' }, { symbol: 'BTCEUR' });
    refuses(EngineReject.EXCHANGE_MAX_NUM_ORDERS, () => bench.place({ clientOrderId: 'e' }));
    bench.settle(marketSays(1, { status: OrderStatus.Expired }));
    refuses(EngineReject.EXCHANGE_MAX_NUM_ICEBERG_ORDERS, () => bench.place({ icebergLots: 1, clientOrderId: 'f' }));
    expect(bench.place({ clientOrderId: 'e' })).toMatchObject({ ok: true });
  });

  it('by MAX_POSITION: what is held, on order on any symbol of the asset, and asked for', () => {
    bench.setFilters({ maxPositionUnits: 60_000n });
    bench.instruments.set('BTCEUR', instrumentOf({ symbol: 'BTCEUR', quoteAsset: 'EUR', lotUnits: 100 }));
    bench.deposit('EUR', 10_000n);
    bench.place({ lots: 1 }, { symbol: 'BTCEUR' });
    // 50 000 held, 100 on order.
    refuses(EngineReject.MAX_POSITION, () => bench.place({ lots: 10 }));
    expect(bench.place({ lots: 9 })).toMatchObject({ ok: true });
    refuses(EngineReject.MAX_POSITION, () => bench.place({ lots: 1, clientOrderId: 'c2' }));
    expect(bench.place({ side: Side.SELL, lots: 20, clientOrderId: 'c3' })).toMatchObject({ ok: true });
  });
});

describe('a retried command', () => {
  it('takes effect once, and is told what it did', () => {
    const first = bench.place({}, { commandId: 99 });
    expect(bench.place({}, { commandId: 99 })).toEqual({ ...(first as object), duplicate: true, closedOrderIds: [] });
    expect(bench.entries).toEqual([]);
  });

  it('still takes effect once after its order has ended, on this owner and the next', () => {
    bench.place({}, { commandId: 99 });
    bench.settle(marketSays(1, { status: OrderStatus.Expired }));
    for (const how of ['live', 'restore', 'fold'] as const) {
      if (how !== 'live') bench.takeOver(how);
      expect(bench.place({}, { commandId: 99 })).toMatchObject({
        ok: true,
        orders: [],
        closedOrderIds: [1],
        duplicate: true,
      });
      expect(bench.entries).toEqual([]);
    }
  });

  it('is forgotten after 256 newer ones', () => {
    const placeAndEnd = (commandId: number) => {
      const reply = bench.place({ lots: 1 }, { commandId });
      const [order] = (reply as unknown as { orders: { orderId: number }[] }).orders;
      if (order !== undefined) bench.settle(marketSays(order.orderId, { status: OrderStatus.Expired }));
      return reply;
    };
    for (let i = 0; i < 256; i++) placeAndEnd(5000 + i);
    expect(placeAndEnd(5000)).toMatchObject({ duplicate: true });
    placeAndEnd(9000);
    expect(placeAndEnd(5000)).not.toHaveProperty('duplicate');
    expect(placeAndEnd(5100)).toMatchObject({ duplicate: true });
  });

  it('may be tried again when it was refused', () => {
    expect(bench.place({ lots: 5000 }, { commandId: 7 })).toMatchObject({ ok: false });
    expect(bench.place({ lots: 1 }, { commandId: 7 })).toMatchObject({ ok: true });
  });
});

describe('the door may be wrong about funds', () => {
  it('and the account never lends: a second order sees what the first locked', () => {
    bench.place({ priceTicks: 1000, lots: 6 });
    refuses(EngineReject.INSUFFICIENT_BALANCE, () => bench.place({ priceTicks: 1000, lots: 6, clientOrderId: 'b' }));
    expect(linesOf(bench.log.slice(2))).toEqual([
      'new order 1: status 1, reservedUnits 60000',
      "balance 1000-USDT: free 100000>40000, locked 0>60000, cause 1>0, requestId seed-0>''",
    ]);
  });
});
