// Orders, lists and executions as the API tells them: every key, in the documented order, with and without what is
// conditional.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  RequestKind,
  Side,
  StpMode,
  TimeInForce,
} from '../../src/domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import { signHmac } from '../../src/http/auth/signature.ts';
import type { OrderReport } from '../../src/ports/exchangePort.ts';
import { HistoryUnavailableError } from '../../src/ports/historyQueries.ts';
import { type BinanceRest, binanceRest, encode, type Params } from '../fixtures/binanceRest.ts';
import {
  makeOrder,
  makeProfile,
  makeTrade,
  reportOf,
  TEST_ACCOUNT_ID,
  TEST_API_KEY,
  TEST_NOW_US,
  TEST_SECRET,
} from '../fixtures/fakeExchange.ts';

let api: BinanceRest;
beforeEach(async () => {
  api = await binanceRest();
});
afterEach(async () => {
  await api.close();
});

const now = TEST_NOW_US / 1000;
const symbol = 'BTCUSDT';
const limit: Params = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '50000' };
/** Equal in keys, values and the order of the keys. */
function same(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected);
  expect(JSON.stringify(actual)).toBe(JSON.stringify(expected));
}

async function placed(report: OrderReport, params: Params = limit): Promise<unknown> {
  api.exchange.answers.placeOrder = async () => ({ ok: true, report });
  return (await api.signed('POST', '/order', params)).body;
}

const head = { symbol, orderId: 1, orderListId: -1, clientOrderId: 'my-order', transactTime: now };
const rested = {
  price: '50000.00000000',
  origQty: '1.00000000',
  executedQty: '0.00000000',
  origQuoteOrderQty: '0.00000000',
  cummulativeQuoteQty: '0.00000000',
  status: 'NEW',
  timeInForce: 'GTC',
  type: 'LIMIT',
  side: 'BUY',
};
const stp = { selfTradePreventionMode: 'EXPIRE_MAKER' };

