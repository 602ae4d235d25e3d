// !miniTicker@arr and !ticker_<window>@arr: once a second, one array of the symbols whose statistics changed.
import type { Instrument } from '../../../domain/instrument.ts';
import type { Registry } from '../../../ports/exchangePort.ts';
import type { MarketData, WindowStats } from '../../../ports/marketData.ts';
import type { TimePrinter } from '../timeUnit.ts';
import type { Channel } from './channel.ts';
import type { StreamSource } from './streamSource.ts';

const MINUTE_US = 60_000_000;

export type RenderTicker = (instrument: Instrument, stats: WindowStats, nowUs: number, time: TimePrinter) => string;

export interface AllTickersFeed {
  readonly registry: Pick<Registry, 'instruments'>;
  readonly markets: Pick<MarketData, 'view'>;
  readonly channel: Channel;
}

/** What was last told of a symbol: enough to see that its statistics moved. */
interface Told {
  readonly lastTradeId: number;
  readonly firstTradeId: number;
  readonly trades: number;
}

export class AllTickersSource implements StreamSource {
  readonly everyTicks: number;
  readonly #feed: AllTickersFeed;
  readonly #windowMs: number;
  readonly #render: RenderTicker;
  readonly #told = new Map<string, Told>();
  #minute = -1;

  constructor(feed: AllTickersFeed, everyTicks: number, windowMs: number, render: RenderTicker) {
    this.#feed = feed;
    this.everyTicks = everyTicks;
    this.#windowMs = windowMs;
    this.#render = render;
  }

  onTick(nowUs: number): void {
    // Trades leave a window only when a minute begins, so that the quiet symbols cost a look per second and no more.
    const minute = Math.floor(nowUs / MINUTE_US);
    const windowMoved = minute !== this.#minute;
    this.#minute = minute;
    const changed: { instrument: Instrument; stats: WindowStats }[] = [];
    for (const instrument of this.#feed.registry.instruments()) {
      const view = this.#feed.markets.view(instrument.symbol);
      const lastTradeId = view?.lastTrade()?.tradeId;
      if (view === undefined || lastTradeId === undefined) continue;
      const told = this.#told.get(instrument.symbol);
      if (told?.lastTradeId === lastTradeId && !windowMoved) continue;
      const stats = view.windowStats(this.#windowMs, nowUs);
      this.#told.set(instrument.symbol, { lastTradeId, firstTradeId: stats.firstTradeId, trades: stats.trades });
      if (told?.lastTradeId !== lastTradeId || told.firstTradeId !== stats.firstTradeId || told.trades !== stats.trades) {
        changed.push({ instrument, stats });
      }
    }
    if (changed.length === 0) return;
    const render = this.#render;
    this.#feed.channel.publish((time) => `[${changed.map(({ instrument, stats }) => render(instrument, stats, nowUs, time)).join(',')}]`);
  }
}
