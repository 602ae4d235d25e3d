// The klines of one symbol, in every interval: in go trades of the market log, out come KLine entries of the kline log.
// State is one kline per interval, the newest; it is the fold of the builder's own log. No clock: time is an argument.
import { assert, InvariantError } from '../assert.ts';
import type { ChangeLogEntry } from '../changeLogEntry.ts';
import { ChangeKind, created, EntityType, entityIds, updated } from '../changeLogEntry.ts';
import type { KLine, KlineInterval } from '../klineEntry.ts';
import { KLINE_INTERVALS, KLineField } from '../klineEntry.ts';
import type { SpotTrade } from '../spotTrade.ts';
import { StateHash } from '../stateHash.ts';
import { klineCloseUs, klineOpenUs } from './klineInterval.ts';
import { foldKline } from './rollUp.ts';

/** The fields that change over a kline's life, in the order of the log's field table. */
const CHANGING = [
  'highTicks',
  'lowTicks',
  'closeTicks',
  'volumeLots',
  'quoteUnits',
  'trades',
  'takerBuyLots',
  'takerBuyQuoteUnits',
  'lastTradeId',
  'closed',
] as const;

const FIELD_NAMES = Object.keys(KLineField) as (keyof KLine)[];

export interface KLineSnapshot {
  /** The newest kline of each interval that has one. */
  readonly klines: readonly KLine[];
}

interface Running {
  readonly kline: KLine;
  readonly entityId: string;
}

export class KLineBuilder {
  readonly symbol: string;
  /** By position in KLINE_INTERVALS. */
  readonly #running: (Running | undefined)[] = KLINE_INTERVALS.map(() => undefined);
  #lastTradeId = 0;
  /** No open kline ends before this: ticks up to it have nothing to do. */
  #nextCloseUs = Number.POSITIVE_INFINITY;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  static restore(symbol: string, snapshot: KLineSnapshot): KLineBuilder {
    const builder = new KLineBuilder(symbol);
    for (const kline of snapshot.klines) builder.#replace({ ...kline });
    builder.#findNextClose();
    return builder;
  }

  snapshot(): KLineSnapshot {
    const klines: KLine[] = [];
    for (const running of this.#running) if (running !== undefined) klines.push({ ...running.kline });
    return { klines };
  }

  /** The last trade folded; 0 before the first. */
  get lastTradeId(): number {
    return this.#lastTradeId;
  }

  /** The newest kline of the interval, which may have closed; a copy. */
  current(interval: KlineInterval): KLine | undefined {
    const running = this.#running[KLINE_INTERVALS.indexOf(interval)];
    return running === undefined ? undefined : { ...running.kline };
  }

  /**
   * Folds trades (ascending ids; those folded before are ignored) into every interval: one Created or Updated per
   * touched kline. A trade of a later interval closes the kline before it. A trade that comes late for the newest kline
   * (its interval was closed by a tick) still counts in it; one from before it (the writer's clock went back over a
   * boundary) counts in the newest one, so that no volume is ever lost.
   */
  trades(trades: readonly SpotTrade[], nowUs: number, out: ChangeLogEntry[]): void {
    const parts = this.#bySecond(trades);
    if (parts.length === 0) return;
    for (let i = 0; i < KLINE_INTERVALS.length; i++) this.#fold(i, parts, nowUs, out);
    this.#lastTradeId = (parts[parts.length - 1] as KLine).lastTradeId;
    this.#findNextClose();
  }

  /** Closes the klines whose interval ended before nowUs. */
  tick(nowUs: number, out: ChangeLogEntry[]): void {
    if (nowUs <= this.#nextCloseUs) return;
    for (const running of this.#running) {
      if (running === undefined || running.kline.closed || running.kline.closeUs >= nowUs) continue;
      running.kline.closed = true;
      out.push(updated(EntityType.KLine, running.entityId, [KLineField.closed, false, true], nowUs));
    }
    this.#findNextClose();
  }

  /** Folds an entry of the builder's own log. */
  apply(entry: ChangeLogEntry): void {
    if (entry.entityType !== EntityType.KLine) return;
    const change = entry.changeType;
    if (change.kind === ChangeKind.Created) {
      this.#replace({ ...change.fields });
    } else if (change.kind === ChangeKind.Updated) {
      const running = this.#running.find((candidate) => candidate?.entityId === entry.entityId);
      assert(running !== undefined, `${this.symbol}: update of a kline that is not the newest: ${entry.entityId}`);
      const fields = running.kline as unknown as Record<string, unknown>;
      for (let i = 0; i < change.changedFields.length; i += 3) {
        fields[FIELD_NAMES[change.changedFields[i] as number] as string] = change.changedFields[i + 2];
      }
      this.#lastTradeId = Math.max(this.#lastTradeId, running.kline.lastTradeId);
    }
    this.#findNextClose();
  }

  hash(): string {
    const hash = new StateHash().string(this.symbol).number(this.#lastTradeId);
    for (const running of this.#running) {
      if (running === undefined) {
        hash.number(-1);
        continue;
      }
      const k = running.kline;
      hash.string(k.interval).number(k.openUs).number(k.closeUs).number(k.openTicks).number(k.highTicks);
      hash.number(k.lowTicks).number(k.closeTicks).number(k.volumeLots).bigint(k.quoteUnits).number(k.trades);
      hash.number(k.takerBuyLots).bigint(k.takerBuyQuoteUnits).number(k.firstTradeId).number(k.lastTradeId);
      hash.number(k.closed ? 1 : 0);
    }
    return hash.digest();
  }

  /** New trades as one part per second, so that a burst costs each of the sixteen intervals one addition. */
  #bySecond(trades: readonly SpotTrade[]): KLine[] {
    const parts: KLine[] = [];
    let part: KLine | undefined;
    let lastTradeId = this.#lastTradeId;
    for (const trade of trades) {
      if (trade.tradeId <= lastTradeId) continue;
      if (trade.symbol !== this.symbol) throw new InvariantError(`${this.symbol}: a trade of ${trade.symbol}`);
      lastTradeId = trade.tradeId;
      if (part === undefined || trade.tradeUs > part.closeUs) {
        part = ofTrade(trade);
        parts.push(part);
        continue;
      }
      if (trade.priceTicks > part.highTicks) part.highTicks = trade.priceTicks;
      if (trade.priceTicks < part.lowTicks) part.lowTicks = trade.priceTicks;
      part.closeTicks = trade.priceTicks;
      part.volumeLots += trade.lots;
      part.quoteUnits += trade.quoteUnits;
      part.trades++;
      if (!trade.buyerIsMaker) {
        part.takerBuyLots += trade.lots;
        part.takerBuyQuoteUnits += trade.quoteUnits;
      }
      part.lastTradeId = trade.tradeId;
    }
    return parts;
  }

  #fold(index: number, parts: readonly KLine[], nowUs: number, out: ChangeLogEntry[]): void {
    const interval = KLINE_INTERVALS[index] as KlineInterval;
    let running = this.#running[index];
    // What the log knows of the running kline; undefined while it knows nothing.
    let logged = running === undefined ? undefined : { ...running.kline };
    for (const part of parts) {
      if (running !== undefined && part.openUs <= running.kline.closeUs) {
        foldKline(running.kline, part);
        continue;
      }
      if (running !== undefined) {
        running.kline.closed = true;
        emit(running, logged, nowUs, out);
      }
      const openUs = klineOpenUs(interval, part.openUs);
      const closeUs = klineCloseUs(interval, part.openUs);
      const kline = { ...part, interval, openUs, closeUs };
      running = { kline, entityId: entityIds.kline(this.symbol, interval, openUs) };
      logged = undefined;
    }
    this.#running[index] = running;
    if (running !== undefined) emit(running, logged, nowUs, out);
  }

  #replace(kline: KLine): void {
    const index = KLINE_INTERVALS.indexOf(kline.interval);
    assert(index >= 0, `${this.symbol}: no such interval: ${kline.interval}`);
    this.#running[index] = { kline, entityId: entityIds.kline(this.symbol, kline.interval, kline.openUs) };
    this.#lastTradeId = Math.max(this.#lastTradeId, kline.lastTradeId);
  }

  #findNextClose(): void {
    this.#nextCloseUs = Number.POSITIVE_INFINITY;
    for (const running of this.#running) {
      if (running !== undefined && !running.kline.closed && running.kline.closeUs < this.#nextCloseUs) {
        this.#nextCloseUs = running.kline.closeUs;
      }
    }
  }
}

