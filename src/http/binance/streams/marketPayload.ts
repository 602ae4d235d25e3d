// The JSON texts of the real-time and order book streams, keys in the documented order (web-socket-streams.md). Built by
// concatenation: these run once per event for all subscribers, and everything in them is a number or a known string.
import type { Instrument } from '../../../domain/instrument.ts';
import type { KLine, KlineInterval } from '../../../domain/klineEntry.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { AggTrade } from '../../../ports/historyQueries.ts';
import type { BookTicker, DepthDiff, DepthSnapshot, Level } from '../../../ports/marketData.ts';
import { formatPrice, formatQuantity, formatQuote } from '../../units.ts';
import type { TimePrinter } from '../timeUnit.ts';

export function tradePayload(instrument: Instrument, trade: SpotTrade, eventUs: number, time: TimePrinter): string {
  return (
    `{"e":"trade","E":${time(eventUs)},"s":${JSON.stringify(instrument.symbol)},"t":${trade.tradeId},` +
    `"p":"${formatPrice(instrument, trade.priceTicks)}","q":"${formatQuantity(instrument, trade.lots)}",` +
    `"T":${time(trade.tradeUs)},"m":${trade.buyerIsMaker},"M":true}`
  );
}

export function aggTradePayload(instrument: Instrument, trade: AggTrade, eventUs: number, time: TimePrinter): string {
  return (
    `{"e":"aggTrade","E":${time(eventUs)},"s":${JSON.stringify(instrument.symbol)},"a":${trade.aggTradeId},` +
    `"p":"${formatPrice(instrument, trade.priceTicks)}","q":"${formatQuantity(instrument, trade.lots)}",` +
    `"f":${trade.firstTradeId},"l":${trade.lastTradeId},"T":${time(trade.tradeUs)},"m":${trade.buyerIsMaker},"M":true}`
  );
}

/** The one market stream without event type and event time. */
export function bookTickerPayload(instrument: Instrument, ticker: BookTicker): string {
  return (
    `{"u":${ticker.updateId},"s":${JSON.stringify(instrument.symbol)},` +
    `"b":"${formatPrice(instrument, ticker.bidTicks)}","B":"${formatQuantity(instrument, ticker.bidLots)}",` +
    `"a":"${formatPrice(instrument, ticker.askTicks)}","A":"${formatQuantity(instrument, ticker.askLots)}"}`
  );
}

function levels(instrument: Instrument, side: readonly Level[]): string {
  let text = '[';
  for (const [priceTicks, lots] of side) {
    if (text.length > 1) text += ',';
    text += `["${formatPrice(instrument, priceTicks)}","${formatQuantity(instrument, lots)}"]`;
  }
  return `${text}]`;
}

export function depthUpdatePayload(instrument: Instrument, diff: DepthDiff, time: TimePrinter): string {
  return (
    `{"e":"depthUpdate","E":${time(diff.timeUs)},"s":${JSON.stringify(instrument.symbol)},` +
    `"U":${diff.firstUpdateId},"u":${diff.lastUpdateId},` +
    `"b":${levels(instrument, diff.bids)},"a":${levels(instrument, diff.asks)}}`
  );
}

/** Carries neither event type nor symbol nor time. */
export function partialDepthPayload(instrument: Instrument, book: DepthSnapshot): string {
  const { lastUpdateId, bids, asks } = book;
  return `{"lastUpdateId":${lastUpdateId},"bids":${levels(instrument, bids)},"asks":${levels(instrument, asks)}}`;
}

/** What a kline stream shows; the fold of a KLine, or an interval without trades (ids -1, prices of the close before). */
export type ShownKline = Omit<KLine, 'symbol' | 'interval'>;

export function klinePayload(
  instrument: Instrument,
  interval: KlineInterval,
  kline: ShownKline,
  eventUs: number,
  time: TimePrinter,
): string {
  const symbol = JSON.stringify(instrument.symbol);
  const price = (ticks: number) => formatPrice(instrument, ticks);
  return (
    `{"e":"kline","E":${time(eventUs)},"s":${symbol},"k":{"t":${time(kline.openUs)},"T":${time(kline.closeUs)},` +
    `"s":${symbol},"i":"${interval}","f":${kline.firstTradeId},"L":${kline.lastTradeId},` +
    `"o":"${price(kline.openTicks)}","c":"${price(kline.closeTicks)}",` +
    `"h":"${price(kline.highTicks)}","l":"${price(kline.lowTicks)}",` +
    `"v":"${formatQuantity(instrument, kline.volumeLots)}","n":${kline.trades},"x":${kline.closed},` +
    `"q":"${formatQuote(instrument, kline.quoteUnits)}","V":"${formatQuantity(instrument, kline.takerBuyLots)}",` +
    `"Q":"${formatQuote(instrument, kline.takerBuyQuoteUnits)}","B":"0"}}`
  );
}
