// History over LMDB. In go the messages of every log, out come the answers of HistoryQueries; a commit writes a slice of
// the journal, a few runs and the positions, all in one transaction. It must not answer from anything it was not fed.
import type { KLine, KlineInterval } from '../../domain/klineEntry.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { AggTrade, BalanceChange, OrderAmendment, Page, PreventedMatchRow } from '../../ports/historyQueries.ts';
import { type HistoryStore, HistoryWriteError } from '../historyStore.ts';
import { HistoryFile } from './historyFile.ts';
import { HistoryState } from './historyState.ts';
import { Ingest } from './ingest.ts';
import type { Segment } from './journal.ts';
import { KlineQueries } from './klineQueries.ts';
import { OrderQueries } from './orderQueries.ts';
import { Recovery } from './recovery.ts';
import { Spiller } from './spiller.ts';
import { TradeQueries } from './tradeQueries.ts';

export interface LmdbHistoryOptions {
  readonly dir: string;
  /** Largest size of the file. @default it grows as it must */
  readonly mapSizeBytes?: number;
  /** False leaves writing to the operating system: a power cut may damage the file, a killed process does not. @default true */
  readonly fsync?: boolean;
  /** Memory for rows that are not in runs yet; open orders come on top. @default 64 MiB */
  readonly journalBytes?: number;
  /** What is dropped from the journal at a time. @default 1 MiB */
  readonly segmentBytes?: number;
}

interface Slice {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number;
}

interface Feed {
  readonly take: ((step: Uint8Array) => void) | undefined;
  applied: number;
  committed: number;
}

export class LmdbHistoryStore implements HistoryStore {
  readonly #file: HistoryFile;
  readonly #state: HistoryState;
  readonly #ingest: Ingest;
  readonly #spiller: Spiller;
  readonly #orders: OrderQueries;
  readonly #trades: TradeQueries;
  readonly #klines: KlineQueries;
  readonly #feeds = new Map<string, Feed>();
  /** The commit under way, and the one that waits for it. */
  #committing: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;
  /** Something was applied since the last commit. */
  #changed = false;
  /** What apply() or a commit failed with. */
  #broken: unknown;

