import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  forget,
  makeInstrument,
  makeOrder,
  makeTrade,
  reportOf,
  TEST_ACCOUNT_ID,
  TEST_NOW_US,
} from '../../../tests/fixtures/fakeExchange.ts';
import { NativeClient } from '../../../tests/fixtures/nativeClient.ts';
import { type TestServer, testServer } from '../../../tests/fixtures/testServer.ts';
import type { NewOrder } from '../../domain/command.ts';
import { OrderStatus } from '../../domain/orderStatus.ts';
import {
  CancelRestriction,
  ContingencyType,
  ExpiryReason,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  PegPriceType,
  Side,
  StpMode,
  TimeInForce,
} from '../../domain/orderTerms.ts';
import { EngineReject } from '../../domain/rejectReason.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { OutcomeUnknownError, OverloadShedError } from '../../ports/exchangePort.ts';
import { HistoryUnavailableError } from '../../ports/historyQueries.ts';
import { healthApi } from './healthApi.ts';
import { nativeApi } from './nativeApi.ts';

const ORDERS = '/api/spot/v2/';
const buy = { symbol: 'BTCUSDT', side: 'BUY', price: '50000.0', quantity: '1.0' };
let server: TestServer;
let client: NativeClient;

beforeAll(async () => {
  server = await testServer([healthApi, nativeApi]);
  client = new NativeClient(server);
});
beforeEach(() => forget(server.exchange));
afterAll(() => server.close());

/** The terms of the one order that reached the exchange. */
function placed(): NewOrder {
  const [call, ...more] = server.exchange.calls;
  expect(more).toEqual([]);
  expect(call?.method).toMatch(/^(placeOrder|testOrder|cancelReplace)$/);
  return (call as unknown as { args: [{ order: NewOrder }] }).args[0].order;
}

