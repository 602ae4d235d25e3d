// Price statistics: rolling 24 hours, the trading day, any window, last prices, best prices.
import type { Instrument } from '../../../domain/instrument.ts';
import type { WindowStats } from '../../../ports/marketData.ts';
import { formatPrice, formatQuantity, formatQuote } from '../../units.ts';
import { BinanceError } from '../binanceError.ts';
import { neitherSent, tooManyValues } from '../params/paramErrors.ts';
import { timeZone, windowSize, word } from '../params/paramKinds.ts';
import { optional } from '../params/paramSpec.ts';
import type { RawParams } from '../params/rawParams.ts';
import { priceChange, priceChangePercent, weightedAverage } from '../reports/statistics.ts';
import { defineMethod, type MethodContext } from './binanceMethod.ts';
import { forEachChosen, SYMBOL_CHOICE, type SymbolChoice, symbolStatusKind } from './instruments.ts';
import { viewOf } from './marketData.ts';

const tickerType = word(['FULL', 'MINI'], () => new BinanceError(-1139, 'Invalid ticker type.'));
const DAY_MS = 86_400_000;
const SYMBOLS_MAX = 100;

type Row = Record<string, unknown>;

/** How many symbols a raw `symbols` lists: only its weight depends on it. */
function countOf(symbols: string): number {
  return symbols.split(',').length;
}

function dayWeight(params: RawParams): number {
  if (params.has('symbol')) return 2;
  const symbols = params.get('symbols');
  if (symbols === undefined) return 80;
  const count = countOf(symbols);
  if (count <= 20) return 2;
  return count <= 100 ? 40 : 80;
}

function windowWeight(params: RawParams): number {
  const symbols = params.get('symbols');
  return symbols === undefined ? 4 : Math.min(4 * countOf(symbols), 200);
}

function lastWeight(params: RawParams): number {
  return params.has('symbol') ? 2 : 4;
}

function miniRow(ctx: MethodContext, instrument: Instrument, stats: WindowStats): Row {
  return {
    symbol: instrument.symbol,
    openPrice: formatPrice(instrument, stats.openTicks),
    highPrice: formatPrice(instrument, stats.highTicks),
    lowPrice: formatPrice(instrument, stats.lowTicks),
    lastPrice: formatPrice(instrument, stats.closeTicks),
    ...tail(ctx, instrument, stats),
  };
}

function tail(ctx: MethodContext, instrument: Instrument, stats: WindowStats): Row {
  return {
    volume: formatQuantity(instrument, stats.volumeLots),
    quoteVolume: formatQuote(instrument, stats.quoteUnits),
    openTime: ctx.time(stats.openUs),
    closeTime: ctx.time(stats.closeUs),
    firstId: stats.firstTradeId,
    lastId: stats.lastTradeId,
    count: stats.trades,
  };
}

function changeFields(instrument: Instrument, stats: WindowStats): Row {
  return {
    symbol: instrument.symbol,
    priceChange: priceChange(instrument, stats),
    priceChangePercent: priceChangePercent(stats),
    weightedAvgPrice: weightedAverage(instrument, stats),
  };
}

function fullRow(ctx: MethodContext, instrument: Instrument, stats: WindowStats): Row {
  return { ...changeFields(instrument, stats), ...miniRow(ctx, instrument, stats) };
}

/** Only the 24 hours ticker also tells the best prices and what was before. */
function dayRow(ctx: MethodContext, instrument: Instrument, stats: WindowStats): Row {
  const best = viewOf(ctx, instrument.symbol).bookTicker();
  return {
    ...changeFields(instrument, stats),
    prevClosePrice: formatPrice(instrument, stats.prevCloseTicks),
    lastPrice: formatPrice(instrument, stats.closeTicks),
    lastQty: formatQuantity(instrument, stats.lastLots),
    bidPrice: formatPrice(instrument, best.bidTicks),
    bidQty: formatQuantity(instrument, best.bidLots),
    askPrice: formatPrice(instrument, best.askTicks),
    askQty: formatQuantity(instrument, best.askLots),
    openPrice: formatPrice(instrument, stats.openTicks),
    highPrice: formatPrice(instrument, stats.highTicks),
    lowPrice: formatPrice(instrument, stats.lowTicks),
    ...tail(ctx, instrument, stats),
  };
}

