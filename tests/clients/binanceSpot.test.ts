// @binance/spot as published: REST, WebSocket API, market streams and user data, with nothing but the hosts changed.
import { generateKeyPairSync } from 'node:crypto';
import { BadRequestError, Spot, SpotRestAPI, SpotWebsocketAPI, SpotWebsocketStreams, UnauthorizedError } from '@binance/spot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Inbox } from './inbox.ts';
import { ClientVenue } from './venue.ts';

const symbol = 'BTCUSDT';
const { NewOrderSideEnum: Side, NewOrderTypeEnum: Type, NewOrderTimeInForceEnum: Tif } = SpotRestAPI;
const { OrderPlaceSideEnum: WsSide, OrderPlaceTypeEnum: WsType, OrderPlaceTimeInForceEnum: WsTif } = SpotWebsocketAPI;

let venue: ClientVenue;
let spot: Spot;
let rest: Spot['restAPI'];

function client(key: { apiKey: string; apiSecret?: string; privateKey?: string }): Spot {
  return new Spot({
    configurationRestAPI: { ...key, basePath: venue.url, timeout: 10_000 },
    configurationWebsocketAPI: { ...key, wsURL: `${venue.wsUrl}/ws-api/v3` },
    configurationWebsocketStreams: { wsURL: venue.wsUrl },
  });
}

async function balance(asset: string): Promise<{ free: number; locked: number }> {
  const { balances } = await (await rest.getAccount()).data();
  const found = balances?.find((entry) => entry.asset === asset);
  return { free: Number(found?.free), locked: Number(found?.locked) };
}

beforeAll(async () => {
  venue = await ClientVenue.start();
  spot = client({ apiKey: venue.alice.apiKey, apiSecret: venue.alice.secret });
  rest = spot.restAPI;
  await venue.makes('SELL', '50000', '2');
  await venue.makes('SELL', '50100', '3');
  await venue.makes('BUY', '49000', '2');
});
afterAll(() => venue.stop());