describe('placing', () => {
  it('takes the order of the README, with LIMIT and GTC by default', async () => {
    const answer = await client.send('POST', ORDERS, buy);
    expect(answer.status).toBe(200);
    expect(server.exchange.calls).toEqual([
      {
        method: 'placeOrder',
        args: [
          {
            accountId: TEST_ACCOUNT_ID,
            symbol: 'BTCUSDT',
            order: {
              clientOrderId: answer.body.clientOrderId,
              side: Side.BUY,
              type: OrderType.LIMIT,
              timeInForce: TimeInForce.GTC,
              priceTicks: 5_000_000,
              lots: 100_000,
              quoteUnits: 0n,
              stopPriceTicks: 0,
              trailingDelta: 0,
              icebergLots: 0,
              stpMode: StpMode.EXPIRE_MAKER,
              expireUs: 0,
              strategyId: null,
              strategyType: null,
              pegPriceType: 0,
              pegOffsetType: 0,
              pegOffsetValue: 0,
              estimateUnits: 0n,
            },
          },
        ],
      },
    ]);
    expect(answer.body).toMatchObject({
      orderId: 1,
      symbol: 'BTCUSDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      statusCode: OrderStatus.Pending,
      status: 'Pending',
      price: '50000.00000000',
      quantity: '1.00000000',
      executedQuantity: '0.00000000',
      leavesQuantity: '1.00000000',
      fills: [],
    });
    expect(answer.body.clientOrderId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is the same at the path without its slash, and with JSON numbers', async () => {
    await client.raw('POST', '/api/spot/v2', '{"symbol":"BTCUSDT","side":"BUY","price":50000.0,"quantity":0.00001}');
    expect(placed()).toMatchObject({ priceTicks: 5_000_000, lots: 1 });
  });

  it.each<[string, object, Partial<NewOrder>]>([
    ['MARKET by quantity', { type: 'MARKET', quantity: '0.5' }, { type: OrderType.MARKET, lots: 50_000, priceTicks: 0 }],
    ['MARKET by quote', { type: 'MARKET', quoteQuantity: '100.5' }, { type: OrderType.MARKET, lots: 0, quoteUnits: 10_050_000_000n }],
    ['LIMIT_MAKER', { type: 'LIMIT_MAKER', price: '1', quantity: '1' }, { type: OrderType.LIMIT_MAKER, priceTicks: 100 }],
    ['IOC', { timeInForce: 'IOC', price: '1', quantity: '1' }, { timeInForce: TimeInForce.IOC }],
    ['FOK', { timeInForce: 'FOK', price: '1', quantity: '1' }, { timeInForce: TimeInForce.FOK }],
    [
      'good till date',
      { price: '1', quantity: '1', goodTillDate: 1_800_000_000_000 },
      { timeInForce: TimeInForce.GTD, expireUs: 1_800_000_000_000_000 },
    ],
    [
      'GTD said twice',
      { price: '1', quantity: '1', timeInForce: 'GTD', goodTillDate: '1800000000000' },
      { timeInForce: TimeInForce.GTD, expireUs: 1_800_000_000_000_000 },
    ],
    ['STOP_LOSS', { type: 'STOP_LOSS', quantity: '1', stopPrice: '49000' }, { type: OrderType.STOP_LOSS, stopPriceTicks: 4_900_000 }],
    [
      'STOP_LOSS_LIMIT',
      { type: 'STOP_LOSS_LIMIT', quantity: '1', price: '48000', stopPrice: '49000' },
      { type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 4_900_000, priceTicks: 4_800_000 },
    ],
    ['TAKE_PROFIT', { type: 'TAKE_PROFIT', quantity: '1', stopPrice: '51000' }, { type: OrderType.TAKE_PROFIT }],
    [
      'a trailing TAKE_PROFIT_LIMIT',
      { type: 'TAKE_PROFIT_LIMIT', quantity: '1', price: '1', trailingDelta: 150 },
      { type: OrderType.TAKE_PROFIT_LIMIT, trailingDelta: 150, stopPriceTicks: 0 },
    ],
    ['an iceberg', { price: '1', quantity: '1', icebergQuantity: '0.1' }, { icebergLots: 10_000 }],
    ['self-trade prevention', { price: '1', quantity: '1', selfTradePrevention: 'DECREMENT' }, { stpMode: StpMode.DECREMENT }],
    ['a client id', { price: '1', quantity: '1', clientOrderId: 'My.id_1:a-b' }, { clientOrderId: 'My.id_1:a-b' }],
    ['a strategy', { price: '1', quantity: '1', strategy: { id: 7, type: 1_000_001 } }, { strategyId: 7, strategyType: 1_000_001 }],
    ['a strategy without type', { price: '1', quantity: '1', strategy: { id: 7 } }, { strategyId: 7, strategyType: null }],
    [
      'a peg',
      { quantity: '1', peg: { priceType: 'MARKET_PEG', offsetType: 'PRICE_LEVEL', offsetValue: 3 } },
      { pegPriceType: PegPriceType.MARKET_PEG, pegOffsetType: 1, pegOffsetValue: 3, priceTicks: 0 },
    ],
    ['SELL', { side: 'SELL', price: '1', quantity: '1' }, { side: Side.SELL }],
  ])('reaches %s', async (_name, terms, expected) => {
    const answer = await client.send('POST', ORDERS, { symbol: 'BTCUSDT', side: 'BUY', ...terms });
    expect(answer).toMatchObject({ status: 200 });
    expect(placed()).toMatchObject(expected);
  });

  it.each<[string, object, number]>([
    ['no price', { quantity: '1' }, -1102],
    ['no quantity', { price: '1' }, -1102],
    ['no symbol', { symbol: undefined, price: '1', quantity: '1' }, -1102],
    ['an unknown symbol', { symbol: 'XXXUSDT', price: '1', quantity: '1' }, -1121],
    ['a symbol that is a number', { symbol: 5, price: '1', quantity: '1' }, -1121],
    ['no side', { side: undefined, price: '1', quantity: '1' }, -1102],
    ['a wrong side', { side: 'buy', price: '1', quantity: '1' }, -1117],
    ['a side off the prototype', { side: 'constructor', price: '1', quantity: '1' }, -1117],
    ['a wrong type', { type: 'limit', price: '1', quantity: '1' }, -1116],
    ['a wrong time in force', { timeInForce: 'DAY', price: '1', quantity: '1' }, -1115],
    ['a time in force for MARKET', { type: 'MARKET', timeInForce: 'GTC', quantity: '1' }, -1114],
    ['a price for MARKET', { type: 'MARKET', price: '1', quantity: '1' }, -1106],
    ['MARKET without amount', { type: 'MARKET' }, -1102],
    ['MARKET with both amounts', { type: 'MARKET', quantity: '1', quoteQuantity: '1' }, -1128],
    ['a quote amount for LIMIT', { price: '1', quantity: '1', quoteQuantity: '1' }, -1106],
    ['a trigger for LIMIT', { price: '1', quantity: '1', stopPrice: '1' }, -1106],
    ['a trailing delta for LIMIT', { price: '1', quantity: '1', trailingDelta: 10 }, -1106],
    ['a stop without trigger', { type: 'STOP_LOSS', quantity: '1' }, -1102],
    ['an iceberg MARKET', { type: 'MARKET', quantity: '1', icebergQuantity: '0.1' }, -1106],
    ['a pegged MARKET', { type: 'MARKET', quantity: '1', peg: { priceType: 'PRIMARY_PEG' } }, -1106],
    ['half an offset', { quantity: '1', peg: { priceType: 'PRIMARY_PEG', offsetValue: 1 } }, -1128],
    ['a wrong peg', { quantity: '1', peg: { priceType: 'MID' } }, -1210],
    ['GTD without date', { price: '1', quantity: '1', timeInForce: 'GTD' }, -1102],
    ['a date for IOC', { price: '1', quantity: '1', timeInForce: 'IOC', goodTillDate: 1_800_000_000_000 }, -1106],
    ['a date that is none', { price: '1', quantity: '1', goodTillDate: 'tomorrow' }, -1100],
    ['a date beyond counting', { price: '1', quantity: '1', goodTillDate: '9999999999999999' }, -1108],
    ['a negative price', { price: '-1', quantity: '1' }, -1100],
    ['a negative number', { price: -1, quantity: '1' }, -1100],
    ['an exponent as text', { price: '1e3', quantity: '1' }, -1100],
    ['a hexadecimal price', { price: '0x10', quantity: '1' }, -1100],
    ['an empty price', { price: '', quantity: '1' }, -1105],
    ['a price of null', { price: null, quantity: '1' }, -1130],
    ['a price in a list', { price: ['1'], quantity: '1' }, -1130],
    ['a price of zero', { price: '0', quantity: '1' }, -1013],
    ['a quantity of zero', { price: '1', quantity: 0 }, -1013],
    ['a price off the tick', { price: '1.005', quantity: '1' }, -1111],
    ['a quantity finer than the asset', { price: '1', quantity: '0.000000001' }, -1111],
    ['a quantity off the step', { price: '1', quantity: '0.000015' }, -1013],
    ['a quantity beyond counting', { price: '1', quantity: '99999999999999999999' }, -1108],
    ['an overlong number', { price: '1', quantity: '1'.repeat(50) }, -1130],
    ['a strange client id', { price: '1', quantity: '1', clientOrderId: 'a b' }, -1100],
    ['an empty client id', { price: '1', quantity: '1', clientOrderId: '' }, -1100],
    ['a strategy type too small', { price: '1', quantity: '1', strategy: { id: 1, type: 999_999 } }, -1134],
    ['an unknown key', { price: '1', quantity: '1', qty: '1' }, -1103],
    ['an unknown key below', { price: '1', quantity: '1', strategy: { id: 1, name: 'x' } }, -1103],
  ])('refuses %s, and the exchange never hears of it', async (_name, terms, code) => {
    const answer = await client.send('POST', ORDERS, { symbol: 'BTCUSDT', side: 'BUY', ...terms });
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(server.exchange.calls).toEqual([]);
  });

  it.each([
    ['{"symbol":"BTCUSDT","side":"BUY","price":5e4,"quantity":1}', -1135],
    ['{"symbol":"BTCUSDT","side":"BUY","price":1,"quantity":0.10000000000000000001}', -1135],
    ['{"symbol":"BTCUSDT","side":"BUY","price":1,"quantity":1,"__proto__":{"type":"MARKET"}}', -1135],
    ['{"symbol":"BTCUSDT","side":"BUY","price":1,"quantity":1,"constructor":{"prototype":{"a":1}}}', -1135],
    ['[]', -1135],
    ['"text"', -1135],
    ['null', -1135],
    ['{"symbol":"BTCUSDT"', -1135],
  ])('refuses the body %s', async (payload, code) => {
    expect(await client.raw('POST', ORDERS, payload)).toMatchObject({ status: 400, body: { code } });
    expect(server.exchange.calls).toEqual([]);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('shows the fills, with the fee in the asset received', async () => {
    const order = makeOrder({ status: OrderStatus.Filled, executedLots: 100_000, cumQuoteUnits: 5_000_000_000_000n, bookLots: 0 });
    server.exchange.answers.placeOrder = async () => ({ ok: true, report: reportOf(order, [makeTrade()]) });
    const { body } = await client.send('POST', ORDERS, buy);
    expect(body).toMatchObject({ status: 'Filled', statusCode: 3, leavesQuantity: '0.00000000', executedQuoteQuantity: '50000.00000000' });
    expect(body.fills).toEqual([
      {
        tradeId: 1,
        price: '50000.00000000',
        quantity: '1.00000000',
        quoteQuantity: '50000.00000000',
        fee: '0.00100000',
        feeAsset: 'BTC',
        isMaker: false,
        time: TEST_NOW_US / 1000,
      },
    ]);
    const sell = { ...order, side: Side.SELL };
    server.exchange.answers.placeOrder = async () => ({ ok: true, report: reportOf(sell, [makeTrade({ buyerIsMaker: true })]) });
    const sold = await client.send('POST', ORDERS, buy);
    expect(sold.body.fills[0]).toMatchObject({ fee: '50.00000000', feeAsset: 'USDT', isMaker: false });
  });

  it('shows every rare term', async () => {
    const order = makeOrder({
      origQuoteUnits: 100n,
      stopPriceTicks: 1,
      trailingDelta: 5,
      trailingUs: TEST_NOW_US,
      icebergLots: 7,
      expireUs: TEST_NOW_US,
      orderListId: 9,
      listLeg: 2,
      strategyId: 3,
      strategyType: 1_000_000,
      pegPriceType: 1,
      pegOffsetType: 1,
      pegOffsetValue: 4,
      peggedPriceTicks: 2,
      preventedLots: 6,
      expiryReason: ExpiryReason.OCO_TRIGGER,
      status: OrderStatus.Rejected,
      rejectCode: EngineReject.WOULD_MATCH.code,
      amendCount: 2,
    });
    server.exchange.rows.orders.push(order);
    const { body } = await client.send('GET', '/api/spot/v2/1');
    expect(body).toMatchObject({
      quoteQuantity: '0.00000100',
      stopPrice: '0.01000000',
      trailingDelta: 5,
      trailingTime: TEST_NOW_US / 1000,
      icebergQuantity: '0.00007000',
      goodTillDate: TEST_NOW_US / 1000,
      orderListId: 9,
      listLeg: 'ABOVE',
      strategy: { id: 3, type: 1_000_000 },
      peg: { priceType: 'PRIMARY_PEG', offsetType: 'PRICE_LEVEL', offsetValue: 4, price: '0.02000000' },
      preventedQuantity: '0.00006000',
      expiryReason: 'OCO_TRIGGER',
      status: 'Rejected',
      reject: { code: -2010, msg: 'Order would immediately match and take.' },
      amendCount: 2,
    });
  });

  it("answers the engine's refusals with the code and text clients know", async () => {
    server.exchange.answers.placeOrder = async () => ({ ok: false, reason: EngineReject.INSUFFICIENT_BALANCE });
    expect(await client.send('POST', ORDERS, buy)).toEqual({
      status: 400,
      body: { code: -2010, msg: 'Account has insufficient balance for requested action.' },
    });
  });

  it('says when it is not known whether, and when surely not', async () => {
    server.exchange.answers.placeOrder = async () => Promise.reject(new OutcomeUnknownError('no answer'));
    expect(await client.send('POST', ORDERS, buy)).toMatchObject({ status: 504, body: { code: -1007 } });
    server.exchange.answers.placeOrder = async () => Promise.reject(new OverloadShedError('full'));
    expect(await client.send('POST', ORDERS, buy)).toMatchObject({ status: 503, body: { code: -1008 } });
  });

  it('says when the history cannot be asked: nothing was done', async () => {
    server.exchange.historyAnswers.openOrders = () => {
      throw new HistoryUnavailableError('no answer from a history process');
    };
    const body = { code: -1001, msg: 'Internal error; unable to process your request. Please try again.' };
    expect(await client.send('GET', '/api/spot/v2/open')).toEqual({ status: 503, body });
  });

  it('only checks at /test', async () => {
    expect(await client.send('POST', '/api/spot/v2/test', buy)).toMatchObject({ status: 200, body: { accepted: true } });
    expect(server.exchange.calls.map(({ method }) => method)).toEqual(['testOrder']);
    server.exchange.answers.testOrder = async () => EngineReject.NOTIONAL;
    expect(await client.send('POST', '/api/spot/v2/test', buy)).toMatchObject({ status: 400, body: { code: -1013 } });
  });
});

describe('cancelling', () => {
  beforeEach(() => {
    server.exchange.rows.orders.push(makeOrder());
  });
  const cancelled = (): unknown => server.exchange.calls.find(({ method }) => method === 'cancelOrder')?.args[0];

  it('by id, with the symbol looked up when it is not named', async () => {
    const answer = await client.send('DELETE', '/api/spot/v2/1');
    expect(answer).toMatchObject({ status: 200, body: { status: 'Cancelled', leavesQuantity: '0.00000000' } });
    expect(cancelled()).toEqual({
      accountId: TEST_ACCOUNT_ID,
      symbol: 'BTCUSDT',
      orderId: 1,
      origClientOrderId: '',
      cancelClientOrderId: '',
      restriction: CancelRestriction.NONE,
    });
  });

  it('by id and symbol without a look-up, with its own id and a restriction', async () => {
    const answer = await client.send('DELETE', '/api/spot/v2/1?symbol=BTCUSDT&cancelClientOrderId=c1&restriction=ONLY_NEW');
    expect(answer).toMatchObject({ status: 200, body: { requestClientOrderId: 'c1' } });
    expect(server.exchange.calls.map(({ method }) => method)).toEqual(['cancelOrder']);
    expect(cancelled()).toMatchObject({ cancelClientOrderId: 'c1', restriction: CancelRestriction.ONLY_NEW });
  });

  it("by the client's id", async () => {
    const answer = await client.send('DELETE', '/api/spot/v2/client/my-order?symbol=BTCUSDT');
    expect(answer.status).toBe(200);
    expect(cancelled()).toMatchObject({ orderId: 0, origClientOrderId: 'my-order' });
  });

  it.each([
    ['/api/spot/v2/2', 404, -2013],
    ['/api/spot/v2/2?symbol=BTCUSDT', 400, -2011],
    ['/api/spot/v2/client/my-order', 400, -1102],
    ['/api/spot/v2/1?symbol=XXXUSDT', 400, -1121],
    ['/api/spot/v2/1?restriction=ONLY_OLD', 400, -1145],
    ['/api/spot/v2/1?symbol=BTCUSDT&symbol=ETHUSDT', 400, -1101],
    ['/api/spot/v2/1?sybmol=BTCUSDT', 400, -1103],
    ['/api/spot/v2/one', 400, -1130],
    ['/api/spot/v2/1e0', 400, -1130],
    ['/api/spot/v2/99999999999999999999', 400, -1130],
    ['/api/spot/v2/-1', 400, -1130],
  ])('refuses %s', async (url, status, code) => {
    expect(await client.send('DELETE', url)).toMatchObject({ status, body: { code } });
  });

  it('all of a symbol, which has to be named', async () => {
    const order = makeOrder({ status: OrderStatus.Cancelled });
    server.exchange.answers.cancelAllOrders = async () => ({ ok: true, reports: [reportOf(order)], lists: [] });
    const answer = await client.send('DELETE', '/api/spot/v2/?symbol=BTCUSDT');
    expect(answer).toMatchObject({ status: 200, body: { reports: [{ orderId: 1, status: 'Cancelled' }], lists: [] } });
    server.exchange.calls.length = 0;
    expect(await client.send('DELETE', '/api/spot/v2/')).toMatchObject({ status: 400, body: { code: -1102 } });
    // A misspelt single cancel must not become a cancel of everything.
    const misspelt = await client.send('DELETE', '/api/spot/v2/?symbol=BTCUSDT&clientOrderId=my-order');
    expect(misspelt).toMatchObject({ status: 400, body: { code: -1103 } });
    expect(server.exchange.calls).toEqual([]);
  });
});

describe('amending and replacing', () => {
  beforeEach(() => {
    server.exchange.rows.orders.push(makeOrder());
  });

  it('reduces the quantity and may rename', async () => {
    const answer = await client.send('PATCH', '/api/spot/v2/1', { symbol: 'BTCUSDT', quantity: '0.4', newClientOrderId: 'new' });
    expect(answer).toMatchObject({
      status: 200,
      body: { quantity: '0.40000000', clientOrderId: 'new', origClientOrderId: 'my-order' },
    });
    expect(server.exchange.calls).toEqual([
      {
        method: 'amendOrder',
        args: [
          { accountId: TEST_ACCOUNT_ID, symbol: 'BTCUSDT', orderId: 1, origClientOrderId: '', newLots: 40_000, newClientOrderId: 'new' },
        ],
      },
    ]);
    const unknown = await client.send('PATCH', '/api/spot/v2/client/nobody', { symbol: 'BTCUSDT', quantity: 1 });
    expect(unknown).toMatchObject({ status: 400, body: { code: -2038 } });
    expect(await client.send('PATCH', '/api/spot/v2/1', {})).toMatchObject({ status: 400, body: { code: -1102 } });
    expect(await client.send('PATCH', '/api/spot/v2/1', { quantity: '0' })).toMatchObject({ status: 400, body: { code: -1013 } });
  });

  it('replaces: both halves, one half, none', async () => {
    const body = { ...buy, price: '51000', mode: 'ALLOW_FAILURE', cancelRestriction: 'ONLY_NEW', cancelClientOrderId: 'c' };
    const both = await client.send('POST', '/api/spot/v2/1/replace', body);
    expect(both).toMatchObject({ status: 200, body: { cancel: { orderId: 1, status: 'Cancelled' }, place: { price: '51000.00000000' } } });
    expect(server.exchange.calls[0]?.args[0]).toMatchObject({
      orderId: 1,
      allowFailure: true,
      restriction: CancelRestriction.ONLY_NEW,
      cancelClientOrderId: 'c',
    });

    const half = await client.send('POST', '/api/spot/v2/2/replace', body);
    expect(half).toMatchObject({ status: 409, body: { code: -2021, cancel: { code: -2011 }, place: { status: 'Pending' } } });

    const none = await client.send('POST', '/api/spot/v2/client/nobody/replace', buy);
    expect(none).toMatchObject({ status: 400, body: { code: -2022, cancel: { code: -2011 }, place: null } });

    server.exchange.answers.cancelReplace = async () => ({
      cancel: { ok: true, report: reportOf(makeOrder()) },
      place: { ok: false, reason: EngineReject.INSUFFICIENT_BALANCE },
    });
    const lost = await client.send('POST', '/api/spot/v2/1/replace', buy);
    expect(lost).toMatchObject({ status: 409, body: { code: -2021, cancel: { orderId: 1 }, place: { code: -2010 } } });
  });
});

describe('queries', () => {
  it("finds an order by either id, and nobody else's", async () => {
    server.exchange.rows.orders.push(makeOrder(), makeOrder({ orderId: 2, accountId: 1001, clientOrderId: 'theirs' }));
    expect(await client.send('GET', '/api/spot/v2/1')).toMatchObject({ status: 200, body: { orderId: 1 } });
    expect(await client.send('GET', '/api/spot/v2/client/my-order?symbol=BTCUSDT')).toMatchObject({ status: 200, body: { orderId: 1 } });
    for (const url of ['/api/spot/v2/2', '/api/spot/v2/client/theirs?symbol=BTCUSDT', '/api/spot/v2/1?symbol=ETHUSDT']) {
      expect(await client.send('GET', url)).toMatchObject({ status: 404, body: { code: -2013 } });
    }
  });

  it('lists open orders, all orders by page, and amendments', async () => {
    server.exchange.rows.orders.push(makeOrder(), makeOrder({ orderId: 2, symbol: 'ETHUSDT', status: OrderStatus.Filled }));
    expect((await client.send('GET', '/api/spot/v2/open')).body).toHaveLength(1);
    expect((await client.send('GET', '/api/spot/v2/open?symbol=ETHUSDT')).body).toEqual([]);
    server.exchange.calls.length = 0;
    const url = '/api/spot/v2/?symbol=BTCUSDT&fromId=1&startTime=1700000000000&endTime=1700000000001&limit=10';
    expect((await client.send('GET', url)).body).toHaveLength(1);
    expect(server.exchange.calls).toEqual([
      {
        method: 'history.orders',
        args: [TEST_ACCOUNT_ID, 'BTCUSDT', { fromId: 1, startUs: 1_700_000_000_000_000, endUs: 1_700_000_000_001_999, limit: 10 }],
      },
    ]);
    server.exchange.historyAnswers.amendments = (_account, orderId) => [
      { orderId, executionId: 5, origClientOrderId: 'a', newClientOrderId: 'b', origLots: 2, newLots: 1, timeUs: TEST_NOW_US },
    ];
    expect((await client.send('GET', '/api/spot/v2/1/amendments')).body).toEqual([
      {
        orderId: 1,
        executionId: 5,
        origClientOrderId: 'a',
        newClientOrderId: 'b',
        origQuantity: '0.00002000',
        newQuantity: '0.00001000',
        time: TEST_NOW_US / 1000,
      },
    ]);
    expect(await client.send('GET', '/api/spot/v2/9/amendments')).toMatchObject({ status: 404 });
  });

  it.each([
    ['limit=0', -1130],
    ['limit=1001', -1130],
    ['limit=1e2', -1130],
    ['limit=%2B5', -1130],
    ['limit=', -1130],
    ['fromId=-1', -1130],
    ['fromId=0x10', -1130],
    ['startTime=yesterday', -1130],
    ['orderId=1', -1103],
    ['limit=1&limit=2', -1101],
    ['__proto__=1', -1103],
  ])('refuses the page %s', async (query, code) => {
    expect(await client.send('GET', `/api/spot/v2/?symbol=BTCUSDT&${query}`)).toMatchObject({ status: 400, body: { code } });
    expect(server.exchange.calls).toEqual([]);
  });
});

describe('order lists', () => {
  const leg = (over: object): object => ({ side: 'SELL', quantity: '1', ...over });
  const above = leg({ type: 'LIMIT_MAKER', price: '60000' });
  const below = leg({ type: 'STOP_LOSS', stopPrice: '40000' });
  const working = { side: 'BUY', price: '50000', quantity: '1' };

  it.each<[string, object, readonly Partial<NewOrder>[]]>([
    ['OCO', { above, below }, [{ priceTicks: 6_000_000 }, { stopPriceTicks: 4_000_000 }]],
    ['OTO', { working, pending: above }, [{ side: Side.BUY }, { side: Side.SELL, lots: 100_000 }]],
    [
      'OTOCO',
      { working, pendingAbove: above, pendingBelow: below },
      [{ side: Side.BUY }, { priceTicks: 6_000_000 }, { stopPriceTicks: 4_000_000 }],
    ],
    ['OPO', { working, pending: { side: 'SELL', type: 'MARKET' } }, [{ lots: 100_000 }, { lots: 0, type: OrderType.MARKET }]],
    [
      'OPOCO',
      { working, pendingAbove: { ...above, quantity: undefined }, pendingBelow: { ...below, quantity: undefined } },
      [{ lots: 100_000 }, { lots: 0 }, { lots: 0 }],
    ],
  ])('places an %s with its legs in order', async (type, legs, expected) => {
    const answer = await client.send('POST', '/api/spot/v2/lists', { symbol: 'BTCUSDT', type, clientOrderId: 'list-1', ...legs });
    expect(answer).toMatchObject({ status: 200, body: { type, clientOrderId: 'list-1', listStatus: 'EXEC_STARTED' } });
    expect(answer.body.reports).toHaveLength(expected.length);
    const command = server.exchange.calls[0]?.args[0] as { orders: NewOrder[] };
    expect(command.orders).toHaveLength(expected.length);
    for (const [i, terms] of expected.entries()) expect(command.orders[i]).toMatchObject(terms);
  });

  it.each<[string, object, number]>([
    ['a missing leg', { type: 'OCO', above }, -1102],
    ['a leg of another type', { type: 'OCO', above, below, pending: above }, -1106],
    ['an unknown type', { type: 'OCOCO', above, below }, -1116],
    ['a leg with a symbol', { type: 'OCO', above: { ...above, symbol: 'BTCUSDT' }, below }, -1103],
    ['a wrong leg', { type: 'OCO', above: { ...above, price: 'x' }, below }, -1100],
    ['a quantity in a pending OPO leg', { type: 'OPO', working, pending: above }, -1225],
  ])('refuses %s, naming it', async (_name, body, code) => {
    const answer = await client.send('POST', '/api/spot/v2/lists', { symbol: 'BTCUSDT', ...body });
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(server.exchange.calls).toEqual([]);
  });

  it('are found and cancelled by either id', async () => {
    const { body } = await client.send('POST', '/api/spot/v2/lists', { symbol: 'BTCUSDT', type: 'OCO', clientOrderId: 'L', above, below });
    const list: SpotOrderList = {
      orderListId: body.orderListId as number,
      accountId: TEST_ACCOUNT_ID,
      symbol: 'BTCUSDT',
      listClientOrderId: 'L',
      contingencyType: ContingencyType.OCO,
      orderIds: [2, 3],
      commandId: 1,
      createdUs: TEST_NOW_US,
      statusType: ListStatusType.EXEC_STARTED,
      orderStatus: ListOrderStatus.EXECUTING,
      updateUs: TEST_NOW_US,
    };
    server.exchange.rows.lists.push({ ...list });
    for (const url of [`/api/spot/v2/lists/${body.orderListId}`, '/api/spot/v2/lists/client/L']) {
      expect(await client.send('GET', url)).toMatchObject({ status: 200, body: { orderListId: body.orderListId, orderIds: [2, 3] } });
    }
    expect((await client.send('GET', '/api/spot/v2/lists')).body).toHaveLength(1);
    expect((await client.send('GET', '/api/spot/v2/lists/open')).body).toHaveLength(1);
    server.exchange.answers.cancelOrderList = async () => ({ ok: true, list, reports: [] });
    expect(await client.send('DELETE', '/api/spot/v2/lists/client/L')).toMatchObject({
      status: 200,
      body: { orderListId: body.orderListId },
    });
    expect(server.exchange.calls.at(-1)).toMatchObject({
      method: 'cancelOrderList',
      args: [{ orderListId: body.orderListId, symbol: 'BTCUSDT' }],
    });
    expect(await client.send('DELETE', '/api/spot/v2/lists/7')).toMatchObject({ status: 404, body: { code: -2018 } });
  });
});

it('follows the symbol: its scales, its default mode', async () => {
  server.exchange.instruments.set(
    'DOGEUSDT',
    makeInstrument({
      symbol: 'DOGEUSDT',
      ...{ priceScale: 5, tickUnits: 1, baseScale: 8, lotUnits: 100_000_000, quoteUnitsPerTickLot: 1000, defaultStpMode: StpMode.NONE },
    }),
  );
  await client.send('POST', ORDERS, { symbol: 'DOGEUSDT', side: 'BUY', price: 0.12345, quantity: 3 });
  expect(placed()).toMatchObject({ priceTicks: 12_345, lots: 3, stpMode: StpMode.NONE });
});