const ticker24h = defineMethod({
  name: 'ticker.24hr',
  rest: ['GET /api/v3/ticker/24hr'],
  weight: dayWeight,
  params: { ...SYMBOL_CHOICE, type: optional(tickerType, 'FULL'), symbolStatus: optional(symbolStatusKind) },
  handle(ctx, params) {
    const row = params.type === 'MINI' ? miniRow : dayRow;
    return forEachChosen(ctx, params, (instrument) => row(ctx, instrument, viewOf(ctx, instrument.symbol).windowStats(DAY_MS, ctx.nowUs)));
  },
});

/** tradingDay and ticker need to be told which symbols, and take at most 100. */
function requireChoice(choice: SymbolChoice): void {
  if (choice.symbol === undefined && choice.symbols === undefined) throw neitherSent('symbol', 'symbols');
  if ((choice.symbols?.length ?? 0) > SYMBOLS_MAX) throw tooManyValues('symbols', SYMBOLS_MAX);
}

const tradingDay = defineMethod({
  name: 'ticker.tradingDay',
  rest: ['GET /api/v3/ticker/tradingDay'],
  weight: windowWeight,
  params: {
    ...SYMBOL_CHOICE,
    timeZone: optional(timeZone, 0),
    type: optional(tickerType, 'FULL'),
    symbolStatus: optional(symbolStatusKind),
  },
  handle(ctx, params) {
    requireChoice(params);
    const row = params.type === 'MINI' ? miniRow : fullRow;
    const dayUs = DAY_MS * 1000;
    const shiftUs = params.timeZone * 60_000_000;
    const startUs = ctx.nowUs - ((ctx.nowUs + shiftUs) % dayUs);
    return forEachChosen(ctx, params, (instrument) => {
      const stats = viewOf(ctx, instrument.symbol).statsSince(startUs, ctx.nowUs);
      // The whole day is named, also while it is running.
      return row(ctx, instrument, { ...stats, openUs: startUs, closeUs: startUs + dayUs - 1 });
    });
  },
});

const ticker = defineMethod({
  name: 'ticker',
  rest: ['GET /api/v3/ticker'],
  weight: windowWeight,
  params: {
    ...SYMBOL_CHOICE,
    windowSize: optional(windowSize, DAY_MS),
    type: optional(tickerType, 'FULL'),
    symbolStatus: optional(symbolStatusKind),
  },
  handle(ctx, params) {
    requireChoice(params);
    const row = params.type === 'MINI' ? miniRow : fullRow;
    return forEachChosen(ctx, params, (instrument) =>
      row(ctx, instrument, viewOf(ctx, instrument.symbol).windowStats(params.windowSize, ctx.nowUs)),
    );
  },
});

const tickerPrice = defineMethod({
  name: 'ticker.price',
  rest: ['GET /api/v3/ticker/price'],
  weight: lastWeight,
  params: { ...SYMBOL_CHOICE, symbolStatus: optional(symbolStatusKind) },
  handle: (ctx, params) =>
    forEachChosen(ctx, params, (instrument) => ({
      symbol: instrument.symbol,
      price: formatPrice(instrument, viewOf(ctx, instrument.symbol).lastPriceTicks()),
    })),
});

const bookTicker = defineMethod({
  name: 'ticker.book',
  rest: ['GET /api/v3/ticker/bookTicker'],
  weight: lastWeight,
  params: { ...SYMBOL_CHOICE, symbolStatus: optional(symbolStatusKind) },
  handle: (ctx, params) =>
    forEachChosen(ctx, params, (instrument) => {
      const best = viewOf(ctx, instrument.symbol).bookTicker();
      return {
        symbol: instrument.symbol,
        bidPrice: formatPrice(instrument, best.bidTicks),
        bidQty: formatQuantity(instrument, best.bidLots),
        askPrice: formatPrice(instrument, best.askTicks),
        askQty: formatQuantity(instrument, best.askLots),
      };
    }),
});

export const TICKER_METHODS = [ticker24h, tradingDay, ticker, tickerPrice, bookTicker];
