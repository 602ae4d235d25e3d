// The account's executions, prevented self-trades and allocations.
import { Side } from '../../../domain/orderTerms.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { HistoryQueries } from '../../../ports/historyQueries.ts';
import { badCombination, neitherSent } from '../params/paramErrors.ts';
import { limit, long, symbolText, time } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import { myTradeRow, preventedMatchRow } from '../reports/orderRow.ts';
import { defineMethod } from './binanceMethod.ts';
import { instrumentOf } from './instruments.ts';
import { page } from './marketData.ts';
import { checkSpan } from './orderQueries.ts';

const ROWS = 500;
const ROWS_MAX = 1000;

/** Which parameters came, as documented combinations name them. */
function sent(params: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  return names.filter((name) => params[name] !== undefined).join('+');
}

const TRADE_BOUNDS = ['orderId', 'startTime', 'endTime', 'fromId'];
const TRADE_COMBINATIONS = new Set(['', 'orderId', 'startTime', 'endTime', 'fromId', 'startTime+endTime', 'orderId+fromId']);

/** The account's side of a trade, twice when both sides are its own; only the order's side when one is asked for. */
function ownSides(trade: SpotTrade, accountId: number, orderId: number | undefined): Side[] {
  const sides: Side[] = [];
  const isOwn = (owner: number, order: number) => owner === accountId && (orderId === undefined || order === orderId);
  if (isOwn(trade.buyerAccountId, trade.buyerOrderId)) sides.push(Side.BUY);
  if (isOwn(trade.sellerAccountId, trade.sellerOrderId)) sides.push(Side.SELL);
  return sides;
}

/** Trades of one page are often of few orders: each order's list is looked up once. */
async function orderListIds(history: HistoryQueries, accountId: number, orderIds: Iterable<number>): Promise<Map<number, number>> {
  const ids = [...new Set(orderIds)];
  const orders = await Promise.all(ids.map((orderId) => history.order(accountId, orderId)));
  return new Map(ids.map((orderId, i) => [orderId, orders[i]?.orderListId ?? -1]));
}

function orderOf(trade: SpotTrade, side: Side): number {
  return side === Side.BUY ? trade.buyerOrderId : trade.sellerOrderId;
}

const myTrades = defineMethod({
  name: 'myTrades',
  rest: ['GET /api/v3/myTrades'],
  security: 'USER_DATA',
  weight: (params) => (params.has('orderId') ? 5 : 20),
  params: {
    symbol: mandatory(symbolText),
    orderId: optional(long),
    startTime: optional(time),
    endTime: optional(time),
    fromId: optional(long),
    limit: optional(limit(ROWS_MAX), ROWS),
  },
  async handle(ctx, params) {
    const { symbol, orderId, startTime, endTime, fromId, limit: rows } = params;
    const instrument = instrumentOf(ctx, symbol);
    if (!TRADE_COMBINATIONS.has(sent(params, TRADE_BOUNDS))) throw badCombination();
    checkSpan(startTime, endTime);
    const history = await ctx.exchange.history();
    const trades = await history.accountTrades(ctx.accountId, symbol, {
      ...page(rows, startTime, endTime, fromId),
      ...(orderId === undefined ? {} : { orderId }),
    });
    const sides = trades.flatMap((trade) =>
      ownSides(trade, ctx.accountId, orderId).map((side) => ({ trade, side, own: orderOf(trade, side) })),
    );
    const lists = await orderListIds(
      history,
      ctx.accountId,
      sides.map(({ own }) => own),
    );
    return sides.map(({ trade, side, own }) => myTradeRow(instrument, trade, side, lists.get(own) ?? -1, ctx.time));
  },
});

const preventedMatches = defineMethod({
  name: 'myPreventedMatches',
  rest: ['GET /api/v3/myPreventedMatches'],
  security: 'USER_DATA',
  weight: (params) => (params.has('orderId') ? 20 : 2),
  params: {
    symbol: mandatory(symbolText),
    preventedMatchId: optional(long),
    orderId: optional(long),
    fromPreventedMatchId: optional(long),
    limit: optional(limit(ROWS_MAX)),
  },
  async handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    checkPreventedBounds(params);
    const { preventedMatchId, orderId, fromPreventedMatchId } = params;
    const history = await ctx.exchange.history();
    const rows = await history.preventedMatches(ctx.accountId, params.symbol, {
      ...page(params.limit ?? ROWS, undefined, undefined, fromPreventedMatchId),
      ...(orderId === undefined ? {} : { orderId }),
      ...(preventedMatchId === undefined ? {} : { preventedMatchId }),
    });
    const tradeGroupId = ctx.exchange.registry.profile(ctx.accountId)?.tradeGroupId ?? -1;
    return rows.map((match) => preventedMatchRow(instrument, match, tradeGroupId, ctx.time));
  },
});

const PREVENTED_BOUNDS = ['preventedMatchId', 'orderId', 'fromPreventedMatchId', 'limit'];
const PREVENTED_COMBINATIONS = new Set([
  'preventedMatchId',
  'orderId',
  'orderId+fromPreventedMatchId',
  'orderId+fromPreventedMatchId+limit',
]);

function checkPreventedBounds(params: Readonly<Record<string, unknown>>): void {
  const combination = sent(params, PREVENTED_BOUNDS);
  if (combination === '') throw neitherSent('preventedMatchId', 'orderId');
  if (!PREVENTED_COMBINATIONS.has(combination)) throw badCombination();
}

const ALLOCATION_BOUNDS = ['startTime', 'endTime', 'fromAllocationId', 'orderId'];
const ALLOCATION_COMBINATIONS = new Set([
  '',
  'startTime',
  'endTime',
  'startTime+endTime',
  'fromAllocationId',
  'orderId',
  'fromAllocationId+orderId',
]);

/** Allocations come of smart order routing, which no symbol has. */
const allocations = defineMethod({
  name: 'myAllocations',
  rest: ['GET /api/v3/myAllocations'],
  security: 'USER_DATA',
  weight: 20,
  params: {
    symbol: mandatory(symbolText),
    startTime: optional(time),
    endTime: optional(time),
    fromAllocationId: optional(long),
    limit: optional(limit(ROWS_MAX), ROWS),
    orderId: optional(long),
  },
  handle(ctx, params) {
    instrumentOf(ctx, params.symbol);
    if (!ALLOCATION_COMBINATIONS.has(sent(params, ALLOCATION_BOUNDS))) throw badCombination();
    checkSpan(params.startTime, params.endTime);
    return [];
  },
});

export const TRADE_QUERY_METHODS = [myTrades, preventedMatches, allocations];