describe('a placed order', () => {
  it('answers ACK, RESULT and FULL', async () => {
    const report = reportOf(makeOrder());
    same(await placed(report, { ...limit, newOrderRespType: 'ACK' }), head);
    same(await placed(report, { ...limit, newOrderRespType: 'RESULT' }), { ...head, ...rested, workingTime: now, ...stp });
    same(await placed(report, { ...limit, newOrderRespType: 'FULL' }), { ...head, ...rested, workingTime: now, fills: [], ...stp });
  });

  it('answers FULL by default for LIMIT and MARKET, ACK for the others', async () => {
    const report = reportOf(makeOrder());
    expect(await placed(report, limit)).toHaveProperty('fills');
    expect(await placed(report, { symbol, side: 'BUY', type: 'MARKET', quantity: '1' })).toHaveProperty('fills');
    for (const type of ['STOP_LOSS', 'TAKE_PROFIT']) {
      same(await placed(report, { symbol, side: 'BUY', type, quantity: '1', stopPrice: '1' }), head);
    }
    for (const type of ['STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT']) same(await placed(report, { ...limit, type, stopPrice: '1' }), head);
    same(await placed(report, { symbol, side: 'BUY', type: 'LIMIT_MAKER', quantity: '1', price: '1' }), head);
  });

  it('lists its fills with the commission of its side', async () => {
    const order = makeOrder({ status: OrderStatus.Filled, executedLots: 100_000, cumQuoteUnits: 4_999_950_000_000n, bookLots: 0 });
    const trades = [
      makeTrade({ tradeId: 56, priceTicks: 4_999_900, lots: 50_000, buyerFeeUnits: 50_000n, sellerFeeUnits: 2_499_950_000n }),
      makeTrade({ tradeId: 57, priceTicks: 5_000_000, lots: 50_000, buyerFeeUnits: 0n, sellerFeeUnits: 1n }),
    ];
    const bought = (await placed(reportOf(order, trades))) as { fills: unknown };
    same(bought.fills, [
      { price: '49999.00000000', qty: '0.50000000', commission: '0.00050000', commissionAsset: 'BTC', tradeId: 56 },
      { price: '50000.00000000', qty: '0.50000000', commission: '0.00000000', commissionAsset: 'BTC', tradeId: 57 },
    ]);
    expect(bought).toMatchObject({ status: 'FILLED', executedQty: '1.00000000', cummulativeQuoteQty: '49999.50000000' });
    const sold = (await placed(reportOf({ ...order, side: Side.SELL }, trades))) as { fills: unknown };
    expect(sold.fills).toMatchObject([
      { commission: '24.99950000', commissionAsset: 'USDT' },
      { commission: '0.00000001', commissionAsset: 'USDT' },
    ]);
  });

  it('shows what it has beyond the common terms, each at its place', async () => {
    const shown = async (over: Partial<SpotOrder>) => placed(reportOf(makeOrder(over)), { ...limit, newOrderRespType: 'RESULT' });
    same(
      await shown({
        type: OrderType.STOP_LOSS_LIMIT,
        status: OrderStatus.ConditionalPending,
        workingUs: 0,
        stopPriceTicks: 5_100_000,
        trailingDelta: 100,
        icebergLots: 10_000,
        strategyId: 37,
        strategyType: 1_000_000,
      }),
      {
        ...head,
        ...rested,
        type: 'STOP_LOSS_LIMIT',
        side: 'BUY',
        stopPrice: '51000.00000000',
        trailingDelta: 100,
        trailingTime: -1,
        icebergQty: '0.10000000',
        strategyId: 37,
        strategyType: 1_000_000,
        workingTime: -1,
        ...stp,
      },
    );
    const { price, ...afterPrice } = rested;
    same(await shown({ priceTicks: 0, pegPriceType: 1, pegOffsetType: 1, pegOffsetValue: 5, peggedPriceTicks: 4 }), {
      ...head,
      price: '0.00000000',
      pegPriceType: 'PRIMARY_PEG',
      pegOffsetType: 'PRICE_LEVEL',
      pegOffsetValue: 5,
      peggedPrice: '0.04000000',
      ...afterPrice,
      workingTime: now,
      ...stp,
    });
    expect(price).toBe('50000.00000000');
    expect(await shown({ priceTicks: 0, pegPriceType: 2 })).not.toHaveProperty('peggedPrice');
  });

  it('says what a MARKET order by quote amount bought', async () => {
    const order = makeOrder({
      type: OrderType.MARKET,
      priceTicks: 0,
      origLots: 0,
      origQuoteUnits: 10_000_000_000n,
      executedLots: 200,
      cumQuoteUnits: 9_999_000_000n,
      status: OrderStatus.Filled,
    });
    expect(await placed(reportOf(order), { symbol, side: 'BUY', type: 'MARKET', quoteOrderQty: '100' })).toMatchObject({
      price: '0.00000000',
      origQty: '0.00200000',
      executedQty: '0.00200000',
      origQuoteOrderQty: '100.00000000',
      cummulativeQuoteQty: '99.99000000',
      status: 'FILLED',
      timeInForce: 'GTC',
      type: 'MARKET',
    });
  });

  it.each([
    [ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED, 'EXPIRED', 'UNFILLED_IOC_QUANTITY_EXPIRED'],
    [ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED, 'EXPIRED', 'UNFILLED_FOK_ORDER_EXPIRED'],
    [ExpiryReason.INSUFFICIENT_LIQUIDITY, 'EXPIRED', 'INSUFFICIENT_LIQUIDITY'],
    [ExpiryReason.OCO_TRIGGER, 'EXPIRED', 'OCO_TRIGGER'],
    [ExpiryReason.GTD_EXPIRED, 'EXPIRED', 'EXCHANGE_CANCELED'],
    [ExpiryReason.SELF_TRADE_PREVENTION, 'EXPIRED_IN_MATCH', undefined],
    [ExpiryReason.NONE, 'EXPIRED', undefined],
  ])('that expired says why: %i', async (expiryReason, status, word) => {
    const body = (await placed(reportOf(makeOrder({ status: OrderStatus.Expired, expiryReason })))) as Record<string, unknown>;
    expect([body.status, body.expiryReason]).toEqual([status, word]);
    const ack = await placed(reportOf(makeOrder({ status: OrderStatus.Expired, expiryReason })), { ...limit, newOrderRespType: 'ACK' });
    same(ack, head);
  });

  it('lists the self-trades it did not make', async () => {
    const match = (id: number, takerPreventedLots: number, makerPreventedLots: number): PreventedMatch => ({
      preventedMatchId: id,
      takerOrderId: 1,
      makerOrderId: id + 2,
      priceTicks: 100,
      takerPreventedLots,
      makerPreventedLots,
      stpMode: StpMode.EXPIRE_BOTH,
    });
    api.exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ tradeGroupId: 1 }));
    const order = makeOrder({
      status: OrderStatus.Expired,
      expiryReason: ExpiryReason.SELF_TRADE_PREVENTION,
      preventedLots: 300_000,
      preventedMatch: match(1, 300_000, 100_000),
      stpMode: StpMode.EXPIRE_BOTH,
    });
    const body = (await placed({ ...reportOf(order), preventedMatches: [match(0, 0, 130_000), match(1, 300_000, 100_000)] })) as object;
    const { fills: _, ...shown } = body as Record<string, unknown>;
    same(shown, {
      ...head,
      ...rested,
      status: 'EXPIRED_IN_MATCH',
      workingTime: now,
      preventedMatches: [
        { preventedMatchId: 0, makerSymbol: symbol, makerOrderId: 2, price: '1.00000000', makerPreventedQuantity: '1.30000000' },
        {
          preventedMatchId: 1,
          makerSymbol: symbol,
          makerOrderId: 3,
          price: '1.00000000',
          takerPreventedQuantity: '3.00000000',
          makerPreventedQuantity: '1.00000000',
        },
      ],
      tradeGroupId: 1,
      selfTradePreventionMode: 'EXPIRE_BOTH',
      preventedQuantity: '3.00000000',
    });
  });

  it('prints times in the unit asked for', async () => {
    const order = makeOrder({ updateUs: TEST_NOW_US + 7, workingUs: TEST_NOW_US + 5 });
    expect(await placed(reportOf(order))).toMatchObject({ transactTime: now, workingTime: now });
    const payload = encode({ ...limit, timestamp: now });
    const query = `${payload}&signature=${signHmac(TEST_SECRET, payload)}`;
    const headers = { 'x-mbx-apikey': TEST_API_KEY, 'x-mbx-time-unit': 'MICROSECOND' };
    const { body } = await api.send('POST', '/order', { query, headers });
    expect(body).toMatchObject({ transactTime: TEST_NOW_US + 7, workingTime: TEST_NOW_US + 5 });
  });
});

