// /api/spot/v2: orders placed, cancelled, replaced, amended and looked up.
import type { FastifyInstance } from 'fastify';
import { CancelRestriction } from '../../domain/orderTerms.ts';
import type { OrderReport, PlaceResult } from '../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { formatQuantity } from '../units.ts';
import { type NativeContext, type PageQuery, pageOf } from './context.ts';
import { type DecimalInput, type OrderTermsBody, parseNewOrder, quantityOf } from './orderText.ts';
import * as schemas from './schemas.ts';
import { listView, ms, type OrderView, orderView, reportView } from './views.ts';

interface PlaceBody extends OrderTermsBody {
  readonly symbol: string;
}
interface ReplaceBody extends PlaceBody {
  readonly mode?: 'STOP_ON_FAILURE' | 'ALLOW_FAILURE';
  readonly cancelRestriction?: 'ONLY_NEW' | 'ONLY_PARTIALLY_FILLED';
  readonly cancelClientOrderId?: string;
}
interface AmendBody {
  readonly symbol?: string;
  readonly quantity: DecimalInput;
  readonly newClientOrderId?: string;
}
interface CancelQuery {
  readonly symbol?: string;
  readonly restriction?: 'ONLY_NEW' | 'ONLY_PARTIALLY_FILLED';
  readonly cancelClientOrderId?: string;
}
type IdParams = { readonly orderId: number } | { readonly clientOrderId: string };

/** An order as the path names it, with the symbol it is on. */
interface Target {
  readonly accountId: number;
  readonly symbol: string;
  readonly orderId: number;
  readonly origClientOrderId: string;
}

const tags = ['orders'];
const security = [{ apiKey: [], timestamp: [], signature: [] }];
/** Both ways to name an order: by the venue's id and by the client's. */
const WAYS = [
  { path: '/:orderId', params: schemas.ORDER_ID_PARAMS, cancelQuery: schemas.CANCEL_QUERY, symbolQuery: schemas.MAYBE_SYMBOL },
  {
    path: '/client/:clientOrderId',
    params: schemas.CLIENT_ID_PARAMS,
    cancelQuery: schemas.CANCEL_BY_CLIENT_ID_QUERY,
    symbolQuery: schemas.ONE_SYMBOL,
  },
] as const;

