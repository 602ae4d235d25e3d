// The order book, trades, klines and the average price.
import type { Instrument } from '../../../domain/instrument.ts';
import type { KLine } from '../../../domain/klineEntry.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { AggTrade, Page } from '../../../ports/historyQueries.ts';
import type { Level, MarketView } from '../../../ports/marketData.ts';
import { formatPrice, formatQuantity, formatQuote } from '../../units.ts';
import { BinanceError } from '../binanceError.ts';
import { badCombination, badSymbol } from '../params/paramErrors.ts';
import { klineInterval, limit, long, symbolText, time, timeZone } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import type { RawParams } from '../params/rawParams.ts';
import { averagePrice } from '../reports/statistics.ts';
import type { TimePrinter } from '../timeUnit.ts';
import { defineMethod, type MethodContext } from './binanceMethod.ts';
import { instrumentInStatus, instrumentOf, symbolStatusKind } from './instruments.ts';

const ROWS = 500;
const ROWS_MAX = 1000;
const DEPTH = 100;
const DEPTH_MAX = 5000;

export function viewOf(ctx: MethodContext, symbol: string): MarketView {
  const view = ctx.exchange.markets.view(symbol);
  if (view === undefined) throw badSymbol();
  return view;
}

/** Bounds left out where the client sent none. */
export function page(rows: number, startUs?: number, endUs?: number, fromId?: number): Page {
  return {
    limit: rows,
    ...(fromId === undefined ? {} : { fromId }),
    ...(startUs === undefined ? {} : { startUs }),
    ...(endUs === undefined ? {} : { endUs }),
  };
}

function depthWeight(params: RawParams): number {
  const levels = Number(params.get('limit') ?? DEPTH);
  if (levels > 1000) return 250;
  if (levels > 500) return 50;
  return levels > 100 ? 25 : 5;
}

function levels(instrument: Instrument, side: readonly Level[]): [string, string][] {
  return side.map(([ticks, lots]) => [formatPrice(instrument, ticks), formatQuantity(instrument, lots)]);
}

const depth = defineMethod({
  name: 'depth',
  rest: ['GET /api/v3/depth'],
  weight: depthWeight,
  params: {
    symbol: mandatory(symbolText),
    limit: optional(limit(DEPTH_MAX), DEPTH),
    symbolStatus: optional(symbolStatusKind),
  },
  handle(ctx, params) {
    const instrument = instrumentInStatus(ctx, params.symbol, params.symbolStatus);
    const book = viewOf(ctx, params.symbol).depth(params.limit);
    return {
      lastUpdateId: book.lastUpdateId,
      bids: levels(instrument, book.bids),
      asks: levels(instrument, book.asks),
    };
  },
});

function tradeRow(instrument: Instrument, trade: SpotTrade, print: TimePrinter): Record<string, unknown> {
  return {
    id: trade.tradeId,
    price: formatPrice(instrument, trade.priceTicks),
    qty: formatQuantity(instrument, trade.lots),
    quoteQty: formatQuote(instrument, trade.quoteUnits),
    time: print(trade.tradeUs),
    isBuyerMaker: trade.buyerIsMaker,
    isBestMatch: true,
  };
}

const recentTrades = defineMethod({
  name: 'trades.recent',
  rest: ['GET /api/v3/trades'],
  weight: 25,
  params: { symbol: mandatory(symbolText), limit: optional(limit(ROWS_MAX), ROWS) },
  async handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    const history = await ctx.exchange.history();
    const trades = await history.trades(params.symbol, { limit: params.limit });
    return trades.map((trade) => tradeRow(instrument, trade, ctx.time));
  },
});

const historicalTrades = defineMethod({
  name: 'trades.historical',
  rest: ['GET /api/v3/historicalTrades'],
  weight: 25,
  params: {
    symbol: mandatory(symbolText),
    limit: optional(limit(ROWS_MAX), ROWS),
    fromId: optional(long),
  },
  async handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    const history = await ctx.exchange.history();
    const trades = await history.trades(params.symbol, page(params.limit, undefined, undefined, params.fromId));
    return trades.map((trade) => tradeRow(instrument, trade, ctx.time));
  },
});

/** The venue makes no block trades. */
const blockTrades = defineMethod({
  name: 'blockTrades.historical',
  rest: ['GET /api/v3/historicalBlockTrades'],
  weight: 25,
  params: { symbol: mandatory(symbolText), fromId: mandatory(long), limit: optional(limit(ROWS_MAX), ROWS) },
  handle(ctx, params) {
    instrumentOf(ctx, params.symbol);
    return [];
  },
});