const row = {
  symbol,
  orderId: 1,
  orderListId: -1,
  clientOrderId: 'my-order',
  price: '50000.00000000',
  origQty: '1.00000000',
  executedQty: '0.00000000',
  cummulativeQuoteQty: '0.00000000',
  status: 'NEW',
  timeInForce: 'GTC',
  type: 'LIMIT',
  side: 'BUY',
  stopPrice: '0.00000000',
  icebergQty: '0.00000000',
  time: now,
  updateTime: now,
  isWorking: true,
  workingTime: now,
  origQuoteOrderQty: '0.00000000',
  ...stp,
};

describe('a queried order', () => {
  it('shows every key, and the conditional ones', async () => {
    api.exchange.rows.orders.push(makeOrder());
    same((await api.signed('GET', '/order', { symbol, orderId: 1 })).body, row);
    same((await api.signed('GET', '/order', { symbol, origClientOrderId: 'my-order' })).body, row);
    same((await api.signed('GET', '/openOrders', { symbol })).body, [row]);
    same((await api.signed('GET', '/openOrders')).body, [row]);
    same((await api.signed('GET', '/allOrders', { symbol })).body, [row]);
    const match = {
      preventedMatchId: 4,
      takerOrderId: 1,
      makerOrderId: 2,
      priceTicks: 1,
      takerPreventedLots: 1,
      makerPreventedLots: 1,
      stpMode: StpMode.DECREMENT,
    };
    api.exchange.rows.orders[0] = makeOrder({ preventedLots: 200_000, preventedMatch: match });
    same((await api.signed('GET', '/order', { symbol, orderId: 1 })).body, {
      ...row,
      preventedMatchId: 4,
      preventedQuantity: '2.00000000',
    });
  });

  it('tells states in the words of the API', async () => {
    const states: readonly [Partial<SpotOrder>, string, boolean][] = [
      [{ status: OrderStatus.Pending }, 'NEW', true],
      [{ status: OrderStatus.PartiallyFilled }, 'PARTIALLY_FILLED', true],
      [{ status: OrderStatus.Filled }, 'FILLED', true],
      [{ status: OrderStatus.Cancelled }, 'CANCELED', true],
      [{ status: OrderStatus.Expired, expiryReason: ExpiryReason.OCO_TRIGGER, workingUs: 0 }, 'EXPIRED', false],
      [{ status: OrderStatus.Expired, expiryReason: ExpiryReason.SELF_TRADE_PREVENTION }, 'EXPIRED_IN_MATCH', true],
      [{ status: OrderStatus.ConditionalPending, type: OrderType.STOP_LOSS, workingUs: 0 }, 'NEW', false],
    ];
    for (const [over, status, isWorking] of states) {
      api.exchange.rows.orders.splice(0, 1, makeOrder(over));
      expect((await api.signed('GET', '/order', { symbol, orderId: 1 })).body).toMatchObject({ status, isWorking });
    }
    api.exchange.rows.orders.splice(0, 1, makeOrder({ timeInForce: TimeInForce.GTD }));
    expect((await api.signed('GET', '/order', { symbol, orderId: 1 })).body).toMatchObject({ timeInForce: 'GTC' });
  });
});

