// Audits the market logs entry by entry, with none of the code that wrote them: order states, quantities, trade ids, books.
import { applyChanges, namesOf } from '../domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType, newValue } from '../domain/changeLogEntry.ts';
import { isLegalTransition, isTerminal, type OrderStatus } from '../domain/orderStatus.ts';
import { leavesLots, OrderField, type SpotOrder } from '../domain/spotOrder.ts';
import { makerOrderId, type SpotTrade, takerOrderId } from '../domain/spotTrade.ts';

const orderNames = namesOf<SpotOrder>(OrderField);

interface Audited {
  readonly order: SpotOrder;
  tradedLots: number;
  tradedQuoteUnits: bigint;
}

/** What an account is owed by its trades, by asset; checked against its balances. */
export type TradeTotals = Map<number, Map<string, bigint>>;

type AssetsOf = (symbol: string) => { readonly baseAsset: string; readonly quoteAsset: string; readonly lotUnits: number } | undefined;

export class MarketAudit {
  readonly problems: string[] = [];
  readonly #assets: (symbol: string) => { readonly baseAsset: string; readonly quoteAsset: string; readonly lotUnits: number } | undefined;
  readonly #open = new Map<number, Audited>();
  /** Every order ever seen, with its last status. */
  readonly #seen = new Map<number, OrderStatus>();
  readonly #commands = new Set<number>();
  readonly #lastTradeId = new Map<string, number>();
  readonly #lastUpdateId = new Map<string, number>();
  orders = 0;
  trades = 0;

  constructor(assets: AssetsOf) {
    this.#assets = assets;
  }

  /** True when the log has ever seen the order. */
  knows(orderId: number): boolean {
    return this.#seen.has(orderId);
  }

  statusOf(orderId: number): OrderStatus | undefined {
    return this.#seen.get(orderId);
  }

  entry(entry: ChangeLogEntry, where: string, totals: TradeTotals): void {
    if (entry.entityType === EntityType.SpotTrade && entry.changeType.kind === ChangeKind.Created)
      this.#trade(entry.changeType.fields, where, totals);
    else if (entry.entityType === EntityType.SpotOrder) this.#order(entry, where);
  }

