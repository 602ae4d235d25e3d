// @binance/connector as published, the older official client: REST, market streams and WebSocket API, only hosts changed.
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Inbox } from './inbox.ts';
import { ClientVenue } from './venue.ts';

// The package comes without types: what is used of it.
// biome-ignore lint/suspicious/noExplicitAny: answers are whatever the server says; tests assert on them
type Json = any;
type Options = Readonly<Record<string, unknown>>;
interface Response {
  readonly status: number;
  readonly data: Json;
  readonly headers: Readonly<Record<string, string>>;
}
type Call = (...args: readonly unknown[]) => Promise<Response>;
type RestName =
  | 'time'
  | 'exchangeInfo'
  | 'depth'
  | 'klines'
  | 'trades'
  | 'ticker24hr'
  | 'bookTicker'
  | 'account'
  | 'myTrades'
  | 'newOrder'
  | 'newOrderTest'
  | 'getOrder'
  | 'openOrders'
  | 'allOrders'
  | 'cancelOrder'
  | 'cancelOpenOrders'
  | 'cancelAndReplace'
  | 'newOCOOrder'
  | 'cancelOCOOrder'
  | 'createListenKey';
type SpotClient = Readonly<Record<RestName, Call>>;
interface Socket {
  readonly disconnect: () => void;
}
interface StreamClient extends Socket {
  readonly trade: (symbol: string) => void;
  readonly kline: (symbol: string, interval: string) => void;
  readonly partialBookDepth: (symbol: string, levels: string, speed: string) => void;
  readonly subscribe: (streams: string | readonly string[]) => void;
}
interface ApiClient extends Socket {
  readonly newOrder: (symbol: string, side: string, type: string, options: Options) => void;
  readonly getOrder: (symbol: string, options: Options) => void;
  readonly cancelOrder: (symbol: string, options: Options) => void;
  readonly openOrders: (symbol: string, options: Options) => void;
  readonly myTrades: (symbol: string, options: Options) => void;
  readonly orderbook: (symbol: string, options: Options) => void;
  readonly account: (options: Options) => void;
}
interface Package {
  readonly Spot: new (apiKey: string, apiSecret: string, options: Options) => SpotClient;
  readonly WebsocketStream: new (options: Options) => StreamClient;
  readonly WebsocketAPI: new (apiKey: string, apiSecret: string, options: Options) => ApiClient;
  readonly PrivateKeyAlgo: { readonly RSA: string; readonly ED25519: string };
}
const { Spot, WebsocketStream, WebsocketAPI, PrivateKeyAlgo } = createRequire(import.meta.url)('@binance/connector') as Package;

const symbol = 'BTCUSDT';
const quiet = { info() {}, debug() {}, warn() {}, error() {}, log() {} };
let venue: ClientVenue;
let client: SpotClient;

async function balance(asset: string): Promise<{ free: number; locked: number }> {
  const { data } = await client.account({ omitZeroBalances: true });
  const { free, locked } = (data.balances as { asset: string; free: string; locked: string }[]).find((entry) => entry.asset === asset) ?? {
    free: '0',
    locked: '0',
  };
  return { free: Number(free), locked: Number(locked) };
}

/** Callbacks that put every message into an inbox; resolves `opened` when the socket is. */
function callbacks(): { inbox: Inbox<Json>; opened: Promise<void>; callbacks: object } {
  const inbox = new Inbox<Json>();
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { inbox, opened, callbacks: { open: () => open(), message: (text: string) => inbox.put(JSON.parse(text)) } };
}

beforeAll(async () => {
  venue = await ClientVenue.start();
  client = new Spot(venue.alice.apiKey, venue.alice.secret, { baseURL: venue.url });
  await venue.makes('SELL', '50000', '2');
  await venue.makes('BUY', '49000', '2');
});
afterAll(() => venue.stop());