describe('REST', () => {
  test('market data', async () => {
    const time = await (await rest.time()).data();
    expect(Math.abs(Number(time.serverTime) - Date.now())).toBeLessThan(5_000);
    const info = await (await rest.exchangeInfo({ symbol })).data();
    expect(info.symbols?.[0]).toMatchObject({ symbol, status: 'TRADING', baseAsset: 'BTC', quoteAsset: 'USDT' });
    expect(info.symbols?.[0]?.filters?.[0]).toMatchObject({ filterType: 'PRICE_FILTER', tickSize: '0.01000000' });
    const depth = await rest.depth({ symbol, limit: 5 });
    expect(await depth.data()).toMatchObject({
      bids: [['49000.00000000', '2.00000000']],
      asks: [
        ['50000.00000000', '2.00000000'],
        ['50100.00000000', '3.00000000'],
      ],
    });
    expect(depth.rateLimits).toContainEqual(
      expect.objectContaining({ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1 }),
    );
    expect(await (await rest.tickerBookTicker({ symbol })).data()).toMatchObject({ bidPrice: '49000.00000000', askQty: '2.00000000' });
  });

  test('a market order: fills, fees, balances, trades and the kline', async () => {
    const before = [await balance('BTC'), await balance('USDT')];
    const order = await (await rest.newOrder({ symbol, side: Side.BUY, type: Type.MARKET, quantity: 0.1 })).data();
    expect(order).toMatchObject({ status: 'FILLED', executedQty: '0.10000000', cummulativeQuoteQty: '5000.00000000' });
    expect(order.fills).toEqual([
      { price: '50000.00000000', qty: '0.10000000', commission: '0.00010000', commissionAsset: 'BTC', tradeId: expect.any(Number) },
    ]);
    expect((await balance('BTC')).free).toBeCloseTo((before[0]?.free ?? 0) + 0.0999, 8);
    expect((await balance('USDT')).free).toBeCloseTo((before[1]?.free ?? 0) - 5_000, 8);
    const trades = await (await rest.myTrades({ symbol, orderId: order.orderId as number })).data();
    expect(trades).toMatchObject([
      { orderId: order.orderId, price: '50000.00000000', commission: '0.00010000', isBuyer: true, isMaker: false },
    ]);
    const [kline] = await (await rest.klines({ symbol, interval: SpotRestAPI.KlinesIntervalEnum.INTERVAL_1m })).data();
    expect(kline?.slice(1, 6)).toEqual(['50000.00000000', '50000.00000000', '50000.00000000', '50000.00000000', '0.10000000']);
  });

  test('limit orders: placed, found, amended, replaced, cancelled', async () => {
    const limit = { symbol, side: Side.BUY, type: Type.LIMIT, timeInForce: Tif.GTC };
    const order = await (await rest.newOrder({ ...limit, quantity: 0.5, price: 48_000, newClientOrderId: 'spot-1' })).data();
    const orderId = order.orderId as number;
    expect(order).toMatchObject({ status: 'NEW', clientOrderId: 'spot-1', origQty: '0.50000000', price: '48000.00000000', fills: [] });
    expect((await balance('USDT')).locked).toBe(24_000);
    expect(await (await rest.getOrder({ symbol, origClientOrderId: 'spot-1' })).data()).toMatchObject({ orderId, isWorking: true });
    const amended = await (await rest.orderAmendKeepPriority({ symbol, orderId, newQty: 0.4 })).data();
    expect(amended.amendedOrder).toMatchObject({ orderId, qty: '0.40000000', status: 'NEW' });
    expect((await balance('USDT')).locked).toBe(19_200);
    const replaced = await (
      await rest.orderCancelReplace({
        symbol,
        side: SpotRestAPI.OrderCancelReplaceSideEnum.BUY,
        type: SpotRestAPI.OrderCancelReplaceTypeEnum.LIMIT,
        cancelReplaceMode: SpotRestAPI.OrderCancelReplaceCancelReplaceModeEnum.STOP_ON_FAILURE,
        timeInForce: SpotRestAPI.OrderCancelReplaceTimeInForceEnum.GTC,
        cancelOrderId: orderId,
        quantity: 0.3,
        price: 48_100,
      })
    ).data();
    expect(replaced).toMatchObject({
      cancelResult: 'SUCCESS',
      newOrderResult: 'SUCCESS',
      cancelResponse: { orderId, status: 'CANCELED' },
      newOrderResponse: { price: '48100.00000000', origQty: '0.30000000', status: 'NEW' },
    });
    expect(await (await rest.getOpenOrders({ symbol })).data()).toMatchObject([{ price: '48100.00000000', origQty: '0.30000000' }]);
    expect(await (await rest.deleteOpenOrders({ symbol })).data()).toMatchObject([{ status: 'CANCELED', price: '48100.00000000' }]);
    expect((await balance('USDT')).locked).toBe(0);
  });

  test('an OCO', async () => {
    const list = await (
      await rest.orderListOco({
        symbol,
        side: SpotRestAPI.OrderListOcoSideEnum.SELL,
        quantity: 0.2,
        aboveType: SpotRestAPI.OrderListOcoAboveTypeEnum.LIMIT_MAKER,
        abovePrice: 55_000,
        belowType: SpotRestAPI.OrderListOcoBelowTypeEnum.STOP_LOSS,
        belowStopPrice: 45_000,
      })
    ).data();
    expect(list).toMatchObject({ contingencyType: 'OCO', listStatusType: 'EXEC_STARTED', listOrderStatus: 'EXECUTING' });
    expect(list.orderReports?.map(({ type, status, origQty }) => [type, status, origQty]).sort()).toEqual([
      ['LIMIT_MAKER', 'NEW', '0.20000000'],
      ['STOP_LOSS', 'NEW', '0.20000000'],
    ]);
    expect((await balance('BTC')).locked).toBe(0.2);
    const cancelled = await (await rest.deleteOrderList({ symbol, orderListId: list.orderListId as number })).data();
    expect(cancelled).toMatchObject({ listStatusType: 'ALL_DONE', listOrderStatus: 'ALL_DONE' });
    expect((await balance('BTC')).locked).toBe(0);
  });

  test('errors are the classes bots catch', async () => {
    const order = { symbol, side: Side.BUY, type: Type.LIMIT, timeInForce: Tif.GTC };
    await expect(rest.newOrder({ ...order, quantity: 100, price: 49_000 })).rejects.toThrow(
      new BadRequestError('Account has insufficient balance for requested action.', -2010),
    );
    await expect(rest.newOrder({ ...order, quantity: 0.00001, price: 49_000 })).rejects.toThrow('Filter failure: NOTIONAL');
    await expect(rest.getOrder({ symbol, orderId: 999_999 })).rejects.toThrow(new BadRequestError('Order does not exist.', -2013));
    const wrong = client({ apiKey: venue.alice.apiKey, apiSecret: 'wrong' }).restAPI;
    await expect(wrong.getAccount()).rejects.toThrow(/Signature for this request is not valid\./);
    const unknown = client({ apiKey: 'x'.repeat(64), apiSecret: 'wrong' }).restAPI;
    await expect(unknown.getAccount()).rejects.toBeInstanceOf(UnauthorizedError);
  });
});