function makeList(over: Partial<SpotOrderList> = {}): SpotOrderList {
  return {
    orderListId: 20,
    accountId: TEST_ACCOUNT_ID,
    symbol,
    listClientOrderId: 'my-list',
    contingencyType: ContingencyType.OCO,
    orderIds: [21, 22],
    commandId: 1,
    createdUs: TEST_NOW_US,
    statusType: ListStatusType.EXEC_STARTED,
    orderStatus: ListOrderStatus.EXECUTING,
    updateUs: TEST_NOW_US,
    ...over,
  };
}
const leg = (orderId: number, over: Partial<SpotOrder> = {}): SpotOrder =>
  makeOrder({ orderId, clientOrderId: `leg-${orderId}`, orderListId: 20, ...over });
const listHead = {
  orderListId: 20,
  contingencyType: 'OCO',
  listStatusType: 'EXEC_STARTED',
  listOrderStatus: 'EXECUTING',
  listClientOrderId: 'my-list',
  transactionTime: now,
  symbol,
  orders: [
    { symbol, orderId: 21, clientOrderId: 'leg-21' },
    { symbol, orderId: 22, clientOrderId: 'leg-22' },
  ],
};
const stopLeg = {
  type: OrderType.STOP_LOSS,
  listLeg: ListLeg.BELOW,
  status: OrderStatus.ConditionalPending,
  workingUs: 0,
  priceTicks: 0,
  stopPriceTicks: 4_000_000,
};