describe('REST', () => {
  test('market data', async () => {
    expect(Math.abs((await client.time()).data.serverTime - Date.now())).toBeLessThan(5_000);
    const info = await client.exchangeInfo({ symbols: ['BTCUSDT', 'ETHUSDT'] });
    expect(info.data.symbols).toMatchObject([{ symbol: 'BTCUSDT', status: 'TRADING' }, { symbol: 'ETHUSDT' }]);
    expect(Number(info.headers['x-mbx-used-weight-1m'])).toBeGreaterThan(0);
    expect((await client.depth(symbol, { limit: 5 })).data).toMatchObject({
      bids: [['49000.00000000', '2.00000000']],
      asks: [['50000.00000000', '2.00000000']],
    });
    expect((await client.bookTicker(symbol)).data).toMatchObject({
      bidPrice: '49000.00000000',
      askPrice: '50000.00000000',
      askQty: '2.00000000',
    });
  });

  test('a market order: fills, fees, balances, trades, ticker and kline', async () => {
    const before = [await balance('BTC'), await balance('USDT')];
    const { data: order } = await client.newOrder(symbol, 'BUY', 'MARKET', { quoteOrderQty: 5_000 });
    expect(order).toMatchObject({ status: 'FILLED', executedQty: '0.10000000', cummulativeQuoteQty: '5000.00000000' });
    expect(order.fills).toMatchObject([{ price: '50000.00000000', qty: '0.10000000', commission: '0.00010000', commissionAsset: 'BTC' }]);
    expect((await balance('BTC')).free).toBeCloseTo((before[0]?.free ?? 0) + 0.0999, 8);
    expect((await balance('USDT')).free).toBeCloseTo((before[1]?.free ?? 0) - 5_000, 8);
    const [trade] = (await client.myTrades(symbol)).data;
    expect(trade).toMatchObject({ orderId: order.orderId, qty: '0.10000000', quoteQty: '5000.00000000', isBuyer: true, isMaker: false });
    expect((await client.trades(symbol)).data).toMatchObject([{ id: trade.id, price: '50000.00000000', isBuyerMaker: false }]);
    expect((await client.ticker24hr(symbol)).data).toMatchObject({ lastPrice: '50000.00000000', volume: '0.10000000', count: 1 });
    const [kline] = (await client.klines(symbol, '1m', { limit: 10 })).data.slice(-1);
    expect(kline.slice(1, 6)).toEqual(['50000.00000000', '50000.00000000', '50000.00000000', '50000.00000000', '0.10000000']);
  });

  test('limit orders: placed, found, replaced, cancelled', async () => {
    const options = { price: '48000', quantity: 0.5, timeInForce: 'GTC', newClientOrderId: 'connector-1' };
    await client.newOrderTest(symbol, 'BUY', 'LIMIT', options);
    const { data: order } = await client.newOrder(symbol, 'BUY', 'LIMIT', options);
    expect(order).toMatchObject({ status: 'NEW', clientOrderId: 'connector-1', origQty: '0.50000000' });
    expect((await balance('USDT')).locked).toBe(24_000);
    expect((await client.getOrder(symbol, { orderId: order.orderId })).data).toMatchObject({ status: 'NEW', price: '48000.00000000' });
    expect((await client.openOrders({ symbol })).data).toMatchObject([{ orderId: order.orderId }]);
    const { data: replaced } = await client.cancelAndReplace(symbol, 'BUY', 'LIMIT', 'STOP_ON_FAILURE', {
      cancelOrderId: order.orderId,
      price: '48100',
      quantity: 0.4,
      timeInForce: 'GTC',
    });
    expect(replaced).toMatchObject({ cancelResult: 'SUCCESS', newOrderResult: 'SUCCESS', newOrderResponse: { origQty: '0.40000000' } });
    const { orderId } = replaced.newOrderResponse;
    expect((await client.cancelOrder(symbol, { orderId })).data).toMatchObject({ orderId, status: 'CANCELED' });
    expect((await balance('USDT')).locked).toBe(0);
    expect((await client.allOrders(symbol)).data.slice(-2)).toMatchObject([
      { orderId: order.orderId, status: 'CANCELED' },
      { orderId, status: 'CANCELED' },
    ]);
  });

  test('an OCO', async () => {
    const { data: list } = await client.newOCOOrder(symbol, 'SELL', 0.2, 'LIMIT_MAKER', 'STOP_LOSS_LIMIT', {
      abovePrice: 55_000,
      belowStopPrice: 45_000,
      belowPrice: 44_900,
      belowTimeInForce: 'GTC',
    });
    expect(list).toMatchObject({ contingencyType: 'OCO', listOrderStatus: 'EXECUTING' });
    expect((list.orderReports as { type: string }[]).map(({ type }) => type).sort()).toEqual(['LIMIT_MAKER', 'STOP_LOSS_LIMIT']);
    expect((await balance('BTC')).locked).toBe(0.2);
    expect((await client.cancelOCOOrder(symbol, { orderListId: list.orderListId })).data).toMatchObject({ listOrderStatus: 'ALL_DONE' });
    expect((await balance('BTC')).locked).toBe(0);
  });

  test('errors: status, code and text', async () => {
    const limit = { price: 49_000, timeInForce: 'GTC' };
    await expect(client.newOrder(symbol, 'BUY', 'LIMIT', { ...limit, quantity: 100 })).rejects.toMatchObject({
      response: { status: 400, data: { code: -2010, msg: 'Account has insufficient balance for requested action.' } },
    });
    await expect(client.cancelOrder(symbol, { orderId: 999_999 })).rejects.toMatchObject({
      response: { status: 400, data: { code: -2011, msg: 'Unknown order sent.' } },
    });
    await expect(client.depth('NOPE')).rejects.toMatchObject({ response: { status: 400, data: { code: -1121, msg: 'Invalid symbol.' } } });
    // The retired way to user data is off unless the operator asks for it.
    await expect(client.createListenKey()).rejects.toMatchObject({ response: { status: 410 } });
  });

  test.each(['ED25519', 'RSA'] as const)('an %s key signs', async (kind) => {
    const { publicKey, privateKey } =
      kind === 'RSA' ? generateKeyPairSync('rsa', { modulusLength: 2_048 }) : generateKeyPairSync('ed25519');
    const apiKey = await venue.publicKey(kind, publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const signer = new Spot(apiKey, '', {
      baseURL: venue.url,
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      privateKeyAlgo: PrivateKeyAlgo[kind],
    });
    expect((await signer.account()).data).toMatchObject({ uid: venue.alice.accountId });
    const { data } = await signer.newOrder(symbol, 'BUY', 'MARKET', { quantity: 0.002, newOrderRespType: 'RESULT' });
    expect(data).toMatchObject({ status: 'FILLED', cummulativeQuoteQty: '100.00000000' });
  });
});

test.each([false, true])('market streams, combined: %s', async (combinedStreams) => {
  const { inbox, opened, callbacks: on } = callbacks();
  const stream = new WebsocketStream({ wsURL: venue.wsUrl, combinedStreams, callbacks: on, logger: quiet });
  const event = async (name: string): Promise<unknown> => {
    const found = await inbox.first((message) => (combinedStreams ? message.data : message).e === name);
    return combinedStreams ? found.data : found;
  };
  if (combinedStreams) stream.subscribe(['btcusdt@trade', 'btcusdt@kline_1m', 'btcusdt@depth5@100ms']);
  else {
    stream.trade('btcusdt');
    await opened;
    stream.subscribe(['btcusdt@kline_1m', 'btcusdt@depth5@100ms']);
    expect(await inbox.first(({ id }) => id !== undefined)).toMatchObject({ result: null });
  }
  await opened;
  const stop = venue.keepsTrading('0.001');
  try {
    expect(await event('trade')).toMatchObject({ s: symbol, p: '50000.00000000', q: '0.00100000', m: false });
    expect(await event('kline')).toMatchObject({ s: symbol, k: { i: '1m', c: '50000.00000000' } });
    const book = await inbox.first((message) => (combinedStreams ? message.data : message).bids !== undefined);
    if (combinedStreams) expect(book.stream).toBe('btcusdt@depth5@100ms');
    expect(combinedStreams ? book.data : book).toMatchObject({
      bids: [['49000.00000000', '2.00000000']],
      asks: [['50000.00000000', expect.any(String)]],
    });
  } finally {
    stop();
    stream.disconnect();
  }
});

test('the WebSocket API: orders and queries', async () => {
  const { inbox, opened, callbacks: on } = callbacks();
  const api = new WebsocketAPI(venue.alice.apiKey, venue.alice.secret, { wsURL: `${venue.wsUrl}/ws-api/v3`, callbacks: on, logger: quiet });
  await opened;
  let next = 0;
  const ask = async (send: (id: string) => void): Promise<Json> => {
    const id = `ask-${++next}`;
    send(id);
    return inbox.first((message) => message.id === id);
  };
  try {
    // Bare numbers: signed as they are written.
    const placed = await ask((id) => api.newOrder(symbol, 'BUY', 'LIMIT', { id, timeInForce: 'GTC', price: 48_000, quantity: 0.00012 }));
    expect(placed).toMatchObject({ status: 200, result: { status: 'NEW', origQty: '0.00012000' } });
    const { orderId } = placed.result;
    expect((await ask((id) => api.getOrder(symbol, { id, orderId }))).result).toMatchObject({ orderId, price: '48000.00000000' });
    expect((await ask((id) => api.openOrders(symbol, { id }))).result).toMatchObject([{ orderId }]);
    expect((await ask((id) => api.cancelOrder(symbol, { id, orderId }))).result).toMatchObject({ orderId, status: 'CANCELED' });
    const { result } = await ask((id) => api.newOrder(symbol, 'SELL', 'MARKET', { id, quantity: 0.01, newOrderRespType: 'FULL' }));
    expect(result).toMatchObject({
      status: 'FILLED',
      fills: [{ price: '49000.00000000', commission: '0.49000000', commissionAsset: 'USDT' }],
    });
    expect((await ask((id) => api.myTrades(symbol, { id, orderId: result.orderId }))).result).toMatchObject([{ quoteQty: '490.00000000' }]);
    expect((await ask((id) => api.orderbook(symbol, { id, limit: 1 }))).result).toMatchObject({ bids: [['49000.00000000', '1.99000000']] });
    expect((await ask((id) => api.account({ id }))).result).toMatchObject({ uid: venue.alice.accountId, accountType: 'SPOT' });
    expect(await ask((id) => api.getOrder(symbol, { id, orderId: 999_999 }))).toMatchObject({
      status: 400,
      error: { code: -2013, msg: 'Order does not exist.' },
    });
    // An exponent is signed as written too, and then refused as Binance refuses it.
    expect(
      await ask((id) => api.newOrder(symbol, 'BUY', 'LIMIT', { id, timeInForce: 'GTC', price: 48_000, quantity: 1e-7 })),
    ).toMatchObject({
      status: 400,
      error: { code: -1100, msg: "Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'." },
    });
  } finally {
    api.disconnect();
  }
});