export function orderRoutes(app: FastifyInstance, context: NativeContext): void {
  const { exchange, trades, reads } = context;

  app.post<{ Body: PlaceBody }>(
    '/',
    {
      preValidation: trades,
      schema: { tags, security, summary: 'Place an order', body: schemas.PLACE_BODY, response: schemas.answers(schemas.REPORT) },
    },
    async ({ body, apiKey }) => {
      const instrument = context.instrument(body.symbol);
      const order = parseNewOrder(body, instrument);
      const result = await exchange.placeOrder({ accountId: apiKey.accountId, symbol: body.symbol, order });
      return reportView(reportOf(result), instrument);
    },
  );

  app.post<{ Body: PlaceBody }>(
    '/test',
    {
      preValidation: trades,
      schema: {
        tags,
        security,
        summary: 'Check an order without placing it',
        body: schemas.PLACE_BODY,
        response: schemas.answers(schemas.TEST_RESULT),
      },
    },
    async ({ body, apiKey }) => {
      const order = parseNewOrder(body, context.instrument(body.symbol));
      const reason = await exchange.testOrder({ accountId: apiKey.accountId, symbol: body.symbol, order });
      if (reason !== undefined) throw ApiError.refused(reason);
      return { accepted: true };
    },
  );

  app.delete<{ Querystring: { symbol: string } }>(
    '/',
    {
      preValidation: trades,
      schema: {
        tags,
        security,
        summary: 'Cancel every open order of a symbol',
        querystring: schemas.ONE_SYMBOL,
        response: schemas.answers(schemas.CANCEL_ALL),
      },
    },
    async ({ query, apiKey }) => {
      const instrument = context.instrument(query.symbol);
      const result = await exchange.cancelAllOrders({ accountId: apiKey.accountId, symbol: query.symbol });
      if (!result.ok) throw ApiError.refused(result.reason);
      return { reports: result.reports.map((r) => reportView(r, instrument)), lists: result.lists.map(listView) };
    },
  );

  app.get<{ Querystring: { symbol?: string } }>(
    '/open',
    {
      preValidation: reads,
      schema: {
        tags,
        security,
        summary: 'Open orders',
        querystring: schemas.MAYBE_SYMBOL,
        response: schemas.answers(schemas.list(schemas.ORDER)),
      },
    },
    async ({ query, apiKey }) => {
      if (query.symbol !== undefined) context.instrument(query.symbol);
      const history = await exchange.history();
      const open = await history.openOrders(apiKey.accountId, query.symbol);
      return open.map((order) => orderView(order, context.instrument(order.symbol)));
    },
  );

  app.get<{ Querystring: PageQuery & { symbol: string } }>(
    '/',
    {
      preValidation: reads,
      schema: {
        tags,
        security,
        summary: 'Orders of a symbol, open and closed',
        querystring: schemas.SYMBOL_PAGE,
        response: schemas.answers(schemas.list(schemas.ORDER)),
      },
    },
    async ({ query, apiKey }) => {
      const instrument = context.instrument(query.symbol);
      const history = await exchange.history();
      const orders = await history.orders(apiKey.accountId, query.symbol, pageOf(query));
      return orders.map((order) => orderView(order, instrument));
    },
  );

  app.get<{ Params: { orderId: number }; Querystring: PageQuery }>(
    '/:orderId/amendments',
    {
      preValidation: reads,
      schema: {
        tags,
        security,
        summary: 'Amendments of an order',
        params: schemas.ORDER_ID_PARAMS,
        querystring: schemas.PLAIN_PAGE,
        response: schemas.answers(schemas.list(schemas.AMENDMENT)),
      },
    },
    async ({ params, query, apiKey }) => {
      const history = await exchange.history();
      const order = await history.order(apiKey.accountId, params.orderId);
      if (order === undefined) throw new ApiError(EdgeReject.NO_SUCH_ORDER);
      const instrument = context.instrument(order.symbol);
      const amendments = await history.amendments(apiKey.accountId, params.orderId, pageOf(query));
      return amendments.map((amendment) => ({
        orderId: amendment.orderId,
        executionId: amendment.executionId,
        origClientOrderId: amendment.origClientOrderId,
        newClientOrderId: amendment.newClientOrderId,
        origQuantity: formatQuantity(instrument, amendment.origLots),
        newQuantity: formatQuantity(instrument, amendment.newLots),
        time: ms(amendment.timeUs),
      }));
    },
  );

  for (const way of WAYS) singleOrderRoutes(app, context, way);
}