  constructor(options: LmdbHistoryOptions) {
    const { journalBytes = 64 * 1024 * 1024, segmentBytes = 1024 * 1024 } = options;
    this.#file = new HistoryFile(options);
    this.#state = new HistoryState(this.#file, segmentBytes);
    this.#ingest = new Ingest(this.#state);
    this.#spiller = new Spiller(this.#state, journalBytes);
    this.#orders = new OrderQueries(this.#state);
    this.#trades = new TradeQueries(this.#state, this.#orders);
    this.#klines = new KlineQueries(this.#state);
    new Recovery(this.#state).run();
    const positions = (this.#file.meta('positions') ?? {}) as Record<string, number>;
    for (const [stream, position] of Object.entries(positions)) {
      const feed = this.#feed(stream);
      feed.applied = position;
      feed.committed = position;
    }
  }

  apply(stream: string, sequence: number, step: Uint8Array): void {
    const feed = this.#feed(stream);
    if (sequence <= feed.applied) return;
    if (this.#broken !== undefined) throw this.#brokenError();
    this.#changed = true;
    try {
      feed.take?.(step);
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    feed.applied = sequence;
  }

  position(stream: string): number {
    return this.#feeds.get(stream)?.committed ?? 0;
  }

  get positions(): ReadonlyMap<string, number> {
    return new Map([...this.#feeds].map(([stream, { committed }]) => [stream, committed]));
  }

  get unflushedBytes(): number {
    return this.#state.journal.uncommittedBytes;
  }

  flush(): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(this.#brokenError());
    if (this.#committing === undefined) {
      if (!this.#changed) return Promise.resolve();
      this.#committing = this.#commit().finally(() => {
        this.#committing = undefined;
      });
      return this.#committing;
    }
    // What the commit under way does not hold goes with the next one, once for all who ask meanwhile.
    const next = (): Promise<void> => {
      this.#waiting = undefined;
      return this.flush();
    };
    this.#waiting ??= this.#committing.then(next, next);
    return this.#waiting;
  }

  /**
   * A message taken in by half may be neither tried again nor committed, and after a failed commit LMDB is not to be
   * trusted: open the history again, and go on from its positions.
   */
  #brokenError(): HistoryWriteError {
    return new HistoryWriteError('history takes in nothing more after a failure', { cause: this.#broken });
  }

  async close(): Promise<void> {
    try {
      if (this.#broken === undefined) await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  order(accountId: number, orderId: number): SpotOrder | undefined {
    return this.#orders.order(accountId, orderId);
  }

  orderByClientId(accountId: number, symbol: string, clientOrderId: string): SpotOrder | undefined {
    return this.#orders.orderByClientId(accountId, symbol, clientOrderId);
  }

  openOrders(accountId: number, symbol?: string): SpotOrder[] {
    return this.#orders.openOrders(accountId, symbol);
  }

  orders(accountId: number, symbol: string, page: Page): SpotOrder[] {
    return this.#orders.orders(accountId, symbol, page);
  }

  orderList(accountId: number, orderListId: number): SpotOrderList | undefined {
    return this.#orders.orderList(accountId, orderListId);
  }

  orderListByClientId(accountId: number, listClientOrderId: string): SpotOrderList | undefined {
    return this.#orders.orderListByClientId(accountId, listClientOrderId);
  }

  openOrderLists(accountId: number): SpotOrderList[] {
    return this.#orders.openOrderLists(accountId);
  }

  orderLists(accountId: number, page: Page): SpotOrderList[] {
    return this.#orders.orderLists(accountId, page);
  }

  amendments(accountId: number, orderId: number, page: Page): OrderAmendment[] {
    return this.#orders.amendments(accountId, orderId, page);
  }

  accountTrades(accountId: number, symbol: string, page: Page & { readonly orderId?: number }): SpotTrade[] {
    return this.#trades.accountTrades(accountId, symbol, page);
  }

  preventedMatches(
    accountId: number,
    symbol: string,
    page: Page & { readonly orderId?: number; readonly preventedMatchId?: number },
  ): PreventedMatchRow[] {
    return this.#trades.preventedMatches(accountId, symbol, page);
  }

  trades(symbol: string, page: Page): SpotTrade[] {
    return this.#trades.trades(symbol, page);
  }

  aggTrades(symbol: string, page: Page): AggTrade[] {
    return this.#trades.aggTrades(symbol, page);
  }

  balanceChanges(accountId: number, asset: string | undefined, page: Page): BalanceChange[] {
    return this.#trades.balanceChanges(accountId, asset, page);
  }

  klines(symbol: string, interval: KlineInterval, page: Page & { readonly timeZoneMinutes?: number; readonly nowUs: number }): KLine[] {
    return this.#klines.klines(symbol, interval, page);
  }

  /** Everything up to the await is one event turn, and so one transaction. */
  async #commit(): Promise<void> {
    const { names, journal } = this.#state;
    const positions = [...this.#feeds.values()].map((feed) => ({ feed, applied: feed.applied }));
    this.#changed = false;
    this.#spiller.spill();
    this.#state.writeDirty();
    const slices = this.#putSlices();
    for (const [id, name] of names.uncommitted()) this.#file.putName(id, name);
    const lastName = names.last;
    this.#file.putMeta('positions', Object.fromEntries([...this.#feeds].map(([stream, feed]) => [stream, feed.applied])));
    try {
      await this.#file.committed();
    } catch (error) {
      this.#spiller.failed();
      this.#broken = error;
      throw error;
    }
    for (const { segment, from, to } of slices) {
      segment.slices.push(from);
      segment.committed = to;
      journal.uncommittedBytes -= to - from;
    }
    names.markCommitted(lastName);
    this.#spiller.committed();
    for (const { feed, applied } of positions) feed.committed = applied;
  }

  #putSlices(): readonly Slice[] {
    const slices: Slice[] = [];
    for (const [i, segment] of this.#state.journal.segments.entries()) {
      const { committed: from, used: to } = segment;
      if (from === to) continue;
      slices.push({ segment, from, to });
      // A segment that goes with this very commit was never needed.
      if (i >= this.#spiller.retiring) this.#file.putSlice(segment.index, from, segment.bytes.subarray(from, to));
    }
    return slices;
  }

  #feed(stream: string): Feed {
    let feed = this.#feeds.get(stream);
    if (feed === undefined) {
      feed = { take: this.#takerOf(stream), applied: 0, committed: 0 };
      this.#feeds.set(stream, feed);
    }
    return feed;
  }

  #takerOf(stream: string): Feed['take'] {
    const ingest = this.#ingest;
    switch (stream.slice(0, stream.indexOf('-'))) {
      case 'markets':
        return (step) => ingest.markets(step);
      case 'accounts':
        return (step) => ingest.accounts(step);
      case 'klines':
        return (step) => ingest.klines(step);
      default:
        return undefined;
    }
  }
}
