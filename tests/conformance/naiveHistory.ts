// The oracle: history as plain arrays that every query filters from end to end. Written for obviousness, from the port's
// words alone; it shares nothing with the real store.

import { decodeStep } from '../../src/codec/stepCodec.ts';
import { BalanceField } from '../../src/domain/balance.ts';
import type { ChangedFields, ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import { ChangeKind, EntityType, newValue } from '../../src/domain/changeLogEntry.ts';
import { klineCloseUs, klineOpenUs } from '../../src/domain/kline/klineInterval.ts';
import type { KLine, KlineInterval } from '../../src/domain/klineEntry.ts';
import { KLineField } from '../../src/domain/klineEntry.ts';
import { isTerminal, OrderStatus } from '../../src/domain/orderStatus.ts';
import { ListOrderStatus } from '../../src/domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../src/domain/spotOrder.ts';
import { OrderField } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import { OrderListField } from '../../src/domain/spotOrderList.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { takerOrderId } from '../../src/domain/spotTrade.ts';
import type { HistoryStore } from '../../src/history/historyStore.ts';
import type { AggTrade, BalanceChange, OrderAmendment, Page, PreventedMatchRow } from '../../src/ports/historyQueries.ts';

export interface FedMessage {
  readonly stream: string;
  readonly sequence: number;
  readonly entries: readonly ChangeLogEntry[];
}

function change(row: object, table: Record<string, number>, changed: ChangedFields): void {
  const names = Object.keys(table);
  for (let i = 0; i < changed.length; i += 3) {
    (row as Record<string, unknown>)[names[changed[i] as number] as string] = changed[i + 2];
  }
}

/** The rule of every listing: a lower bound pages up from it, otherwise the newest come; ascending either way. */
export function paged<T extends object>(rows: readonly T[], page: Page, id: (row: T) => number, time: (row: T) => number): T[] {
  const within = rows
    .filter((row) => id(row) >= (page.fromId ?? 0))
    .filter((row) => time(row) >= (page.startUs ?? 0) && time(row) <= (page.endUs ?? Number.POSITIVE_INFINITY))
    .sort((a, b) => id(a) - id(b));
  const fromBelow = page.fromId !== undefined || page.startUs !== undefined;
  return (fromBelow ? within.slice(0, page.limit) : within.slice(-page.limit)).map((row) => ({ ...row }));
}

export class NaiveHistory implements HistoryStore {
  readonly #orders = new Map<number, SpotOrder>();
  readonly #clientIds: { accountId: number; symbol: string; clientOrderId: string; orderId: number }[] = [];
  readonly #lists = new Map<number, SpotOrderList>();
  readonly #listClientIds: { accountId: number; listClientOrderId: string; orderListId: number }[] = [];
  readonly #trades: SpotTrade[] = [];
  readonly #amendments: OrderAmendment[] = [];
  readonly #prevented: { accounts: (number | undefined)[]; row: PreventedMatchRow }[] = [];
  readonly #klines = new Map<string, KLine>();
  readonly #balances = new Map<string, BalanceChange>();
  readonly #changes: BalanceChange[] = [];
  readonly #applied = new Map<string, number>();
  readonly #committed = new Map<string, number>();
  #pending: FedMessage[] = [];
  readonly unflushedBytes = 0;
  readonly #disk: FedMessage[];

  /** `disk` is what survives a close: open another one over it. */
  constructor(disk: FedMessage[] = []) {
    for (const { stream, sequence, entries } of disk) this.#take(stream, sequence, entries);
    this.#pending = [];
    this.#disk = disk;
    for (const [stream, sequence] of this.#applied) this.#committed.set(stream, sequence);
  }

  apply(stream: string, sequence: number, step: Uint8Array): void {
    this.#take(stream, sequence, decodeStep(step));
  }

  #take(stream: string, sequence: number, entries: readonly ChangeLogEntry[]): void {
    if (sequence <= (this.#applied.get(stream) ?? 0)) return;
    this.#applied.set(stream, sequence);
    this.#pending.push({ stream, sequence, entries: structuredClone(entries) });
    for (const entry of structuredClone(entries)) {
      if (stream.startsWith('markets-')) this.#market(entry);
      if (stream.startsWith('accounts-')) this.#balance(entry);
      if (stream.startsWith('klines-')) this.#kline(entry);
    }
  }

  async flush(): Promise<void> {
    this.#disk.push(...this.#pending);
    this.#pending = [];
    for (const [stream, sequence] of this.#applied) this.#committed.set(stream, sequence);
  }

  position(stream: string): number {
    return this.#committed.get(stream) ?? 0;
  }

  get positions(): ReadonlyMap<string, number> {
    return this.#committed;
  }

  /** Last sequence applied, committed or not. */
  last(stream: string): number {
    return this.#applied.get(stream) ?? 0;
  }

  async close(): Promise<void> {
    await this.flush();
  }

  #market(entry: ChangeLogEntry): void {
    const { changeType } = entry;
    if (entry.entityType === EntityType.SpotOrder && changeType.kind === ChangeKind.Created) {
      const order: SpotOrder = { ...(changeType.fields as SpotOrder), request: null, outcome: null };
      this.#orders.set(order.orderId, order);
      this.#named(order);
      this.#prevent(order, order.preventedMatch, entry.timestamp);
    } else if (entry.entityType === EntityType.SpotOrder && changeType.kind === ChangeKind.Updated) {
      const order = this.#orders.get(entry.entityId as number);
      if (order === undefined || isTerminal(order.status)) return;
      const before = { ...order };
      change(order, OrderField, changeType.changedFields);
      order.request = null;
      order.outcome = null;
      if (order.amendCount > before.amendCount) {
        this.#amendments.push({
          orderId: order.orderId,
          executionId: entry.sequence,
          origClientOrderId: before.clientOrderId,
          newClientOrderId: order.clientOrderId,
          origLots: before.origLots,
          newLots: order.origLots,
          timeUs: entry.timestamp,
        });
      }
      if (order.clientOrderId !== before.clientOrderId) this.#named(order);
      const told = newValue(changeType.changedFields, OrderField.preventedMatch);
      this.#prevent(order, (told ?? null) as PreventedMatch | null, entry.timestamp);
    } else if (entry.entityType === EntityType.SpotTrade && changeType.kind === ChangeKind.Created) {
      this.#trades.push(changeType.fields as SpotTrade);
    } else if (entry.entityType === EntityType.SpotOrderList && changeType.kind === ChangeKind.Created) {
      const list = changeType.fields as SpotOrderList;
      this.#lists.set(list.orderListId, list);
      this.#listClientIds.push(list);
    } else if (entry.entityType === EntityType.SpotOrderList && changeType.kind === ChangeKind.Updated) {
      const list = this.#lists.get(entry.entityId as number);
      if (list?.orderStatus === ListOrderStatus.EXECUTING) change(list, OrderListField, changeType.changedFields);
    }
  }

  #named({ accountId, symbol, clientOrderId, orderId }: SpotOrder): void {
    this.#clientIds.push({ accountId, symbol, clientOrderId, orderId });
  }

  #prevent(order: SpotOrder, match: PreventedMatch | null, timeUs: number): void {
    if (match === null) return;
    const known = this.#prevented.some(({ row }) => row.symbol === order.symbol && row.preventedMatchId === match.preventedMatchId);
    if (known) return;
    const accounts = [match.takerOrderId, match.makerOrderId].map((id) => this.#orders.get(id)?.accountId);
    this.#prevented.push({ accounts, row: { ...match, symbol: order.symbol, timeUs } });
  }

  #balance({ entityType, entityId, changeType, sequence }: ChangeLogEntry): void {
    if (entityType !== EntityType.Balance) return;
    if (changeType.kind === ChangeKind.Created) {
      this.#balances.set(String(entityId), { ...changeType.fields, entrySequence: sequence } as BalanceChange);
    } else if (changeType.kind === ChangeKind.Updated) {
      const balance = { ...(this.#balances.get(String(entityId)) as BalanceChange), entrySequence: sequence };
      change(balance, BalanceField, changeType.changedFields);
      this.#balances.set(String(entityId), balance);
    }
    this.#changes.push(this.#balances.get(String(entityId)) as BalanceChange);
  }

  #kline({ entityType, entityId, changeType }: ChangeLogEntry): void {
    if (entityType !== EntityType.KLine) return;
    if (changeType.kind === ChangeKind.Created) this.#klines.set(String(entityId), changeType.fields as KLine);
    if (changeType.kind === ChangeKind.Updated) {
      change(this.#klines.get(String(entityId)) as KLine, KLineField, changeType.changedFields);
    }
  }

  order(accountId: number, orderId: number): SpotOrder | undefined {
    const order = this.#orders.get(orderId);
    return order?.accountId === accountId ? structuredClone(order) : undefined;
  }

  orderByClientId(accountId: number, symbol: string, clientOrderId: string): SpotOrder | undefined {
    const holder = this.#clientIds.findLast((given) => {
      const order = this.#orders.get(given.orderId) as SpotOrder;
      return (
        given.accountId === accountId &&
        given.symbol === symbol &&
        given.clientOrderId === clientOrderId &&
        order.clientOrderId === clientOrderId &&
        order.status !== OrderStatus.Rejected
      );
    });
    return holder && structuredClone(this.#orders.get(holder.orderId));
  }

  #listed(accountId: number): SpotOrder[] {
    return [...this.#orders.values()].filter((o) => o.accountId === accountId && o.status !== OrderStatus.Rejected);
  }

  openOrders(accountId: number, symbol?: string): SpotOrder[] {
    const open = this.#listed(accountId).filter((order) => !isTerminal(order.status));
    const rows = open.filter((order) => symbol === undefined || order.symbol === symbol);
    return paged(
      rows,
      { limit: Number.POSITIVE_INFINITY, fromId: 0 },
      (o) => o.orderId,
      (o) => o.createdUs,
    );
  }

  orders(accountId: number, symbol: string, page: Page): SpotOrder[] {
    const rows = this.#listed(accountId).filter((order) => order.symbol === symbol);
    return paged(
      rows,
      page,
      (o) => o.orderId,
      (o) => o.createdUs,
    );
  }

  orderList(accountId: number, orderListId: number): SpotOrderList | undefined {
    const list = this.#lists.get(orderListId);
    return list?.accountId === accountId ? structuredClone(list) : undefined;
  }

  #listedLists(accountId: number): SpotOrderList[] {
    return [...this.#lists.values()].filter((list) => list.accountId === accountId && list.orderStatus !== ListOrderStatus.REJECT);
  }

  orderListByClientId(accountId: number, listClientOrderId: string): SpotOrderList | undefined {
    const listed = this.#listedLists(accountId);
    const given = this.#listClientIds.findLast(
      (one) => one.listClientOrderId === listClientOrderId && listed.some((l) => l.orderListId === one.orderListId),
    );
    return given && this.orderList(accountId, given.orderListId);
  }

  openOrderLists(accountId: number): SpotOrderList[] {
    const rows = this.#listedLists(accountId).filter((list) => list.orderStatus === ListOrderStatus.EXECUTING);
    return paged(
      rows,
      { limit: Number.POSITIVE_INFINITY, fromId: 0 },
      (l) => l.orderListId,
      (l) => l.createdUs,
    );
  }

  orderLists(accountId: number, page: Page): SpotOrderList[] {
    return paged(
      this.#listedLists(accountId),
      page,
      (l) => l.orderListId,
      (l) => l.createdUs,
    );
  }

  accountTrades(accountId: number, symbol: string, page: Page & { readonly orderId?: number }): SpotTrade[] {
    const { orderId } = page;
    const rows = this.#trades.filter(
      (t) =>
        t.symbol === symbol &&
        ((t.buyerAccountId === accountId && (orderId === undefined || t.buyerOrderId === orderId)) ||
          (t.sellerAccountId === accountId && (orderId === undefined || t.sellerOrderId === orderId))),
    );
    return paged(
      rows,
      page,
      (t) => t.tradeId,
      (t) => t.tradeUs,
    );
  }

  amendments(accountId: number, orderId: number, page: Page): OrderAmendment[] {
    if (this.order(accountId, orderId) === undefined) return [];
    const rows = this.#amendments.filter((row) => row.orderId === orderId);
    return paged(
      rows,
      page,
      (row) => row.executionId,
      (row) => row.timeUs,
    );
  }

  preventedMatches(
    accountId: number,
    symbol: string,
    page: Page & { readonly orderId?: number; readonly preventedMatchId?: number },
  ): PreventedMatchRow[] {
    const { orderId, preventedMatchId } = page;
    const rows = this.#prevented
      .filter(({ accounts, row }) => accounts.includes(accountId) && row.symbol === symbol)
      .map(({ row }) => row)
      .filter((row) => orderId === undefined || row.takerOrderId === orderId || row.makerOrderId === orderId)
      .filter((row) => preventedMatchId === undefined || row.preventedMatchId === preventedMatchId);
    return paged(
      rows,
      page,
      (row) => row.preventedMatchId,
      (row) => row.timeUs,
    );
  }

  trades(symbol: string, page: Page): SpotTrade[] {
    const rows = this.#trades.filter((trade) => trade.symbol === symbol);
    return paged(
      rows,
      page,
      (t) => t.tradeId,
      (t) => t.tradeUs,
    );
  }

  aggTrades(symbol: string, page: Page): AggTrade[] {
    const rows: AggTrade[] = [];
    let before: SpotTrade | undefined;
    for (const trade of this.#trades.filter((one) => one.symbol === symbol)) {
      const { tradeId, priceTicks, lots, tradeUs, buyerIsMaker } = trade;
      const last = rows.at(-1);
      if (
        last !== undefined &&
        before !== undefined &&
        takerOrderId(before) === takerOrderId(trade) &&
        before.priceTicks === priceTicks &&
        before.tradeUs === tradeUs
      ) {
        rows[rows.length - 1] = { ...last, lots: last.lots + lots, lastTradeId: tradeId };
      } else {
        const aggTradeId = rows.length + 1;
        rows.push({ aggTradeId, priceTicks, lots, firstTradeId: tradeId, lastTradeId: tradeId, tradeUs, buyerIsMaker });
      }
      before = trade;
    }
    return paged(
      rows,
      page,
      (row) => row.aggTradeId,
      (row) => row.tradeUs,
    );
  }

  /** Second by second; only whether a kline is closed is what the log says, where it has that kline. */
  klines(symbol: string, interval: KlineInterval, page: Page & { readonly timeZoneMinutes?: number; readonly nowUs: number }): KLine[] {
    const { timeZoneMinutes: zone = 0, nowUs } = page;
    const rows: KLine[] = [];
    const seconds = [...this.#klines.values()].filter((k) => k.symbol === symbol && k.interval === '1s');
    const newestUs = Math.max(...seconds.map((k) => k.openUs), nowUs);
    for (const second of seconds.sort((a, b) => a.openUs - b.openUs)) {
      const openUs = klineOpenUs(interval, second.openUs, zone);
      const closeUs = klineCloseUs(interval, second.openUs, zone);
      while (rows.length > 0 && (rows.at(-1) as KLine).closeUs + 1 < openUs) rows.push(this.#flat(rows, zone, nowUs));
      const row = rows.at(-1);
      if (row?.openUs === openUs) {
        row.highTicks = Math.max(row.highTicks, second.highTicks);
        row.lowTicks = Math.min(row.lowTicks, second.lowTicks);
        row.closeTicks = second.closeTicks;
        row.volumeLots += second.volumeLots;
        row.quoteUnits += second.quoteUnits;
        row.trades += second.trades;
        row.takerBuyLots += second.takerBuyLots;
        row.takerBuyQuoteUnits += second.takerBuyQuoteUnits;
        row.lastTradeId = second.lastTradeId;
      } else {
        const closed = this.#klines.get(`${symbol}-${interval}-${openUs}`)?.closed ?? closeUs < nowUs;
        rows.push({ ...second, interval, openUs, closeUs, closed });
      }
    }
    while (rows.length > 0 && (rows.at(-1) as KLine).closeUs < newestUs) rows.push(this.#flat(rows, zone, nowUs));
    return paged(
      rows,
      page,
      (k) => k.openUs,
      (k) => k.openUs,
    );
  }

  #flat(rows: readonly KLine[], zone: number, nowUs: number): KLine {
    const before = rows.at(-1) as KLine;
    const openUs = before.closeUs + 1;
    const closeUs = klineCloseUs(before.interval, openUs, zone);
    const price = before.closeTicks;
    return {
      symbol: before.symbol,
      interval: before.interval,
      openUs,
      closeUs,
      openTicks: price,
      highTicks: price,
      lowTicks: price,
      closeTicks: price,
      volumeLots: 0,
      quoteUnits: 0n,
      trades: 0,
      takerBuyLots: 0,
      takerBuyQuoteUnits: 0n,
      firstTradeId: -1,
      lastTradeId: -1,
      closed: closeUs < nowUs,
    };
  }

  balanceChanges(accountId: number, asset: string | undefined, page: Page): BalanceChange[] {
    const rows = this.#changes.filter((row) => row.accountId === accountId && (asset === undefined || row.asset === asset));
    return paged(
      rows,
      page,
      (row) => row.entrySequence,
      (row) => row.updateUs,
    );
  }
}