/** A one-second kline of one trade. */
function ofTrade(trade: SpotTrade): KLine {
  return {
    symbol: trade.symbol,
    interval: '1s',
    openUs: klineOpenUs('1s', trade.tradeUs),
    closeUs: klineCloseUs('1s', trade.tradeUs),
    openTicks: trade.priceTicks,
    highTicks: trade.priceTicks,
    lowTicks: trade.priceTicks,
    closeTicks: trade.priceTicks,
    volumeLots: trade.lots,
    quoteUnits: trade.quoteUnits,
    trades: 1,
    takerBuyLots: trade.buyerIsMaker ? 0 : trade.lots,
    takerBuyQuoteUnits: trade.buyerIsMaker ? 0n : trade.quoteUnits,
    firstTradeId: trade.tradeId,
    lastTradeId: trade.tradeId,
    closed: false,
  };
}

/** Created when the log knows nothing of the kline, else Updated with what changed. */
function emit(running: Running, logged: KLine | undefined, nowUs: number, out: ChangeLogEntry[]): void {
  const { kline, entityId } = running;
  if (logged === undefined) {
    out.push(created(EntityType.KLine, entityId, { ...kline }, nowUs));
    return;
  }
  const changed: unknown[] = [];
  for (const name of CHANGING) {
    if (kline[name] !== logged[name]) changed.push(KLineField[name], logged[name], kline[name]);
  }
  if (changed.length > 0) out.push(updated(EntityType.KLine, entityId, changed, nowUs));
}
