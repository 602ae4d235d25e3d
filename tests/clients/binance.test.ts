// npm `binance` (tiagosiebler) as published: MainClient, WebsocketClient and WebsocketAPIClient, with only the hosts changed.
import { generateKeyPairSync } from 'node:crypto';
import { type DefaultLogger, MainClient, WebsocketAPIClient, WebsocketClient } from 'binance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Inbox } from './inbox.ts';
import { ClientVenue } from './venue.ts';

const symbol = 'BTCUSDT';
const quiet: DefaultLogger = { trace() {}, info() {}, error() {} };

/** The client's WebSocket API leaves the timestamp to its caller. */
const now = <const Params extends object>(params: Params) => ({ ...params, timestamp: Date.now() });

interface Keys {
  readonly api_key: string;
  readonly api_secret: string;
}
let venue: ClientVenue;
let hmac: Keys;
let rest: MainClient;

const restClient = (keys: Keys): MainClient => new MainClient({ ...keys, baseUrl: venue.url });
const apiClient = (keys: Keys): WebsocketAPIClient =>
  new WebsocketAPIClient({ ...keys, wsUrl: venue.wsUrl, restOptions: { baseUrl: venue.url }, attachEventListeners: false }, quiet);

async function keysOf(kind: 'ED25519' | 'RSA'): Promise<Keys> {
  const { publicKey, privateKey } = kind === 'RSA' ? generateKeyPairSync('rsa', { modulusLength: 2_048 }) : generateKeyPairSync('ed25519');
  return {
    api_key: await venue.publicKey(kind, publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    api_secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

async function balance(asset: string): Promise<{ free: number; locked: number }> {
  const { balances } = await rest.getAccountInformation();
  const found = balances.find((entry) => entry.asset === asset);
  return { free: Number(found?.free), locked: Number(found?.locked) };
}

beforeAll(async () => {
  venue = await ClientVenue.start();
  hmac = { api_key: venue.alice.apiKey, api_secret: venue.alice.secret };
  rest = restClient(hmac);
  await venue.makes('SELL', '50000', '2');
  await venue.makes('BUY', '49000', '2');
});
afterAll(() => venue.stop());

describe('MainClient', () => {
  test('market data', async () => {
    const info = await rest.getExchangeInfo({ symbols: ['BTCUSDT', 'ETHUSDT'] });
    expect(info.symbols).toMatchObject([{ symbol: 'BTCUSDT', status: 'TRADING' }, { symbol: 'ETHUSDT' }]);
    expect(await rest.getOrderBook({ symbol, limit: 5 })).toMatchObject({
      bids: [['49000.00000000', '2.00000000']],
      asks: [['50000.00000000', '2.00000000']],
    });
    expect(await rest.getSymbolOrderBookTicker({ symbol })).toMatchObject({ bidPrice: '49000.00000000', askQty: '2.00000000' });
    expect(await rest.getSystemStatus()).toEqual({ status: 0, msg: 'normal' });
    expect(rest.getRateLimitStates()).toMatchObject({ 'x-mbx-used-weight-1m': expect.any(Number) });
    expect(rest.getRateLimitStates()['x-mbx-used-weight-1m']).toBeGreaterThan(0);
  });

  test('a market order: fills, fees, balances, trades, ticker and kline', async () => {
    const before = [await balance('BTC'), await balance('USDT')];
    const order = await rest.submitNewOrder({ symbol, side: 'BUY', type: 'MARKET', quantity: 0.1, newOrderRespType: 'FULL' });
    expect(order).toMatchObject({ status: 'FILLED', executedQty: '0.10000000', cummulativeQuoteQty: '5000.00000000' });
    expect(order.fills).toMatchObject([{ price: '50000.00000000', qty: '0.10000000', commission: '0.00010000', commissionAsset: 'BTC' }]);
    expect((await balance('BTC')).free).toBeCloseTo((before[0]?.free ?? 0) + 0.0999, 8);
    expect((await balance('USDT')).free).toBeCloseTo((before[1]?.free ?? 0) - 5_000, 8);
    expect(await rest.getAccountTradeList({ symbol, orderId: order.orderId })).toMatchObject([
      { orderId: order.orderId, quoteQty: '5000.00000000', commission: '0.00010000', isBuyer: true, isMaker: false },
    ]);
    expect(await rest.getRecentTrades({ symbol })).toMatchObject([{ price: '50000.00000000', qty: '0.10000000', isBuyerMaker: false }]);
    expect(await rest.get24hrChangeStatistics({ symbol })).toMatchObject({ lastPrice: '50000.00000000', volume: '0.10000000', count: 1 });
    const [kline] = await rest.getKlines({ symbol, interval: '1m' });
    expect(kline?.slice(1, 6)).toEqual(['50000.00000000', '50000.00000000', '50000.00000000', '50000.00000000', '0.10000000']);
  });

  test('limit orders: placed, found, replaced, cancelled', async () => {
    const limit = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC' } as const;
    await rest.testNewOrder({ ...limit, quantity: 0.5, price: 48_000 });
    const order = await rest.submitNewOrder({ ...limit, quantity: 0.5, price: 48_000, newOrderRespType: 'RESULT' });
    const { orderId } = order;
    expect(order).toMatchObject({ status: 'NEW', origQty: '0.50000000', clientOrderId: expect.stringMatching(/^x-U5D79M5B/) });
    expect((await balance('USDT')).locked).toBe(24_000);
    expect(await rest.getOrder({ symbol, orderId })).toMatchObject({ orderId, status: 'NEW', price: '48000.00000000' });
    const replaced = await rest.replaceOrder({
      ...limit,
      cancelReplaceMode: 'STOP_ON_FAILURE',
      cancelOrderId: orderId,
      quantity: 0.3,
      price: 48_100,
      newOrderRespType: 'RESULT',
    });
    expect(replaced).toMatchObject({ cancelResult: 'SUCCESS', newOrderResponse: { price: '48100.00000000', origQty: '0.30000000' } });
    expect(await rest.getOpenOrders({ symbol })).toMatchObject([{ price: '48100.00000000' }]);
    expect(await rest.cancelAllSymbolOrders({ symbol })).toMatchObject([{ status: 'CANCELED', price: '48100.00000000' }]);
    expect((await balance('USDT')).locked).toBe(0);
    expect((await rest.getAllOrders({ symbol })).slice(-2).map(({ status }) => status)).toEqual(['CANCELED', 'CANCELED']);
    expect(await rest.getOrderRateLimit()).toContainEqual(expect.objectContaining({ rateLimitType: 'ORDERS', interval: 'DAY' }));
  });

  test('errors: code and text', async () => {
    const order = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', price: 49_000 } as const;
    await expect(rest.submitNewOrder({ ...order, quantity: 100 })).rejects.toMatchObject({
      code: -2010,
      message: 'Account has insufficient balance for requested action.',
    });
    await expect(rest.submitNewOrder({ ...order, quantity: 0.00001 })).rejects.toMatchObject({
      code: -1013,
      message: 'Filter failure: NOTIONAL',
    });
    await expect(rest.cancelOrder({ symbol, orderId: 999_999 })).rejects.toMatchObject({ code: -2011, message: 'Unknown order sent.' });
    await expect(restClient({ ...hmac, api_secret: 'wrong' }).getAccountInformation()).rejects.toMatchObject({ code: -1022 });
  });

  test.each(['ED25519', 'RSA'] as const)('an %s key signs', async (kind) => {
    const order = await restClient(await keysOf(kind)).submitNewOrder({
      symbol,
      side: 'BUY',
      type: 'MARKET',
      quantity: 0.002,
      newOrderRespType: 'RESULT',
    });
    expect(order).toMatchObject({ status: 'FILLED', cummulativeQuoteQty: '100.00000000' });
  });
});

test('WebsocketClient: market streams', async () => {
  const inbox = new Inbox<object>();
  const ws = new WebsocketClient({ wsUrl: venue.wsUrl, restOptions: { baseUrl: venue.url } }, quiet);
  ws.on('message', inbox.put);
  ws.on('exception', inbox.put);
  await ws.subscribe(['btcusdt@trade', 'btcusdt@kline_1m', 'btcusdt@bookTicker', 'btcusdt@depth5@100ms'], 'main');
  const stop = venue.keepsTrading('0.001');
  const event = (name: string) => inbox.first((message) => 'e' in message && message.e === name);
  try {
    expect(await event('trade')).toMatchObject({ s: symbol, p: '50000.00000000', q: '0.00100000', m: false });
    expect(await event('kline')).toMatchObject({ s: symbol, k: { i: '1m', c: '50000.00000000' } });
    expect(await inbox.first((message) => 'b' in message && 'B' in message)).toMatchObject({
      b: '49000.00000000',
      B: '2.00000000',
      a: '50000.00000000',
    });
    expect(await inbox.first((message) => 'bids' in message)).toMatchObject({
      bids: [['49000.00000000', '2.00000000']],
      asks: [['50000.00000000', expect.any(String)]],
    });
  } finally {
    stop();
    ws.closeAll(true);
  }
});

describe('WebsocketAPIClient', () => {
  test('orders and queries', async () => {
    const api = apiClient(hmac);
    try {
      const placed = await api.submitNewSpotOrder(
        now({
          symbol,
          side: 'BUY',
          type: 'LIMIT',
          timeInForce: 'GTC',
          price: '48000',
          quantity: '0.00012',
          newOrderRespType: 'RESULT',
        }),
      );
      expect(placed).toMatchObject({ status: 200, result: { status: 'NEW', origQty: '0.00012000' } });
      const { orderId } = placed.result;
      expect((await api.getSpotOrderStatus(now({ symbol, orderId }))).result).toMatchObject({ orderId, price: '48000.00000000' });
      expect((await api.getSpotOpenOrders(now({ symbol }))).result).toMatchObject([{ orderId }]);
      // Over REST the client asks the futures path for this.
      expect((await api.amendSpotOrderKeepPriority(now({ symbol, orderId, newQty: '0.00011' }))).result).toMatchObject({
        amendedOrder: { orderId, qty: '0.00011000' },
      });
      expect((await api.cancelSpotOrder(now({ symbol, orderId }))).result).toMatchObject({ orderId, status: 'CANCELED' });
      const { result } = await api.submitNewSpotOrder(
        now({ symbol, side: 'SELL', type: 'MARKET', quantity: '0.01', newOrderRespType: 'FULL' }),
      );
      expect(result).toMatchObject({
        status: 'FILLED',
        fills: [{ price: '49000.00000000', commission: '0.49000000', commissionAsset: 'USDT' }],
      });
      expect((await api.getSpotMyTrades(now({ symbol, orderId: result.orderId }))).result).toMatchObject([{ quoteQty: '490.00000000' }]);
      expect((await api.getSpotOrderBook({ symbol, limit: 1 })).result).toMatchObject({ bids: [['49000.00000000', '1.99000000']] });
      await expect(api.getSpotOrderStatus(now({ symbol, orderId: 999_999 }))).rejects.toMatchObject({
        status: 400,
        error: { code: -2013, msg: 'Order does not exist.' },
      });
    } finally {
      await api.disconnectAll();
    }
  });

  // HMAC and RSA sign each subscription, an Ed25519 key logs the session on first.
  test.each(['HMAC', 'ED25519', 'RSA'] as const)('user data with an %s key', async (kind) => {
    const api = apiClient(kind === 'HMAC' ? hmac : await keysOf(kind));
    const inbox = new Inbox<object>();
    api.getWSClient().on('message', inbox.put);
    try {
      expect(await api.subscribeUserDataStream('mainWSAPI')).toMatchObject({ status: 200, result: { subscriptionId: 0 } });
      const { result } = await api.submitNewSpotOrder(
        now({
          symbol,
          side: 'BUY',
          type: 'MARKET',
          quantity: '0.01',
          newOrderRespType: 'RESULT',
        }),
      );
      expect(result).toMatchObject({ status: 'FILLED', cummulativeQuoteQty: '500.00000000' });
      const report = (x: string) => (event: object) => 'x' in event && event.x === x && 'i' in event && event.i === result.orderId;
      expect(await inbox.first(report('NEW'))).toMatchObject({
        e: 'executionReport',
        s: symbol,
        X: 'NEW',
        q: '0.01000000',
        z: '0.00000000',
      });
      expect(await inbox.first(report('TRADE'))).toMatchObject({ X: 'FILLED', L: '50000.00000000', n: '0.00001000', N: 'BTC', m: false });
      const position = await inbox.first(
        (event) => 'e' in event && event.e === 'outboundAccountPosition' && JSON.stringify(event).includes('"BTC"'),
      );
      const { free } = await balance('BTC');
      expect(position).toMatchObject({
        B: expect.arrayContaining([expect.objectContaining({ a: 'BTC', f: free.toFixed(8), l: '0.00000000' })]),
      });
    } finally {
      await api.disconnectAll();
    }
  });
});
