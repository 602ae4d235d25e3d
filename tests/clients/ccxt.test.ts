// ccxt as published, over REST, with nothing but the hosts changed.
import ccxt from 'ccxt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ccxtConfig } from './ccxtConfig.ts';
import { ClientVenue } from './venue.ts';

let venue: ClientVenue;
let rest: InstanceType<typeof ccxt.binance>;
const symbol = 'BTC/USDT';

beforeAll(async () => {
  venue = await ClientVenue.start();
  rest = new ccxt.binance(ccxtConfig(venue));
  // Something to see before the first test looks.
  await venue.makes('SELL', '50000', '2');
  await venue.makes('BUY', '49000', '2');
});
afterAll(() => venue.stop());

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
  // A kline follows its trade by a stage.
  await vi.waitFor(
    async () => expect((await rest.fetchOHLCV(symbol, '1m')).slice(-1)[0]?.slice(1)).toEqual([50_000, 50_000, 50_000, 50_000, 0.1]),
    { timeout: 10_000 },
  );
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
    await rest.createOrder(symbol, 'market', 'sell', 0.1, undefined, { trailingPercent: 2, stopLossOrTakeProfit: 'stopLoss' }),
  ];
  const open = await rest.fetchOpenOrders(symbol);
  expect(open.map(({ id }) => id)).toEqual(ids.map(({ id }) => id));
  const terms = ({ type, price, triggerPrice }: (typeof open)[number]) => [type, price || undefined, triggerPrice];
  expect(open.map(terms)).toEqual([
    ['limit', 47_000, undefined],
    ['limit', 40_000, 41_000],
    ['market', undefined, 42_000],
    ['limit', 61_000, 60_000],
    ['market', undefined, 62_000],
    ['market', undefined, undefined],
  ]);
  expect(open.at(-1)?.info).toMatchObject({ type: 'STOP_LOSS', trailingDelta: 200 });
  await rest.cancelAllOrders(symbol);
  expect(await rest.fetchOpenOrders(symbol)).toEqual([]);
  expect(await rest.createOrder(symbol, 'limit', 'buy', 0.1, 47_000, { timeInForce: 'IOC' })).toMatchObject({
    filled: 0,
    status: 'expired',
  });
  expect(await rest.createOrder(symbol, 'limit', 'buy', 5, 50_000, { timeInForce: 'FOK' })).toMatchObject({ filled: 0, status: 'expired' });
  expect(await rest.createMarketBuyOrderWithCost(symbol, 1_000)).toMatchObject({ status: 'closed', cost: 1_000 });
  await rest.createOrder(symbol, 'limit', 'buy', 0.1, 47_000, { test: true });
});

test('fees, prices, status and the closed orders', async () => {
  expect(await rest.fetchTradingFee(symbol)).toMatchObject({ symbol, maker: 0.001, taker: 0.001 });
  expect((await rest.fetchTradingFees())['ETH/USDT']).toMatchObject({ maker: 0.001 });
  expect((await rest.fetchLastPrices([symbol]))[symbol]).toMatchObject({ price: 50_000 });
  expect(await rest.fetchStatus()).toMatchObject({ status: 'ok' });
  expect(await rest.fetchCurrencies()).toEqual({});
  const closed = await rest.fetchClosedOrders(symbol);
  expect(closed.length).toBeGreaterThan(0);
  expect(closed.every(({ status, remaining }) => status === 'closed' && remaining === 0)).toBe(true);
});

test('errors are the classes bots catch', async () => {
  const buys = (amount: number, price: number, params = {}) => rest.createOrder(symbol, 'limit', 'buy', amount, price, params);
  const raw = (params: object) =>
    rest.privatePostOrder({
      symbol: 'BTCUSDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantity: '0.1',
      price: '48000',
      ...params,
    });
  await expect(buys(100, 49_000)).rejects.toBeInstanceOf(ccxt.InsufficientFunds);
  await expect(buys(0.00001, 49_000)).rejects.toThrow(/NOTIONAL/);
  await expect(raw({ quantity: '0.000001' })).rejects.toBeInstanceOf(ccxt.InvalidOrder);
  await expect(raw({ price: '48000.001' })).rejects.toBeInstanceOf(ccxt.InvalidOrder);
  await expect(raw({ price: '1' })).rejects.toThrow(/PERCENT_PRICE_BY_SIDE/);
  await expect(raw({ symbol: 'NOSUCH' })).rejects.toBeInstanceOf(ccxt.BadSymbol);
  await expect(raw({ type: 'NOPE' })).rejects.toBeInstanceOf(ccxt.BadRequest);
  await expect(raw({ side: undefined })).rejects.toThrow(/Mandatory parameter 'side' was not sent/);
  await buys(0.1, 48_000, { clientOrderId: 'twice' });
  await expect(buys(0.1, 48_000, { clientOrderId: 'twice' })).rejects.toThrow(/Duplicate order sent/);
  await rest.cancelOrder('', symbol, { clientOrderId: 'twice' });
  for (const unknown of [
    () => rest.fetchOrder('999999', symbol),
    () => rest.cancelOrder('999999', symbol),
    () => rest.cancelAllOrders(symbol),
  ])
    await expect(unknown()).rejects.toBeInstanceOf(ccxt.OrderNotFound);
  await expect(buys(0.1, 60_000, { postOnly: true })).rejects.toBeInstanceOf(ccxt.OrderImmediatelyFillable);
  await expect(rest.createOrder(symbol, 'market', 'sell', 0.1, undefined, { stopLossPrice: 60_000 })).rejects.toBeInstanceOf(
    ccxt.OrderImmediatelyFillable,
  );
  await expect(rest.fetchOHLCV(symbol, '7m')).rejects.toBeInstanceOf(ccxt.BadRequest);
  const other = (apiKey: string, secret: string) => new ccxt.binance(ccxtConfig(venue, { apiKey, secret }));
  for (const stranger of [other('x'.repeat(64), 'y'), other('x', 'y'), other(venue.alice.apiKey, 'y')])
    await expect(stranger.fetchBalance()).rejects.toBeInstanceOf(ccxt.AuthenticationError);
  for (const shiftMs of [-100_000, 100_000]) {
    const late = other(venue.alice.apiKey, venue.alice.secret);
    await late.loadMarkets();
    late.nonce = () => Date.now() + shiftMs;
    await expect(late.fetchBalance()).rejects.toBeInstanceOf(ccxt.InvalidNonce);
  }
});
