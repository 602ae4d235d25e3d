// The Binance REST API over real stages: what a bot sees of orders, lists, balances and market data, by value.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Params } from '../fixtures/binanceRest.ts';
import { type Bot, RestVenue } from './restVenue.ts';
import type { Venue } from './venue.ts';

let api: RestVenue;
let venue: Venue;
let alice: Bot;
let bob: Bot;

const symbol = 'BTCUSDT';
const open = (path: string, params: Params = {}): Promise<unknown> => api.public(path, params);

beforeEach(async () => {
  api = await RestVenue.open();
  ({ venue } = api);
  alice = await api.bot('alice');
  bob = await api.bot('bob');
});
afterEach(async () => {
  expect(api.unexpected).toEqual([]);
  for (const row of await venue.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
  await api.close();
});

const limit = (side: string, price: string, quantity: string, over: Params = {}): Params => ({
  symbol,
  side,
  type: 'LIMIT',
  timeInForce: 'GTC',
  price,
  quantity,
  ...over,
});
const balances = async (who: Bot): Promise<Record<string, string>> => {
  const { body } = await who('GET', '/account', { omitZeroBalances: true });
  const rows = body.balances as unknown as { asset: string; free: string; locked: string }[];
  return Object.fromEntries(rows.map(({ asset, free, locked }) => [asset, `${free} ${locked}`]));
};
const statusOf = async (who: Bot, orderId: unknown): Promise<unknown> =>
  (await who('GET', '/order', { symbol, orderId: orderId as number })).body.status;
/** A trade at the price, between the two bots: the last price. */
async function tradeAt(price: string): Promise<void> {
  const sell = await alice('POST', '/order', limit('SELL', price, '0.001'));
  expect(sell.body).toMatchObject({ status: 'NEW' });
  const buy = await bob('POST', '/order', limit('BUY', price, '0.001'));
  expect(buy.body).toMatchObject({ status: 'FILLED' });
}

describe('an order', () => {
  it('rests, is met, and shows up everywhere with the same numbers', async () => {
    const sell = await alice('POST', '/order', limit('SELL', '50000', '2', { newClientOrderId: 'a-sell' }));
    expect(sell).toMatchObject({ status: 200, body: { status: 'NEW', clientOrderId: 'a-sell', executedQty: '0.00000000', fills: [] } });
    expect(await open('/depth', { symbol })).toMatchObject({ bids: [], asks: [['50000.00000000', '2.00000000']] });
    expect(await open('/ticker/bookTicker', { symbol })).toEqual({
      symbol,
      bidPrice: '0.00000000',
      bidQty: '0.00000000',
      askPrice: '50000.00000000',
      askQty: '2.00000000',
    });

    const buy = await bob('POST', '/order', { symbol, side: 'BUY', type: 'MARKET', quoteOrderQty: '50000' });
    expect(buy.body).toMatchObject({
      status: 'FILLED',
      type: 'MARKET',
      origQty: '1.00000000',
      executedQty: '1.00000000',
      origQuoteOrderQty: '50000.00000000',
      cummulativeQuoteQty: '50000.00000000',
      fills: [{ price: '50000.00000000', qty: '1.00000000', commission: '0.00200000', commissionAsset: 'BTC', tradeId: 1 }],
    });
    expect(await balances(bob)).toEqual({ BTC: '1000000.99800000 0.00000000', USDT: '950000.00000000 0.00000000' });
    expect(await balances(alice)).toEqual({ BTC: '999998.00000000 1.00000000', USDT: '1049950.00000000 0.00000000' });

    const orderId = sell.body.orderId as unknown as number;
    const row = (await alice('GET', '/order', { symbol, origClientOrderId: 'a-sell' })).body;
    expect(row).toMatchObject({
      orderId,
      status: 'PARTIALLY_FILLED',
      executedQty: '1.00000000',
      cummulativeQuoteQty: '50000.00000000',
      isWorking: true,
    });
    expect((await alice('GET', '/openOrders')).body).toEqual([row]);
    expect((await alice('GET', '/allOrders', { symbol })).body).toEqual([row]);
    expect((await alice('GET', '/myTrades', { symbol })).body).toMatchObject([
      {
        id: 1,
        orderId,
        price: '50000.00000000',
        qty: '1.00000000',
        commission: '50.00000000',
        commissionAsset: 'USDT',
        isBuyer: false,
        isMaker: true,
      },
    ]);
    expect((await bob('GET', '/myTrades', { symbol })).body).toMatchObject([
      { id: 1, commission: '0.00200000', isBuyer: true, isMaker: false },
    ]);
    expect(await open('/trades', { symbol })).toMatchObject([{ id: 1, price: '50000.00000000', qty: '1.00000000', isBuyerMaker: false }]);
    expect(await open('/aggTrades', { symbol, startTime: 0 })).toMatchObject([{ a: 1, f: 1, l: 1, q: '1.00000000' }]);
    expect(await open('/ticker/24hr', { symbol })).toMatchObject({
      lastPrice: '50000.00000000',
      volume: '1.00000000',
      count: 1,
      firstId: 1,
    });
    expect(await open('/ticker/price', { symbol })).toEqual({ symbol, price: '50000.00000000' });
    expect(await open('/avgPrice', { symbol })).toMatchObject({ price: '50000.00000000' });
    expect(await open('/klines', { symbol, interval: '1m' })).toMatchObject([
      { 1: '50000.00000000', 4: '50000.00000000', 5: '1.00000000', 7: '50000.00000000', 8: 1, 9: '1.00000000' },
    ]);

    const cancel = await alice('DELETE', '/order', { symbol, orderId, newClientOrderId: 'a-cancel' });
    expect(cancel.body).toMatchObject({
      origClientOrderId: 'a-sell',
      clientOrderId: 'a-cancel',
      status: 'CANCELED',
      executedQty: '1.00000000',
    });
    expect(await alice('DELETE', '/order', { symbol, orderId })).toMatchObject({
      status: 400,
      body: { code: -2011, msg: 'Unknown order sent.' },
    });
    expect((await alice('GET', '/openOrders')).body).toEqual([]);
    expect(await open('/depth', { symbol })).toMatchObject({ asks: [] });
  });

  it('counts as unfilled until it trades', async () => {
    const count = async (who: Bot) => ((await who('GET', '/rateLimit/order')).body as unknown as { count: number }[])[1]?.count;
    for (const price of ['60000', '61000', '62000']) await alice('POST', '/order', limit('SELL', price, '0.1'));
    expect(await count(alice)).toBe(3);
    await bob('POST', '/order', limit('BUY', '60000', '0.1'));
    // First fill as maker: five off. As taker: one.
    expect([await count(alice), await count(bob)]).toEqual([0, 0]);
  });

  it.each([
    ['insufficient balance', limit('BUY', '50000', '100'), -2010, 'Account has insufficient balance for requested action.'],
    ['a notional below the minimum', limit('BUY', '40000', '0.00001'), -1013, 'Filter failure: NOTIONAL'],
    ['a quantity above the maximum', limit('SELL', '50000', '9001'), -1013, 'Filter failure: LOT_SIZE'],
    [
      'a market quantity above the maximum',
      { symbol, side: 'SELL', type: 'MARKET', quantity: '101' },
      -1013,
      'Filter failure: MARKET_LOT_SIZE',
    ],
    ['a price far from the average', limit('BUY', '9000', '1'), -1013, 'Filter failure: PERCENT_PRICE_BY_SIDE'],
    [
      'a maker that would take',
      { symbol, side: 'BUY', type: 'LIMIT_MAKER', price: '51000', quantity: '1' },
      -2010,
      'Order would immediately match and take.',
    ],
    [
      'a stop that is met already',
      { symbol, side: 'SELL', type: 'STOP_LOSS', stopPrice: '50500', quantity: '1' },
      -2010,
      'Order would trigger immediately.',
    ],
    [
      'a trailing delta out of range',
      { symbol, side: 'SELL', type: 'STOP_LOSS', trailingDelta: 5, quantity: '1' },
      -1013,
      'Filter failure: TRAILING_DELTA',
    ],
    ['too many iceberg parts', limit('SELL', '60000', '1', { icebergQty: '0.00999' }), -1013, 'Filter failure: ICEBERG_PARTS'],
    ['a visible part above the whole', limit('SELL', '60000', '1', { icebergQty: '2' }), -2010, 'IcebergQty exceeds QTY.'],
    ['a used client id', limit('SELL', '60000', '1', { newClientOrderId: 'taken' }), -2010, 'Duplicate order sent.'],
    [
      'a peg on a market-peg maker',
      { symbol, side: 'SELL', type: 'LIMIT_MAKER', quantity: '1', pegPriceType: 'MARKET_PEG' },
      -1013,
      'This price peg cannot be used with this order type.',
    ],
  ])('is refused for %s', async (_why, params, code, msg) => {
    await tradeAt('50000');
    await alice('POST', '/order', limit('SELL', '51000', '1', { newClientOrderId: 'taken' }));
    const { status, body } = await alice('POST', '/order', params as Params);
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
  });

  it('stops and icebergs work as asked', async () => {
    await tradeAt('50000');
    const stop = await bob(
      'POST',
      '/order',
      limit('BUY', '52000', '1', { type: 'STOP_LOSS_LIMIT', stopPrice: '51000', newOrderRespType: 'RESULT' }),
    );
    expect(stop.body).toMatchObject({ status: 'NEW', workingTime: -1, stopPrice: '51000.00000000' });
    expect((await bob('GET', '/order', { symbol, orderId: stop.body.orderId as unknown as number })).body).toMatchObject({
      isWorking: false,
      workingTime: -1,
    });
    await tradeAt('51000');
    expect((await bob('GET', '/order', { symbol, orderId: stop.body.orderId as unknown as number })).body).toMatchObject({
      status: 'NEW',
      isWorking: true,
    });
    expect(await open('/depth', { symbol })).toMatchObject({ bids: [['52000.00000000', '1.00000000']] });
    const iceberg = await alice('POST', '/order', limit('SELL', '60000', '1', { icebergQty: '0.1' }));
    expect(iceberg.body).toMatchObject({ icebergQty: '0.10000000', status: 'NEW' });
    expect(await open('/depth', { symbol })).toMatchObject({ asks: [['60000.00000000', '0.10000000']] });
  });

  it('that would meet its own is prevented, and both sides are told', async () => {
    const maker = await alice('POST', '/order', limit('SELL', '50000', '1', { selfTradePreventionMode: 'NONE' }));
    const taker = await alice('POST', '/order', limit('BUY', '50000', '3', { selfTradePreventionMode: 'EXPIRE_BOTH' }));
    const makerOrderId = maker.body.orderId as unknown as number;
    expect(taker.body).toMatchObject({
      status: 'EXPIRED_IN_MATCH',
      preventedMatches: [
        { makerOrderId, price: '50000.00000000', takerPreventedQuantity: '3.00000000', makerPreventedQuantity: '1.00000000' },
      ],
      preventedQuantity: '3.00000000',
    });
    expect((await alice('GET', '/order', { symbol, orderId: makerOrderId })).body).toMatchObject({
      status: 'EXPIRED_IN_MATCH',
      preventedQuantity: '1.00000000',
    });
    const matches = (await alice('GET', '/myPreventedMatches', { symbol, orderId: makerOrderId })).body;
    expect(matches).toMatchObject([
      { symbol, makerOrderId, takerOrderId: taker.body.orderId, selfTradePreventionMode: 'EXPIRE_BOTH', tradeGroupId: -1 },
    ]);
    expect(await balances(alice)).toEqual({ BTC: '1000000.00000000 0.00000000', USDT: '1000000.00000000 0.00000000' });
  });

  it('that would meet several of its own lists every one', async () => {
    const makers: unknown[] = [];
    for (const [price, quantity] of [
      ['50000', '1.2'],
      ['50001', '1.3'],
      ['50002', '8.1'],
    ] as const) {
      makers.push((await alice('POST', '/order', limit('SELL', price, quantity))).body.orderId);
    }
    const taker = await alice('POST', '/order', limit('BUY', '50002', '3', { selfTradePreventionMode: 'EXPIRE_MAKER' }));
    const matches = taker.body.preventedMatches as unknown as Record<string, unknown>[];
    expect(matches.map(({ makerOrderId, price, makerPreventedQuantity }) => [makerOrderId, price, makerPreventedQuantity])).toEqual([
      [makers[0], '50000.00000000', '1.20000000'],
      [makers[1], '50001.00000000', '1.30000000'],
      [makers[2], '50002.00000000', '8.10000000'],
    ]);
    expect(taker.body).toMatchObject({ status: 'NEW', executedQty: '0.00000000' });
    expect(taker.body).not.toHaveProperty('preventedQuantity');
  });

  it('pegged to the best price shows both prices', async () => {
    await alice('POST', '/order', limit('SELL', '50000', '1'));
    const { body } = await alice('POST', '/order', {
      symbol,
      side: 'SELL',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantity: '1',
      pegPriceType: 'PRIMARY_PEG',
    });
    expect(body).toMatchObject({ status: 'NEW', price: '0.00000000', pegPriceType: 'PRIMARY_PEG', peggedPrice: '50000.00000000' });
    expect(await open('/depth', { symbol })).toMatchObject({ asks: [['50000.00000000', '2.00000000']] });
  });
});

describe('cancel, replace, amend', () => {
  it('replaces an order, or says which half failed', async () => {
    const first = await alice('POST', '/order', limit('SELL', '50000', '1', { newClientOrderId: 'first' }));
    const second = limit('SELL', '51000', '1', { newClientOrderId: 'second', cancelReplaceMode: 'STOP_ON_FAILURE' });
    const replaced = await alice('POST', '/order/cancelReplace', { ...second, cancelOrderId: first.body.orderId as unknown as number });
    expect(replaced).toMatchObject({
      status: 200,
      body: {
        cancelResult: 'SUCCESS',
        newOrderResult: 'SUCCESS',
        cancelResponse: { origClientOrderId: 'first', status: 'CANCELED' },
        newOrderResponse: { clientOrderId: 'second', status: 'NEW', price: '51000.00000000' },
      },
    });
    const again = await alice('POST', '/order/cancelReplace', { ...second, newClientOrderId: 'third', cancelOrigClientOrderId: 'first' });
    expect(again).toMatchObject({
      status: 400,
      body: { code: -2022, data: { cancelResponse: { code: -2011 }, newOrderResult: 'NOT_ATTEMPTED', newOrderResponse: null } },
    });
    const poor = await alice(
      'POST',
      '/order/cancelReplace',
      limit('BUY', '50000', '100', { cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrigClientOrderId: 'second' }),
    );
    expect(poor).toMatchObject({
      status: 409,
      body: {
        code: -2021,
        data: {
          cancelResult: 'SUCCESS',
          newOrderResult: 'FAILURE',
          newOrderResponse: { code: -2010, msg: 'Account has insufficient balance for requested action.' },
        },
      },
    });
    expect((await alice('GET', '/openOrders', { symbol })).body).toEqual([]);
  });

  it('amends down and keeps the place', async () => {
    const { body } = await alice('POST', '/order', limit('SELL', '50000', '5', { newClientOrderId: 'a' }));
    await bob('POST', '/order', limit('SELL', '50000', '1'));
    const orderId = body.orderId as unknown as number;
    const amended = await alice('PUT', '/order/amend/keepPriority', { symbol, orderId, newQty: '4', newClientOrderId: 'b' });
    expect(amended).toMatchObject({
      status: 200,
      body: { amendedOrder: { orderId, origClientOrderId: 'a', clientOrderId: 'b', qty: '4.00000000', status: 'NEW' } },
    });
    expect(await alice('PUT', '/order/amend/keepPriority', { symbol, orderId, newQty: '4.5' })).toMatchObject({
      status: 400,
      body: { code: -2038, msg: 'Order amend (quantity increase) is not supported.' },
    });
    expect((await alice('GET', '/order/amendments', { symbol, orderId })).body).toMatchObject([
      { orderId, origClientOrderId: 'a', newClientOrderId: 'b', origQty: '5.00000000', newQty: '4.00000000' },
    ]);
    await bob('POST', '/order', limit('BUY', '50000', '4', { selfTradePreventionMode: 'NONE' }));
    expect(await statusOf(alice, orderId)).toBe('FILLED');
  });

  it('cancels everything on a symbol, lists as lists', async () => {
    await tradeAt('50000');
    await alice('POST', '/order', limit('SELL', '60000', '1', { newClientOrderId: 'single' }));
    const oco = {
      symbol,
      side: 'SELL',
      quantity: '1',
      aboveType: 'LIMIT_MAKER',
      abovePrice: '61000',
      belowType: 'STOP_LOSS',
      belowStopPrice: '40000',
    };
    await alice('POST', '/orderList/oco', { ...oco, listClientOrderId: 'list' });
    await alice('POST', '/orderList/oco', { ...oco, listClientOrderId: 'list-2' });
    const ended = {
      contingencyType: 'OCO',
      listStatusType: 'ALL_DONE',
      listOrderStatus: 'ALL_DONE',
      orderReports: [
        { type: 'LIMIT_MAKER', status: 'CANCELED' },
        { type: 'STOP_LOSS', status: 'CANCELED' },
      ],
    };
    const { body } = await alice('DELETE', '/openOrders', { symbol });
    expect(body).toMatchObject([
      { origClientOrderId: 'single', status: 'CANCELED' },
      { ...ended, listClientOrderId: 'list' },
      { ...ended, listClientOrderId: 'list-2' },
    ]);
    expect(await alice('DELETE', '/openOrders', { symbol })).toMatchObject({
      status: 400,
      body: { code: -2011, msg: 'Unknown order sent.' },
    });
    expect(await balances(alice)).toMatchObject({ BTC: expect.stringMatching(/ 0\.00000000$/) });
  });
});

describe('order lists', () => {
  interface Placed {
    readonly orderListId: number;
    readonly orderReports: readonly { readonly orderId: number; readonly status: string; readonly origQty?: string }[];
  }
  const place = async (who: Bot, path: string, params: Params): Promise<Placed> => {
    const { status, body } = await who('POST', path, params);
    expect({ path, status, body }).toMatchObject({ status: 200 });
    return body as unknown as Placed;
  };
  const working = {
    symbol,
    workingType: 'LIMIT',
    workingSide: 'BUY',
    workingPrice: '49000',
    workingQuantity: '1',
    workingTimeInForce: 'GTC',
  };

  it('OCO: one leg works, the other expires', async () => {
    await tradeAt('50000');
    const oco = {
      symbol,
      side: 'SELL',
      quantity: '1',
      aboveType: 'LIMIT_MAKER',
      abovePrice: '51000',
      belowType: 'STOP_LOSS_LIMIT',
      belowStopPrice: '45000',
      belowPrice: '44000',
      belowTimeInForce: 'GTC',
    };
    const list = await place(alice, '/orderList/oco', oco);
    expect(list.orderReports.map(({ status }) => status)).toEqual(['NEW', 'NEW']);
    expect((await alice('GET', '/openOrderList')).body).toMatchObject([
      { orderListId: list.orderListId, listStatusType: 'EXEC_STARTED', listOrderStatus: 'EXECUTING' },
    ]);
    await bob('POST', '/order', limit('BUY', '51000', '1'));
    const [above, below] = list.orderReports.map(({ orderId }) => orderId);
    expect(await statusOf(alice, above)).toBe('FILLED');
    expect((await alice('GET', '/order', { symbol, orderId: below as number })).body).toMatchObject({
      status: 'EXPIRED',
      expiryReason: 'OCO_TRIGGER',
    });
    expect((await alice('GET', '/orderList', { orderListId: list.orderListId })).body).toMatchObject({
      listStatusType: 'ALL_DONE',
      listOrderStatus: 'ALL_DONE',
    });
  });

  it.each([
    [
      'prices that contradict the market',
      { aboveType: 'LIMIT_MAKER', abovePrice: '49000', belowType: 'STOP_LOSS', belowStopPrice: '48000' },
      -2010,
      'The relationship of the prices for the orders is not correct.',
    ],
    [
      'two limits',
      { aboveType: 'LIMIT_MAKER', abovePrice: '51000', belowType: 'LIMIT_MAKER', belowPrice: '49000' },
      -1168,
      'At least one OCO order must be contingent.',
    ],
    [
      'a stop loss above',
      { aboveType: 'STOP_LOSS', aboveStopPrice: '51000', belowType: 'TAKE_PROFIT', belowStopPrice: '49000' },
      -1197,
      'A stop loss order in a sell OCO must be below.',
    ],
  ])('OCO: refuses %s', async (_why, legs, code, msg) => {
    await tradeAt('50000');
    const { status, body } = await alice('POST', '/orderList/oco', { symbol, side: 'SELL', quantity: '1', ...legs });
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
  });

  it('OTO: the pending order waits for the working one', async () => {
    await tradeAt('50000');
    const list = await place(alice, '/orderList/oto', {
      ...working,
      pendingType: 'LIMIT',
      pendingSide: 'SELL',
      pendingPrice: '55000',
      pendingQuantity: '1',
      pendingTimeInForce: 'GTC',
    });
    expect(list.orderReports.map(({ status }) => status)).toEqual(['NEW', 'PENDING_NEW']);
    const pending = list.orderReports[1]?.orderId;
    expect(await statusOf(alice, pending)).toBe('PENDING_NEW');
    await bob('POST', '/order', limit('SELL', '49000', '1'));
    await expect.poll(() => statusOf(alice, pending)).toBe('NEW');
    expect(await open('/depth', { symbol })).toMatchObject({ asks: [['55000.00000000', '1.00000000']] });
  });

  it('OTOCO: a pair waits, then works; stop legs are PENDING_NEW while they wait', async () => {
    await tradeAt('50000');
    const pair = {
      pendingSide: 'SELL',
      pendingQuantity: '1',
      pendingAboveType: 'LIMIT_MAKER',
      pendingAbovePrice: '55000',
      pendingBelowType: 'STOP_LOSS',
      pendingBelowStopPrice: '40000',
    };
    const list = await place(alice, '/orderList/otoco', { ...working, ...pair });
    expect(list.orderReports.map(({ status }) => status)).toEqual(['NEW', 'PENDING_NEW', 'PENDING_NEW']);
    const [, above, below] = list.orderReports.map(({ orderId }) => orderId);
    expect([await statusOf(alice, above), await statusOf(alice, below)]).toEqual(['PENDING_NEW', 'PENDING_NEW']);
    await bob('POST', '/order', limit('SELL', '49000', '1'));
    await expect.poll(() => statusOf(alice, above)).toBe('NEW');
    expect(await statusOf(alice, below)).toBe('NEW');
    const cancelled = await alice('DELETE', '/orderList', { symbol, orderListId: list.orderListId });
    expect(cancelled.body).toMatchObject({ contingencyType: 'OTO', listOrderStatus: 'ALL_DONE' });
    expect((await alice('GET', '/openOrders', { symbol })).body).toEqual([]);
  });

  it('OPO: the pending order sells what the working one received', async () => {
    await tradeAt('50000');
    const list = await place(alice, '/orderList/opo', {
      ...working,
      pendingType: 'LIMIT',
      pendingSide: 'SELL',
      pendingPrice: '55000',
      pendingTimeInForce: 'GTC',
    });
    expect(list.orderReports.map((report) => [report.status, 'origQty' in report])).toEqual([
      ['NEW', true],
      ['PENDING_NEW', false],
    ]);
    await bob('POST', '/order', limit('SELL', '49000', '1'));
    const pending = list.orderReports[1]?.orderId;
    await expect.poll(() => statusOf(alice, pending)).toBe('NEW');
    const row = (await alice('GET', '/order', { symbol, orderId: pending as number })).body;
    expect(Number(row.origQty)).toBeGreaterThan(0.99);
    expect(Number(row.origQty)).toBeLessThanOrEqual(1);
  });

  it('a cancel of one leg ends the list', async () => {
    await tradeAt('50000');
    const list = await place(alice, '/orderList/oto', { ...working, pendingType: 'MARKET', pendingSide: 'SELL', pendingQuantity: '1' });
    const [first, second] = list.orderReports.map(({ orderId }) => orderId);
    expect((await alice('DELETE', '/order', { symbol, orderId: second as number })).status).toBe(200);
    expect(await statusOf(alice, first)).toBe('CANCELED');
    expect((await alice('GET', '/openOrderList')).body).toEqual([]);
  });
});
