// <symbol>@trade: every execution, as it happens.
import type { MarketBatch } from '../../../ports/marketData.ts';
import { tradePayload } from './marketPayload.ts';
import type { StreamSource, SymbolFeed } from './streamSource.ts';

export class TradeSource implements StreamSource {
  readonly everyTicks = 0;
  readonly #feed: SymbolFeed;

  constructor(feed: SymbolFeed) {
    this.#feed = feed;
  }

  onBatch(batch: MarketBatch): void {
    const { channel, instrument } = this.#feed;
    for (const trade of batch.trades) channel.publish((time) => tradePayload(instrument, trade, batch.timeUs, time));
  }
}
