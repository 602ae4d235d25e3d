// <symbol>@depth and @depth@100ms: the levels that changed since the stream last spoke. U is always the u before plus one,
// on the same sequence of updates as the REST snapshot, the partial books and bookTicker.
import type { Level, MarketBatch } from '../../../ports/marketData.ts';
import { depthUpdatePayload } from './marketPayload.ts';
import type { StreamSource, SymbolFeed } from './streamSource.ts';

function sorted(levels: ReadonlyMap<number, number>, direction: 1 | -1): Level[] {
  return [...levels].sort((a, b) => (a[0] - b[0]) * direction);
}

export class DepthSource implements StreamSource {
  readonly everyTicks: number;
  readonly #feed: SymbolFeed;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  /** 0 = nothing has changed since the last event. */
  #firstUpdateId = 0;
  #lastUpdateId = 0;

  constructor(feed: SymbolFeed, everyTicks: number) {
    this.#feed = feed;
    this.everyTicks = everyTicks;
  }

  onBatch({ depth }: MarketBatch): void {
    if (depth === null) return;
    if (this.#firstUpdateId === 0) this.#firstUpdateId = depth.firstUpdateId;
    this.#lastUpdateId = depth.lastUpdateId;
    for (const [ticks, lots] of depth.bids) this.#bids.set(ticks, lots);
    for (const [ticks, lots] of depth.asks) this.#asks.set(ticks, lots);
  }

  onTick(nowUs: number): void {
    if (this.#firstUpdateId === 0) return;
    const diff = {
      firstUpdateId: this.#firstUpdateId,
      lastUpdateId: this.#lastUpdateId,
      timeUs: nowUs,
      bids: sorted(this.#bids, -1),
      asks: sorted(this.#asks, 1),
    };
    this.#firstUpdateId = 0;
    this.#bids.clear();
    this.#asks.clear();
    const { channel, instrument } = this.#feed;
    channel.publish((time) => depthUpdatePayload(instrument, diff, time));
  }
}
