// The routes beside /api/v3 proper: what clients call by default, and the retired listenKeys.
import { afterEach, describe, expect, it } from 'vitest';
import { EngineReject } from '../../src/domain/rejectReason.ts';
import { type BinanceRest, binanceRest } from '../fixtures/binanceRest.ts';
import { makeApiKey, makeProfile, TEST_ACCOUNT_ID, TEST_API_KEY } from '../fixtures/fakeExchange.ts';

let api: BinanceRest;
afterEach(async () => {
  await api.close();
});

describe('routes of other products', () => {
  it('answer what lets clients load', async () => {
    api = await binanceRest();
    for (const [path, body] of [
      ['/sapi/v1/capital/config/getall', []],
      ['/sapi/v1/margin/allPairs', []],
      ['/sapi/v1/margin/isolated/allPairs', []],
      ['/fapi/v1/exchangeInfo', { symbols: [] }],
      ['/dapi/v1/exchangeInfo', { symbols: [] }],
      ['/sapi/v1/system/status', { status: 0, msg: 'normal' }],
    ] as const) {
      // With and without a signature: their callers do both.
      for (const answer of [await api.open('GET', path), await api.signed('GET', path, { recvWindow: 10_000 })]) {
        expect({ path, status: answer.status, body: answer.body }).toEqual({ path, status: 200, body });
        expect(answer.headers).toHaveProperty('x-mbx-used-weight-1m');
      }
    }
  });

  it("tell the account's trade fees", async () => {
    api = await binanceRest();
    api.exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ symbolRates: { ETHUSDT: { makerRate: 0, takerRate: 5_000 } } }));
    const btc = { symbol: 'BTCUSDT', makerCommission: '0.00100000', takerCommission: '0.00100000' };
    const eth = { symbol: 'ETHUSDT', makerCommission: '0.00000000', takerCommission: '0.00005000' };
    expect((await api.signed('GET', '/sapi/v1/asset/tradeFee')).body).toEqual([btc, eth]);
    expect((await api.signed('GET', '/sapi/v1/asset/tradeFee', { symbol: 'ETHUSDT' })).body).toEqual([eth]);
    expect((await api.open('GET', '/sapi/v1/asset/tradeFee')).status).toBe(401);
  });

  it('are there or not, as the operator says', async () => {
    api = await binanceRest({ foreignRoutes: false });
    expect((await api.open('GET', '/sapi/v1/system/status')).status).toBe(404);
    expect((await api.open('GET', '/sapi/v1/capital/deposit/hisrec')).status).toBe(404);
  });
});

describe('listenKeys', () => {
  const headers = { 'x-mbx-apikey': TEST_API_KEY };
  const HOUR_US = 3_600_000_000;

  it('are gone unless the operator brings them back', async () => {
    api = await binanceRest();
    for (const verb of ['POST', 'PUT', 'DELETE'] as const) {
      const { status, body } = await api.send(verb, '/userDataStream', { headers });
      expect({ status, body }).toEqual({ status: 410, body: { code: -1016, msg: 'This service is no longer available.' } });
    }
    expect(api.edge.listenKeys).toBeUndefined();
  });

  it('live for an hour, are kept alive and closed by their own account only', async () => {
    api = await binanceRest({ legacyListenKeys: true });
    const { exchange, edge } = api;
    const keys = edge.listenKeys!;
    exchange.keys.set('B'.repeat(64), makeApiKey({ apiKey: 'B'.repeat(64), accountId: 1001 }));
    const other = { 'x-mbx-apikey': 'B'.repeat(64) };
    const unknown = { status: 400, body: { code: -1125, msg: 'This listenKey does not exist.' } };

    const { listenKey } = (await api.send('POST', '/userDataStream', { headers })).body as { listenKey: string };
    expect(listenKey).toMatch(/^[A-Za-z0-9]{64}$/);
    expect((await api.send('POST', '/userDataStream', { headers })).body).toEqual({ listenKey });
    expect(keys.holderOf(listenKey, exchange.nowUs)?.accountId).toBe(TEST_ACCOUNT_ID);

    exchange.nowUs += HOUR_US - 1;
    const query = `listenKey=${listenKey}`;
    expect(await api.send('PUT', '/userDataStream', { headers: other, query })).toMatchObject(unknown);
    expect(await api.send('PUT', '/userDataStream', { headers, query })).toMatchObject({ status: 200, body: {} });
    exchange.nowUs += HOUR_US - 1;
    expect(keys.holderOf(listenKey, exchange.nowUs)?.accountId).toBe(TEST_ACCOUNT_ID);
    exchange.nowUs += 1;
    expect(keys.holderOf(listenKey, exchange.nowUs)).toBeUndefined();
    expect(await api.send('PUT', '/userDataStream', { headers, query })).toMatchObject(unknown);

    const fresh = (await api.send('POST', '/userDataStream', { headers })).body as { listenKey: string };
    expect(fresh.listenKey).not.toBe(listenKey);
    const own = { headers, body: `listenKey=${fresh.listenKey}` };
    expect(await api.send('DELETE', '/userDataStream', own)).toMatchObject({ status: 200, body: {} });
    expect(await api.send('DELETE', '/userDataStream', own)).toMatchObject(unknown);
  });

  it('need a good key and a listenKey', async () => {
    api = await binanceRest({ legacyListenKeys: true });
    expect(await api.send('POST', '/userDataStream')).toMatchObject({ status: 401, body: { code: -2014 } });
    expect(await api.send('PUT', '/userDataStream', { headers })).toMatchObject({
      status: 400,
      body: { code: -1102, msg: "Mandatory parameter 'listenKey' was not sent, was empty/null, or malformed." },
    });
  });
});