describe('an order list', () => {
  it('is placed with reports of the kind asked for', async () => {
    const reports = [reportOf(leg(21, { type: OrderType.LIMIT_MAKER, listLeg: ListLeg.ABOVE })), reportOf(leg(22, stopLeg))];
    api.exchange.answers.placeOrderList = async () => ({ ok: true, list: makeList(), reports });
    const oco = {
      symbol,
      side: 'SELL',
      quantity: '1',
      aboveType: 'LIMIT_MAKER',
      abovePrice: '60000',
      belowType: 'STOP_LOSS',
      belowStopPrice: '40000',
    };
    const { body } = await api.signed('POST', '/orderList/oco', { ...oco, newOrderRespType: 'RESULT' });
    same(body, {
      ...listHead,
      orderReports: [
        {
          ...head,
          orderId: 21,
          orderListId: 20,
          clientOrderId: 'leg-21',
          ...rested,
          type: 'LIMIT_MAKER',
          side: 'BUY',
          workingTime: now,
          ...stp,
        },
        {
          ...head,
          orderId: 22,
          orderListId: 20,
          clientOrderId: 'leg-22',
          ...rested,
          price: '0.00000000',
          type: 'STOP_LOSS',
          side: 'BUY',
          stopPrice: '40000.00000000',
          workingTime: -1,
          ...stp,
        },
      ],
    });
    const ack = (await api.signed('POST', '/orderList/oco', { ...oco, newOrderRespType: 'ACK' })).body as { orderReports: object[] };
    expect(ack.orderReports.map((report) => Object.keys(report))).toEqual([Object.keys(head), Object.keys(head)]);
  });

  it.each([
    ['otoco', ContingencyType.OTOCO],
    ['opoco', ContingencyType.OPOCO],
  ])('%s shows its pending legs as PENDING_NEW and is an OTO', async (path, contingencyType) => {
    const isOpo = path === 'opoco';
    const list = makeList({ contingencyType, orderIds: [21, 22, 23] });
    const parked = { status: OrderStatus.ConditionalPending, workingUs: 0, ...(isOpo ? { origLots: 0 } : {}) };
    const reports = [
      reportOf(leg(21, { listLeg: ListLeg.WORKING, status: OrderStatus.Filled })),
      reportOf(leg(22, { ...parked, type: OrderType.LIMIT_MAKER, listLeg: ListLeg.ABOVE })),
      reportOf(leg(23, { ...stopLeg, ...parked })),
    ];
    api.exchange.answers.placeOrderList = async () => ({ ok: true, list, reports });
    const { body } = await api.signed('POST', `/orderList/${path}`, {
      symbol,
      workingType: 'LIMIT',
      workingSide: 'BUY',
      workingPrice: '50000',
      workingQuantity: '1',
      workingTimeInForce: 'GTC',
      pendingSide: 'SELL',
      ...(isOpo ? {} : { pendingQuantity: '1' }),
      pendingAboveType: 'LIMIT_MAKER',
      pendingAbovePrice: '60000',
      pendingBelowType: 'STOP_LOSS',
      pendingBelowStopPrice: '40000',
    });
    const { contingencyType: word, orderReports } = body as { contingencyType: string; orderReports: Record<string, unknown>[] };
    expect(word).toBe('OTO');
    expect(orderReports.map(({ status, workingTime }) => [status, workingTime])).toEqual([
      ['FILLED', now],
      ['PENDING_NEW', -1],
      ['PENDING_NEW', -1],
    ]);
    expect(orderReports.map((report) => 'origQty' in report)).toEqual([true, !isOpo, !isOpo]);
  });

  it('is queried without reports, and its orders say whether they wait for the working order', async () => {
    const { orders, lists } = api.exchange.rows;
    lists.push(makeList({ contingencyType: ContingencyType.OTOCO, orderIds: [21, 22] }));
    orders.push(leg(21, { listLeg: ListLeg.WORKING }), leg(22, stopLeg));
    const shown = { ...listHead, contingencyType: 'OTO' };
    same((await api.signed('GET', '/orderList', { orderListId: 20 })).body, shown);
    same((await api.signed('GET', '/orderList', { origClientOrderId: 'my-list' })).body, shown);
    same((await api.signed('GET', '/allOrderList')).body, [shown]);
    same((await api.signed('GET', '/openOrderList')).body, [shown]);
    const status = async () => ((await api.signed('GET', '/order', { symbol, orderId: 22 })).body as { status: string }).status;
    expect(await status()).toBe('PENDING_NEW');
    orders[0]!.status = OrderStatus.Filled;
    expect(await status()).toBe('NEW');
    orders[0]!.status = OrderStatus.Pending;
    lists[0] = makeList();
    expect(await status()).toBe('NEW');
  });
});

