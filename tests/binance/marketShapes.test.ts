// Market data, the account and exchangeInfo as the API tells them: every key, in the documented order.
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SymbolStatus } from '../../src/domain/orderTerms.ts';
import { type BinanceRest, binanceRest } from '../fixtures/binanceRest.ts';
import { makeBalance, makeInstrument, makeProfile, makeTrade, TEST_ACCOUNT_ID, TEST_NOW_US } from '../fixtures/fakeExchange.ts';

let api: BinanceRest;
beforeEach(async () => {
  api = await binanceRest();
});
afterEach(async () => {
  await api.close();
});

const now = TEST_NOW_US / 1000;
const symbol = 'BTCUSDT';
function same(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected);
  expect(JSON.stringify(actual)).toBe(JSON.stringify(expected));
}
const get = async (path: string, params: Record<string, string | number> = {}): Promise<unknown> =>
  (await api.open('GET', path, params)).body;

describe('market data', () => {
  it('depth', async () => {
    api.exchange.views.get(symbol)!.depthNow = {
      lastUpdateId: 1027024,
      bids: [
        [400, 100_000],
        [399, 1],
      ],
      asks: [[401, 50_000]],
    };
    same(await get('/depth', { symbol, limit: 1 }), {
      lastUpdateId: 1027024,
      bids: [['4.00000000', '1.00000000']],
      asks: [['4.01000000', '0.50000000']],
    });
  });

  it('trades', async () => {
    api.exchange.rows.trades.push(makeTrade({ tradeId: 28457, buyerIsMaker: true }));
    const row = {
      id: 28457,
      price: '50000.00000000',
      qty: '1.00000000',
      quoteQty: '50000.00000000',
      time: now,
      isBuyerMaker: true,
      isBestMatch: true,
    };
    same(await get('/trades', { symbol }), [row]);
    same(await get('/historicalTrades', { symbol, fromId: 0 }), [row]);
    same(await get('/historicalBlockTrades', { symbol, fromId: 0 }), []);
  });

  it('aggregate trades', async () => {
    api.exchange.historyAnswers.aggTrades = () => [
      {
        aggTradeId: 26129,
        priceTicks: 163,
        lots: 470_443,
        firstTradeId: 27780,
        lastTradeId: 27781,
        tradeUs: TEST_NOW_US,
        buyerIsMaker: true,
      },
    ];
    same(await get('/aggTrades', { symbol }), [
      { a: 26129, p: '1.63000000', q: '4.70443000', f: 27780, l: 27781, T: now, m: true, M: true },
    ]);
  });

  it('klines, in both time units', async () => {
    api.exchange.historyAnswers.klines = () => [
      {
        symbol,
        interval: '1m',
        openUs: 1_499_040_000_000_000,
        closeUs: 1_499_040_059_999_999,
        openTicks: 163,
        highTicks: 8000,
        lowTicks: 157,
        closeTicks: 158,
        volumeLots: 14_897_611,
        quoteUnits: 243_419_055_334n,
        trades: 308,
        takerBuyLots: 175_687,
        takerBuyQuoteUnits: 2_846_694_368n,
        firstTradeId: 1,
        lastTradeId: 308,
        closed: true,
      },
    ];
    const middle = ['1.63000000', '80.00000000', '1.57000000', '1.58000000', '148.97611000'];
    const end = ['2434.19055334', 308, '1.75687000', '28.46694368', '0'];
    for (const path of ['/klines', '/uiKlines']) {
      same(await get(path, { symbol, interval: '1m' }), [[1_499_040_000_000, ...middle, 1_499_040_059_999, ...end]]);
    }
    const micro = await api.send('GET', '/klines', { query: 'symbol=BTCUSDT&interval=1m', headers: { 'x-mbx-time-unit': 'MICROSECOND' } });
    same(micro.body, [[1_499_040_000_000_000, ...middle, 1_499_040_059_999_999, ...end]]);
  });

  it('the average price, exact where there were trades', async () => {
    const view = api.exchange.views.get(symbol)!;
    view.lastTradeNow = makeTrade({ priceTicks: 935 });
    same(await get('/avgPrice', { symbol }), { mins: 5, price: '9.35000000', closeTime: now });
    view.avgPriceTicks = () => ({ priceTicks: 33, numeratorQuoteUnits: 100_000_000n, denominatorLots: 300_000n, closeUs: TEST_NOW_US });
    same(await get('/avgPrice', { symbol }), { mins: 5, price: '0.33333333', closeTime: now });
  });

  const stats = {
    openUs: TEST_NOW_US - 86_400_000_000,
    closeUs: TEST_NOW_US,
    openTicks: 9900,
    highTicks: 10_000,
    lowTicks: 10,
    closeTicks: 400,
    volumeLots: 891_330,
    quoteUnits: 1_530_000_000n,
    trades: 76,
    firstTradeId: 28385,
    lastTradeId: 28460,
    prevCloseTicks: 10,
    lastLots: 100_000,
  };
  const change = { symbol, priceChange: '-95.00000000', priceChangePercent: '-95.960', weightedAvgPrice: '1.71653596' };
  const prices = { openPrice: '99.00000000', highPrice: '100.00000000', lowPrice: '0.10000000' };
  const tail = {
    volume: '8.91330000',
    quoteVolume: '15.30000000',
    openTime: now - 86_400_000,
    closeTime: now,
    firstId: 28385,
    lastId: 28460,
    count: 76,
  };
  const best = { bidPrice: '4.00000000', bidQty: '1.00000000', askPrice: '4.01000000', askQty: '0.50000000' };

  it('tickers, FULL and MINI, one and many', async () => {
    const view = api.exchange.views.get(symbol)!;
    view.statsNow = stats;
    view.bookTickerNow = { updateId: 9, bidTicks: 400, bidLots: 100_000, askTicks: 401, askLots: 50_000 };
    view.lastTradeNow = makeTrade({ priceTicks: 400 });
    same(await get('/ticker/24hr', { symbol }), {
      ...change,
      prevClosePrice: '0.10000000',
      lastPrice: '4.00000000',
      lastQty: '1.00000000',
      ...best,
      ...prices,
      ...tail,
    });
    const mini = { symbol, ...prices, lastPrice: '4.00000000', ...tail };
    const full = { ...change, ...prices, lastPrice: '4.00000000', ...tail };
    same(await get('/ticker/24hr', { symbol, type: 'MINI' }), mini);
    same(await get('/ticker', { symbol, windowSize: '7d' }), full);
    same(await get('/ticker', { symbols: '["BTCUSDT"]', type: 'MINI' }), [mini]);
    const dayStart = now - (now % 86_400_000);
    const day = { openTime: dayStart, closeTime: dayStart + 86_399_999 };
    same(await get('/ticker/tradingDay', { symbol }), { ...full, ...day });
    same(await get('/ticker/tradingDay', { symbol, type: 'MINI', timeZone: '-1:30' }), {
      ...mini,
      openTime: dayStart + 90 * 60_000,
      closeTime: dayStart + 90 * 60_000 + 86_399_999,
    });
    same(await get('/ticker/price', { symbol }), { symbol, price: '4.00000000' });
    same(await get('/ticker/bookTicker', { symbol }), { symbol, ...best });
    expect(await get('/ticker/price')).toHaveLength(2);
    expect(await get('/ticker/24hr')).toHaveLength(2);
  });

  it('leaves symbols of another status out of lists', async () => {
    api.exchange.instruments.set('ETHUSDT', makeInstrument({ symbol: 'ETHUSDT', status: SymbolStatus.HALT }));
    same(await get('/ticker/price', { symbolStatus: 'HALT' }), [{ symbol: 'ETHUSDT', price: '0.00000000' }]);
    expect(await get('/ticker/price', { symbols: '["BTCUSDT","ETHUSDT"]', symbolStatus: 'TRADING' })).toMatchObject([{ symbol }]);
    same(await get('/executionRules', { symbol }), { symbolRules: [{ symbol, rules: [] }] });
  });
});

