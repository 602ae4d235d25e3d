// ccxt.pro as published: market streams, user data and the WebSocket API, with nothing but the hosts changed.
import ccxt from 'ccxt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ccxtConfig } from './ccxtConfig.ts';
import { ClientVenue } from './venue.ts';

type Pro = InstanceType<typeof ccxt.pro.binance>;

let venue: ClientVenue;
let rest: InstanceType<typeof ccxt.binance>;
let pro: Pro;
const symbol = 'BTC/USDT';

/** Methods the tests called themselves, not through one another. */
const called = new Set<string>();

/** What ccxt says it has, and why it is not called here. */
const leftOut: Readonly<Record<string, string>> = {
  fetchPositionForSymbolWs: 'contracts',
  fetchPositionWs: 'contracts',
  fetchPositionsWs: 'contracts',
  unWatchMarkPrice: 'contracts',
  unWatchMarkPrices: 'contracts',
  watchLiquidations: 'contracts',
  watchLiquidationsForSymbols: 'contracts',
  watchMarkPrices: 'contracts',
  watchMyLiquidations: 'contracts',
  watchMyLiquidationsForSymbols: 'contracts',
  watchPositions: 'contracts',
};

function recorded(exchange: Pro): Pro {
  return new Proxy(exchange, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        called.add(String(name));
        return member.apply(target, args);
      };
    },
  });
}

beforeAll(async () => {
  venue = await ClientVenue.start();
  rest = new ccxt.binance(ccxtConfig(venue));
  pro = recorded(new ccxt.pro.binance(ccxtConfig(venue)));
  await pro.loadHttpProxyAgent();
  await venue.makes('SELL', '50000', '2');
  await venue.makes('BUY', '49000', '2');
});
afterAll(async () => {
  await pro.close();
  await venue.stop();
});

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

test('several symbols on one subscription, and the end of it', async () => {
  await venue.makes('SELL', '3000', '5', 'ETHUSDT');
  await venue.makes('BUY', '2900', '5', 'ETHUSDT');
  const both = [symbol, 'ETH/USDT'];
  const [tickers, book, trades, candles] = [
    pro.watchTickers(both),
    pro.watchOrderBookForSymbols(both),
    pro.watchTradesForSymbols(both),
    pro.watchOHLCVForSymbols([
      [symbol, '1m'],
      ['ETH/USDT', '5m'],
    ]),
  ];
  const stop = venue.keepsTrading('0.001');
  try {
    // Each message tells what changed.
    let told = await tickers;
    while (told[symbol] === undefined) told = await pro.watchTickers(both);
    expect(told[symbol]).toMatchObject({ last: 50_000 });
    expect(both).toContain((await book).symbol);
    expect((await trades).at(-1)).toMatchObject({ symbol, price: 50_000, amount: 0.001 });
    let drawn = await candles;
    while (drawn[symbol] === undefined) drawn = await pro.watchOHLCVForSymbols([[symbol, '1m']]);
    expect(Object.values(drawn[symbol] as Record<string, number[][]>)[0]?.at(-1)?.[4]).toBe(50_000);
  } finally {
    stop();
  }
  await pro.unWatchTickers(both);
  await pro.unWatchTradesForSymbols(both);
  await pro.unWatchOrderBookForSymbols(both);
});