const cancelledRow = { ...rested, status: 'CANCELED' };
describe('a cancel', () => {
  it('of one order', async () => {
    api.exchange.rows.orders.push(makeOrder());
    const { body } = await api.signed('DELETE', '/order', { symbol, orderId: 1, newClientOrderId: 'the-cancel' });
    same(body, {
      symbol,
      origClientOrderId: 'my-order',
      orderId: 1,
      orderListId: -1,
      clientOrderId: 'the-cancel',
      transactTime: now,
      ...cancelledRow,
      ...stp,
    });
    expect((await api.signed('DELETE', '/order', { symbol, orderId: 1 })).body).toMatchObject({
      clientOrderId: expect.stringMatching(/^[A-Za-z0-9]{22}$/),
    });
  });

  it('of everything shows single orders first, then lists with their orders', async () => {
    const ended = { status: OrderStatus.Cancelled };
    const list = makeList({ statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.ALL_DONE });
    const reports = [reportOf(leg(21, ended)), reportOf(makeOrder(ended)), reportOf(leg(22, { ...stopLeg, ...ended }))];
    api.exchange.answers.cancelAllOrders = async () => ({ ok: true, reports, lists: [list] });
    const body = (await api.signed('DELETE', '/openOrders', { symbol })).body as Record<string, unknown>[];
    expect(body).toHaveLength(2);
    expect(body[0]).toMatchObject({ orderId: 1, origClientOrderId: 'my-order', status: 'CANCELED' });
    expect(body[1]).toMatchObject({
      ...listHead,
      listStatusType: 'ALL_DONE',
      listOrderStatus: 'ALL_DONE',
      orderReports: [
        { orderId: 21, origClientOrderId: 'leg-21' },
        { orderId: 22, origClientOrderId: 'leg-22', stopPrice: '40000.00000000' },
      ],
    });
  });

  it('of a list', async () => {
    const list = makeList({ statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.ALL_DONE });
    const reports = [reportOf(leg(21, { status: OrderStatus.Cancelled })), reportOf(leg(22, { status: OrderStatus.Cancelled }))];
    api.exchange.answers.cancelOrderList = async () => ({ ok: true, list, reports });
    const { body } = await api.signed('DELETE', '/orderList', { symbol, listClientOrderId: 'my-list', newClientOrderId: 'the-cancel' });
    const report = (id: number) => ({
      symbol,
      origClientOrderId: `leg-${id}`,
      orderId: id,
      orderListId: 20,
      clientOrderId: 'the-cancel',
      transactTime: now,
      ...cancelledRow,
      ...stp,
    });
    same(body, { ...listHead, listStatusType: 'ALL_DONE', listOrderStatus: 'ALL_DONE', orderReports: [report(21), report(22)] });
  });
});

describe('an amend', () => {
  const amended = {
    symbol,
    orderId: 1,
    orderListId: -1,
    origClientOrderId: 'my-order',
    clientOrderId: 'renamed',
    price: '50000.00000000',
    qty: '0.50000000',
    executedQty: '0.00000000',
    preventedQty: '0.00000000',
    quoteOrderQty: '0.00000000',
    cumulativeQuoteQty: '0.00000000',
    status: 'NEW',
    timeInForce: 'GTC',
    type: 'LIMIT',
    side: 'BUY',
    workingTime: now,
    ...stp,
  };

  it('of one order', async () => {
    api.exchange.rows.orders.push(makeOrder());
    const { body } = await api.signed('PUT', '/order/amend/keepPriority', {
      symbol,
      orderId: 1,
      newQty: '0.5',
      newClientOrderId: 'renamed',
    });
    same(body, { transactTime: now, executionId: 1, amendedOrder: amended });
    const again = (await api.signed('PUT', '/order/amend/keepPriority', { symbol, orderId: 1, newQty: '0.5' })).body as {
      amendedOrder: { clientOrderId: string };
    };
    expect(again.amendedOrder.clientOrderId).toMatch(/^[A-Za-z0-9]{22}$/);
  });

  it('of a parked leg tells the list', async () => {
    const pending = leg(22, {
      listLeg: ListLeg.PENDING,
      type: OrderType.MARKET,
      status: OrderStatus.ConditionalPending,
      workingUs: 0,
      priceTicks: 0,
    });
    api.exchange.rows.orders.push(leg(21, { listLeg: ListLeg.WORKING }), pending);
    api.exchange.rows.lists.push(makeList({ contingencyType: ContingencyType.OTO }));
    const { body } = await api.signed('PUT', '/order/amend/keepPriority', {
      symbol,
      orderId: 22,
      newQty: '0.5',
      newClientOrderId: 'leg-22',
    });
    const { workingTime: _, ...parked } = amended;
    same(body, {
      transactTime: now,
      executionId: 22,
      amendedOrder: {
        ...parked,
        orderId: 22,
        orderListId: 20,
        origClientOrderId: 'leg-22',
        clientOrderId: 'leg-22',
        price: '0.00000000',
        status: 'PENDING_NEW',
        type: 'MARKET',
      },
      listStatus: {
        orderListId: 20,
        contingencyType: 'OTO',
        listOrderStatus: 'EXECUTING',
        listClientOrderId: 'my-list',
        symbol,
        orders: listHead.orders,
      },
    });
  });

  it('of a leg whose list the history cannot tell now was done all the same: not "try again"', async () => {
    api.exchange.rows.orders.push(leg(21, { listLeg: ListLeg.WORKING }));
    api.exchange.historyAnswers.orderList = () => {
      throw new HistoryUnavailableError();
    };
    const { status, body } = await api.signed('PUT', '/order/amend/keepPriority', { symbol, orderId: 21, newQty: '0.5' });
    expect({ status, code: (body as { code: number }).code }).toEqual({ status: 504, code: -1007 });
    expect(api.exchange.calls.map(({ method }) => method)).toContain('amendOrder');
  });

  it('is remembered', async () => {
    api.exchange.rows.orders.push(makeOrder());
    api.exchange.historyAnswers.amendments = () => [
      {
        orderId: 1,
        executionId: 22,
        origClientOrderId: 'a',
        newClientOrderId: 'b',
        origLots: 500_000,
        newLots: 400_000,
        timeUs: TEST_NOW_US,
      },
    ];
    same((await api.signed('GET', '/order/amendments', { symbol, orderId: 1 })).body, [
      {
        symbol,
        orderId: 1,
        executionId: 22,
        origClientOrderId: 'a',
        newClientOrderId: 'b',
        origQty: '5.00000000',
        newQty: '4.00000000',
        time: now,
      },
    ]);
  });
});

