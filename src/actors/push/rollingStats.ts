// Statistics of a symbol's trades over any window of the last seven days. In: trades in the order they happened.
// Minutes are the resolution: a window begins at the minute its start lies in (as Binance's rolling windows do; our
// 24 h ticker does so too, and says so in openUs). Only minutes with trades are kept; closed hours are summed once, so
// that a trade costs O(1) and a day's window some 140 additions.

import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { StateHash } from '../../domain/stateHash.ts';
import type { WindowStats } from '../../ports/marketData.ts';

const MINUTE_US = 60_000_000;
const MINUTES_PER_HOUR = 60;
/** The longest window asked for. */
export const WINDOW_MINUTES_MAX = 7 * 24 * 60;

/** The trades of one minute or one hour. */
interface Bucket {
  /** Minutes (hours) since the epoch. */
  readonly index: number;
  readonly openTicks: number;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  volumeLots: number;
  quoteUnits: bigint;
  trades: number;
  readonly firstTradeId: number;
  lastTradeId: number;
}

type BucketRow = readonly [
  index: number,
  openTicks: number,
  highTicks: number,
  lowTicks: number,
  closeTicks: number,
  volumeLots: number,
  quoteUnits: bigint,
  trades: number,
  firstTradeId: number,
  lastTradeId: number,
];

export interface RollingStatsSnapshot {
  readonly minutes: readonly BucketRow[];
  readonly hours: readonly BucketRow[];
  readonly droppedCloseTicks: number;
  readonly lastLots: number;
  readonly lastTradeUs: number;
}

function rowOf(bucket: Bucket): BucketRow {
  return [
    bucket.index,
    bucket.openTicks,
    bucket.highTicks,
    bucket.lowTicks,
    bucket.closeTicks,
    bucket.volumeLots,
    bucket.quoteUnits,
    bucket.trades,
    bucket.firstTradeId,
    bucket.lastTradeId,
  ];
}

function bucketOf(row: BucketRow): Bucket {
  const [index, openTicks, highTicks, lowTicks, closeTicks, volumeLots, quoteUnits, trades, firstTradeId, lastTradeId] = row;
  return {
    index,
    openTicks,
    highTicks,
    lowTicks,
    closeTicks,
    volumeLots,
    quoteUnits,
    trades,
    firstTradeId,
    lastTradeId,
  };
}

function merge(into: Bucket, next: Bucket): void {
  if (next.highTicks > into.highTicks) into.highTicks = next.highTicks;
  if (next.lowTicks < into.lowTicks) into.lowTicks = next.lowTicks;
  into.closeTicks = next.closeTicks;
  into.volumeLots += next.volumeLots;
  into.quoteUnits += next.quoteUnits;
  into.trades += next.trades;
  into.lastTradeId = next.lastTradeId;
}

/** Buckets in ascending order that lose their oldest: a deque over an array that is compacted now and then. */
class BucketQueue {
  #buckets: Bucket[] = [];
  #head = 0;

  get last(): Bucket | undefined {
    return this.#head < this.#buckets.length ? this.#buckets[this.#buckets.length - 1] : undefined;
  }

  push(bucket: Bucket): void {
    this.#buckets.push(bucket);
  }

  /** Drops buckets below the index; returns the newest one dropped. */
  dropBelow(index: number): Bucket | undefined {
    let dropped: Bucket | undefined;
    while (this.#head < this.#buckets.length && this.#buckets[this.#head]!.index < index) {
      dropped = this.#buckets[this.#head++];
    }
    if (this.#head > 256 && this.#head * 2 > this.#buckets.length) {
      this.#buckets = this.#buckets.slice(this.#head);
      this.#head = 0;
    }
    return dropped;
  }

  /** Position of the first bucket not below the index. */
  #find(index: number): number {
    let low = this.#head;
    let high = this.#buckets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#buckets[middle]!.index < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds the buckets from..below to a sum that may not have begun; never changes a bucket it holds. */
  sum(begun: Bucket | undefined, from: number, below: number): Bucket | undefined {
    let sum = begun;
    for (let position = this.#find(from); position < this.#buckets.length; position++) {
      const bucket = this.#buckets[position] as Bucket;
      if (bucket.index >= below) break;
      if (sum === undefined) sum = { ...bucket };
      else merge(sum, bucket);
    }
    return sum;
  }

  /** The newest bucket below the index. */
  before(index: number): Bucket | undefined {
    const position = this.#find(index) - 1;
    return position >= this.#head ? this.#buckets[position] : undefined;
  }

  all(): readonly Bucket[] {
    return this.#buckets.slice(this.#head);
  }
}

export class RollingStats {
  readonly #minutes = new BucketQueue();
  /** Hours that are over, as the sum of their minutes. */
  readonly #hours = new BucketQueue();
  #hour: Bucket | undefined;
  /** Close of the newest minute that is no longer kept; 0 = none. */
  #droppedCloseTicks = 0;
  #lastLots = 0;
  #lastTradeUs = 0;

  /** When the newest trade happened; 0 = none yet. */
  get lastTradeUs(): number {
    return this.#lastTradeUs;
  }

