// ccxt as published, REST and pro, with nothing but the hosts changed.
import ccxt from 'ccxt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientVenue } from './venue.ts';

let venue: ClientVenue;
type Rest = InstanceType<typeof ccxt.binance>;
type Pro = InstanceType<typeof ccxt.pro.binance>;
let rest: Rest;
let pro: Pro;
const symbol = 'BTC/USDT';

function config(): object {
  const { url, wsUrl, alice } = venue;
  return {
    apiKey: alice.apiKey,
    secret: alice.secret,
    options: { defaultType: 'spot' },
    urls: {
      api: {
        public: `${url}/api/v3`,
        private: `${url}/api/v3`,
        v1: `${url}/api/v1`,
        sapi: `${url}/sapi/v1`,
        sapiV2: `${url}/sapi/v2`,
        sapiV3: `${url}/sapi/v3`,
        sapiV4: `${url}/sapi/v4`,
        fapiPublic: `${url}/fapi/v1`,
        dapiPublic: `${url}/dapi/v1`,
        ws: { spot: `${wsUrl}/stream/ws`, 'ws-api': { spot: `${wsUrl}/ws-api/v3` } },
      },
    },
  };
}

beforeAll(async () => {
  venue = await ClientVenue.start();
  rest = new ccxt.binance(config());
  pro = new ccxt.pro.binance(config());
  await pro.loadHttpProxyAgent();
  // Something to see before the first test looks.
  await venue.makes('SELL', '50000', '2');
  await venue.makes('BUY', '49000', '2');
});
afterAll(async () => {
  await pro.close();
  await venue.stop();
});

