// One symbol's public channels. In: the symbol's batches, while anyone listens. Out: frames, encoded once per event, to every
// subscriber of the channel. A subscriber that is slow is its outbox's problem; nothing here waits.
import type { Instrument } from '../../../domain/instrument.ts';
import type { KlineInterval } from '../../../domain/klineEntry.ts';
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import type { DepthDiff, MarketBatch, MarketView } from '../../../ports/marketData.ts';
import { CloseCode, type Frame, textFrame } from '../../ws/outbox.ts';
import { klineView, levelsView, ms, tickerView, tradeView } from '../views.ts';
import type { Subscriber } from './subscriber.ts';

/** Levels a side in a depth snapshot. */
const SNAPSHOT_LEVELS = 5000;
const DAY_MS = 86_400_000;

export class MarketFeed {
  readonly #symbol: string;
  readonly #exchange: ExchangePort;
  readonly #view: MarketView;
  readonly #stop: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #trades = new Set<Subscriber>();
  readonly #tickers = new Set<Subscriber>();
  readonly #klines = new Map<KlineInterval, Set<Subscriber>>();
  /** With the update its snapshot showed: diffs that end there or before are not for it. */
  readonly #depth = new Map<Subscriber, number>();
  #depthUpdateId = 0;
  #snapshot: { readonly updateId: number; readonly frame: Frame } | undefined;
  #tickerChanged = false;

  constructor(symbol: string, view: MarketView, exchange: ExchangePort, onError: (error: unknown) => void) {
    this.#symbol = symbol;
    this.#view = view;
    this.#exchange = exchange;
    this.#onError = onError;
    this.#stop = exchange.markets.listen(symbol, (batch) => this.#receive(batch));
  }

  get isEmpty(): boolean {
    if (this.#trades.size + this.#tickers.size + this.#depth.size > 0) return false;
    for (const set of this.#klines.values()) if (set.size > 0) return false;
    return true;
  }

  stop(): void {
    this.#stop();
  }

  addTrades(subscriber: Subscriber): void {
    this.#trades.add(subscriber);
  }

  addTicker(subscriber: Subscriber): void {
    this.#tickers.add(subscriber);
    subscriber.send(this.#tickerFrame());
  }

  addKline(subscriber: Subscriber, interval: KlineInterval): void {
    let set = this.#klines.get(interval);
    if (set === undefined) {
      set = new Set();
      this.#klines.set(interval, set);
    }
    set.add(subscriber);
    const running = this.#view.currentKline(interval);
    if (running !== undefined) subscriber.send(this.#frame(`kline:${this.#symbol}:${interval}`, klineView(running, this.#instrument)));
  }

  addDepth(subscriber: Subscriber): void {
    const { updateId, frame } = this.#depthSnapshot();
    if (this.#depth.size === 0) this.#depthUpdateId = updateId;
    this.#depth.set(subscriber, updateId);
    subscriber.send(frame);
  }

  remove(subscriber: Subscriber, kind: 'trades' | 'ticker' | 'depth' | 'kline', interval?: KlineInterval): void {
    if (kind === 'trades') this.#trades.delete(subscriber);
    else if (kind === 'ticker') this.#tickers.delete(subscriber);
    else if (kind === 'depth') this.#depth.delete(subscriber);
    else this.#klines.get(interval as KlineInterval)?.delete(subscriber);
  }

  /** Called every so often: tickers are sent at this pace, when something changed. */
  flushTicker(): void {
    if (!this.#tickerChanged || this.#tickers.size === 0) return;
    this.#tickerChanged = false;
    this.#sendAll(this.#tickers, () => this.#tickerFrame());
  }

  get #instrument(): Instrument {
    return this.#exchange.registry.instrument(this.#symbol) as Instrument;
  }

  #receive(batch: MarketBatch): void {
    if (batch.trades.length > 0 || batch.bookTicker !== null) this.#tickerChanged = true;
    if (batch.trades.length > 0) {
      this.#sendAll(this.#trades, () => {
        const instrument = this.#instrument;
        return this.#frame(
          `trades:${this.#symbol}`,
          batch.trades.map((trade) => tradeView(trade, instrument)),
        );
      });
    }
    for (const kline of batch.klines) {
      const set = this.#klines.get(kline.interval);
      if (set !== undefined)
        this.#sendAll(set, () => this.#frame(`kline:${this.#symbol}:${kline.interval}`, klineView(kline, this.#instrument)));
    }
    if (batch.depth !== null) this.#receiveDepth(batch.depth);
  }

  #receiveDepth(diff: DepthDiff): void {
    if (this.#depth.size === 0 || diff.lastUpdateId <= this.#depthUpdateId) return;
    if (diff.firstUpdateId > this.#depthUpdateId + 1) {
      // Something is missing in between: everyone starts anew rather than with a hole.
      this.#sendAll(this.#depth.keys(), () => this.#depthSnapshot().frame);
      this.#depthUpdateId = this.#depthSnapshot().updateId;
      for (const subscriber of this.#depth.keys()) this.#depth.set(subscriber, this.#depthUpdateId);
      return;
    }
    this.#depthUpdateId = diff.lastUpdateId;
    const current = [...this.#depth].filter(([, updateId]) => diff.lastUpdateId > updateId).map(([subscriber]) => subscriber);
    this.#sendAll(current, () => this.#diffFrame(diff));
  }

  #diffFrame(diff: DepthDiff): Frame {
    const instrument = this.#instrument;
    return textFrame(
      JSON.stringify({
        channel: `depth:${this.#symbol}`,
        type: 'diff',
        data: {
          firstUpdateId: diff.firstUpdateId,
          lastUpdateId: diff.lastUpdateId,
          bids: levelsView(diff.bids, instrument),
          asks: levelsView(diff.asks, instrument),
          time: ms(diff.timeUs),
        },
      }),
    );
  }

  /** Kept while the book does not change: many subscribers at once get the same bytes. */
  #depthSnapshot(): { readonly updateId: number; readonly frame: Frame } {
    const { lastUpdateId, bids, asks } = this.#view.depth(SNAPSHOT_LEVELS);
    if (this.#snapshot?.updateId === lastUpdateId) return this.#snapshot;
    const instrument = this.#instrument;
    const data = { lastUpdateId, bids: levelsView(bids, instrument), asks: levelsView(asks, instrument) };
    const frame = textFrame(JSON.stringify({ channel: `depth:${this.#symbol}`, type: 'snapshot', data }));
    this.#snapshot = { updateId: lastUpdateId, frame };
    return this.#snapshot;
  }

  #tickerFrame(): Frame {
    const stats = this.#view.windowStats(DAY_MS, this.#exchange.clock.nowUs());
    return this.#frame(`ticker:${this.#symbol}`, tickerView(stats, this.#view.bookTicker(), this.#instrument));
  }

  #frame(channel: string, data: unknown): Frame {
    return textFrame(JSON.stringify({ channel, data }));
  }

  /** Listeners must not throw: a frame that cannot be made ends its subscribers, who would miss it otherwise. */
  #sendAll(subscribers: Iterable<Subscriber>, make: () => Frame): void {
    const receivers = [...subscribers];
    if (receivers.length === 0) return;
    let frame: Frame;
    try {
      frame = make();
    } catch (error) {
      this.#onError(error);
      for (const subscriber of receivers) subscriber.close(CloseCode.INTERNAL, 'internal error');
      return;
    }
    for (const subscriber of receivers) subscriber.send(frame);
  }
}