describe('the account', () => {
  it('shows its balances, every asset or those it holds', async () => {
    api.exchange.rows.balances.push(
      makeBalance({ asset: 'BTC', free: 472_384_689_208_129n, locked: 1n }),
      makeBalance({ asset: 'USDT', free: 0n }),
    );
    api.exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ rates: { makerRate: 150_000, takerRate: 155_555 }, canTrade: false }));
    const body = (balances: object[]) => ({
      makerCommission: 15,
      takerCommission: 15,
      buyerCommission: 0,
      sellerCommission: 0,
      commissionRates: { maker: '0.00150000', taker: '0.00155555', buyer: '0.00000000', seller: '0.00000000' },
      canTrade: false,
      canWithdraw: true,
      canDeposit: true,
      brokered: false,
      requireSelfTradePrevention: false,
      preventSor: false,
      updateTime: now,
      accountType: 'SPOT',
      balances,
      permissions: ['SPOT'],
      uid: TEST_ACCOUNT_ID,
    });
    const btc = { asset: 'BTC', free: '4723846.89208129', locked: '0.00000001' };
    const none = (asset: string) => ({ asset, free: '0.00000000', locked: '0.00000000' });
    same((await api.signed('GET', '/account')).body, body([btc, none('USDT'), none('ETH')]));
    same((await api.signed('GET', '/account', { omitZeroBalances: true })).body, body([btc]));
    api.exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ tradeGroupId: 5 }));
    expect((await api.signed('GET', '/account')).body).toMatchObject({ tradeGroupId: 5, uid: TEST_ACCOUNT_ID });
  });

  it('knows its commission rates, of a symbol and of an order', async () => {
    api.exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ symbolRates: { [symbol]: { makerRate: 10, takerRate: 20 } } }));
    const none = { maker: '0.00000000', taker: '0.00000000', buyer: '0.00000000', seller: '0.00000000' };
    const discount = { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' };
    same((await api.signed('GET', '/account/commission', { symbol })).body, {
      symbol,
      standardCommission: { maker: '0.00000010', taker: '0.00000020', buyer: '0.00000000', seller: '0.00000000' },
      specialCommission: none,
      taxCommission: none,
      discount,
    });
    const order = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '50000' };
    same((await api.signed('POST', '/order/test', order)).body, {});
    same((await api.signed('POST', '/order/test', { ...order, computeCommissionRates: true })).body, {
      standardCommissionForOrder: { maker: '0.00000010', taker: '0.00000020' },
      specialCommissionForOrder: { maker: '0.00000000', taker: '0.00000000' },
      taxCommissionForOrder: { maker: '0.00000000', taker: '0.00000000' },
      discount,
    });
  });

  it('knows its order counts and filters', async () => {
    same((await api.signed('GET', '/rateLimit/order')).body, [
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100, count: 0 },
      { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 200_000, count: 0 },
    ]);
    const body = (await api.signed('GET', '/myFilters', { symbol })).body as { symbolFilters: object[] };
    const info = (await get('/exchangeInfo', { symbol })) as { symbols: { filters: object[] }[] };
    same(body, { exchangeFilters: [], symbolFilters: info.symbols[0]!.filters, assetFilters: [] });
  });
});

