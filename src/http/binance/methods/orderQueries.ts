// Orders and order lists of an account, past and present. Read from history, which has taken in all the client was told.
import { OrderStatus } from '../../../domain/orderStatus.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../../domain/spotOrderList.ts';
import type { HistoryQueries } from '../../../ports/historyQueries.ts';
import { BinanceError } from '../binanceError.ts';
import { badCombination, neitherSent, spanTooLong } from '../params/paramErrors.ts';
import { limit, long, origClientId, symbolText, time } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import { listFields } from '../reports/listReport.ts';
import { amendmentRow, orderRow } from '../reports/orderRow.ts';
import { defineMethod, type MethodContext } from './binanceMethod.ts';
import { clientIdsOf, orderRef } from './cancelOrder.ts';
import { instrumentOf } from './instruments.ts';
import { page } from './marketData.ts';
import { isParked } from './parkedLegs.ts';

const ROWS = 500;
const ROWS_MAX = 1000;
const SPAN_HOURS = 24;
const SPAN_US = SPAN_HOURS * 3_600_000_000;
/** Orders that ended without a fill are archived after so long. */
const ARCHIVE_US = 90 * 86_400_000_000;

/** Bounds of a listing may be a day apart. */
export function checkSpan(startUs: number | undefined, endUs: number | undefined): void {
  if (startUs !== undefined && endUs !== undefined && endUs - startUs > SPAN_US) throw spanTooLong(SPAN_HOURS);
}

export function noSuchOrder(): BinanceError {
  return new BinanceError(-2013, 'Order does not exist.');
}

function isArchived(order: SpotOrder, nowUs: number): boolean {
  const ended = order.status === OrderStatus.Cancelled || order.status === OrderStatus.Expired;
  return ended && order.executedLots === 0 && nowUs - order.updateUs > ARCHIVE_US;
}

/** An order the engine never took is none to the API: the placement said so. */
function isShown(order: SpotOrder): boolean {
  return order.status !== OrderStatus.Rejected;
}

const orderStatus = defineMethod({
  name: 'order.status',
  rest: ['GET /api/v3/order'],
  security: 'USER_DATA',
  weight: 4,
  params: { symbol: mandatory(symbolText), orderId: optional(long), origClientOrderId: optional(origClientId) },
  async handle(ctx, { symbol, orderId, origClientOrderId }) {
    const instrument = instrumentOf(ctx, symbol);
    orderRef(orderId, origClientOrderId);
    const history = await ctx.exchange.history();
    const order =
      orderId === undefined
        ? await history.orderByClientId(ctx.accountId, symbol, origClientOrderId as string)
        : await history.order(ctx.accountId, orderId);
    if (order === undefined || order.symbol !== symbol || !isShown(order)) throw noSuchOrder();
    if (orderId !== undefined && origClientOrderId !== undefined && order.clientOrderId !== origClientOrderId) {
      throw new BinanceError(-2039, 'Client order ID is not correct for this order ID.');
    }
    if (isArchived(order, ctx.nowUs)) {
      throw new BinanceError(-2026, 'Order was canceled or expired with no executed qty over 90 days ago and has been archived.');
    }
    return orderRow(instrument, order, ctx.time, await isParked(history, order));
  },
});

async function orderRows(ctx: MethodContext, history: HistoryQueries, orders: readonly SpotOrder[]): Promise<unknown[]> {
  const parked = await Promise.all(orders.map((order) => isParked(history, order)));
  const rows: unknown[] = [];
  for (const [i, order] of orders.entries()) {
    const instrument = ctx.exchange.registry.instrument(order.symbol);
    if (instrument === undefined || !isShown(order)) continue;
    rows.push(orderRow(instrument, order, ctx.time, parked[i] === true));
  }
  return rows;
}

const openOrders = defineMethod({
  name: 'openOrders.status',
  rest: ['GET /api/v3/openOrders'],
  security: 'USER_DATA',
  weight: (params) => (params.has('symbol') ? 6 : 80),
  params: { symbol: optional(symbolText) },
  async handle(ctx, { symbol }) {
    if (symbol !== undefined) instrumentOf(ctx, symbol);
    const history = await ctx.exchange.history();
    return orderRows(ctx, history, await history.openOrders(ctx.accountId, symbol));
  },
});

