// Cancelling one order, everything on a symbol, a list; and amending an order without losing its place.
import type { Instrument } from '../../../domain/instrument.ts';
import { CancelRestriction } from '../../../domain/orderTerms.ts';
import { EngineReject } from '../../../domain/rejectReason.ts';
import type { SpotOrderList } from '../../../domain/spotOrderList.ts';
import { type OrderReport, OutcomeUnknownError } from '../../../ports/exchangePort.ts';
import { type HistoryQueries, HistoryUnavailableError } from '../../../ports/historyQueries.ts';
import { randomClientId } from '../clientIds.ts';
import { lots } from '../params/amounts.ts';
import { cancelRestrictions } from '../params/orderKinds.ts';
import { neitherSent } from '../params/paramErrors.ts';
import { clientId, decimal, long, newClientId, origClientId, symbolText } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import { amendedListFields, listFields } from '../reports/listReport.ts';
import type { Report } from '../reports/orderFields.ts';
import { amendedOrder, cancelReport } from '../reports/orderReport.ts';
import { defineMethod, type MethodContext } from './binanceMethod.ts';
import { instrumentOf } from './instruments.ts';
import { isParked } from './parkedLegs.ts';
import { refusal } from './refusal.ts';

const ORDER_REF = { orderId: optional(long), origClientOrderId: optional(origClientId) } as const;

/** Ids as the engine takes them; inside 0 means "not named", so that 0 names no order at all. */
export function orderRef(orderId: number | undefined, origClientOrderId: string | undefined, names = ORDER_NAMES) {
  if (orderId === undefined && origClientOrderId === undefined) throw neitherSent(names.clientId, names.id);
  return { orderId: orderId === 0 ? NO_SUCH_ID : (orderId ?? 0), origClientOrderId: origClientOrderId ?? '' };
}

const ORDER_NAMES = { id: 'orderId', clientId: 'origClientOrderId' };
const NO_SUCH_ID = Number.MAX_SAFE_INTEGER;

const orderCancel = defineMethod({
  name: 'order.cancel',
  rest: ['DELETE /api/v3/order'],
  security: 'TRADE',
  weight: 1,
  freeOnSuccess: true,
  params: {
    symbol: mandatory(symbolText),
    ...ORDER_REF,
    newClientOrderId: optional(newClientId),
    cancelRestrictions: optional(cancelRestrictions),
  },
  async handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    const ref = orderRef(params.orderId, params.origClientOrderId);
    const cancelId = params.newClientOrderId ?? randomClientId();
    const cancelled = await ctx.exchange.cancelOrder({
      accountId: ctx.accountId,
      symbol: params.symbol,
      ...ref,
      cancelClientOrderId: cancelId,
      restriction: params.cancelRestrictions ?? CancelRestriction.NONE,
    });
    if (!cancelled.ok) throw refusal(cancelled.reason);
    return cancelReport(instrument, cancelled.report, cancelId, ctx.time);
  },
});

/** A cancelled list with the reports of its orders. */
function cancelledList(
  ctx: MethodContext,
  instrument: Instrument,
  list: Readonly<SpotOrderList>,
  reports: readonly OrderReport[],
  cancelId: string,
): Report {
  const clientIds = new Map(reports.map(({ order }) => [order.orderId, order.clientOrderId]));
  return {
    ...listFields(list, (orderId) => clientIds.get(orderId) ?? '', list.updateUs, ctx.time),
    orderReports: reports.map((report) => cancelReport(instrument, report, cancelId, ctx.time)),
  };
}

