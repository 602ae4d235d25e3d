// The klines log held against the trades: a kline is the sum of the trades between its first and last trade id, and those
// are all of its interval.
import { applyChanges, namesOf } from '../../src/domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import { type KLine, KLineField } from '../../src/domain/klineEntry.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { must } from './invariants.ts';

const names = namesOf<KLine>(KLineField);

export class KlinesModel {
  readonly rows = new Map<string, KLine>();
  readonly #trades: (symbol: string) => readonly SpotTrade[];

  constructor(trades: (symbol: string) => readonly SpotTrade[]) {
    this.#trades = trades;
  }

  message(where: string, entries: readonly ChangeLogEntry[]): void {
    const touched = new Set<KLine>();
    for (const entry of entries) {
      if (entry.entityType !== EntityType.KLine) continue;
      const id = entry.entityId as string;
      if (entry.changeType.kind === ChangeKind.Created) this.rows.set(id, { ...entry.changeType.fields });
      else if (entry.changeType.kind === ChangeKind.Updated) {
        const row = this.rows.get(id);
        must(row !== undefined, 'folds', () => `${where}: kline ${id} changes and was never created`);
        if (row !== undefined) applyChanges(row, names, entry.changeType.changedFields);
      }
      const row = this.rows.get(id);
      if (row !== undefined) touched.add(row);
    }
    for (const row of touched) this.#check(where, row);
  }

  /** Every trade stands in the current kline of an interval, or in one that is over. */
  complete(symbol: string): void {
    const trades = this.#trades(symbol);
    for (const interval of ['1s', '1m', '1d']) {
      let counted = 0;
      for (const row of this.rows.values()) if (row.symbol === symbol && row.interval === interval) counted += row.trades;
      must(counted === trades.length, 'folds', () => `${symbol}: the ${interval} klines count ${counted} trades of ${trades.length}`);
    }
  }

  #check(where: string, row: KLine): void {
    const all = this.#trades(row.symbol);
    const trades = all.slice(row.firstTradeId - 1, row.lastTradeId);
    const [first] = trades;
    const last = trades.at(-1);
    const prices = trades.map(({ priceTicks }) => priceTicks);
    const sum = (units: (trade: SpotTrade) => bigint): bigint => trades.reduce((total, trade) => total + units(trade), 0n);
    const taken = trades.filter(({ buyerIsMaker }) => !buyerIsMaker);
    const agrees =
      row.trades === trades.length &&
      row.openTicks === first?.priceTicks &&
      row.closeTicks === last?.priceTicks &&
      row.highTicks === Math.max(...prices) &&
      row.lowTicks === Math.min(...prices) &&
      BigInt(row.volumeLots) === sum(({ lots }) => BigInt(lots)) &&
      row.quoteUnits === sum(({ quoteUnits }) => quoteUnits) &&
      row.takerBuyLots === taken.reduce((total, { lots }) => total + lots, 0) &&
      trades.every(({ tradeUs }) => tradeUs <= row.closeUs);
    must(
      agrees,
      'folds',
      () =>
        `${where}: kline ${row.symbol} ${row.interval} at ${row.openUs} is not the fold of trades ${row.firstTradeId} to ${row.lastTradeId}`,
    );
  }
}
