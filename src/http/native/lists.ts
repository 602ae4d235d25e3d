// /api/spot/v2/lists: order lists placed, cancelled and looked up.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { NewOrder } from '../../domain/command.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { ContingencyType } from '../../domain/orderTerms.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { ListResult } from '../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { type NativeContext, type PageQuery, pageOf } from './context.ts';
import { type OrderTermsBody, parseNewOrder } from './orderText.ts';
import * as schemas from './schemas.ts';
import { listView, type OrderView, reportView } from './views.ts';

type ListType = keyof typeof ContingencyType;
type LegName = 'above' | 'below' | 'working' | 'pending' | 'pendingAbove' | 'pendingBelow';
type ListBody = { readonly symbol: string; readonly type: ListType; readonly clientOrderId?: string } & {
  readonly [leg in LegName]?: OrderTermsBody;
};

/** The legs of each type, in the order of SpotOrderList.orderIds. */
const LEGS: Readonly<Record<ListType, readonly LegName[]>> = {
  OCO: ['above', 'below'],
  OTO: ['working', 'pending'],
  OTOCO: ['working', 'pendingAbove', 'pendingBelow'],
  OPO: ['working', 'pending'],
  OPOCO: ['working', 'pendingAbove', 'pendingBelow'],
};
const ALL_LEGS: readonly LegName[] = ['above', 'below', 'working', 'pending', 'pendingAbove', 'pendingBelow'];

const tags = ['order lists'];
const security = [{ apiKey: [], timestamp: [], signature: [] }];

export function listRoutes(app: FastifyInstance, context: NativeContext): void {
  const { exchange, trades, reads } = context;

  app.post<{ Body: ListBody }>(
    '/lists',
    {
      preValidation: trades,
      schema: { tags, security, summary: 'Place an order list', body: schemas.LIST_BODY, response: schemas.answers(schemas.LIST_REPORT) },
    },
    async ({ body, apiKey }) => {
      const instrument = context.instrument(body.symbol);
      const orders = legsOf(body, instrument);
      const result = await exchange.placeOrderList({
        accountId: apiKey.accountId,
        symbol: body.symbol,
        contingencyType: ContingencyType[body.type],
        listClientOrderId: body.clientOrderId ?? randomUUID(),
        orders,
      });
      return listReport(result, instrument);
    },
  );

  app.get(
    '/lists/open',
    {
      preValidation: reads,
      schema: { tags, security, summary: 'Open order lists', response: schemas.answers(schemas.list(schemas.ORDER_LIST)) },
    },
    async ({ apiKey }) => {
      const history = await exchange.history();
      return (await history.openOrderLists(apiKey.accountId)).map(listView);
    },
  );

  app.get<{ Querystring: PageQuery }>(
    '/lists',
    {
      preValidation: reads,
      schema: {
        tags,
        security,
        summary: 'Order lists, open and closed',
        querystring: schemas.PLAIN_PAGE,
        response: schemas.answers(schemas.list(schemas.ORDER_LIST)),
      },
    },
    async ({ query, apiKey }) => {
      const history = await exchange.history();
      return (await history.orderLists(apiKey.accountId, pageOf(query))).map(listView);
    },
  );

  for (const [path, params] of [
    ['/lists/:orderListId', schemas.LIST_ID_PARAMS],
    ['/lists/client/:clientOrderId', schemas.CLIENT_ID_PARAMS],
  ] as const) {
    app.get<{ Params: ListId }>(
      path,
      {
        preValidation: reads,
        schema: { tags, security, summary: 'An order list', params, response: schemas.answers(schemas.ORDER_LIST) },
      },
      async (request) => listView(await find(context, request.apiKey.accountId, request.params)),
    );

    app.delete<{ Params: ListId }>(
      path,
      {
        preValidation: trades,
        schema: { tags, security, summary: 'Cancel an order list', params, response: schemas.answers(schemas.LIST_REPORT) },
      },
      async (request) => {
        const { accountId } = request.apiKey;
        const { symbol, orderListId } = await find(context, accountId, request.params);
        const instrument = context.instrument(symbol);
        const command = { accountId, symbol, orderListId, listClientOrderId: '', cancelClientOrderId: '' };
        return listReport(await exchange.cancelOrderList(command), instrument);
      },
    );
  }
}

type ListId = { readonly orderListId: number } | { readonly clientOrderId: string };

async function find(context: NativeContext, accountId: number, id: ListId): Promise<SpotOrderList> {
  const history = await context.exchange.history();
  const list =
    'orderListId' in id
      ? await history.orderList(accountId, id.orderListId)
      : await history.orderListByClientId(accountId, id.clientOrderId);
  if (list === undefined) throw new ApiError(EdgeReject.NO_SUCH_LIST);
  return list;
}

function legsOf(body: ListBody, instrument: Instrument): NewOrder[] {
  const wanted = LEGS[body.type];
  for (const name of ALL_LEGS) {
    if (body[name] !== undefined && !wanted.includes(name)) throw new ApiError(EdgeReject.NOT_REQUIRED, { name });
  }
  const paysOther = body.type === 'OPO' || body.type === 'OPOCO';
  return wanted.map((name) => {
    const leg = body[name];
    if (leg === undefined) throw new ApiError(EdgeReject.MANDATORY, { name });
    return parseNewOrder(leg, instrument, `${name}.`, paysOther && name !== 'working');
  });
}

function listReport(result: ListResult, instrument: Instrument): OrderView {
  if (!result.ok) throw ApiError.refused(result.reason);
  return { ...listView(result.list), reports: result.reports.map((report) => reportView(report, instrument)) };
}
