// The outcome table of cancelReplace (rest-api.md), row by row.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { EngineReject } from '../../src/domain/rejectReason.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import type { PlaceResult } from '../../src/ports/exchangePort.ts';
import { type BinanceRest, binanceRest, type Params } from '../fixtures/binanceRest.ts';
import { makeOrder, reportOf } from '../fixtures/fakeExchange.ts';

let api: BinanceRest;
beforeEach(async () => {
  const orders = [{ interval: 'SECOND', intervalNum: 10, limit: 1 } as const];
  api = await binanceRest({ rateLimits: { ...DEFAULT_RATE_LIMITS, orders } });
});
afterEach(async () => {
  await api.close();
});

const params: Params = {
  symbol: 'BTCUSDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  quantity: '1',
  price: '50000',
  newClientOrderId: 'new',
  cancelOrderId: 7,
  cancelNewClientOrderId: 'the-cancel',
};
const cancelled: PlaceResult = {
  ok: true,
  report: reportOf(makeOrder({ orderId: 7, clientOrderId: 'old', status: OrderStatus.Cancelled })),
};
const placed: PlaceResult = { ok: true, report: reportOf(makeOrder({ orderId: 8, clientOrderId: 'new' })) };
const noCancel: PlaceResult = { ok: false, reason: EngineReject.UNKNOWN_ORDER };
const noPlace: PlaceResult = { ok: false, reason: EngineReject.WOULD_MATCH };

const cancelReport = { symbol: 'BTCUSDT', origClientOrderId: 'old', orderId: 7, clientOrderId: 'the-cancel', status: 'CANCELED' };
const placeReport = { symbol: 'BTCUSDT', orderId: 8, clientOrderId: 'new', status: 'NEW', fills: [] };
const cancelError = { code: -2011, msg: 'Unknown order sent.' };
const placeError = { code: -2010, msg: 'Order would immediately match and take.' };
const limitError = { code: -1015, msg: 'Too many new orders; current limit is 1 orders per 10 SECOND.' };
const partly = { code: -2021, msg: 'Order cancel-replace partially failed.' };
const wholly = { code: -2022, msg: 'Order cancel-replace failed.' };

function halves(cancelResult: string, cancelResponse: object, newOrderResult: string, newOrderResponse: object | null) {
  return { cancelResult, newOrderResult, cancelResponse, newOrderResponse };
}

const within = [
  ['STOP_ON_FAILURE', cancelled, placed, 200, halves('SUCCESS', cancelReport, 'SUCCESS', placeReport)],
  ['STOP_ON_FAILURE', noCancel, null, 400, { ...wholly, data: halves('FAILURE', cancelError, 'NOT_ATTEMPTED', null) }],
  ['STOP_ON_FAILURE', cancelled, noPlace, 409, { ...partly, data: halves('SUCCESS', cancelReport, 'FAILURE', placeError) }],
  ['ALLOW_FAILURE', cancelled, placed, 200, halves('SUCCESS', cancelReport, 'SUCCESS', placeReport)],
  ['ALLOW_FAILURE', noCancel, noPlace, 400, { ...wholly, data: halves('FAILURE', cancelError, 'FAILURE', placeError) }],
  ['ALLOW_FAILURE', noCancel, placed, 409, { ...partly, data: halves('FAILURE', cancelError, 'SUCCESS', placeReport) }],
  ['ALLOW_FAILURE', cancelled, noPlace, 409, { ...partly, data: halves('SUCCESS', cancelReport, 'FAILURE', placeError) }],
] as const;

describe('within the order limits', () => {
  it.each(within)('%s, row %#', async (cancelReplaceMode, cancel, place, status, body) => {
    api.exchange.answers.cancelReplace = async () => ({ cancel, place });
    const answer = await api.signed('POST', '/order/cancelReplace', { ...params, cancelReplaceMode });
    expect(answer).toMatchObject({ status, body });
    expect(api.exchange.calls).toMatchObject([
      {
        method: 'cancelReplace',
        args: [{ orderId: 7, cancelClientOrderId: 'the-cancel', allowFailure: cancelReplaceMode === 'ALLOW_FAILURE' }],
      },
    ]);
  });
});

const beyond = [
  ['STOP_ON_FAILURE', noCancel, 429, { ...wholly, data: halves('FAILURE', cancelError, 'NOT_ATTEMPTED', null) }],
  ['STOP_ON_FAILURE', cancelled, 429, { ...partly, data: halves('SUCCESS', cancelReport, 'FAILURE', limitError) }],
  ['ALLOW_FAILURE', noCancel, 400, { ...wholly, data: halves('FAILURE', cancelError, 'FAILURE', limitError) }],
  ['ALLOW_FAILURE', cancelled, 409, { ...partly, data: halves('SUCCESS', cancelReport, 'FAILURE', limitError) }],
] as const;

describe('beyond the order limits', () => {
  beforeEach(() => {
    api.edge.limits.orders.add(1000, 1, api.exchange.nowUs);
  });

  it.each(['STOP_ON_FAILURE', 'ALLOW_FAILURE'])('%s with DO_NOTHING cancels nothing', async (cancelReplaceMode) => {
    for (const mode of [{}, { orderRateLimitExceededMode: 'DO_NOTHING' }]) {
      const { status, body } = await api.signed('POST', '/order/cancelReplace', { ...params, ...mode, cancelReplaceMode });
      expect({ status, body }).toEqual({ status: 429, body: limitError });
    }
    expect(api.exchange.calls).toEqual([]);
  });

  it.each(beyond)('%s with CANCEL_ONLY, row %#', async (cancelReplaceMode, cancel, status, body) => {
    api.exchange.answers.cancelOrder = async () => cancel;
    const more = { cancelReplaceMode, orderRateLimitExceededMode: 'CANCEL_ONLY' };
    const answer = await api.signed('POST', '/order/cancelReplace', { ...params, ...more });
    expect(answer).toMatchObject({ status, body });
    expect(api.exchange.calls).toMatchObject([{ method: 'cancelOrder', args: [{ orderId: 7, cancelClientOrderId: 'the-cancel' }] }]);
  });
});

it('counts an order that was not attempted', async () => {
  api.exchange.answers.cancelReplace = async () => ({ cancel: noCancel, place: null });
  await api.signed('POST', '/order/cancelReplace', { ...params, cancelReplaceMode: 'STOP_ON_FAILURE' });
  expect(api.edge.limits.orders.counts(1000, api.exchange.nowUs)[0]?.count).toBe(1);
});
