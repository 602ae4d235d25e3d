// The WebSocket API over real sockets: every method is there, who may call it, what an answer looks like.
import { constants, createPrivateKey, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SocketServer, socketServer, type TestClient } from '../../../../tests/fixtures/binanceSocketServer.ts';
import { makeApiKey, makeOrder, TEST_API_KEY, TEST_NOW_US, TEST_SECRET } from '../../../../tests/fixtures/fakeExchange.ts';
import { signedParams } from '../../../../tests/fixtures/signedParams.ts';
import { ApiKeyKind } from '../../../domain/accountProfile.ts';
import { signHmac } from '../../auth/signature.ts';
import { METHODS_BY_NAME } from '../methods/index.ts';
import { SESSION_METHODS } from './sessionMethods.ts';

const NOW_MS = TEST_NOW_US / 1000;

interface Answer {
  readonly id: unknown;
  readonly status: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly msg: string; readonly data?: unknown };
  readonly rateLimits?: readonly { readonly rateLimitType: string; readonly count: number }[];
}

const LIMIT_BUY = {
  symbol: 'BTCUSDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: '50000.00',
  quantity: '1.00000000',
};

let server: SocketServer;
let client: TestClient;
beforeEach(async () => {
  server = await socketServer();
  client = await server.connect('/ws-api/v3');
});
afterEach(async () => {
  await server.stop();
  expect(server.unexpected).toEqual([]);
});

const ask = (method: string, params?: Record<string, unknown>, id: unknown = 1): Promise<Answer> =>
  client.ask<Answer>(params === undefined ? { id, method } : { id, method, params });

/** Section 8 of the surface: every documented method. */
const DOCUMENTED = [
  'ping time exchangeInfo executionRules',
  'depth trades.recent trades.historical blockTrades.historical trades.aggregate klines uiKlines avgPrice ticker.24hr',
  'ticker.tradingDay ticker ticker.price ticker.book referencePrice referencePrice.calculation',
  'session.logon session.status session.logout',
  'order.place order.test order.cancel order.cancelReplace order.amend.keepPriority openOrders.cancelAll orderList.place',
  'orderList.place.oco orderList.place.oto orderList.place.otoco orderList.place.opo orderList.place.opoco orderList.cancel',
  'sor.order.place sor.order.test',
  'account.status order.status openOrders.status allOrders orderList.status openOrderLists.status allOrderLists myTrades',
  'account.rateLimits.orders myPreventedMatches myAllocations account.commission order.amendments myFilters',
  'userDataStream.subscribe userDataStream.subscribe.signature userDataStream.unsubscribe session.subscriptions',
].flatMap((line) => line.split(' '));

describe('every documented method', () => {
  it.each(DOCUMENTED)('%s is there, with and without the version', async (method) => {
    expect(METHODS_BY_NAME.has(method) || SESSION_METHODS.has(method)).toBe(true);
    for (const name of [method, `v3/${method}`]) {
      const answer = await ask(name);
      expect(answer.id).toBe(1);
      expect(answer.error?.code ?? 0).not.toBe(-1020);
      expect(answer.rateLimits?.at(-1)).toMatchObject({ rateLimitType: 'REQUEST_WEIGHT' });
    }
  });

  it('and no other', async () => {
    expect([...METHODS_BY_NAME.keys(), ...SESSION_METHODS.keys()].sort()).toEqual([...DOCUMENTED].sort());
    expect(await ask('order.nope')).toMatchObject({ status: 404, error: { code: -1020 } });
    expect(await ask('constructor')).toMatchObject({ error: { code: -1020 } });
  });
});