  record(trade: SpotTrade): void {
    this.#lastLots = trade.lots;
    if (trade.tradeUs > this.#lastTradeUs) this.#lastTradeUs = trade.tradeUs;
    const last = this.#minutes.last;
    let minute = Math.floor(trade.tradeUs / MINUTE_US);
    // A successor's clock may be a little behind its predecessor's: the trade then counts in the newest minute.
    if (last !== undefined && minute < last.index) minute = last.index;
    if (last !== undefined && minute === last.index) {
      if (trade.priceTicks > last.highTicks) last.highTicks = trade.priceTicks;
      if (trade.priceTicks < last.lowTicks) last.lowTicks = trade.priceTicks;
      last.closeTicks = trade.priceTicks;
      last.volumeLots += trade.lots;
      last.quoteUnits += trade.quoteUnits;
      last.trades++;
      last.lastTradeId = trade.tradeId;
      return;
    }
    if (last !== undefined) this.#closeMinute(last, Math.floor(minute / MINUTES_PER_HOUR));
    const oldest = minute - WINDOW_MINUTES_MAX;
    const dropped = this.#minutes.dropBelow(oldest);
    if (dropped !== undefined) this.#droppedCloseTicks = dropped.closeTicks;
    // An hour is of use only while all of its minutes are in the window.
    this.#hours.dropBelow(Math.ceil(oldest / MINUTES_PER_HOUR));
    this.#minutes.push({
      index: minute,
      openTicks: trade.priceTicks,
      highTicks: trade.priceTicks,
      lowTicks: trade.priceTicks,
      closeTicks: trade.priceTicks,
      volumeLots: trade.lots,
      quoteUnits: trade.quoteUnits,
      trades: 1,
      firstTradeId: trade.tradeId,
      lastTradeId: trade.tradeId,
    });
  }

  /** The minute is over: it joins its hour, and the hour is over when the next trade is in another. */
  #closeMinute(minute: Bucket, nextHour: number): void {
    const hour = Math.floor(minute.index / MINUTES_PER_HOUR);
    if (this.#hour?.index === hour) merge(this.#hour, minute);
    else this.#hour = { ...minute, index: hour };
    if (nextHour === hour) return;
    this.#hours.push(this.#hour);
    this.#hour = undefined;
  }

  /** Everything since the start of the minute startUs lies in; nothing older than WINDOW_MINUTES_MAX is known. */
  since(startUs: number, nowUs: number): WindowStats {
    const first = Math.floor(startUs / MINUTE_US);
    const sum = this.#sumFrom(first);
    const prevCloseTicks = this.#closeBefore(first);
    return {
      openUs: first * MINUTE_US,
      closeUs: nowUs,
      openTicks: sum?.openTicks ?? prevCloseTicks,
      highTicks: sum?.highTicks ?? prevCloseTicks,
      lowTicks: sum?.lowTicks ?? prevCloseTicks,
      closeTicks: sum?.closeTicks ?? prevCloseTicks,
      volumeLots: sum?.volumeLots ?? 0,
      quoteUnits: sum?.quoteUnits ?? 0n,
      trades: sum?.trades ?? 0,
      firstTradeId: sum?.firstTradeId ?? -1,
      lastTradeId: sum?.lastTradeId ?? -1,
      prevCloseTicks,
      lastLots: sum === undefined ? 0 : this.#lastLots,
    };
  }

  #sumFrom(wanted: number): Bucket | undefined {
    const newest = this.#minutes.last;
    if (newest === undefined || newest.index < wanted) return undefined;
    const first = Math.max(wanted, newest.index - WINDOW_MINUTES_MAX);
    const firstHour = Math.ceil(first / MINUTES_PER_HOUR);
    const openHour = Math.floor(newest.index / MINUTES_PER_HOUR);
    if (firstHour >= openHour) return this.#minutes.sum(undefined, first, newest.index + 1);
    // Minutes up to the first whole hour, whole hours that are over, minutes of the running hour.
    let sum = this.#minutes.sum(undefined, first, firstHour * MINUTES_PER_HOUR);
    sum = this.#hours.sum(sum, firstHour, openHour);
    return this.#minutes.sum(sum, openHour * MINUTES_PER_HOUR, newest.index + 1);
  }

  #closeBefore(minute: number): number {
    return this.#minutes.before(minute)?.closeTicks ?? this.#droppedCloseTicks;
  }

  snapshot(): RollingStatsSnapshot {
    return {
      minutes: this.#minutes.all().map(rowOf),
      hours: [...this.#hours.all(), ...(this.#hour === undefined ? [] : [this.#hour])].map(rowOf),
      droppedCloseTicks: this.#droppedCloseTicks,
      lastLots: this.#lastLots,
      lastTradeUs: this.#lastTradeUs,
    };
  }

  static restore(snapshot: RollingStatsSnapshot): RollingStats {
    const stats = new RollingStats();
    for (const row of snapshot.minutes) stats.#minutes.push(bucketOf(row));
    const openHour = Math.floor((stats.#minutes.last?.index ?? 0) / MINUTES_PER_HOUR);
    for (const row of snapshot.hours) {
      const hour = bucketOf(row);
      if (hour.index === openHour) stats.#hour = hour;
      else stats.#hours.push(hour);
    }
    stats.#droppedCloseTicks = snapshot.droppedCloseTicks;
    stats.#lastLots = snapshot.lastLots;
    stats.#lastTradeUs = snapshot.lastTradeUs;
    return stats;
  }

  addTo(hash: StateHash): void {
    const { minutes, hours, droppedCloseTicks, lastLots, lastTradeUs } = this.snapshot();
    for (const rows of [minutes, hours]) {
      hash.number(rows.length);
      for (const row of rows)
        for (const value of row) {
          if (typeof value === 'bigint') hash.bigint(value);
          else hash.number(value);
        }
    }
    hash.number(droppedCloseTicks).number(lastLots).number(lastTradeUs);
  }
}