test('market streams', async () => {
  const streams = await spot.websocketStreams.connect();
  const [trades, book, top, klines, tickers] = [
    new Inbox<object>(),
    new Inbox<object>(),
    new Inbox<object>(),
    new Inbox<object>(),
    new Inbox<object>(),
  ];
  streams.trade({ symbol: 'btcusdt' }).on('message', trades.put);
  streams
    .partialBookDepth({
      symbol: 'btcusdt',
      levels: SpotWebsocketStreams.PartialBookDepthLevelsEnum.LEVELS_5,
      updateSpeed: SpotWebsocketStreams.PartialBookDepthUpdateSpeedEnum.UPDATE_SPEED_100ms,
    })
    .on('message', book.put);
  streams.bookTicker({ symbol: 'btcusdt' }).on('message', top.put);
  streams.kline({ symbol: 'btcusdt', interval: SpotWebsocketStreams.KlineIntervalEnum.INTERVAL_1m }).on('message', klines.put);
  streams.miniTicker({ symbol: 'btcusdt' }).on('message', tickers.put);
  const stop = venue.keepsTrading('0.001');
  try {
    expect(await trades.first(() => true)).toMatchObject({ e: 'trade', s: symbol, p: '50000.00000000', q: '0.00100000', m: false });
    expect(await book.first(() => true)).toMatchObject({
      bids: [['49000.00000000', '2.00000000']],
      asks: [
        ['50000.00000000', expect.any(String)],
        ['50100.00000000', '3.00000000'],
      ],
    });
    expect(await top.first(() => true)).toMatchObject({ s: symbol, b: '49000.00000000', B: '2.00000000', a: '50000.00000000' });
    expect(await klines.first(() => true)).toMatchObject({ e: 'kline', s: symbol, k: { i: '1m', c: '50000.00000000', x: false } });
    expect(await tickers.first(() => true)).toMatchObject({ e: '24hrMiniTicker', s: symbol, c: '50000.00000000' });
  } finally {
    stop();
    await streams.disconnect();
  }
});

