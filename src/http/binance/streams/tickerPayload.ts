// The JSON texts of the once-a-second statistics streams, keys in the documented order (web-socket-streams.md).
import type { Instrument } from '../../../domain/instrument.ts';
import type { BookTicker, WindowStats } from '../../../ports/marketData.ts';
import { formatPrice, formatQuantity, formatQuote } from '../../units.ts';
import { type AveragePrice, averagePrice, priceChange, priceChangePercent, weightedAverage } from '../reports/statistics.ts';
import type { TimePrinter } from '../timeUnit.ts';

function prices(instrument: Instrument, stats: WindowStats): string {
  return (
    `"o":"${formatPrice(instrument, stats.openTicks)}","h":"${formatPrice(instrument, stats.highTicks)}",` +
    `"l":"${formatPrice(instrument, stats.lowTicks)}"`
  );
}

function volumes(instrument: Instrument, stats: WindowStats): string {
  return `"v":"${formatQuantity(instrument, stats.volumeLots)}","q":"${formatQuote(instrument, stats.quoteUnits)}"`;
}

function counts(stats: WindowStats, time: TimePrinter): string {
  return `"O":${time(stats.openUs)},"C":${time(stats.closeUs)},` + `"F":${stats.firstTradeId},"L":${stats.lastTradeId},"n":${stats.trades}`;
}

export function miniTickerPayload(instrument: Instrument, stats: WindowStats, nowUs: number, time: TimePrinter): string {
  return (
    `{"e":"24hrMiniTicker","E":${time(nowUs)},"s":${JSON.stringify(instrument.symbol)},` +
    `"c":"${formatPrice(instrument, stats.closeTicks)}",${prices(instrument, stats)},${volumes(instrument, stats)}}`
  );
}

export function tickerPayload(instrument: Instrument, stats: WindowStats, book: BookTicker, nowUs: number, time: TimePrinter): string {
  return (
    `{"e":"24hrTicker","E":${time(nowUs)},"s":${JSON.stringify(instrument.symbol)},` +
    `"p":"${priceChange(instrument, stats)}","P":"${priceChangePercent(stats)}","w":"${weightedAverage(instrument, stats)}",` +
    `"x":"${formatPrice(instrument, stats.prevCloseTicks)}","c":"${formatPrice(instrument, stats.closeTicks)}",` +
    `"Q":"${formatQuantity(instrument, stats.lastLots)}",` +
    `"b":"${formatPrice(instrument, book.bidTicks)}","B":"${formatQuantity(instrument, book.bidLots)}",` +
    `"a":"${formatPrice(instrument, book.askTicks)}","A":"${formatQuantity(instrument, book.askLots)}",` +
    `${prices(instrument, stats)},${volumes(instrument, stats)},${counts(stats, time)}}`
  );
}

/** Rolling windows other than the 24 hours of tickerPayload; `window` is "1h", "4h" or "1d". */
export function windowTickerPayload(instrument: Instrument, window: string, stats: WindowStats, nowUs: number, time: TimePrinter): string {
  return (
    `{"e":"${window}Ticker","E":${time(nowUs)},"s":${JSON.stringify(instrument.symbol)},` +
    `"p":"${priceChange(instrument, stats)}","P":"${priceChangePercent(stats)}",${prices(instrument, stats)},` +
    `"c":"${formatPrice(instrument, stats.closeTicks)}","w":"${weightedAverage(instrument, stats)}",` +
    `${volumes(instrument, stats)},${counts(stats, time)}}`
  );
}

export function avgPricePayload(instrument: Instrument, minutes: number, average: AveragePrice, nowUs: number, time: TimePrinter): string {
  return (
    `{"e":"avgPrice","E":${time(nowUs)},"s":${JSON.stringify(instrument.symbol)},"i":"${minutes}m",` +
    `"w":"${averagePrice(instrument, average)}","T":${time(average.closeUs)}}`
  );
}

export function referencePricePayload(instrument: Instrument, nowUs: number, time: TimePrinter): string {
  // No symbol has a reference price here: PERCENT_PRICE_BY_SIDE uses the average price.
  return `{"e":"referencePrice","s":${JSON.stringify(instrument.symbol)},"r":null,"t":${time(nowUs)}}`;
}
