// The live market of a symbol as folded by the push stage: reads are synchronous, listeners get batches.
import type { KLine, KlineInterval } from '../domain/klineEntry.ts';
import type { SpotTrade } from '../domain/spotTrade.ts';

/** One price level: lots shown at a price; 0 lots in a diff removes the level. */
export type Level = readonly [priceTicks: number, lots: number];

export interface DepthSnapshot {
  /** The symbol's book update this is the state of; diffs with lastUpdateId above it follow. */
  readonly lastUpdateId: number;
  /** Best first: bids descend, asks ascend. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** Changed levels over the updates firstUpdateId..lastUpdateId; contiguous: the next starts at lastUpdateId + 1. */
export interface DepthDiff {
  readonly firstUpdateId: number;
  readonly lastUpdateId: number;
  readonly timeUs: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** Zeros where a side is empty. */
export interface BookTicker {
  readonly updateId: number;
  readonly bidTicks: number;
  readonly bidLots: number;
  readonly askTicks: number;
  readonly askLots: number;
}

/**
 * Statistics of the trades of a window. When there was none the prices are the last one before it, as in an empty kline;
 * everything else is zero, ids are -1.
 */
export interface WindowStats {
  readonly openUs: number;
  readonly closeUs: number;
  readonly openTicks: number;
  readonly highTicks: number;
  readonly lowTicks: number;
  readonly closeTicks: number;
  readonly volumeLots: number;
  readonly quoteUnits: bigint;
  readonly trades: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  /** Last price before the window; 0 = none. */
  readonly prevCloseTicks: number;
  readonly lastLots: number;
}

/** One batch of what happened on a symbol; parts that did not change are empty or null. */
export interface MarketBatch {
  readonly symbol: string;
  readonly trades: readonly SpotTrade[];
  readonly depth: DepthDiff | null;
  /** Set when the best bid or ask changed. */
  readonly bookTicker: BookTicker | null;
  readonly klines: readonly KLine[];
  readonly timeUs: number;
}

export interface MarketView {
  readonly symbol: string;
  depth(limit: number): DepthSnapshot;
  bookTicker(): BookTicker;
  /** 0 before the first trade. */
  lastPriceTicks(): number;
  lastTrade(): SpotTrade | undefined;
  /** Rolling window ending now, floored to the minute at its start when longer than a minute. */
  windowStats(windowMs: number, nowUs: number): WindowStats;
  /** Statistics from a fixed start on (trading day). */
  statsSince(startUs: number, nowUs: number): WindowStats;
  /** Volume-weighted average of the last `minutes`; the last price when there was no trade; 0 before the first. */
  avgPriceTicks(
    minutes: number,
    nowUs: number,
  ): {
    readonly priceTicks: number;
    readonly numeratorQuoteUnits: bigint;
    readonly denominatorLots: bigint;
    readonly closeUs: number;
  };
  /** The running kline, undefined when it has no trade yet. */
  currentKline(interval: KlineInterval): KLine | undefined;
  /** What a MARKET order would need now: quote units for a BUY of `lots`; undefined when the book cannot fill any. */
  sweepQuoteUnits(lots: number): { readonly quoteUnits: bigint; readonly filledLots: number };
  /** Lots a SELL must give for `quoteUnits` now. */
  sweepLots(quoteUnits: bigint): number;
}

export type MarketListener = (batch: MarketBatch) => void;

export interface MarketData {
  view(symbol: string): MarketView | undefined;
  /** Every batch of a symbol ('*' = all), from the next one on; returns the unsubscribe. A listener must not throw or block. */
  listen(symbol: string, listener: MarketListener): () => void;
}