function singleOrderRoutes(app: FastifyInstance, context: NativeContext, way: (typeof WAYS)[number]): void {
  const { exchange, trades, reads } = context;
  const { path, params, cancelQuery, symbolQuery } = way;

  app.get<{ Params: IdParams; Querystring: { symbol?: string } }>(
    path,
    {
      preValidation: reads,
      schema: { tags, security, summary: 'An order', params, querystring: symbolQuery, response: schemas.answers(schemas.ORDER) },
    },
    async (request) => {
      const { accountId } = request.apiKey;
      const history = await exchange.history();
      const { params: id, query } = request;
      const order =
        'orderId' in id
          ? await history.order(accountId, id.orderId)
          : await history.orderByClientId(accountId, query.symbol as string, id.clientOrderId);
      if (order === undefined || (query.symbol !== undefined && order.symbol !== query.symbol)) {
        throw new ApiError(EdgeReject.NO_SUCH_ORDER);
      }
      return orderView(order, context.instrument(order.symbol));
    },
  );

  app.delete<{ Params: IdParams; Querystring: CancelQuery }>(
    path,
    {
      preValidation: trades,
      schema: { tags, security, summary: 'Cancel an order', params, querystring: cancelQuery, response: schemas.answers(schemas.REPORT) },
    },
    async ({ params: id, query, apiKey }) => {
      const target = await targetOf(context, apiKey.accountId, id, query.symbol);
      const result = await exchange.cancelOrder({
        ...target,
        cancelClientOrderId: query.cancelClientOrderId ?? '',
        restriction: CancelRestriction[query.restriction ?? 'NONE'],
      });
      return reportView(reportOf(result), context.instrument(target.symbol));
    },
  );

  app.patch<{ Params: IdParams; Body: AmendBody }>(
    path,
    {
      preValidation: trades,
      schema: {
        tags,
        security,
        summary: 'Reduce the quantity of an order, keeping its place',
        params,
        body: schemas.AMEND_BODY,
        response: schemas.answers(schemas.REPORT),
      },
    },
    async ({ params: id, body, apiKey }) => {
      const target = await targetOf(context, apiKey.accountId, id, body.symbol);
      const instrument = context.instrument(target.symbol);
      const result = await exchange.amendOrder({
        ...target,
        newLots: quantityOf(body.quantity, instrument, 'quantity'),
        newClientOrderId: body.newClientOrderId ?? '',
      });
      return reportView(reportOf(result), instrument);
    },
  );

  app.post<{ Params: IdParams; Body: ReplaceBody }>(
    `${path}/replace`,
    {
      preValidation: trades,
      schema: {
        tags,
        security,
        summary: 'Cancel an order and place another in its stead',
        description: 'When a half failed, the error has `cancel` and `place` beside code and msg: a report, an error, or null.',
        params,
        body: schemas.REPLACE_BODY,
        response: schemas.answers(schemas.REPLACED),
      },
    },
    async ({ params: id, body, apiKey }) => {
      const instrument = context.instrument(body.symbol);
      const order = parseNewOrder(body, instrument);
      const target = await targetOf(context, apiKey.accountId, id, body.symbol);
      const { cancel, place } = await exchange.cancelReplace({
        ...target,
        cancelClientOrderId: body.cancelClientOrderId ?? '',
        restriction: CancelRestriction[body.cancelRestriction ?? 'NONE'],
        allowFailure: body.mode === 'ALLOW_FAILURE',
        order,
      });
      const view = (result: PlaceResult): OrderView | { code: number; msg: string } =>
        result.ok ? reportView(result.report, instrument) : ApiError.refused(result.reason).body();
      const halves = { cancel: view(cancel), place: place === null ? null : view(place) };
      if (cancel.ok && place?.ok === true) return halves;
      const reason = cancel.ok || place?.ok === true ? EdgeReject.REPLACE_PARTIAL : EdgeReject.REPLACE_FAILED;
      throw new ApiError(reason, undefined, { data: halves });
    },
  );
}

function reportOf(result: PlaceResult): OrderReport {
  if (!result.ok) throw ApiError.refused(result.reason);
  return result.report;
}

/** Without a symbol the order is looked up first: naming it saves that. */
async function targetOf(context: NativeContext, accountId: number, id: IdParams, symbol: string | undefined): Promise<Target> {
  const orderId = 'orderId' in id ? id.orderId : 0;
  const origClientOrderId = 'orderId' in id ? '' : id.clientOrderId;
  if (symbol !== undefined) {
    context.instrument(symbol);
    return { accountId, symbol, orderId, origClientOrderId };
  }
  if (orderId === 0) throw new ApiError(EdgeReject.MANDATORY, { name: 'symbol' });
  const history = await context.exchange.history();
  const order = await history.order(accountId, orderId);
  if (order === undefined) throw new ApiError(EdgeReject.NO_SUCH_ORDER);
  return { accountId, symbol: order.symbol, orderId, origClientOrderId };
}