describe("the operator's own filters", () => {
  const limit = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '50000' };
  const refused = async (params: object, path = '/order') =>
    ((await api.signed('POST', path, params as Record<string, string>)).body as { msg?: string }).msg;

  it('EXCHANGE_MAX_* show in exchangeInfo and myFilters, and are refused in their words', async () => {
    api = await binanceRest({ accountLimits: { maxNumOrders: 4, maxNumAlgoOrders: 3, maxNumIcebergOrders: 2, maxNumOrderLists: 1 } });
    const filters = [
      { filterType: 'EXCHANGE_MAX_NUM_ORDERS', maxNumOrders: 4 },
      { filterType: 'EXCHANGE_MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders: 3 },
      { filterType: 'EXCHANGE_MAX_NUM_ICEBERG_ORDERS', maxNumIcebergOrders: 2 },
      { filterType: 'EXCHANGE_MAX_NUM_ORDER_LISTS', maxNumOrderLists: 1 },
    ];
    expect((await api.open('GET', '/exchangeInfo')).body).toMatchObject({ exchangeFilters: filters });
    expect((await api.signed('GET', '/myFilters', { symbol: 'BTCUSDT' })).body).toMatchObject({ exchangeFilters: filters });
    api.exchange.answers.placeOrder = async () => ({ ok: false, reason: EngineReject.EXCHANGE_MAX_NUM_ORDERS });
    expect(await api.signed('POST', '/order', limit)).toMatchObject({
      status: 400,
      body: { code: -1013, msg: 'Filter failure: EXCHANGE_MAX_NUM_ORDERS' },
    });
  });

  it('MAX_ASSET bounds quantity and notional of one order, and shows in myFilters', async () => {
    const maxAssets = [
      { asset: 'BTC', limit: '0.5' },
      { asset: 'USDT', limit: '1000' },
    ];
    api = await binanceRest({ maxAssets });
    expect(await refused({ ...limit, quantity: '0.5', price: '100' })).toBeUndefined();
    expect(await refused({ ...limit, quantity: '0.50001', price: '100' })).toBe('Filter failure: MAX_ASSET');
    expect(await refused({ ...limit, quantity: '0.1', price: '10000.01' })).toBe('Filter failure: MAX_ASSET');
    expect(await refused({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quoteOrderQty: '1000.01' })).toBe('Filter failure: MAX_ASSET');
    const { body } = await api.signed('GET', '/myFilters', { symbol: 'ETHUSDT' });
    expect((body as { assetFilters: unknown }).assetFilters).toEqual([{ filterType: 'MAX_ASSET', asset: 'USDT', limit: '1000' }]);
  });
});
