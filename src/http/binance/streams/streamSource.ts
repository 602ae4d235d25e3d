// What feeds one stream: told of every batch of its symbol and of the passing of time, it publishes on its channel.
import type { Instrument } from '../../../domain/instrument.ts';
import type { HistoryQueries } from '../../../ports/historyQueries.ts';
import type { MarketBatch, MarketView } from '../../../ports/marketData.ts';
import type { Channel } from './channel.ts';

/** The hub's clock tick; every slower pace is a multiple of it. */
export const TICK_MS = 100;

export interface StreamSource {
  /** Ticks from one onTick to the next; 0 = real time only, onTick is never called. */
  readonly everyTicks: number;
  onBatch?(batch: MarketBatch): void;
  onTick?(nowUs: number): void;
}

/** What the sources of one symbol work with. */
export interface SymbolFeed {
  readonly instrument: Instrument;
  readonly view: MarketView;
  readonly channel: Channel;
  nowUs(): number;
  history(): Promise<HistoryQueries>;
}