  #fail(where: string, problem: string): void {
    this.problems.push(`${where}: ${problem}`);
  }

  #order(entry: ChangeLogEntry & { readonly entityType: typeof EntityType.SpotOrder }, where: string): void {
    const change = entry.changeType;
    const orderId = entry.entityId as number;
    if (change.kind === ChangeKind.Created) {
      const order = { ...change.fields };
      this.orders++;
      if (this.#seen.has(orderId)) this.#fail(where, `order ${orderId} is created twice`);
      this.#seen.set(orderId, order.status);
      if (order.orderListId === -1) {
        if (this.#commands.has(order.commandId)) this.#fail(where, `command ${order.commandId} placed more than one order`);
        this.#commands.add(order.commandId);
      }
      this.#book(order, where, entry);
      if (!isTerminal(order.status)) this.#open.set(orderId, { order, tradedLots: 0, tradedQuoteUnits: 0n });
      return;
    }
    if (change.kind !== ChangeKind.Updated) return;
    const audited = this.#open.get(orderId);
    if (audited === undefined) {
      if (newValue(change.changedFields, OrderField.status) !== undefined)
        this.#fail(where, `order ${orderId} changes its status but is not open`);
      return;
    }
    const { order } = audited;
    const before = order.status;
    const updateId = order.updateId;
    for (let i = 0; i < change.changedFields.length; i += 3) {
      const name = orderNames[change.changedFields[i] as number];
      const old = change.changedFields[i + 1];
      if (name !== undefined && (typeof old === 'number' || typeof old === 'bigint' || typeof old === 'string') && order[name] !== old) {
        this.#fail(where, `order ${orderId}: ${name} was ${String(order[name])}, the entry says ${String(old)}`);
      }
    }
    applyChanges(order, orderNames, change.changedFields);
    if (order.status !== before && !isLegalTransition(before, order.status))
      this.#fail(where, `order ${orderId}: illegal transition ${before} to ${order.status}`);
    this.#seen.set(orderId, order.status);
    if (order.updateId !== updateId) this.#book(order, where, entry);
    if (order.executedLots !== audited.tradedLots)
      this.#fail(where, `order ${orderId}: executed ${order.executedLots} lots, its trades say ${audited.tradedLots}`);
    if (order.cumQuoteUnits !== audited.tradedQuoteUnits)
      this.#fail(where, `order ${orderId}: its trades sum to ${audited.tradedQuoteUnits} quote units, not ${order.cumQuoteUnits}`);
    if (order.origLots > 0 && leavesLots(order) < 0) this.#fail(where, `order ${orderId}: executed more than its quantity`);
    if (!isTerminal(order.status)) return;
    if (order.bookLots !== 0) this.#fail(where, `order ${orderId} has ended but shows ${order.bookLots} lots`);
    this.#open.delete(orderId);
  }

  #book(order: SpotOrder, where: string, entry: ChangeLogEntry): void {
    if (order.updateId === 0) return;
    const last = this.#lastUpdateId.get(order.symbol) ?? 0;
    if (order.updateId !== last + 1)
      this.#fail(where, `${order.symbol}: book update ${order.updateId} follows ${last} (entry ${entry.sequence})`);
    this.#lastUpdateId.set(order.symbol, order.updateId);
  }

  #trade(trade: SpotTrade, where: string, totals: TradeTotals): void {
    this.trades++;
    const { symbol, tradeId, lots, quoteUnits } = trade;
    const last = this.#lastTradeId.get(symbol) ?? 0;
    if (tradeId !== last + 1) this.#fail(where, `${symbol}: trade ${tradeId} follows ${last}`);
    this.#lastTradeId.set(symbol, tradeId);
    for (const orderId of [makerOrderId(trade), takerOrderId(trade)]) {
      const audited = this.#open.get(orderId);
      if (audited === undefined) {
        this.#fail(where, `trade ${symbol} ${tradeId} executes order ${orderId}, which is not open`);
        continue;
      }
      audited.tradedLots += lots;
      audited.tradedQuoteUnits += quoteUnits;
    }
    const assets = this.#assets(symbol);
    if (assets === undefined) {
      this.#fail(where, `trade on ${symbol}, which is not listed`);
      return;
    }
    const base = BigInt(lots) * BigInt(assets.lotUnits);
    add(totals, trade.buyerAccountId, assets.baseAsset, base - trade.buyerFeeUnits);
    add(totals, trade.buyerAccountId, assets.quoteAsset, -quoteUnits);
    add(totals, trade.sellerAccountId, assets.baseAsset, -base);
    add(totals, trade.sellerAccountId, assets.quoteAsset, quoteUnits - trade.sellerFeeUnits);
  }

  /** After the last entry: what is left open must not cross. */
  finish(): void {
    const best = new Map<string, { bid: number; ask: number }>();
    for (const { order } of this.#open.values()) {
      if (order.bookLots === 0) continue;
      const ticks = order.peggedPriceTicks || order.priceTicks;
      const sides = best.get(order.symbol) ?? { bid: 0, ask: Number.POSITIVE_INFINITY };
      if (order.side === 1) sides.bid = Math.max(sides.bid, ticks);
      else sides.ask = Math.min(sides.ask, ticks);
      best.set(order.symbol, sides);
    }
    for (const [symbol, { bid, ask }] of best)
      if (bid >= ask) this.problems.push(`${symbol}: the book is crossed, bid ${bid} >= ask ${ask}`);
  }
}

function add(totals: TradeTotals, accountId: number, asset: string, units: bigint): void {
  const ofAccount = totals.get(accountId) ?? new Map<string, bigint>();
  totals.set(accountId, ofAccount);
  ofAccount.set(asset, (ofAccount.get(asset) ?? 0n) + units);
}