const allOrders = defineMethod({
  name: 'allOrders',
  rest: ['GET /api/v3/allOrders'],
  security: 'USER_DATA',
  weight: 20,
  params: {
    symbol: mandatory(symbolText),
    orderId: optional(long),
    startTime: optional(time),
    endTime: optional(time),
    limit: optional(limit(ROWS_MAX), ROWS),
  },
  async handle(ctx, { symbol, orderId, startTime, endTime, limit: rows }) {
    instrumentOf(ctx, symbol);
    checkSpan(startTime, endTime);
    const history = await ctx.exchange.history();
    return orderRows(ctx, history, await history.orders(ctx.accountId, symbol, page(rows, startTime, endTime, orderId)));
  },
});

async function listRow(ctx: MethodContext, history: HistoryQueries, list: SpotOrderList): Promise<unknown> {
  return listFields(list, await clientIdsOf(history, list), list.updateUs, ctx.time);
}

const listStatus = defineMethod({
  name: 'orderList.status',
  rest: ['GET /api/v3/orderList'],
  security: 'USER_DATA',
  weight: 4,
  params: { orderListId: optional(long), origClientOrderId: optional(origClientId) },
  async handle(ctx, { orderListId, origClientOrderId }) {
    if (orderListId === undefined && origClientOrderId === undefined) {
      throw neitherSent('origClientOrderId', 'orderListId');
    }
    const history = await ctx.exchange.history();
    const list =
      orderListId === undefined
        ? await history.orderListByClientId(ctx.accountId, origClientOrderId as string)
        : await history.orderList(ctx.accountId, orderListId);
    const matches = orderListId === undefined || (origClientOrderId ?? list?.listClientOrderId) === list?.listClientOrderId;
    // The documentation gives lists no code of their own: an unknown list is answered like an unknown order.
    if (list === undefined || !matches) throw noSuchOrder();
    return listRow(ctx, history, list);
  },
});

const allLists = defineMethod({
  name: 'allOrderLists',
  rest: ['GET /api/v3/allOrderList'],
  security: 'USER_DATA',
  weight: 20,
  params: {
    fromId: optional(long),
    startTime: optional(time),
    endTime: optional(time),
    limit: optional(limit(ROWS_MAX), ROWS),
  },
  async handle(ctx, { fromId, startTime, endTime, limit: rows }) {
    if (fromId !== undefined && (startTime !== undefined || endTime !== undefined)) throw badCombination();
    checkSpan(startTime, endTime);
    const history = await ctx.exchange.history();
    const lists = await history.orderLists(ctx.accountId, page(rows, startTime, endTime, fromId));
    return Promise.all(lists.map((list) => listRow(ctx, history, list)));
  },
});

const openLists = defineMethod({
  name: 'openOrderLists.status',
  rest: ['GET /api/v3/openOrderList'],
  security: 'USER_DATA',
  weight: 6,
  params: {},
  async handle(ctx) {
    const history = await ctx.exchange.history();
    const lists = await history.openOrderLists(ctx.accountId);
    return Promise.all(lists.map((list) => listRow(ctx, history, list)));
  },
});

/** The account's order, on that symbol; throws -2013. */
async function ownOrder(history: HistoryQueries, ctx: MethodContext, symbol: string, orderId: number): Promise<SpotOrder> {
  const order = await history.order(ctx.accountId, orderId);
  if (order === undefined || order.symbol !== symbol) throw noSuchOrder();
  return order;
}

const amendments = defineMethod({
  name: 'order.amendments',
  rest: ['GET /api/v3/order/amendments'],
  security: 'USER_DATA',
  weight: 4,
  params: {
    symbol: mandatory(symbolText),
    orderId: mandatory(long),
    fromExecutionId: optional(long),
    limit: optional(limit(ROWS_MAX), ROWS),
  },
  async handle(ctx, { symbol, orderId, fromExecutionId, limit: rows }) {
    const instrument = instrumentOf(ctx, symbol);
    const history = await ctx.exchange.history();
    await ownOrder(history, ctx, symbol, orderId);
    const changes = await history.amendments(ctx.accountId, orderId, page(rows, undefined, undefined, fromExecutionId));
    return changes.map((amendment) => amendmentRow(instrument, amendment, ctx.time));
  },
});

export const ORDER_QUERY_METHODS = [orderStatus, openOrders, allOrders, listStatus, allLists, openLists, amendments];
