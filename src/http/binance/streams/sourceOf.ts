// Which source feeds which stream: the one place where the pace of a stream is said.
import { assertNever } from '../../../domain/assert.ts';
import { AggTradeSource } from './aggTradeSource.ts';
import { type AllTickersFeed, AllTickersSource } from './allTickersSource.ts';
import { BookTickerSource } from './bookTickerSource.ts';
import { DepthSource } from './depthSource.ts';
import { KlineSource } from './klineSource.ts';
import { partialDepthPayload } from './marketPayload.ts';
import { PollSource } from './pollSource.ts';
import { type MarketStream, type SymbolStream, TICKER_WINDOW_MS } from './streamName.ts';
import { type StreamSource, type SymbolFeed, TICK_MS } from './streamSource.ts';
import { avgPricePayload, miniTickerPayload, referencePricePayload, tickerPayload, windowTickerPayload } from './tickerPayload.ts';
import { TradeSource } from './tradeSource.ts';

const DAY_MS = TICKER_WINDOW_MS['1d'];
const SECOND_TICKS = 1000 / TICK_MS;

export function sourceOfSymbol(stream: SymbolStream, feed: SymbolFeed): StreamSource {
  const { channel, instrument, view } = feed;
  switch (stream.kind) {
    case 'trade':
      return new TradeSource(feed);
    case 'aggTrade':
      return new AggTradeSource(feed);
    case 'blockTrade':
      // There are no block trades here: the stream exists and has nothing to say.
      return { everyTicks: 0 };
    case 'bookTicker':
      return new BookTickerSource(feed);
    case 'depth':
      return new DepthSource(feed, stream.everyMs / TICK_MS);
    case 'partialDepth':
      return new PollSource(channel, stream.everyMs / TICK_MS, () => {
        const book = view.depth(stream.levels);
        return () => partialDepthPayload(instrument, book);
      });
    case 'kline':
      return new KlineSource(feed, stream.interval, stream.zoneMinutes);
    case 'miniTicker':
      return new PollSource(channel, SECOND_TICKS, (nowUs) => {
        const stats = view.windowStats(DAY_MS, nowUs);
        return (time) => miniTickerPayload(instrument, stats, nowUs, time);
      });
    case 'ticker':
      return new PollSource(channel, SECOND_TICKS, (nowUs) => {
        const stats = view.windowStats(DAY_MS, nowUs);
        const book = view.bookTicker();
        return (time) => tickerPayload(instrument, stats, book, nowUs, time);
      });
    case 'windowTicker':
      return new PollSource(channel, SECOND_TICKS, (nowUs) => {
        const stats = view.windowStats(TICKER_WINDOW_MS[stream.window], nowUs);
        return (time) => windowTickerPayload(instrument, stream.window, stats, nowUs, time);
      });
    case 'avgPrice':
      return new PollSource(channel, SECOND_TICKS, (nowUs) => {
        const minutes = instrument.filters.avgPriceMins || DEFAULT_AVG_PRICE_MINUTES;
        const average = view.avgPriceTicks(minutes, nowUs);
        return (time) => avgPricePayload(instrument, minutes, average, nowUs, time);
      });
    case 'referencePrice':
      return new PollSource(channel, SECOND_TICKS, (nowUs) => (time) => referencePricePayload(instrument, nowUs, time));
    default:
      return assertNever(stream);
  }
}

const DEFAULT_AVG_PRICE_MINUTES = 5;

export function sourceOfMarket(stream: MarketStream, feed: AllTickersFeed): StreamSource {
  if (stream.kind === 'allMiniTickers') return new AllTickersSource(feed, SECOND_TICKS, DAY_MS, miniTickerPayload);
  const { window } = stream;
  return new AllTickersSource(feed, SECOND_TICKS, TICKER_WINDOW_MS[window], (instrument, stats, nowUs, time) =>
    windowTickerPayload(instrument, window, stats, nowUs, time),
  );
}