describe('WebSocket API', () => {
  test('orders and queries', async () => {
    const api = await spot.websocketAPI.connect();
    try {
      const limit = { symbol, side: WsSide.BUY, type: WsType.LIMIT, timeInForce: WsTif.GTC };
      const placed = await api.orderPlace({ ...limit, quantity: 0.00012, price: 48_000 });
      const orderId = placed.data.orderId as number;
      expect(placed.data).toMatchObject({ symbol, status: 'NEW', origQty: '0.00012000' });
      expect(placed.rateLimits).toContainEqual(expect.objectContaining({ rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10 }));
      expect((await api.orderStatus({ symbol, orderId })).data).toMatchObject({ orderId, status: 'NEW', price: '48000.00000000' });
      expect((await api.openOrdersStatus({ symbol })).data).toMatchObject([{ orderId }]);
      expect((await api.orderCancel({ symbol, orderId })).data).toMatchObject({ orderId, status: 'CANCELED' });
      const filled = await api.orderPlace({ symbol, side: WsSide.SELL, type: WsType.MARKET, quantity: 0.01 });
      expect(filled.data).toMatchObject({ status: 'FILLED', cummulativeQuoteQty: '490.00000000' });
      expect(filled.data.fills).toMatchObject([{ price: '49000.00000000', commission: '0.49000000', commissionAsset: 'USDT' }]);
      expect((await api.myTrades({ symbol, orderId: filled.data.orderId as number })).data).toMatchObject([
        { qty: '0.01000000', isBuyer: false },
      ]);
      expect((await api.depth({ symbol, limit: 1 })).data).toMatchObject({ bids: [['49000.00000000', '1.99000000']] });
      expect((await api.accountStatus()).data).toMatchObject({ accountType: 'SPOT', canTrade: true });
      await expect(api.orderStatus({ symbol, orderId: 999_999 })).rejects.toMatchObject({ code: -2013, msg: 'Order does not exist.' });
    } finally {
      await api.disconnect();
    }
  });

  test('user data by subscribe.signature', async () => {
    const api = await spot.websocketAPI.connect();
    try {
      const events = new Inbox<object>();
      const { response, stream } = await api.userDataStreamSubscribeSignature();
      expect(response.data).toEqual({ subscriptionId: 0 });
      stream.on('message', events.put);
      const { orderId } = await (await rest.newOrder({ symbol, side: Side.BUY, type: Type.MARKET, quantity: 0.01 })).data();
      const report = (x: string) => (event: object) => 'x' in event && event.x === x && 'i' in event && event.i === orderId;
      expect(await events.first(report('NEW'))).toMatchObject({
        e: 'executionReport',
        s: symbol,
        S: 'BUY',
        o: 'MARKET',
        X: 'NEW',
        q: '0.01000000',
        z: '0.00000000',
      });
      expect(await events.first(report('TRADE'))).toMatchObject({
        X: 'FILLED',
        l: '0.01000000',
        L: '50000.00000000',
        n: '0.00001000',
        N: 'BTC',
        Z: '500.00000000',
        m: false,
      });
      const position = await events.first(
        (event) => 'e' in event && event.e === 'outboundAccountPosition' && JSON.stringify(event).includes('"BTC"'),
      );
      const { free } = await balance('BTC');
      expect(position).toMatchObject({
        B: expect.arrayContaining([expect.objectContaining({ a: 'BTC', f: free.toFixed(8), l: '0.00000000' })]),
      });
    } finally {
      await api.disconnect();
    }
  });
});

describe('keys', () => {
  test('an Ed25519 key signs REST, logs a session on and subscribes in it', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const apiKey = await venue.publicKey('ED25519', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const { restAPI, websocketAPI } = client({ apiKey, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() });
    expect(await (await restAPI.getAccount()).data()).toMatchObject({ uid: venue.alice.accountId, canTrade: true });
    const api = await websocketAPI.connect();
    try {
      expect((await api.sessionLogon())[0]?.data).toMatchObject({ apiKey });
      const events = new Inbox<object>();
      const { stream } = await api.userDataStreamSubscribe();
      stream.on('message', events.put);
      const placed = await api.orderPlace({ symbol, side: WsSide.BUY, type: WsType.MARKET, quantity: 0.002 });
      expect(placed.data).toMatchObject({ status: 'FILLED', cummulativeQuoteQty: '100.00000000' });
      expect(await events.first((event) => 'x' in event && event.x === 'TRADE')).toMatchObject({
        i: placed.data.orderId,
        Y: '100.00000000',
      });
    } finally {
      await api.disconnect();
    }
  });

  test('an RSA key signs REST and the WebSocket API', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const apiKey = await venue.publicKey('RSA', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const { restAPI, websocketAPI } = client({ apiKey, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() });
    const order = await (await restAPI.newOrder({ symbol, side: Side.BUY, type: Type.MARKET, quantity: 0.002 })).data();
    expect(order).toMatchObject({ status: 'FILLED', cummulativeQuoteQty: '100.00000000' });
    const api = await websocketAPI.connect();
    try {
      expect((await api.orderStatus({ symbol, orderId: order.orderId as number })).data).toMatchObject({
        status: 'FILLED',
        executedQty: '0.00200000',
      });
    } finally {
      await api.disconnect();
    }
  });
});