describe('executions', () => {
  const common = { symbol, id: 1, orderId: 1, orderListId: -1, price: '50000.00000000', qty: '1.00000000', quoteQty: '50000.00000000' };

  it('of the account, from its side', async () => {
    api.exchange.rows.trades.push(makeTrade());
    api.exchange.rows.orders.push(makeOrder({ orderListId: 20 }));
    same((await api.signed('GET', '/myTrades', { symbol })).body, [
      {
        ...common,
        orderListId: 20,
        commission: '0.00100000',
        commissionAsset: 'BTC',
        time: now,
        isBuyer: true,
        isMaker: false,
        isBestMatch: true,
      },
    ]);
  });

  it('are two where the account traded with itself, one where one of its orders is asked for', async () => {
    api.exchange.rows.trades.push(makeTrade({ sellerAccountId: TEST_ACCOUNT_ID, buyerIsMaker: true }));
    const buy = { ...common, commission: '0.00100000', commissionAsset: 'BTC', time: now, isBuyer: true, isMaker: true, isBestMatch: true };
    const sell = {
      ...common,
      orderId: 2,
      commission: '50.00000000',
      commissionAsset: 'USDT',
      time: now,
      isBuyer: false,
      isMaker: false,
      isBestMatch: true,
    };
    same((await api.signed('GET', '/myTrades', { symbol })).body, [buy, sell]);
    same((await api.signed('GET', '/myTrades', { symbol, orderId: 2 })).body, [sell]);
  });

  it('that were prevented', async () => {
    api.exchange.historyAnswers.preventedMatches = () => [
      {
        symbol,
        timeUs: TEST_NOW_US,
        preventedMatchId: 1,
        takerOrderId: 5,
        makerOrderId: 3,
        priceTicks: 110,
        takerPreventedLots: 0,
        makerPreventedLots: 130_000,
        stpMode: StpMode.EXPIRE_MAKER,
      },
    ];
    same((await api.signed('GET', '/myPreventedMatches', { symbol, orderId: 5 })).body, [
      {
        symbol,
        preventedMatchId: 1,
        takerOrderId: 5,
        makerSymbol: symbol,
        makerOrderId: 3,
        tradeGroupId: -1,
        selfTradePreventionMode: 'EXPIRE_MAKER',
        price: '1.10000000',
        makerPreventedQuantity: '1.30000000',
        transactTime: now,
      },
    ]);
  });
});

it('an activated leg of an OTO is NEW by its own row', async () => {
  const activated = leg(22, {
    listLeg: ListLeg.PENDING,
    type: OrderType.STOP_LOSS,
    status: OrderStatus.ConditionalPending,
    workingUs: 0,
    outcome: { commandId: 1, kind: RequestKind.ACTIVATE, code: 0, clientOrderId: '' },
  });
  api.exchange.rows.orders.push(activated);
  expect((await api.signed('GET', '/order', { symbol, orderId: 22 })).body).toMatchObject({ status: 'NEW' });
});