describe('exchangeInfo', () => {
  interface Row {
    readonly symbol: string;
    readonly filters: readonly { readonly filterType: string }[];
  }
  const rows = async (params = {}): Promise<Row[]> => ((await get('/exchangeInfo', params)) as { symbols: Row[] }).symbols;

  it('has the documented frame', async () => {
    expect(Object.keys((await get('/exchangeInfo')) as object)).toEqual([
      'timezone',
      'serverTime',
      'rateLimits',
      'exchangeFilters',
      'symbols',
    ]);
  });

  it('chooses by symbol, symbols, status and permissions', async () => {
    api.exchange.instruments.set('OLDUSDT', makeInstrument({ symbol: 'OLDUSDT', status: SymbolStatus.BREAK }));
    const names = async (params: object) => (await rows(params)).map((row) => row.symbol);
    expect(await names({})).toEqual(['BTCUSDT', 'ETHUSDT', 'OLDUSDT']);
    expect(await names({ symbol: 'ETHUSDT' })).toEqual(['ETHUSDT']);
    expect(await names({ symbols: '["ETHUSDT","BTCUSDT"]' })).toEqual(['ETHUSDT', 'BTCUSDT']);
    expect(await names({ symbolStatus: 'BREAK' })).toEqual(['OLDUSDT']);
    expect(await names({ permissions: 'SPOT', symbolStatus: 'TRADING' })).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(await names({ permissions: '["SPOT","MARGIN"]' })).toHaveLength(3);
    expect(await names({ permissions: '["MARGIN","LEVERAGED"]' })).toEqual([]);
    expect(await rows({ symbol, showPermissionSets: 'false' })).toMatchObject([{ permissions: [], permissionSets: [] }]);
    expect(await rows({ symbol })).toMatchObject([{ permissions: [], permissionSets: [['SPOT']] }]);
  });

  it('leaves out filters that bound nothing, and invents none', async () => {
    const { filters } = makeInstrument();
    const none = Object.fromEntries(Object.keys(filters).map((key) => [key, 0])) as unknown as typeof filters;
    api.exchange.instruments.set(
      symbol,
      makeInstrument({ filters: { ...none, minNotionalUnits: 0n, maxNotionalUnits: 0n, maxPositionUnits: 0n } }),
    );
    expect((await rows({ symbol }))[0]!.filters.map(({ filterType }) => filterType)).toEqual(['PRICE_FILTER', 'LOT_SIZE', 'MIN_NOTIONAL']);
    api.exchange.instruments.set(symbol, makeInstrument({ filters: { ...filters, maxPositionUnits: 1_000_000_000n } }));
    expect((await rows({ symbol }))[0]!.filters).toContainEqual({ filterType: 'MAX_POSITION', maxPosition: '10.00000000' });
  });

  it('has PERCENT_PRICE and MIN_NOTIONAL where the symbol is bounded that way', async () => {
    const { filters } = makeInstrument();
    const bounded = { multiplierUp: 13_000, multiplierDown: 7_000, minNotionalUnits: 1_000_000_000n, maxNotionalUnits: 0n };
    api.exchange.instruments.set(symbol, makeInstrument({ filters: { ...filters, ...bounded, bidMultiplierUp: 0 } }));
    const shown = (await rows({ symbol }))[0]!.filters;
    expect(shown).toContainEqual({ filterType: 'PERCENT_PRICE', multiplierUp: '1.3000', multiplierDown: '0.7000', avgPriceMins: 5 });
    expect(shown).toContainEqual({ filterType: 'MIN_NOTIONAL', minNotional: '10.00000000', applyToMarket: true, avgPriceMins: 5 });
    expect(shown.map(({ filterType }) => filterType)).not.toContain('NOTIONAL');
  });

  // Recorded rows of the venue, where they are at hand (../shared/data is not part of this repository).
  const RECORDED = '../shared/data/binance-exchangeInfo/exchangeInfo-rows-2025-2026.json';
  const recorded: { row: Record<string, unknown> & Row }[] = existsSync(RECORDED) ? JSON.parse(readFileSync(RECORDED, 'utf8')) : [];

  it.skipIf(recorded.length === 0)(
    'has the shape of recorded rows: keys, their order, types, filters (skipped without ../shared/data)',
    async () => {
      const own = (await rows({ symbol }))[0] as unknown as Record<string, unknown> & Row;
      for (const { row } of recorded) {
        // The oldest row is from before opoAllowed and pegInstructionsAllowed.
        expect(Object.keys(own).filter((key) => key in row)).toEqual(Object.keys(row));
        const newest = Object.keys(own).filter((key) => !(key in row));
        expect(['opoAllowed', 'pegInstructionsAllowed']).toEqual(expect.arrayContaining(newest));
        for (const key of Object.keys(row)) expect([key, typeof own[key]]).toEqual([key, typeof row[key]]);
        expect(own.filters[0]).toMatchObject({ filterType: 'PRICE_FILTER' });
        for (const filter of own.filters) {
          const theirs = row.filters.find(({ filterType }) => filterType === filter.filterType);
          if (theirs === undefined) continue;
          expect(Object.entries(filter).map(([key, value]) => [key, typeof value])).toEqual(
            Object.entries(theirs).map(([key, value]) => [key, typeof value]),
          );
        }
        // In their order, as far as both have them.
        const common = (list: Row) => list.filters.map(({ filterType }) => filterType);
        const shared = common(own).filter((type) => common(row).includes(type));
        expect(shared).toEqual(common(row).filter((type) => shared.includes(type)));
      }
      const types = new Set(recorded.flatMap(({ row }) => row.filters.map(({ filterType }) => filterType)));
      const documented = ['MAX_NUM_ICEBERG_ORDERS', 'MAX_POSITION'];
      for (const { filterType } of own.filters) expect([...types, ...documented]).toContain(filterType);
    },
  );
});
