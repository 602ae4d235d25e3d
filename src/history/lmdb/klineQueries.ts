// Klines of any interval in any time zone, the empty ones and the running one included.
import { klineCloseUs, klineOpenBefore, klineOpenUs, rollUpBase } from '../../domain/kline/klineInterval.ts';
import { fillEmpty, rollUp } from '../../domain/kline/rollUp.ts';
import { KLINE_INTERVALS, type KLine, type KlineInterval } from '../../domain/klineEntry.ts';
import type { Page } from '../../ports/historyQueries.ts';
import type { HistoryState } from './historyState.ts';
import { Table } from './layout.ts';
import { LiveKline } from './liveRow.ts';
import { klinePart, readKline } from './otherRows.ts';
import { collect, LiveSource, type Range, RefSource, type RowSource, RunSource } from './rowSource.ts';

export class KlineQueries {
  readonly #state: HistoryState;

  constructor(state: HistoryState) {
    this.#state = state;
  }

  klines(symbol: string, interval: KlineInterval, page: Page & { readonly timeZoneMinutes?: number; readonly nowUs: number }): KLine[] {
    const { timeZoneMinutes = 0, nowUs, limit } = page;
    // Stored klines open on UTC boundaries; the base's include those of the interval in the time zone.
    const base = rollUpBase(interval, timeZoneMinutes);
    const newest = this.#rows(symbol, base, { limit: 1 })[0];
    if (newest === undefined) return [];
    const openOf = (us: number): number => klineOpenUs(interval, us, timeZoneMinutes);
    const lastUs = Math.max(nowUs, newest.openUs);
    let lastOpenUs = openOf(Math.min(page.endUs ?? lastUs, lastUs));
    const lowest = Math.max(page.startUs ?? Number.NEGATIVE_INFINITY, page.fromId ?? Number.NEGATIVE_INFINITY);
    const ascending = lowest !== Number.NEGATIVE_INFINITY;
    let firstOpenUs = ascending
      ? klineCloseUs(interval, lowest - 1, timeZoneMinutes) + 1
      : klineOpenBefore(interval, lastOpenUs, limit - 1, timeZoneMinutes);
    const previous = this.#rows(symbol, base, { highestId: firstOpenUs - 1, limit: 1 })[0];
    if (previous === undefined) {
      // Nothing stands before the first trade.
      const first = this.#rows(symbol, base, { fromId: Math.max(0, firstOpenUs), limit: 1 })[0];
      if (first === undefined) return [];
      firstOpenUs = openOf(first.openUs);
    }
    if (ascending) {
      lastOpenUs = Math.min(lastOpenUs, klineOpenBefore(interval, firstOpenUs, 1 - limit, timeZoneMinutes));
    }
    if (firstOpenUs > lastOpenUs) return [];
    const traded = this.#rows(symbol, base, {
      fromId: Math.max(0, firstOpenUs),
      highestId: klineCloseUs(interval, lastOpenUs, timeZoneMinutes),
      limit: Number.POSITIVE_INFINITY,
    });
    return fillEmpty(base === interval ? traded : rollUp(traded, interval, timeZoneMinutes, nowUs), {
      interval,
      timeZoneMinutes,
      firstOpenUs,
      lastOpenUs,
      previous,
      nowUs,
    });
  }

  /** Klines with trades. */
  #rows(symbol: string, interval: KlineInterval, range: Range): KLine[] {
    const { file, journal, names, symbols } = this.#state;
    const symbolId = names.known(symbol);
    if (symbolId === 0) return [];
    const index = KLINE_INTERVALS.indexOf(interval);
    const sources: RowSource[] = [new RunSource(file, Table.KLINE, 0, klinePart(symbolId, index))];
    const state = symbols.get(symbol);
    const list = state?.klineLists[index];
    if (list !== undefined) sources.push(new RefSource(journal, list.inOrder()));
    const running = state?.klines[index];
    if (running !== undefined) sources.push(new LiveSource([running]));
    return collect(sources, range, ({ live, bytes, at }) => (live instanceof LiveKline ? { ...live.row } : readKline(bytes, at, names)));
  }
}