function aggTradeRow(instrument: Instrument, trade: AggTrade, print: TimePrinter): Record<string, unknown> {
  return {
    a: trade.aggTradeId,
    p: formatPrice(instrument, trade.priceTicks),
    q: formatQuantity(instrument, trade.lots),
    f: trade.firstTradeId,
    l: trade.lastTradeId,
    T: print(trade.tradeUs),
    m: trade.buyerIsMaker,
    M: true,
  };
}

const aggTrades = defineMethod({
  name: 'trades.aggregate',
  rest: ['GET /api/v3/aggTrades'],
  weight: 4,
  params: {
    symbol: mandatory(symbolText),
    fromId: optional(long),
    startTime: optional(time),
    endTime: optional(time),
    limit: optional(limit(ROWS_MAX), ROWS),
  },
  async handle(ctx, { symbol, fromId, startTime, endTime, limit: rows }) {
    const instrument = instrumentOf(ctx, symbol);
    if (fromId !== undefined && (startTime !== undefined || endTime !== undefined)) throw badCombination();
    const history = await ctx.exchange.history();
    const trades = await history.aggTrades(symbol, page(rows, startTime, endTime, fromId));
    return trades.map((trade) => aggTradeRow(instrument, trade, ctx.time));
  },
});

function klineRow(instrument: Instrument, kline: KLine, print: TimePrinter): (string | number)[] {
  return [
    print(kline.openUs),
    formatPrice(instrument, kline.openTicks),
    formatPrice(instrument, kline.highTicks),
    formatPrice(instrument, kline.lowTicks),
    formatPrice(instrument, kline.closeTicks),
    formatQuantity(instrument, kline.volumeLots),
    print(kline.closeUs),
    formatQuote(instrument, kline.quoteUnits),
    kline.trades,
    formatQuantity(instrument, kline.takerBuyLots),
    formatQuote(instrument, kline.takerBuyQuoteUnits),
    '0',
  ];
}

/** uiKlines may be "optimized for presentation"; ours are the same rows. */
function klines(name: string, route: `GET /${string}`) {
  return defineMethod({
    name,
    rest: [route],
    weight: 2,
    params: {
      symbol: mandatory(symbolText),
      interval: mandatory(klineInterval),
      startTime: optional(time),
      endTime: optional(time),
      timeZone: optional(timeZone, 0),
      limit: optional(limit(ROWS_MAX), ROWS),
    },
    async handle(ctx, params) {
      const instrument = instrumentOf(ctx, params.symbol);
      const history = await ctx.exchange.history();
      const rows = await history.klines(params.symbol, params.interval, {
        ...page(params.limit, params.startTime, params.endTime),
        timeZoneMinutes: params.timeZone,
        nowUs: ctx.nowUs,
      });
      return rows.map((kline) => klineRow(instrument, kline, ctx.time));
    },
  });
}

/** Minutes of the average price where the symbol's filters name none. */
const AVG_PRICE_MINS = 5;

const avgPrice = defineMethod({
  name: 'avgPrice',
  rest: ['GET /api/v3/avgPrice'],
  weight: 2,
  params: { symbol: mandatory(symbolText) },
  handle(ctx, { symbol }) {
    const instrument = instrumentOf(ctx, symbol);
    const mins = instrument.filters.avgPriceMins || AVG_PRICE_MINS;
    const average = viewOf(ctx, symbol).avgPriceTicks(mins, ctx.nowUs);
    return { mins, price: averagePrice(instrument, average), closeTime: ctx.time(average.closeUs) };
  },
});

function noReferencePrice(): BinanceError {
  return new BinanceError(-2043, "This symbol doesn't have a reference price.");
}

/** No symbol has a reference price: the price filters use the average price, as documented for such symbols. */
const referencePrice = defineMethod({
  name: 'referencePrice',
  rest: ['GET /api/v3/referencePrice'],
  weight: 2,
  params: { symbol: mandatory(symbolText) },
  handle(ctx, { symbol }) {
    instrumentOf(ctx, symbol);
    throw noReferencePrice();
  },
});

const referencePriceCalculation = defineMethod({
  name: 'referencePrice.calculation',
  rest: ['GET /api/v3/referencePrice/calculation'],
  weight: 2,
  params: { symbol: mandatory(symbolText), symbolStatus: optional(symbolStatusKind) },
  handle(ctx, { symbol, symbolStatus }) {
    instrumentInStatus(ctx, symbol, symbolStatus);
    throw noReferencePrice();
  },
});

export const MARKET_DATA_METHODS = [
  depth,
  recentTrades,
  historicalTrades,
  blockTrades,
  aggTrades,
  klines('klines', 'GET /api/v3/klines'),
  klines('uiKlines', 'GET /api/v3/uiKlines'),
  avgPrice,
  referencePrice,
  referencePriceCalculation,
];
