// <symbol>@kline_<interval>, in UTC or UTC+8: the running kline at its pace when it changed, and every kline once more when
// it closes. An interval without trades has a kline too: its prices are the close before it, its trade ids -1.
import { klineCloseUs, klineOpenUs } from '../../../domain/kline/klineInterval.ts';
import type { KlineInterval } from '../../../domain/klineEntry.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { MarketBatch } from '../../../ports/marketData.ts';
import { klinePayload, type ShownKline } from './marketPayload.ts';
import type { StreamSource, SymbolFeed } from './streamSource.ts';

/** web-socket-streams.md: 1000 ms for 1s, 2000 ms for the others. */
function paceUs(interval: KlineInterval): number {
  return interval === '1s' ? 1_000_000 : 2_000_000;
}

/** A kline that nobody has closed yet is closed this long after its end: its last trades may still be on their way. */
const CLOSE_GRACE_US = 500_000;
/** Intervals without trades told one by one; after a longer silence (a suspended machine) the stream jumps to now. */
const GAP_MAX = 100;

function emptyKline(openUs: number, closeUs: number, priceTicks: number): ShownKline {
  return {
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
    closed: false,
  };
}

/** The kline with one more trade; a new kline when it had none. */
function withTrade(kline: ShownKline, trade: SpotTrade): ShownKline {
  const price = trade.priceTicks;
  const isFirst = kline.trades === 0;
  return {
    ...kline,
    openTicks: isFirst ? price : kline.openTicks,
    highTicks: isFirst ? price : Math.max(kline.highTicks, price),
    lowTicks: isFirst ? price : Math.min(kline.lowTicks, price),
    closeTicks: price,
    volumeLots: kline.volumeLots + trade.lots,
    quoteUnits: kline.quoteUnits + trade.quoteUnits,
    trades: kline.trades + 1,
    takerBuyLots: kline.takerBuyLots + (trade.buyerIsMaker ? 0 : trade.lots),
    takerBuyQuoteUnits: kline.takerBuyQuoteUnits + (trade.buyerIsMaker ? 0n : trade.quoteUnits),
    firstTradeId: isFirst ? trade.tradeId : kline.firstTradeId,
    lastTradeId: trade.tradeId,
  };
}

export class KlineSource implements StreamSource {
  /** Closes are told within a tick; the running kline has its own pace. */
  readonly everyTicks = 1;
  readonly #feed: SymbolFeed;
  readonly #interval: KlineInterval;
  readonly #zoneMinutes: number;
  readonly #paceUs: number;
  /** Undefined before the symbol's first trade, and while the history is being asked. */
  #running: ShownKline | undefined;
  /** The one before, for trades that come after its end was told. */
  #closed: ShownKline | undefined;
  #changed = false;
  #slot = -1;
  /** UTC+8: trades that wait for the history's answer; undefined once it is here. */
  #waiting: SpotTrade[] | undefined;

  constructor(feed: SymbolFeed, interval: KlineInterval, zoneMinutes: number) {
    this.#feed = feed;
    this.#interval = interval;
    this.#zoneMinutes = zoneMinutes;
    this.#paceUs = paceUs(interval);
    if (zoneMinutes === 0) this.#startFromView();
    else this.#startFromHistory();
  }