test('what is unwatched is not sent any more, and can be watched again', async () => {
  // A client of its own: the others keep watching.
  const own = recorded(new ccxt.pro.binance(ccxtConfig(venue)));
  await own.loadHttpProxyAgent();
  // By default watchTicker asks for miniTicker, and unWatchTicker for ticker.
  const name = 'ticker';
  const watchAll = () =>
    Promise.all([
      own.watchTicker(symbol, { name }),
      own.watchOHLCV(symbol, '1m'),
      own.watchBidsAsks([symbol]),
      own.watchTrades(symbol),
      own.watchOrderBook(symbol),
    ]);
  const stop = venue.keepsTrading('0.001');
  try {
    const [, , , before] = await watchAll();
    expect(await own.unWatchOHLCV(symbol, '1m')).toBe(true);
    expect(await own.unWatchTicker(symbol, { name })).toBe(true);
    expect(await own.unWatchBidsAsks([symbol])).toBe(true);
    expect(await own.unWatchTrades(symbol)).toBe(true);
    expect(await own.unWatchOrderBook(symbol)).toBe(true);
    const held = () => [own.tickers, own.bidsasks, own.trades, own.orderbooks].map((cache: Record<string, unknown>) => cache[symbol]);
    // This cache the client leaves as it is.
    delete own.bidsasks[symbol];
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(held()).toEqual([undefined, undefined, undefined, undefined]);
    expect(own.ohlcvs[symbol]).toEqual({});

    const [ticker, candles, bidsAsks, trades, book] = await watchAll();
    expect(held()).not.toContain(undefined);
    expect(ticker).toMatchObject({ symbol, last: 50_000, ask: 50_000, bid: 49_000 });
    expect(candles.at(-1)?.[4]).toBe(50_000);
    expect(bidsAsks[symbol]).toMatchObject({ ask: 50_000, bid: 49_000 });
    expect(book.asks[0]?.[0]).toBe(50_000);
    // Four trades a second went on in between.
    expect(Number(trades.at(-1)?.id) - Number(before.at(-1)?.id)).toBeGreaterThan(3);

    const pairs = [
      [symbol, '1m'],
      [symbol, '5m'],
    ];
    await own.watchOHLCVForSymbols(pairs);
    expect(await own.unWatchOHLCVForSymbols(pairs)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(own.ohlcvs[symbol]).toEqual({});
  } finally {
    stop();
    await own.close();
  }
});

test('a book kept from the diff stream is the book of the snapshot', async () => {
  // Not one of the books above: the client resolves a book on one socket only.
  await venue.makes('SELL', '3.2', '50', 'XRPUSDT');
  await venue.makes('BUY', '3.1', '50', 'XRPUSDT');
  let kept = await pro.watchOrderBook('XRP/USDT');
  await venue.makes('BUY', '3.15', '10', 'XRPUSDT');
  await venue.taker.place({ symbol: 'XRPUSDT', side: 'SELL', type: 'MARKET', quantity: '4' });
  const isDone = () => kept.bids[0]?.[0] === 3.15 && kept.bids[0][1] === 6;
  while (!isDone()) kept = await pro.watchOrderBook('XRP/USDT');
  const snapshot = await rest.fetchOrderBook('XRP/USDT');
  expect(kept.bids.map(([price, amount]) => [price, amount])).toEqual(snapshot.bids);
  expect(kept.asks.map(([price, amount]) => [price, amount])).toEqual(snapshot.asks);
  expect(snapshot.bids).toEqual([
    [3.15, 6],
    [3.1, 50],
  ]);
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
  // The client parses this one as if it were of contracts; what came is in info.
  const { info } = (await pro.fetchBalanceWs()) as { info: { balances: { asset: string; free: string; locked: string }[] } };
  const usdt = info.balances.find(({ asset }) => asset === 'USDT');
  expect(Number(usdt?.locked)).toBe(9_600);
  expect(Number(usdt?.free)).toBe((await rest.fetchBalance()).USDT?.free);
  await pro.cancelAllOrdersWs(symbol);
  expect(await pro.fetchOpenOrdersWs(symbol)).toEqual([]);
  expect((await pro.fetchOrdersWs(symbol)).slice(-2).map(({ status }) => status)).toEqual(['canceled', 'canceled']);
  expect((await pro.fetchMyTradesWs(symbol)).at(-1)).toMatchObject({ symbol, price: 50_000, side: 'buy', fee: { currency: 'BTC' } });
  expect((await pro.fetchTradesWs(symbol)).at(-1)).toMatchObject({ price: 50_000 });
  expect((await pro.fetchOHLCVWs(symbol, '1m')).at(-1)?.[4]).toBe(50_000);
  const market = await pro.createOrderWs(symbol, 'market', 'buy', 0.01);
  expect(market).toMatchObject({ status: 'closed', filled: 0.01, average: 50_000 });
  expect((await pro.fetchClosedOrdersWs(symbol)).at(-1)).toMatchObject({ id: market.id, status: 'closed', filled: 0.01 });
  const sold = await pro.createMarketOrderWs(symbol, 'sell', 0.01);
  expect(sold).toMatchObject({ status: 'closed', side: 'sell', filled: 0.01, average: 49_000 });
  await expect(pro.createOrderWs(symbol, 'limit', 'buy', 100, 49_000)).rejects.toBeInstanceOf(ccxt.InsufficientFunds);
  await expect(pro.cancelOrderWs('999999', symbol)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
  await expect(pro.fetchOrderWs('999999', symbol)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
});

test('every method ccxt says it has for sockets is called, or left out for a reason', async () => {
  // Listed by ccxt, but it refuses them itself for spot.
  await expect(pro.watchOrdersForSymbols([symbol])).rejects.toBeInstanceOf(ccxt.NotSupported);
  await expect(pro.watchMarkPrice(symbol)).rejects.toBeInstanceOf(ccxt.NotSupported);
  await expect(pro.fetchOrderBookWs(symbol)).rejects.toBeInstanceOf(ccxt.BadRequest);
  await expect(pro.fetchTickerWs(symbol)).rejects.toBeInstanceOf(ccxt.BadRequest);
  const has = Object.entries(pro.has as Record<string, unknown>).filter(([, value]) => value === true);
  const names = has.map(([name]) => name).filter((name) => /^(watch|unWatch)[A-Z]|Ws$/.test(name));
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => !called.has(name) && !(name in leftOut))).toEqual([]);
  expect(Object.keys(leftOut).filter((name) => called.has(name))).toEqual([]);
});