const cancelAll = defineMethod({
  name: 'openOrders.cancelAll',
  rest: ['DELETE /api/v3/openOrders'],
  security: 'TRADE',
  weight: 1,
  freeOnSuccess: true,
  params: { symbol: mandatory(symbolText) },
  async handle(ctx, { symbol }) {
    const instrument = instrumentOf(ctx, symbol);
    const cancelled = await ctx.exchange.cancelAllOrders({ accountId: ctx.accountId, symbol });
    if (!cancelled.ok) throw refusal(cancelled.reason);
    const { reports, lists } = cancelled;
    if (reports.length === 0) throw refusal(EngineReject.NOTHING_OPEN);
    const cancelId = randomClientId();
    const listed = new Set(lists.flatMap((list) => list.orderIds));
    return [
      ...reports.filter(({ order }) => !listed.has(order.orderId)).map((report) => cancelReport(instrument, report, cancelId, ctx.time)),
      ...lists.map((list) => {
        const own = reports.filter(({ order }) => order.orderListId === list.orderListId);
        return cancelledList(ctx, instrument, list, own, cancelId);
      }),
    ];
  },
});

const LIST_NAMES = { id: 'orderListId', clientId: 'listClientOrderId' };

const listCancel = defineMethod({
  name: 'orderList.cancel',
  rest: ['DELETE /api/v3/orderList'],
  security: 'TRADE',
  weight: 1,
  freeOnSuccess: true,
  params: {
    symbol: mandatory(symbolText),
    orderListId: optional(long),
    listClientOrderId: optional(clientId),
    newClientOrderId: optional(newClientId),
  },
  async handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    const ref = orderRef(params.orderListId, params.listClientOrderId, LIST_NAMES);
    const cancelId = params.newClientOrderId ?? randomClientId();
    const cancelled = await ctx.exchange.cancelOrderList({
      accountId: ctx.accountId,
      symbol: params.symbol,
      orderListId: ref.orderId,
      listClientOrderId: ref.origClientOrderId,
      cancelClientOrderId: cancelId,
    });
    if (!cancelled.ok) throw refusal(cancelled.reason);
    return cancelledList(ctx, instrument, cancelled.list, cancelled.reports, cancelId);
  },
});

/** Client ids of a list's orders, from the account's history. */
export async function clientIdsOf(history: HistoryQueries, list: Readonly<SpotOrderList>): Promise<(orderId: number) => string> {
  const orders = await Promise.all(list.orderIds.map((orderId) => history.order(list.accountId, orderId)));
  return (orderId) => orders[list.orderIds.indexOf(orderId)]?.clientOrderId ?? '';
}

const amend = defineMethod({
  name: 'order.amend.keepPriority',
  rest: ['PUT /api/v3/order/amend/keepPriority'],
  security: 'TRADE',
  weight: 4,
  params: {
    symbol: mandatory(symbolText),
    ...ORDER_REF,
    newClientOrderId: optional(newClientId),
    newQty: mandatory(decimal),
  },
  async handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    const ref = orderRef(params.orderId, params.origClientOrderId);
    const amended = await ctx.exchange.amendOrder({
      accountId: ctx.accountId,
      symbol: params.symbol,
      ...ref,
      newLots: lots(instrument, 'newQty', params.newQty),
      newClientOrderId: params.newClientOrderId ?? randomClientId(),
    });
    if (!amended.ok) throw refusal(amended.reason);
    return amendResult(ctx, instrument, amended.report);
  },
});

/** Of an order in a list the answer says how the list stands, which its history knows. */
async function amendResult(ctx: MethodContext, instrument: Instrument, report: OrderReport): Promise<Report> {
  const { order } = report;
  const result = (parked: boolean): Report => ({
    transactTime: ctx.time(report.timeUs),
    executionId: report.executionId,
    amendedOrder: amendedOrder(instrument, report, ctx.time, parked),
  });
  if (order.orderListId === -1) return result(false);
  try {
    const history = await ctx.exchange.history();
    const parked = await isParked(history, order);
    const list = await history.orderList(ctx.accountId, order.orderListId);
    if (list === undefined) return result(parked);
    return { ...result(parked), listStatus: amendedListFields(list, await clientIdsOf(history, list)) };
  } catch (error) {
    // The order is amended: what says "try again" would be wrong.
    if (error instanceof HistoryUnavailableError) throw new OutcomeUnknownError(error.message, { cause: error });
    throw error;
  }
}

export const CANCEL_METHODS = [orderCancel, cancelAll, listCancel, amend];
