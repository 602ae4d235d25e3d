// Trades by symbol, by account and by order; aggregates; prevented matches; balance changes.
import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { AggTrade, BalanceChange, Page, PreventedMatchRow } from '../../ports/historyQueries.ts';
import type { HistoryState } from './historyState.ts';
import { MAX_ID, rowId, rowTime, Table } from './layout.ts';
import type { OrderQueries } from './orderQueries.ts';
import { MAX_FILL_IDS } from './orderRow.ts';
import { readBalance, readPrevented } from './otherRows.ts';
import type { RowList } from './rowList.ts';
import { ascends, collect, merge, type Range, RefSource, type RowSource, RunSource } from './rowSource.ts';
import { readTrade, rowAggTradeId } from './tradeRow.ts';

export class TradeQueries {
  readonly #state: HistoryState;
  readonly #orders: OrderQueries;

  constructor(state: HistoryState, orders: OrderQueries) {
    this.#state = state;
    this.#orders = orders;
  }

  trades(symbol: string, page: Page): SpotTrade[] {
    return collect(this.#symbolSources(symbol), page, ({ bytes, at }) => readTrade(bytes, at, this.#state.names));
  }

  accountTrades(accountId: number, symbol: string, page: Page & { readonly orderId?: number }): SpotTrade[] {
    const { orderId } = page;
    const sources = this.#accountSources(accountId, symbol);
    const read = ({ bytes, at }: RowSource): SpotTrade => readTrade(bytes, at, this.#state.names);
    if (orderId === undefined) return collect(sources, page, read);
    const found = this.#orders.findOn(accountId, symbol, orderId);
    if (found !== undefined && found.fills === null) return [];
    const ofOrder = (source: RowSource): SpotTrade | undefined => {
      const trade = read(source);
      const bought = trade.buyerOrderId === orderId && trade.buyerAccountId === accountId;
      return bought || (trade.sellerOrderId === orderId && trade.sellerAccountId === accountId) ? trade : undefined;
    };
    const ids = found?.fills?.ids ?? [];
    if (found === undefined || ids.length === MAX_FILL_IDS) {
      // Too many executions to know each by id, but not the first and the last.
      const range: Range = { ...page, lowestId: ids[0] ?? 0, highestId: found?.fills?.last ?? MAX_ID };
      return collect(sources, range, ofOrder);
    }
    const { limit, ...bounds } = page;
    const rows = ids.flatMap((id) => collect(sources, { ...bounds, limit: 1, lowestId: id, highestId: id }, ofOrder));
    return ascends(page) ? rows.slice(0, limit) : rows.slice(-limit);
  }

  aggTrades(symbol: string, page: Page): AggTrade[] {
    const { fromId = 0, startUs, endUs = Number.POSITIVE_INFINITY, limit } = page;
    const ascending = ascends(page);
    const sources = this.#symbolSources(symbol);
    for (const source of sources) {
      if (!ascending) {
        if (page.endUs === undefined) source.seek(rowId, MAX_ID, false);
        else source.seek(rowTime, endUs, false);
        continue;
      }
      if (startUs !== undefined) source.seek(rowTime, startUs, true);
      if (startUs === undefined || (source.valid && rowAggTradeId(source.bytes, source.at) < fromId)) {
        source.seek(rowAggTradeId, fromId, true);
      }
    }
    const rows: AggTrade[] = [];
    let current: { -readonly [K in keyof AggTrade]: AggTrade[K] } | undefined;
    merge(sources, ascending, ({ bytes, at, time }) => {
      if (time > endUs) return false;
      const aggTradeId = rowAggTradeId(bytes, at);
      const { tradeId, lots, priceTicks, tradeUs, buyerIsMaker } = readTrade(bytes, at, this.#state.names);
      if (current?.aggTradeId === aggTradeId) {
        current.lots += lots;
        current.firstTradeId = Math.min(current.firstTradeId, tradeId);
        current.lastTradeId = Math.max(current.lastTradeId, tradeId);
        return true;
      }
      // Only the first trade of the next aggregate tells that the last wanted one is whole.
      if (rows.length === limit) return false;
      current = {
        aggTradeId,
        priceTicks,
        lots,
        firstTradeId: tradeId,
        lastTradeId: tradeId,
        tradeUs,
        buyerIsMaker,
      };
      rows.push(current);
      return true;
    });
    return ascending ? rows : rows.reverse();
  }

  preventedMatches(
    accountId: number,
    symbol: string,
    page: Page & { readonly orderId?: number; readonly preventedMatchId?: number },
  ): PreventedMatchRow[] {
    const { orderId, preventedMatchId: id } = page;
    const range: Range = id === undefined ? page : { ...page, lowestId: id, highestId: id };
    const home = this.#state.accounts.get(accountId)?.symbols.get(symbol);
    const sources = this.#sources(Table.PREVENTED, accountId, this.#state.names.known(symbol), home?.prevented);
    return collect(sources, range, ({ bytes, at }) => {
      const row = readPrevented(bytes, at, this.#state.names);
      return orderId === undefined || row.takerOrderId === orderId || row.makerOrderId === orderId ? row : undefined;
    });
  }

  balanceChanges(accountId: number, asset: string | undefined, page: Page): BalanceChange[] {
    const { accounts, file, names } = this.#state;
    const balances = accounts.get(accountId)?.balances;
    const assets =
      asset !== undefined
        ? [asset]
        : new Set([...(balances?.keys() ?? []), ...file.parts(Table.BALANCE, accountId).map((assetId) => names.name(assetId))]);
    const sources: RowSource[] = [];
    for (const name of assets) {
      sources.push(...this.#sources(Table.BALANCE, accountId, names.known(name), balances?.get(name)?.list));
    }
    return collect(sources, page, ({ bytes, at }) => readBalance(bytes, at, names));
  }

  #symbolSources(symbol: string): RowSource[] {
    const state = this.#state.symbols.get(symbol);
    return this.#sources(Table.TRADE, 0, this.#state.names.known(symbol), state?.trades);
  }

  #accountSources(accountId: number, symbol: string): RowSource[] {
    const home = this.#state.accounts.get(accountId)?.symbols.get(symbol);
    return this.#sources(Table.ACCOUNT_TRADE, accountId, this.#state.names.known(symbol), home?.trades);
  }

  /** Runs and what is not in runs yet, of a list whose rows come in order of id. */
  #sources(table: Table, owner: number, part: number, list: RowList | undefined): RowSource[] {
    if (part === 0) return [];
    const sources: RowSource[] = [new RunSource(this.#state.file, table, owner, part)];
    if (list !== undefined) sources.push(new RefSource(this.#state.journal, list.inOrder()));
    return sources;
  }
}
