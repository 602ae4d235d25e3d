// <symbol>@bookTicker: the best bid and ask whenever one of them changes.
import type { MarketBatch } from '../../../ports/marketData.ts';
import { bookTickerPayload } from './marketPayload.ts';
import type { StreamSource, SymbolFeed } from './streamSource.ts';

export class BookTickerSource implements StreamSource {
  readonly everyTicks = 0;
  readonly #feed: SymbolFeed;

  constructor(feed: SymbolFeed) {
    this.#feed = feed;
  }

  onBatch({ bookTicker }: MarketBatch): void {
    const { channel, instrument } = this.#feed;
    if (bookTicker !== null) channel.publish(() => bookTickerPayload(instrument, bookTicker));
  }
}
