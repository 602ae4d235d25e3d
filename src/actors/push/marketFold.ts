// One symbol's live market: its book, last trade, statistics and running klines, folded from what the log said.
// In: the effect of log entries, message by message. Out: the synchronous reads of MarketView, and one MarketBatch per
// message for those who listen. Must not keep a batch's arrays after handing it out.
import { InvariantError } from '../../domain/assert.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { KLine, KlineInterval } from '../../domain/klineEntry.ts';
import { Side } from '../../domain/orderTerms.ts';
import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { StateHash } from '../../domain/stateHash.ts';
import type { BookTicker, DepthSnapshot, MarketBatch, MarketView, WindowStats } from '../../ports/marketData.ts';
import { LevelBook } from './levelBook.ts';
import { RollingStats, type RollingStatsSnapshot } from './rollingStats.ts';

const MINUTE_MS = 60_000;
const MINUTE_US = MINUTE_MS * 1000;

type AveragePrice = ReturnType<MarketView['avgPriceTicks']>;

export interface MarketFoldSnapshot {
  readonly symbol: string;
  readonly lastUpdateId: number;
  readonly lastTrade: SpotTrade | null;
  readonly stats: RollingStatsSnapshot;
  readonly klines: readonly KLine[];
}

const EMPTY_TICKER = { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 };

export class MarketFold implements MarketView {
  readonly symbol: string;
  readonly #instrument: (symbol: string) => Instrument | undefined;
  #book = new LevelBook();
  readonly #klines = new Map<KlineInterval, KLine>();
  #stats = new RollingStats();
  #lastTrade: SpotTrade | undefined;
  #lastUpdateId = 0;
  // Answers that every order at the door asks for, until what they say changes.
  #ticker: BookTicker | undefined;
  #average: AveragePrice | undefined;
  #averageMinutes = 0;
  #averageAtMinute = 0;

  // The message being folded.
  #inBatch = false;
  #recording = false;
  #firstUpdateId = 0;
  #tickerBefore = EMPTY_TICKER;
  #trades: SpotTrade[] = [];

  constructor(symbol: string, instrument: (symbol: string) => Instrument | undefined) {
    this.symbol = symbol;
    this.#instrument = instrument;
  }

  get inBatch(): boolean {
    return this.#inBatch;
  }

  /** True while nothing that is kept has happened. */
  get isUntouched(): boolean {
    return this.#lastUpdateId === 0 && this.#lastTrade === undefined && this.#klines.size === 0;
  }

  /** Starts a message; what nobody wants to hear of is not put together. */
  begin(wanted: boolean): void {
    this.#inBatch = true;
    this.#recording = wanted;
    if (!wanted) return;
    this.#firstUpdateId = 0;
    this.#tickerBefore = this.#top();
    this.#book.startRecording();
  }

  /** An order shows more or fewer lots at its price. */
  changeLots(side: Side, ticks: number, deltaLots: number, updateId: number): void {
    this.#book.add(side, ticks, deltaLots);
    this.#ticker = undefined;
    this.#advance(updateId);
  }

