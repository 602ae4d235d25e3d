// Klines from klines: longer ones from shorter ones, and flat ones where nobody traded.
import type { KLine, KlineInterval } from '../klineEntry.ts';
import { klineCloseUs, klineOpenUs } from './klineInterval.ts';

/** The kline of one interval when its trades are those of `first`; a fresh object. */
function opened(first: KLine, interval: KlineInterval, timeZoneMinutes: number): KLine {
  return {
    ...first,
    interval,
    openUs: klineOpenUs(interval, first.openUs, timeZoneMinutes),
    closeUs: klineCloseUs(interval, first.openUs, timeZoneMinutes),
    closed: false,
  };
}

/** Adds what `part`, which follows in time, holds. Parts without trades add nothing. */
export function foldKline(into: KLine, part: KLine): void {
  if (part.trades === 0) return;
  if (part.highTicks > into.highTicks) into.highTicks = part.highTicks;
  if (part.lowTicks < into.lowTicks) into.lowTicks = part.lowTicks;
  into.closeTicks = part.closeTicks;
  into.volumeLots += part.volumeLots;
  into.quoteUnits += part.quoteUnits;
  into.trades += part.trades;
  into.takerBuyLots += part.takerBuyLots;
  into.takerBuyQuoteUnits += part.takerBuyQuoteUnits;
  into.lastTradeId = part.lastTradeId;
}

/**
 * Longer klines from ascending shorter ones whose boundaries include the longer ones' (see rollUpBase). Parts without
 * trades are left out. The last one is closed when its last part closes with it, or when `nowUs` is past its end.
 */
export function rollUp(klines: readonly KLine[], interval: KlineInterval, timeZoneMinutes = 0, nowUs = 0): KLine[] {
  const rolled: KLine[] = [];
  let current: KLine | undefined;
  for (const part of klines) {
    if (part.trades === 0) continue;
    if (current !== undefined && part.openUs <= current.closeUs) {
      foldKline(current, part);
    } else {
      if (current !== undefined) current.closed = true;
      current = opened(part, interval, timeZoneMinutes);
      rolled.push(current);
    }
    if (part.closed && part.closeUs === current.closeUs) current.closed = true;
  }
  if (current !== undefined && current.closeUs < nowUs) current.closed = true;
  return rolled;
}

export interface FillRange {
  readonly interval: KlineInterval;
  readonly timeZoneMinutes?: number;
  /** Openings of the first and the last kline wanted. */
  readonly firstOpenUs: number;
  readonly lastOpenUs: number;
  /** The last kline with trades before firstOpenUs: its close is what the empty ones before the next trade show. */
  readonly previous?: KLine | undefined;
  /** Klines that ended before are closed. */
  readonly nowUs: number;
}

/** A kline nobody traded in: all four prices are the last close, and there are no trade ids. */
export function emptyKline(
  symbol: string,
  interval: KlineInterval,
  openUs: number,
  closeUs: number,
  priceTicks: number,
  closed: boolean,
): KLine {
  return {
    symbol,
    interval,
    openUs,
    closeUs,
    openTicks: priceTicks,
    highTicks: priceTicks,
    lowTicks: priceTicks,
    closeTicks: priceTicks,
    volumeLots: 0,
    quoteUnits: 0n,
    trades: 0,
    takerBuyLots: 0,
    takerBuyQuoteUnits: 0n,
    firstTradeId: -1,
    lastTradeId: -1,
    closed,
  };
}

/**
 * One kline for every interval of the range: those given (ascending, all within the range), and empty ones between.
 * Nothing stands before the symbol's first trade.
 */
export function fillEmpty(klines: readonly KLine[], range: FillRange): KLine[] {
  const { interval, timeZoneMinutes = 0, lastOpenUs, nowUs } = range;
  const filled: KLine[] = [];
  let last = range.previous;
  let next = 0;
  let openUs = last === undefined ? (klines[0]?.openUs ?? Number.POSITIVE_INFINITY) : range.firstOpenUs;
  while (openUs <= lastOpenUs) {
    const traded = klines[next];
    if (traded !== undefined && traded.openUs === openUs) {
      next++;
      last = traded;
      filled.push(traded);
      openUs = traded.closeUs + 1;
    } else {
      const { symbol, closeTicks } = last as KLine;
      const closeUs = klineCloseUs(interval, openUs, timeZoneMinutes);
      filled.push(emptyKline(symbol, interval, openUs, closeUs, closeTicks, closeUs < nowUs));
      openUs = closeUs + 1;
    }
  }
  return filled;
}