describe('REST', () => {
  test('loadMarkets with nothing but hosts changed', async () => {
    const markets = await rest.loadMarkets();
    expect(Object.keys(markets)).toEqual(expect.arrayContaining(['BTC/USDT', 'ETH/USDT', 'ETH/BTC']));
    expect(markets[symbol]).toMatchObject({ id: 'BTCUSDT', spot: true, active: true, precision: { amount: 0.00001, price: 0.01 } });
  });

  test('time, ticker, order book', async () => {
    expect(Math.abs(((await rest.fetchTime()) as number) - Date.now())).toBeLessThan(5_000);
    const book = await rest.fetchOrderBook(symbol, 5);
    expect(book.bids).toEqual([[49_000, 2]]);
    expect(book.asks).toEqual([[50_000, 2]]);
    expect(await rest.fetchTicker(symbol)).toMatchObject({ symbol, bid: 49_000, ask: 50_000 });
    expect(Object.keys(await rest.fetchTickers([symbol, 'ETH/USDT']))).toHaveLength(2);
    expect((await rest.fetchBidsAsks([symbol]))[symbol]).toMatchObject({ bid: 49_000, bidVolume: 2 });
  });

  test('a market order fills against the book, with fees, trades and balances to the unit', async () => {
    const before = await rest.fetchBalance();
    const order = await rest.createOrder(symbol, 'market', 'buy', 0.1);
    expect(order).toMatchObject({ status: 'closed', filled: 0.1, average: 50_000, cost: 5_000 });
    expect(order.fee).toMatchObject({ currency: 'BTC', cost: 0.0001 });
    const after = await rest.fetchBalance();
    expect(after.BTC?.free).toBeCloseTo((before.BTC?.free ?? 0) + 0.0999, 8);
    expect(after.USDT?.free).toBeCloseTo((before.USDT?.free ?? 0) - 5_000, 8);
    const [trade] = (await rest.fetchMyTrades(symbol)).slice(-1);
    expect(trade).toMatchObject({ order: order.id, price: 50_000, amount: 0.1, side: 'buy', takerOrMaker: 'taker' });
    expect((await rest.fetchTrades(symbol)).slice(-1)[0]).toMatchObject({ price: 50_000, amount: 0.1 });
    expect((await rest.fetchOHLCV(symbol, '1m')).slice(-1)[0]?.slice(1)).toEqual([50_000, 50_000, 50_000, 50_000, 0.1]);
    expect(await rest.fetchOrderTrades(order.id as string, symbol)).toHaveLength(1);
  });

  test('limit orders are created, found, edited and cancelled', async () => {
    const order = await rest.createOrder(symbol, 'limit', 'buy', 0.5, 48_000);
    expect(order).toMatchObject({ status: 'open', filled: 0, remaining: 0.5, price: 48_000 });
    expect(await rest.fetchOrder(order.id as string, symbol)).toMatchObject({ status: 'open', amount: 0.5 });
    expect((await rest.fetchOpenOrders(symbol)).map(({ id }) => id)).toContain(order.id);
    expect((await rest.fetchBalance()).USDT?.used).toBe(24_000);
    const edited = await rest.editOrder(order.id as string, symbol, 'limit', 'buy', 0.4, 48_100);
    expect(edited).toMatchObject({ status: 'open', amount: 0.4, price: 48_100 });
    expect(await rest.cancelOrder(edited.id as string, symbol)).toMatchObject({ status: 'canceled' });
    await expect(rest.cancelOrder(edited.id as string, symbol)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
    expect((await rest.fetchBalance()).USDT?.used).toBe(0);
    const all = await rest.fetchOrders(symbol);
    expect(all.find(({ id }) => id === order.id)).toMatchObject({ status: 'canceled' });
    expect((await rest.fetchCanceledOrders(symbol)).length).toBeGreaterThanOrEqual(2);
  });

  test('every other order type is accepted', async () => {
    const ids = [
      await rest.createOrder(symbol, 'limit', 'buy', 0.1, 47_000, { postOnly: true }),
      await rest.createOrder(symbol, 'limit', 'sell', 0.1, 40_000, { stopLossPrice: 41_000 }),
      await rest.createOrder(symbol, 'market', 'sell', 0.1, undefined, { stopLossPrice: 42_000 }),
      await rest.createOrder(symbol, 'limit', 'sell', 0.1, 61_000, { takeProfitPrice: 60_000 }),
      await rest.createOrder(symbol, 'market', 'sell', 0.1, undefined, { takeProfitPrice: 62_000 }),
    ];
    const open = await rest.fetchOpenOrders(symbol);
    for (const { id } of ids) expect(open.map((order) => order.id)).toContain(id);
    await rest.cancelAllOrders(symbol);
    expect(await rest.fetchOpenOrders(symbol)).toEqual([]);
    expect(await rest.createOrder(symbol, 'limit', 'buy', 0.1, 47_000, { timeInForce: 'IOC' })).toMatchObject({
      filled: 0,
      status: 'expired',
    });
    expect(await rest.createMarketBuyOrderWithCost(symbol, 1_000)).toMatchObject({ status: 'closed', cost: 1_000 });
    await rest.createOrder(symbol, 'limit', 'buy', 0.1, 47_000, { test: true });
  });

  test('errors are the classes bots catch', async () => {
    await expect(rest.createOrder(symbol, 'limit', 'buy', 100, 49_000)).rejects.toBeInstanceOf(ccxt.InsufficientFunds);
    await expect(rest.createOrder(symbol, 'limit', 'buy', 0.00001, 49_000)).rejects.toThrow(/NOTIONAL/);
    await expect(rest.fetchOrder('999999', symbol)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
    await expect(rest.createOrder(symbol, 'limit', 'buy', 0.1, 60_000, { postOnly: true })).rejects.toBeInstanceOf(
      ccxt.OrderImmediatelyFillable,
    );
  });
});

describe('pro', () => {
  test('market streams', async () => {
    const [book, trades, ticker, bidsAsks, candles] = [
      pro.watchOrderBook(symbol),
      pro.watchTrades(symbol),
      pro.watchTicker(symbol),
      pro.watchBidsAsks([symbol]),
      pro.watchOHLCV(symbol, '1m'),
    ];
    const stop = venue.keepsTrading('0.001');
    try {
      expect((await book).asks[0]?.[0]).toBe(50_000);
      expect((await trades).slice(-1)[0]).toMatchObject({ price: 50_000, amount: 0.001 });
      expect((await bidsAsks)[symbol]).toMatchObject({ ask: 50_000 });
      expect(await ticker).toMatchObject({ symbol, last: 50_000 });
      expect((await candles).slice(-1)[0]?.[4]).toBe(50_000);
    } finally {
      stop();
    }
  });

  test('user data: orders, trades and balance as they happen', async () => {
    const orders = pro.watchOrders(symbol);
    const mine = pro.watchMyTrades(symbol);
    const balance = pro.watchBalance();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const order = await rest.createOrder(symbol, 'market', 'buy', 0.01);
    expect((await orders).slice(-1)[0]).toMatchObject({ id: order.id as string, symbol });
    expect((await mine)[0]).toMatchObject({ order: order.id, amount: 0.01, price: 50_000, fee: { currency: 'BTC', cost: 0.00001 } });
    // The reservation comes first, then what was bought.
    let seen = await balance;
    while (seen.BTC === undefined) seen = await pro.watchBalance();
    expect(seen.BTC.total).toBeGreaterThan(100);
  });

  test('orders over the WebSocket API', async () => {
    const order = await pro.createOrderWs(symbol, 'limit', 'buy', 0.2, 48_000);
    expect(order).toMatchObject({ status: 'open', amount: 0.2 });
    expect(await pro.fetchOrderWs(order.id as string, symbol)).toMatchObject({ id: order.id, status: 'open' });
    expect((await pro.fetchOpenOrdersWs(symbol)).map(({ id }) => id)).toContain(order.id);
    const edited = await pro.editOrderWs(order.id as string, symbol, 'limit', 'buy', 0.3, 48_000);
    expect(await pro.cancelOrderWs(edited.id as string, symbol)).toMatchObject({ status: 'canceled' });
    await pro.createOrderWs(symbol, 'limit', 'buy', 0.2, 48_000);
    await pro.cancelAllOrdersWs(symbol);
    expect(await pro.fetchOpenOrdersWs(symbol)).toEqual([]);
    expect((await pro.fetchMyTradesWs(symbol)).length).toBeGreaterThan(0);
    expect((await pro.fetchOHLCVWs(symbol, '1m')).length).toBeGreaterThan(0);
  });
});