  #advance(updateId: number): void {
    // The log's own number, not the last one plus 1: were a message ever passed over, the streams would show the gap.
    if (this.#firstUpdateId === 0) this.#firstUpdateId = updateId;
    if (updateId > this.#lastUpdateId) this.#lastUpdateId = updateId;
  }

  trade(trade: SpotTrade): void {
    this.#stats.record(trade);
    this.#average = undefined;
    this.#lastTrade = trade;
    if (this.#recording) this.#trades.push(trade);
  }

  /** Ends the message; undefined when nothing happened that a listener could see, or nobody listens. */
  end(timeUs: number): MarketBatch | undefined {
    this.#inBatch = false;
    const bidTicks = this.#book.bestTicks(Side.BUY);
    const askTicks = this.#book.bestTicks(Side.SELL);
    // Not assert(): its message would be put together every time.
    if (bidTicks !== 0 && askTicks !== 0 && bidTicks >= askTicks) {
      const at = `${this.symbol}: the book is crossed at update ${this.#lastUpdateId}`;
      throw new InvariantError(`${at}: ${bidTicks} >= ${askTicks}`);
    }
    if (!this.#recording) return undefined;
    this.#recording = false;
    const changed = this.#book.takeRecording();
    const trades = this.#trades;
    const moved = this.#firstUpdateId !== 0;
    if (!moved && trades.length === 0) return undefined;
    this.#trades = [];
    const before = this.#tickerBefore;
    const bidLots = this.#book.bestLots(Side.BUY);
    const askLots = this.#book.bestLots(Side.SELL);
    const tickerMoved =
      bidTicks !== before.bidTicks || askTicks !== before.askTicks || bidLots !== before.bidLots || askLots !== before.askLots;
    return {
      symbol: this.symbol,
      trades,
      depth: moved ? { firstUpdateId: this.#firstUpdateId, lastUpdateId: this.#lastUpdateId, timeUs, ...changed } : null,
      bookTicker: tickerMoved ? { updateId: this.#lastUpdateId, bidTicks, bidLots, askTicks, askLots } : null,
      klines: [],
      timeUs,
    };
  }

  /** A running or just closed kline; a closed one is forgotten, for the next has no trade yet. */
  kline(kline: KLine): void {
    if (!kline.closed) this.#klines.set(kline.interval, kline);
    else if (this.#klines.get(kline.interval)?.openUs === kline.openUs) this.#klines.delete(kline.interval);
  }

  /** The running kline itself, for its fold. */
  runningKline(interval: KlineInterval): KLine | undefined {
    return this.#klines.get(interval);
  }

  #top(): { bidTicks: number; bidLots: number; askTicks: number; askLots: number } {
    return {
      bidTicks: this.#book.bestTicks(Side.BUY),
      bidLots: this.#book.bestLots(Side.BUY),
      askTicks: this.#book.bestTicks(Side.SELL),
      askLots: this.#book.bestLots(Side.SELL),
    };
  }

  depth(limit: number): DepthSnapshot {
    return {
      lastUpdateId: this.#lastUpdateId,
      bids: this.#book.top(Side.BUY, limit),
      asks: this.#book.top(Side.SELL, limit),
    };
  }

  bookTicker(): BookTicker {
    this.#ticker ??= { updateId: this.#lastUpdateId, ...this.#top() };
    return this.#ticker;
  }

  lastPriceTicks(): number {
    return this.#lastTrade?.priceTicks ?? 0;
  }

  lastTrade(): SpotTrade | undefined {
    return this.#lastTrade;
  }

  windowStats(windowMs: number, nowUs: number): WindowStats {
    return this.#stats.since(nowUs - windowMs * 1000, nowUs);
  }

  statsSince(startUs: number, nowUs: number): WindowStats {
    return this.#stats.since(startUs, nowUs);
  }

  avgPriceTicks(minutes: number, nowUs: number): AveragePrice {
    // The window begins at a whole minute: within one, only a trade changes the average.
    const minute = Math.floor(nowUs / MINUTE_US);
    const known = this.#average;
    if (known !== undefined && this.#averageMinutes === minutes && this.#averageAtMinute === minute) return known;
    const average = this.#averageOf(minutes, nowUs);
    if (this.#quoteUnitsPerTickLot() === 0) return average;
    this.#average = average;
    this.#averageMinutes = minutes;
    this.#averageAtMinute = minute;
    return average;
  }

  #averageOf(minutes: number, nowUs: number): AveragePrice {
    const { quoteUnits, volumeLots } = this.windowStats(minutes * MINUTE_MS, nowUs);
    const perTickLot = this.#quoteUnitsPerTickLot();
    const denominatorLots = BigInt(volumeLots);
    const ticks = denominatorLots * BigInt(perTickLot);
    // Rounded to the nearest tick; callers that print it use numerator and denominator.
    const priceTicks = ticks === 0n ? this.lastPriceTicks() : Number((quoteUnits * 2n + ticks) / (ticks * 2n));
    return { priceTicks, numeratorQuoteUnits: quoteUnits, denominatorLots, closeUs: this.#stats.lastTradeUs };
  }

  currentKline(interval: KlineInterval): KLine | undefined {
    const kline = this.#klines.get(interval);
    return kline === undefined ? undefined : { ...kline };
  }

  sweepQuoteUnits(lots: number): { quoteUnits: bigint; filledLots: number } {
    const perTickLot = this.#quoteUnitsPerTickLot();
    let quoteUnits = 0n;
    let filledLots = 0;
    this.#book.walk(Side.SELL, (ticks, shown) => {
      const taken = Math.min(shown, lots - filledLots);
      quoteUnits += BigInt(ticks) * BigInt(taken);
      filledLots += taken;
      return filledLots < lots;
    });
    return { quoteUnits: quoteUnits * BigInt(perTickLot), filledLots };
  }

  sweepLots(quoteUnits: bigint): number {
    const perTickLot = BigInt(this.#quoteUnitsPerTickLot());
    let missing = quoteUnits;
    let lots = 0;
    if (missing <= 0n || perTickLot === 0n) return 0;
    this.#book.walk(Side.BUY, (ticks, shown) => {
      const perLot = BigInt(ticks) * perTickLot;
      const needed = (missing + perLot - 1n) / perLot;
      const taken = needed < BigInt(shown) ? Number(needed) : shown;
      lots += taken;
      missing -= perLot * BigInt(taken);
      return missing > 0n;
    });
    return lots;
  }

  /** 0 while the symbol's instrument is not known here yet. */
  #quoteUnitsPerTickLot(): number {
    return this.#instrument(this.symbol)?.quoteUnitsPerTickLot ?? 0;
  }

  /** Without the book, which is the sum of the open orders. */
  snapshot(): MarketFoldSnapshot {
    return {
      symbol: this.symbol,
      lastUpdateId: this.#lastUpdateId,
      lastTrade: this.#lastTrade ?? null,
      stats: this.#stats.snapshot(),
      klines: [...this.#klines.values()].map((kline) => ({ ...kline })),
    };
  }

  #forgetAnswers(): void {
    this.#ticker = undefined;
    this.#average = undefined;
  }

  reset(): void {
    this.#book = new LevelBook();
    this.#klines.clear();
    this.#stats = new RollingStats();
    this.#lastTrade = undefined;
    this.#lastUpdateId = 0;
    this.#forgetAnswers();
    this.#inBatch = false;
    this.#recording = false;
    this.#trades = [];
  }

  restore(snapshot: MarketFoldSnapshot): void {
    this.#forgetAnswers();
    this.#lastUpdateId = snapshot.lastUpdateId;
    this.#stats = RollingStats.restore(snapshot.stats);
    this.#lastTrade = snapshot.lastTrade ?? undefined;
    for (const kline of snapshot.klines) this.#klines.set(kline.interval, { ...kline });
  }

  addTo(hash: StateHash): void {
    hash
      .string(this.symbol)
      .number(this.#lastUpdateId)
      .number(this.#lastTrade?.tradeId ?? 0);
    for (const side of [Side.BUY, Side.SELL]) {
      hash.number(this.#book.levels(side));
      this.#book.walk(side, (ticks, lots) => {
        hash.number(ticks).number(lots);
        return true;
      });
    }
    this.#stats.addTo(hash);
    for (const kline of [...this.#klines.values()].sort((a, b) => (a.interval < b.interval ? -1 : 1))) {
      for (const value of Object.values(kline)) hash.string(String(value));
    }
  }
}
