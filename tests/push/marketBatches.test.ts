// Live markets: batches, contiguous diffs, klines, sweeps, and listeners that misbehave.
import { beforeEach, describe, expect, it } from 'vitest';
import { PushHub } from '../../src/actors/push/pushHub.ts';
import { diff } from '../../src/domain/changedFields.ts';
import { created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { type KLine, KLineField } from '../../src/domain/klineEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { Side } from '../../src/domain/orderTerms.ts';
import type { MarketBatch } from '../../src/ports/marketData.ts';
import { LogWriter, START_US } from './logWriter.ts';

const QUOTE_UNITS_PER_TICK_LOT = 3;

let hub: PushHub;
let log: LogWriter;
let failures: unknown[][];

beforeEach(() => {
  failures = [];
  hub = new PushHub({
    instruments: (symbol) => (symbol === 'NONE' ? undefined : ({ symbol, quoteUnitsPerTickLot: QUOTE_UNITS_PER_TICK_LOT } as Instrument)),
    onListenerFailure: (...failure) => failures.push(failure),
  });
  log = new LogWriter();
});

const fold = (): void => hub.onMarket(log.message(), log.nowUs);
const listen = (symbol: string): MarketBatch[] => {
  const batches: MarketBatch[] = [];
  hub.markets.listen(symbol, (batch) => batches.push(batch));
  return batches;
};

describe('batches', () => {
  it('brings a message as one batch per symbol: trades, changed levels, the new top', () => {
    const batches = listen('BTCUSDT');
    log.place({ orderId: 1, side: Side.SELL, priceTicks: 110, origLots: 5, bookLots: 5 });
    log.place({ orderId: 2, bookLots: 10 }).place({ orderId: 3, symbol: 'ETHUSDT', bookLots: 1 });
    fold();
    log.place({ orderId: 4, priceTicks: 110, origLots: 7 }).fill(1, 4, 5);
    log.change(4, { status: OrderStatus.PartiallyFilled, executedLots: 5, bookLots: 2 });
    fold();
    expect(batches).toEqual([
      {
        symbol: 'BTCUSDT',
        trades: [],
        depth: { firstUpdateId: 1, lastUpdateId: 2, timeUs: START_US, bids: [[100, 10]], asks: [[110, 5]] },
        bookTicker: { updateId: 2, bidTicks: 100, bidLots: 10, askTicks: 110, askLots: 5 },
        klines: [],
        timeUs: START_US,
      },
      {
        symbol: 'BTCUSDT',
        trades: [expect.objectContaining({ tradeId: 1, lots: 5 })],
        depth: { firstUpdateId: 3, lastUpdateId: 4, timeUs: START_US, bids: [[110, 2]], asks: [[110, 0]] },
        bookTicker: { updateId: 4, bidTicks: 110, bidLots: 2, askTicks: 0, askLots: 0 },
        klines: [],
        timeUs: START_US,
      },
    ]);
  });

  it('covers updates that cancel each other out with an empty diff, and keeps the sequence', () => {
    log.place({ orderId: 1, bookLots: 10 });
    fold();
    const batches = listen('BTCUSDT');
    log.place({ orderId: 2, priceTicks: 90, bookLots: 3 });
    log.change(2, { status: OrderStatus.Cancelled, bookLots: 0 });
    fold();
    expect(batches).toMatchObject([{ depth: { firstUpdateId: 2, lastUpdateId: 3, bids: [], asks: [] }, bookTicker: null }]);
    log.change(1, { status: OrderStatus.Cancelled, bookLots: 0 });
    fold();
    expect(batches[1]?.depth).toMatchObject({ firstUpdateId: 4, lastUpdateId: 4, bids: [[100, 0]] });
  });

  it('brings nothing for what no market listener can see', () => {
    const batches = listen('*');
    log.place({ orderId: 1, status: OrderStatus.ConditionalPending });
    log.change(1, { status: OrderStatus.Cancelled });
    fold();
    expect(batches).toEqual([]);
  });

  it('serves every symbol under *', () => {
    const batches = listen('*');
    log.place({ orderId: 1, bookLots: 1 }).place({ orderId: 2, symbol: 'ETHUSDT', bookLots: 1 });
    fold();
    expect(batches.map(({ symbol }) => symbol).sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
  });

  it('moves a pegged order to the price it got', () => {
    log.place({ orderId: 1, priceTicks: 95, peggedPriceTicks: 98, bookLots: 4 });
    log.place({ orderId: 2, priceTicks: 0, bookLots: 0, status: OrderStatus.ConditionalPending });
    fold();
    log.change(2, { status: OrderStatus.Pending, peggedPriceTicks: 97, bookLots: 1 });
    fold();
    expect(hub.markets.view('BTCUSDT')?.depth(5).bids).toEqual([
      [98, 4],
      [97, 1],
    ]);
  });

  it('stops when a book would be crossed', () => {
    log.place({ orderId: 1, bookLots: 1, priceTicks: 100 });
    log.place({ orderId: 2, bookLots: 1, priceTicks: 100, side: Side.SELL });
    expect(fold).toThrow(/BTCUSDT: the book is crossed at update 2/);
  });
});

describe('listeners', () => {
  it('removes and reports one that throws, and serves the others', () => {
    const before = listen('BTCUSDT');
    let calls = 0;
    hub.markets.listen('BTCUSDT', () => {
      calls++;
      throw new Error('no');
    });
    const after = listen('BTCUSDT');
    hub.accountEvents.listen(1000, () => {
      throw new Error('neither');
    });
    log.place({ orderId: 1, bookLots: 1 });
    fold();
    log.place({ orderId: 2, bookLots: 1 });
    fold();
    expect([before.length, calls, after.length]).toEqual([2, 1, 2]);
    expect(failures).toEqual([
      ['market', 'BTCUSDT', new Error('no')],
      ['account', 1000, new Error('neither')],
    ]);
  });

  it('ends with the unsubscribe, once per listen', () => {
    const batches: MarketBatch[] = [];
    const listener = (batch: MarketBatch): unknown => batches.push(batch);
    const first = hub.markets.listen('BTCUSDT', listener);
    hub.markets.listen('BTCUSDT', listener);
    first();
    first();
    log.place({ orderId: 1, bookLots: 1 });
    fold();
    expect(batches).toHaveLength(1);
  });

  it('are told nothing while muted, and go on without a gap after a rebuild', () => {
    const batches = listen('BTCUSDT');
    log.place({ orderId: 1, bookLots: 5 });
    const first = log.message();
    hub.onMarket(first, START_US);
    const view = hub.markets.view('BTCUSDT');
    hub.reset();
    expect(view?.depth(5)).toEqual({ lastUpdateId: 0, bids: [], asks: [] });
    hub.muted = true;
    hub.onMarket(first, START_US);
    hub.muted = false;
    log.change(1, { status: OrderStatus.Cancelled, bookLots: 0 });
    fold();
    expect(batches.map(({ depth }) => [depth?.firstUpdateId, depth?.lastUpdateId])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(hub.markets.view('BTCUSDT')).toBe(view);
  });

  it('see a gap in the sequence when a message was passed over', () => {
    const batches = listen('BTCUSDT');
    log.place({ orderId: 1, bookLots: 5 });
    fold();
    log.place({ orderId: 2, bookLots: 5 }).message();
    log.place({ orderId: 3, bookLots: 5 });
    fold();
    expect(batches[1]?.depth).toMatchObject({ firstUpdateId: 3, lastUpdateId: 3 });
  });
});

describe('reads', () => {
  it('knows listed symbols before anything happened, and no others', () => {
    const view = hub.markets.view('BTCUSDT');
    expect(view?.depth(10)).toEqual({ lastUpdateId: 0, bids: [], asks: [] });
    expect(view?.bookTicker()).toEqual({ updateId: 0, bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 });
    expect(view?.lastPriceTicks()).toBe(0);
    expect(view?.lastTrade()).toBeUndefined();
    expect(view?.avgPriceTicks(5, START_US)).toEqual({
      priceTicks: 0,
      numeratorQuoteUnits: 0n,
      denominatorLots: 0n,
      closeUs: 0,
    });
    expect(hub.markets.view('NONE')).toBeUndefined();
  });

  it('sweeps the book for a BUY by quantity and a SELL by amount', () => {
    log.place({ orderId: 1, side: Side.SELL, priceTicks: 110, bookLots: 2 });
    log.place({ orderId: 2, side: Side.SELL, priceTicks: 120, bookLots: 3 });
    log.place({ orderId: 3, priceTicks: 100, bookLots: 2 }).place({ orderId: 4, priceTicks: 90, bookLots: 5 });
    fold();
    const view = hub.markets.view('BTCUSDT');
    expect(view?.sweepQuoteUnits(3)).toEqual({ quoteUnits: BigInt((2 * 110 + 120) * 3), filledLots: 3 });
    expect(view?.sweepQuoteUnits(9)).toEqual({ quoteUnits: BigInt((2 * 110 + 3 * 120) * 3), filledLots: 5 });
    expect(hub.markets.view('ETHUSDT')?.sweepQuoteUnits(1)).toEqual({ quoteUnits: 0n, filledLots: 0 });
    // 2 lots bring 600, a third 270.
    expect(view?.sweepLots(600n)).toBe(2);
    expect(view?.sweepLots(601n)).toBe(3);
    expect(view?.sweepLots(870n)).toBe(3);
    expect(view?.sweepLots(1_000_000n)).toBe(7);
    expect(view?.sweepLots(0n)).toBe(0);
  });

  it('averages the last minutes by volume, or gives the last price', () => {
    log.place({ orderId: 1, side: Side.SELL, priceTicks: 110, origLots: 2, bookLots: 2 });
    log.place({ orderId: 2, side: Side.SELL, priceTicks: 120, origLots: 2, bookLots: 2 });
    log.place({ orderId: 3, priceTicks: 120, origLots: 3 }).fill(1, 3, 2).fill(2, 3, 1);
    const entries = log.message().map((entry) => {
      if (entry.entityType !== EntityType.SpotTrade || entry.changeType.kind !== 0) return entry;
      const { fields } = entry.changeType;
      const quoteUnits = fields.quoteUnits * BigInt(QUOTE_UNITS_PER_TICK_LOT);
      return { ...entry, changeType: { ...entry.changeType, fields: { ...fields, quoteUnits } } };
    });
    hub.onMarket(entries, START_US);
    const view = hub.markets.view('BTCUSDT');
    // (2 x 110 + 120) / 3 = 113.33
    expect(view?.avgPriceTicks(5, START_US + 1000)).toEqual({
      priceTicks: 113,
      numeratorQuoteUnits: 340n * 3n,
      denominatorLots: 3n,
      closeUs: START_US,
    });
    const later = START_US + 3_600_000_000;
    expect(view?.avgPriceTicks(5, later)).toMatchObject({ priceTicks: 120, denominatorLots: 0n, closeUs: START_US });
    expect(view?.windowStats(86_400_000, START_US)).toMatchObject({ trades: 2, openTicks: 110, closeTicks: 120 });
  });

  it('lists the open orders of an account by id, as copies', () => {
    log.place({ orderId: 12, bookLots: 10 }).place({ orderId: 11, symbol: 'ETHUSDT', bookLots: 1 });
    log.place({ orderId: 13, accountId: 1001, bookLots: 1 }).place({ orderId: 14, bookLots: 1 });
    log.change(14, { status: OrderStatus.Cancelled, bookLots: 0 });
    log.change(12, { bookLots: 8, origLots: 8, amendCount: 1 });
    fold();
    expect(hub.openOrdersOf(1000).map(({ orderId }) => orderId)).toEqual([11, 12]);
    expect(hub.openOrdersOf(1000, 'BTCUSDT')).toEqual([log.row(12)]);
    expect(hub.openOrdersOf(1000, 'BTCUSDT')[0]).not.toBe(hub.openOrder(12));
    expect(hub.openOrdersOf(1001)).toHaveLength(1);
    expect(hub.openOrdersOf(1002)).toEqual([]);
    expect(hub.openOrderCount).toBe(3);
  });
});

describe('klines', () => {
  const kline = (openUs: number, rest: Partial<KLine> = {}): KLine => ({
    symbol: 'BTC-USDT',
    interval: '1m',
    openUs,
    closeUs: openUs + 59_999_999,
    openTicks: 5,
    highTicks: 5,
    lowTicks: 5,
    closeTicks: 5,
    volumeLots: 1,
    quoteUnits: 5n,
    trades: 1,
    takerBuyLots: 0,
    takerBuyQuoteUnits: 0n,
    firstTradeId: 1,
    lastTradeId: 1,
    closed: false,
    ...rest,
  });
  const put = (row: KLine) => created(EntityType.KLine, entityIds.kline(row.symbol, row.interval, row.openUs), row, START_US);
  const change = (row: KLine, changes: Partial<KLine>) =>
    updated(EntityType.KLine, entityIds.kline(row.symbol, row.interval, row.openUs), diff<KLine>(KLineField, row, changes), START_US);

  it('folds the running one, hands out its end and forgets it', () => {
    const batches = listen('BTC-USDT');
    const first = kline(START_US);
    hub.onKlines([put(first), change(first, { highTicks: 9, trades: 2 })], START_US);
    const view = hub.markets.view('BTC-USDT');
    expect(view?.currentKline('1m')).toEqual({ ...first, highTicks: 9, trades: 2 });
    const next = kline(START_US + 60_000_000);
    hub.onKlines([change({ ...first, highTicks: 9, trades: 2 }, { closed: true })], START_US);
    expect(view?.currentKline('1m')).toBeUndefined();
    hub.onKlines([put(next)], START_US);
    expect(view?.currentKline('1m')).toEqual(next);
    expect(view?.currentKline('1h')).toBeUndefined();
    expect(batches.map(({ klines }) => klines)).toEqual([
      [{ ...first, highTicks: 9, trades: 2 }],
      [{ ...first, highTicks: 9, trades: 2, closed: true }],
      [next],
    ]);
    expect(batches[0]).toMatchObject({ trades: [], depth: null, bookTicker: null });
  });
});