describe('answers', () => {
  it('whole, with the limits', async () => {
    client.send('{"id":"e2a8","method":"time"}');
    // 2 for connecting and 1 for the request.
    expect(await client.text()).toBe(
      `{"id":"e2a8","status":200,"result":{"serverTime":${NOW_MS}},"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,"count":3}]}`,
    );
    client.send('{"id":5,"method":"session.nope","params":{}}');
    expect(await client.text()).toMatch(/^\{"id":5,"status":404,"error":\{"code":-1020,"msg":"[^"]+"\},"rateLimits":\[/);
  });

  it.each(['1', '"a\\u0062c"', 'null', '-5', '12345678901234567890', '""'])('with the id as it came: %s', async (id) => {
    client.send(`{"id":${id},"method":"ping","params":{"returnRateLimits":false}}`);
    expect(await client.text()).toBe(`{"id":${id},"status":200,"result":{}}`);
  });

  it('without the limits where asked to, by request or by connection', async () => {
    expect(await ask('ping', { returnRateLimits: false })).toEqual({ id: 1, status: 200, result: {} });
    client = await server.connect('/ws-api/v3?returnRateLimits=false');
    expect(await ask('ping')).toEqual({ id: 1, status: 200, result: {} });
    expect((await ask('ping', { returnRateLimits: true })).rateLimits).toHaveLength(1);
    expect(await ask('depth', {})).not.toHaveProperty('rateLimits');
    expect((await ask('session.status')).result).toMatchObject({ returnRateLimits: false });
  });

  it('with order limits where orders are counted', async () => {
    const answer = await ask('order.place', signedParams(LIMIT_BUY));
    expect(answer.status).toBe(200);
    expect(answer.rateLimits?.map((row) => [row.rateLimitType, row.count])).toEqual([
      ['ORDERS', 1],
      ['ORDERS', 1],
      // Placing is free when it succeeds: only the connection has been paid for.
      ['REQUEST_WEIGHT', 2],
    ]);
  });

  it('in microseconds where asked to', async () => {
    client = await server.connect('/ws-api/v3?timeUnit=MICROSECOND');
    expect((await ask('time')).result).toEqual({ serverTime: TEST_NOW_US });
    expect((await ask('session.status')).result).toMatchObject({ connectedSince: TEST_NOW_US });
  });

  it.each(['/ws-api/v3?timeUnit=HOURS', '/ws-api/v3?responseFormat=sbe'])('no connection to %s', async (path) => {
    client = await server.connect(path);
    const answer = await client.json<Answer>();
    expect([-1194, -1155]).toContain(answer.error?.code);
    expect((await client.close()).code).toBe(1008);
  });

  it('many requests sent at once, each', async () => {
    for (let id = 0; id < 500; id++) client.send({ id, method: 'ping', params: { returnRateLimits: false } });
    await client.until(() => client.received.length === 500);
    expect(client.received.map((text) => (JSON.parse(text) as Answer).id)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('cancelReplace with its data inside the error', async () => {
    const params = signedParams({ ...LIMIT_BUY, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: 99 });
    expect(await ask('order.cancelReplace', params)).toMatchObject({
      status: 400,
      error: {
        code: -2022,
        msg: 'Order cancel-replace failed.',
        data: {
          cancelResult: 'FAILURE',
          newOrderResult: 'NOT_ATTEMPTED',
          cancelResponse: { code: -2011, msg: 'Unknown order sent.' },
          newOrderResponse: null,
        },
      },
    });
  });

  it('an order placed, queried and cancelled', async () => {
    const placed = await ask('order.place', signedParams({ ...LIMIT_BUY, newClientOrderId: 'mine' }));
    expect(placed.result).toMatchObject({ symbol: 'BTCUSDT', clientOrderId: 'mine', status: 'NEW', fills: [] });
    server.exchange.rows.orders.push(makeOrder({ orderId: 1, clientOrderId: 'mine' }));
    expect((await ask('order.status', signedParams({ symbol: 'BTCUSDT', orderId: 1 }))).result).toMatchObject({ orderId: 1 });
    const cancelled = await ask('order.cancel', signedParams({ symbol: 'BTCUSDT', origClientOrderId: 'mine' }));
    expect(cancelled.result).toMatchObject({ origClientOrderId: 'mine', status: 'CANCELED' });
  });
});

describe('limits', () => {
  it('429 with the time to come back, then 418, and the connections of the address are closed', async () => {
    await server.stop();
    const window = { interval: 'MINUTE', intervalNum: 1 } as const;
    const { DEFAULT_RATE_LIMITS } = await import('../rateLimits/rateLimitSettings.ts');
    server = await socketServer({
      settings: {
        rateLimits: { ...DEFAULT_RATE_LIMITS, requestWeight: { ...window, limit: 10 }, refusalsBeforeBan: 2 },
      },
    });
    client = await server.connect('/ws-api/v3');
    const other = await server.connect('/ws-api/v3');
    const stream = await server.connect('/ws');
    for (let i = 0; i < 6; i++) expect((await ask('ping')).status).toBe(200);
    const refused = await ask('ping');
    const data = { serverTime: NOW_MS, retryAfter: NOW_MS + 40_000 };
    expect(refused).toMatchObject({ status: 429, error: { code: -1003, data } });
    expect((await ask('ping')).status).toBe(429);
    const banned = await ask('ping');
    expect(banned).toMatchObject({ status: 418, error: { code: -1003 } });
    expect(banned.error?.msg).toMatch(/IP banned until \d{13}\./);
    expect((await client.close()).code).toBe(1008);
    expect((await other.close()).code).toBe(1008);
    expect(stream.closed).toBeUndefined();
    const late = await server.connect('/ws-api/v3');
    expect((await late.close()).code).toBe(1008);
  });

  it('requests that wait for an answer are bounded: the rest stays unread', async () => {
    await server.stop();
    server = await socketServer({ sockets: { requestsInFlightMax: 10 } });
    client = await server.connect('/ws-api/v3?returnRateLimits=false');
    let inFlight = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    server.exchange.answers.placeOrder = async (command) => {
      inFlight++;
      most = Math.max(most, inFlight);
      await new Promise<void>((resolve) => waiting.push(resolve));
      inFlight--;
      const order = makeOrder({ clientOrderId: command.order.clientOrderId });
      const ids = { requestClientOrderId: '', origClientOrderId: '' };
      return { ok: true, report: { order, fills: [], ...ids, executionId: 1, timeUs: TEST_NOW_US } };
    };
    const request = { id: 1, method: 'order.place', params: signedParams({ ...LIMIT_BUY, newOrderRespType: 'ACK' }) };
    // Far more than one read of the socket brings.
    for (let i = 0; i < 2_000; i++) client.send(request);
    while (client.received.length < 2_000) {
      for (const answer of waiting.splice(0)) answer();
      await new Promise(setImmediate);
    }
    // What came in one piece with the message that reached the bound is still taken.
    expect(most).toBeLessThan(1_000);
    expect(inFlight).toBe(0);
  });
});

describe('signatures', () => {
  const place = (params: string): string => `{"id":1,"method":"order.test","params":{${params}}}`;
  const base = `"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","apiKey":"${TEST_API_KEY}","timestamp":${NOW_MS}`;
  const payload = (quantity: string, price: string, rest = '') =>
    `apiKey=${TEST_API_KEY}&price=${price}&quantity=${quantity}${rest}&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp=${NOW_MS}&type=LIMIT`;

  it.each([
    ['strings', '"quantity":"1.00000000","price":"50000.00"', payload('1.00000000', '50000.00')],
    ['bare numbers as they are written', '"quantity":1.10,"price":50000.00', payload('1.10', '50000.00')],
    ['booleans', '"quantity":"1","price":"50000","returnRateLimits":false', payload('1', '50000', '&returnRateLimits=false')],
  ])('over %s', async (_name, params, signedText) => {
    client.send(place(`${base},${params},"signature":"${signHmac(TEST_SECRET, signedText)}"`));
    expect(await client.json()).toMatchObject({ status: 200, result: {} });
    const upper = signHmac(TEST_SECRET, signedText).toUpperCase();
    client.send(place(`"signature":"${upper}",${params},${base}`));
    expect(await client.json()).toMatchObject({ status: 200 });
    client.send(place(`${base},${params},"signature":"${signHmac('other', signedText)}"`));
    expect(await client.json()).toMatchObject({ status: 400, error: { code: -1022 } });
  });

  it("over Python's 1e-05: the signature holds, the decimal does not", async () => {
    const signature = signHmac(TEST_SECRET, payload('1e-05', '50000.0'));
    client.send(place(`${base},"quantity":1e-05,"price":50000.0,"signature":"${signature}"`));
    expect(await client.json()).toMatchObject({ status: 400, error: { code: -1100 } });
  });

  it('over percent-encoded values too', async () => {
    const symbol = '１２３４５６';
    const text = `apiKey=${TEST_API_KEY}&symbol=${encodeURIComponent(symbol)}&timestamp=${NOW_MS}`;
    const params = { symbol, apiKey: TEST_API_KEY, timestamp: NOW_MS, signature: signHmac(TEST_SECRET, text) };
    expect(await ask('openOrders.status', params)).toMatchObject({ error: { code: -1121 } });
    expect(await ask('openOrders.status', { ...params, symbol: 'BTCUSDT' })).toMatchObject({ error: { code: -1022 } });
    expect(await ask('openOrders.status', signedParams({ symbol }))).toMatchObject({ error: { code: -1121 } });
  });

  function keyPair(kind: 'ED25519' | 'RSA'): { apiKey: string; sign(text: string): string } {
    const pair = kind === 'ED25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const secret = (pair.publicKey as KeyObject).export({ type: 'spki', format: 'pem' }).toString();
    const apiKey = (kind === 'RSA' ? 'R' : 'E').repeat(64);
    server.exchange.keys.set(apiKey, makeApiKey({ apiKey, kind: ApiKeyKind[kind], secret }));
    const privateKey = createPrivateKey((pair.privateKey as KeyObject).export({ type: 'pkcs8', format: 'pem' }));
    return {
      apiKey,
      sign: (text) =>
        kind === 'RSA'
          ? signBytes('sha256', Buffer.from(text), { key: privateKey, padding: constants.RSA_PKCS1_PADDING }).toString('base64')
          : signBytes(null, Buffer.from(text), privateKey).toString('base64'),
    };
  }

  it.each(['ED25519', 'RSA'] as const)('of %s keys', async (kind) => {
    const { apiKey, sign } = keyPair(kind);
    const text = `apiKey=${apiKey}&timestamp=${NOW_MS}`;
    const params = { apiKey, timestamp: NOW_MS, signature: sign(text) };
    expect(await ask('account.status', params)).toMatchObject({ status: 200 });
    expect(await ask('session.logon', params)).toMatchObject({ status: 200, result: { apiKey } });
    expect(await ask('account.status', { ...params, signature: params.signature.toLowerCase() })).toMatchObject({
      error: { code: -1022 },
    });
  });

  it.each([
    ['no key', { apiKey: undefined }, -2014, 401],
    ['a malformed key', { apiKey: 'short' }, -2014, 401],
    ['an unknown key', { apiKey: 'Z'.repeat(64) }, -2015, 401],
    ['no timestamp', { timestamp: undefined }, -1102, 400],
    ['an old timestamp', { timestamp: NOW_MS - 5_001 }, -1021, 400],
    ['a timestamp to come', { timestamp: NOW_MS + 1_000 }, -1021, 400],
    ['too wide a window', { recvWindow: 60_001 }, -1131, 400],
  ])('%s', async (_name, change, code, status) => {
    expect(await ask('account.status', signedParams(change))).toMatchObject({ status, error: { code } });
  });

  it('a key without the permission to trade', async () => {
    server.exchange.keys.set(TEST_API_KEY, makeApiKey({ canTrade: false }));
    expect(await ask('order.place', signedParams(LIMIT_BUY))).toMatchObject({ status: 401, error: { code: -2015 } });
    expect(await ask('account.status', signedParams())).toMatchObject({ status: 200 });
  });
});