  onBatch(batch: MarketBatch): void {
    if (this.#zoneMinutes === 0) {
      for (const kline of batch.klines) if (kline.interval === this.#interval) this.#take(kline, batch.timeUs);
      return;
    }
    for (const trade of batch.trades) {
      if (this.#waiting !== undefined) this.#waiting.push(trade);
      else this.#fold(trade, batch.timeUs);
    }
  }

  onTick(nowUs: number): void {
    this.#closeBefore(klineOpenUs(this.#interval, nowUs - CLOSE_GRACE_US, this.#zoneMinutes), nowUs);
    const slot = Math.floor(nowUs / this.#paceUs);
    if (slot === this.#slot || !this.#changed || this.#running === undefined) return;
    this.#slot = slot;
    this.#changed = false;
    this.#publish(this.#running, nowUs);
  }

  #startFromView(): void {
    const { view } = this.#feed;
    const nowUs = this.#feed.nowUs();
    const current = view.currentKline(this.#interval);
    if (current !== undefined) this.#running = current;
    else if (view.lastPriceTicks() > 0) this.#running = this.#emptyAt(nowUs, view.lastPriceTicks());
    this.#changed = this.#running !== undefined;
  }

  /** The log has UTC klines only: those of other zones are folded here, from where the history stands. */
  #startFromHistory(): void {
    this.#waiting = [];
    const { instrument } = this.#feed;
    this.#feed
      .history()
      .then(async (history) => {
        const nowUs = this.#feed.nowUs();
        const page = { limit: 1, timeZoneMinutes: this.#zoneMinutes, nowUs };
        this.#running = (await history.klines(instrument.symbol, this.#interval, page)).at(-1);
      })
      .catch(() => {
        // No history (yet): the stream begins with the trades seen here.
      })
      .finally(() => {
        const waiting = this.#waiting ?? [];
        this.#waiting = undefined;
        this.#changed = this.#running !== undefined;
        for (const trade of waiting) this.#fold(trade, this.#feed.nowUs());
      });
  }

  /** A kline as the kline stage tells it. */
  #take(kline: ShownKline, nowUs: number): void {
    this.#closeBefore(kline.openUs, nowUs);
    if (this.#running !== undefined && this.#running.openUs > kline.openUs) {
      // Its end was told before its last trades came: told again.
      if (this.#closed?.openUs === kline.openUs) this.#correct({ ...kline, closed: true }, nowUs);
      return;
    }
    this.#running = kline;
    this.#changed = true;
    if (kline.closed) this.#close(kline, nowUs);
  }

  #fold(trade: SpotTrade, nowUs: number): void {
    const openUs = klineOpenUs(this.#interval, trade.tradeUs, this.#zoneMinutes);
    this.#closeBefore(openUs, nowUs);
    this.#running ??= this.#emptyAt(trade.tradeUs, trade.priceTicks);
    if (this.#running.openUs === openUs) {
      if (trade.tradeId <= this.#running.lastTradeId) return;
      this.#running = withTrade(this.#running, trade);
      this.#changed = true;
    } else if (this.#closed?.openUs === openUs && trade.tradeId > this.#closed.lastTradeId) {
      this.#correct(withTrade(this.#closed, trade), nowUs);
    }
  }

  /** Tells the end of what comes before the kline that opens then, intervals without trades included. */
  #closeBefore(openUs: number, nowUs: number): void {
    for (let told = 0; this.#running !== undefined && this.#running.openUs < openUs; told++) {
      if (told < GAP_MAX) this.#close(this.#running, nowUs);
      else this.#running = this.#emptyAt(openUs, this.#running.closeTicks);
    }
  }

  /** Ends the running kline, tells so, and goes on with an empty one. */
  #close(ended: ShownKline, nowUs: number): void {
    this.#closed = { ...ended, closed: true };
    this.#publish(this.#closed, nowUs);
    this.#running = this.#emptyAt(ended.closeUs + 1, ended.closeTicks);
    this.#changed = true;
  }

  #correct(kline: ShownKline, nowUs: number): void {
    this.#closed = kline;
    this.#publish(kline, nowUs);
    if (this.#running?.trades !== 0) return;
    this.#running = this.#emptyAt(this.#running.openUs, kline.closeTicks);
    this.#changed = true;
  }

  #emptyAt(us: number, priceTicks: number): ShownKline {
    const openUs = klineOpenUs(this.#interval, us, this.#zoneMinutes);
    return emptyKline(openUs, klineCloseUs(this.#interval, us, this.#zoneMinutes), priceTicks);
  }

  #publish(kline: ShownKline, nowUs: number): void {
    const { channel, instrument } = this.#feed;
    channel.publish((time) => klinePayload(instrument, this.#interval, kline, nowUs, time));
  }
}
