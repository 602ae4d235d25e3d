// The push stage's state: every live market and every open order, folded from the logs of all partitions.
// In: the entries of one log message at a time, in log order per partition. Out: MarketData and AccountEvents: reads at
// any time, and per message one batch for each symbol and each account that is listened to.
// Synchronous and pure: no clock, no I/O; a listener is called inside the fold and must not block.

import type { Balance } from '../../domain/balance.ts';
import { applyChanges, namesOf } from '../../domain/changedFields.ts';
import { type ChangedFields, ChangeKind, type ChangeLogEntry, EntityType } from '../../domain/changeLogEntry.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { type KLine, KLineField } from '../../domain/klineEntry.ts';
import { applyOrderChanges } from '../../domain/orderChanges.ts';
import { isTerminal, type OrderStatus } from '../../domain/orderStatus.ts';
import { ListOrderStatus } from '../../domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { StateHash } from '../../domain/stateHash.ts';
import type { AccountEvent, AccountEvents, FirstFill } from '../../ports/accountEvents.ts';
import type { MarketBatch, MarketData } from '../../ports/marketData.ts';
import { AccountFold, type OrderBefore } from './accountFold.ts';
import { BalanceFold } from './balanceFold.ts';
import { Listeners } from './listeners.ts';
import { MarketFold, type MarketFoldSnapshot } from './marketFold.ts';
import { type OpenListSnapshot, OpenLists } from './openLists.ts';
import { bookPriceTicks, OpenOrder, OpenOrders, type OrderRow, orderOfRow } from './openOrders.ts';

export interface PushHubOptions {
  /** The symbol's terms; undefined for a symbol that is not listed. */
  readonly instruments: (symbol: string) => Instrument | undefined;
  /** A listener threw and was removed. @default silent */
  readonly onListenerFailure?: (stream: 'market' | 'account', key: string | number, error: unknown) => void;
}

const SNAPSHOT_VERSION = 1;
export interface PushHubSnapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly orders: readonly OrderRow[];
  readonly lists: readonly OpenListSnapshot[];
  readonly markets: readonly MarketFoldSnapshot[];
  readonly balances: readonly Balance[];
}

const KLINE_FIELDS = namesOf<KLine>(KLineField);

export class PushHub {
  readonly markets: MarketData;
  readonly accountEvents: AccountEvents;
  readonly #open = new OpenOrders();
  readonly #lists = new OpenLists();
  readonly #instruments: (symbol: string) => Instrument | undefined;
  readonly #folds = new Map<string, MarketFold>();
  readonly #marketListeners: Listeners<string, MarketBatch>;
  readonly #accountListeners: Listeners<number, readonly AccountEvent[]>;
  readonly #firstFills: Listeners<number, FirstFill>;
  readonly #accounts: AccountFold;
  readonly #balances: BalanceFold;
  /** Folds the message at hand has touched. */
  readonly #touched: MarketFold[] = [];
  /** Lists the message at hand refused: over as they begin. */
  readonly #refusedLists: number[] = [];
  #lastFold: MarketFold | undefined;
  /** Reused for every entry. */
  readonly #before: OrderBefore = { status: 0, clientOrderId: '', preventedMatchId: 0 };

  constructor(options: PushHubOptions) {
    this.#instruments = options.instruments;
    const failed = options.onListenerFailure ?? (() => {});
    this.#marketListeners = new Listeners((key, error) => failed('market', key, error), '*');
    this.#accountListeners = new Listeners((key, error) => failed('account', key, error));
    this.#firstFills = new Listeners((key, error) => failed('account', key, error));
    this.#accounts = new AccountFold(this.#open, this.#accountListeners);
    this.#balances = new BalanceFold(this.#accountListeners);
    this.markets = {
      view: (symbol) => this.#view(symbol),
      listen: (symbol, listener) => this.#marketListeners.add(symbol, listener),
    };
    this.accountEvents = {
      listen: (accountId, listener) => this.#accountListeners.add(accountId, listener),
      listenFirstFills: (accountId, listener) => this.#firstFills.add(accountId, listener),
    };
  }

  /** Entries of one markets-s message. */
  onMarket(entries: readonly ChangeLogEntry[], timeUs: number): void {
    for (const entry of entries) {
      switch (entry.entityType) {
        case EntityType.SpotOrder:
          this.#order(entry);
          break;
        case EntityType.SpotTrade:
          if (entry.changeType.kind !== ChangeKind.Created) break;
          this.#touch(entry.changeType.fields.symbol).trade(entry.changeType.fields);
          this.#accounts.tradeCreated(entry.changeType.fields, entry);
          break;
        case EntityType.SpotOrderList:
          this.#list(entry);
          break;
        default:
      }
    }
    for (let fold = this.#touched.pop(); fold !== undefined; fold = this.#touched.pop()) {
      const batch = fold.end(timeUs);
      if (batch !== undefined) this.#marketListeners.emit(fold.symbol, batch);
    }
    this.#accounts.flush();
    // Its legs joined it within this message.
    for (let id = this.#refusedLists.pop(); id !== undefined; id = this.#refusedLists.pop()) this.#lists.remove(id);
  }

  #order(entry: ChangeLogEntry & { entityType: typeof EntityType.SpotOrder }): void {
    const change = entry.changeType;
    if (change.kind === ChangeKind.Created) {
      const row = change.fields;
      const fold = this.#touch(row.symbol);
      const order = new OpenOrder(row, fold);
      if (!isTerminal(row.status)) this.#open.add(order);
      if (row.orderListId !== -1) this.#lists.get(row.orderListId)?.legs.push(order);
      if (row.bookLots > 0) fold.changeLots(row.side, bookPriceTicks(row), row.bookLots, row.updateId);
      this.#accounts.orderCreated(order, entry);
    } else if (change.kind === ChangeKind.Updated) {
      // Unknown orders: the refusal of a request for an order that is closed.
      const order = this.#open.get(entry.entityId as number);
      if (order !== undefined) this.#updateOrder(order, change.changedFields, entry);
    }
  }

  #updateOrder(order: OpenOrder, changed: ChangedFields, entry: ChangeLogEntry): void {
    const { row } = order;
    const before = this.#before;
    before.status = row.status;
    before.clientOrderId = row.clientOrderId;
    before.preventedMatchId = row.preventedMatch?.preventedMatchId ?? 0;
    let { status, bookLots, updateId } = row;
    let pegged = row.peggedPriceTicks;
    let isFirstFill = false;
    for (let i = 0; i < changed.length; i += 3) {
      const field = changed[i];
      if (field === OrderField.status) status = changed[i + 2] as OrderStatus;
      else if (field === OrderField.bookLots) bookLots = changed[i + 2] as number;
      else if (field === OrderField.updateId) updateId = changed[i + 2] as number;
      else if (field === OrderField.executedLots) isFirstFill = changed[i + 1] === 0;
      else if (field === OrderField.peggedPriceTicks) pegged = changed[i + 2] as number;
    }
    if (updateId !== row.updateId) {
      const fold = order.market;
      if (!fold.inBatch) this.#enter(fold);
      const ticksBefore = bookPriceTicks(row);
      const ticks = pegged || row.priceTicks;
      if (ticks === ticksBefore) {
        fold.changeLots(row.side, ticks, bookLots - row.bookLots, updateId);
      } else {
        fold.changeLots(row.side, ticksBefore, -row.bookLots, updateId);
        fold.changeLots(row.side, ticks, bookLots, updateId);
      }
    }
    if (isFirstFill && this.#firstFills.wants(row.accountId)) {
      this.#firstFills.emit(row.accountId, { isMaker: this.#accounts.isMaker(row.orderId), timeUs: entry.timestamp });
    }
    const ended = isTerminal(status);
    // A row nobody will look at again is not brought up to date.
    if (!ended || row.orderListId !== -1 || this.#accountListeners.wants(row.accountId)) {
      applyOrderChanges(order.own(), changed);
    }
    this.#accounts.orderUpdated(order, before, changed, entry);
    if (ended) this.#open.remove(order);
  }

  #list(entry: ChangeLogEntry & { entityType: typeof EntityType.SpotOrderList }): void {
    const change = entry.changeType;
    if (change.kind === ChangeKind.Created) {
      this.#accounts.listCreated(this.#lists.add(change.fields), entry);
      if (change.fields.orderStatus !== ListOrderStatus.EXECUTING) this.#refusedLists.push(change.fields.orderListId);
    } else if (change.kind === ChangeKind.Updated) {
      const open = this.#lists.update(entry.entityId as number, change.changedFields);
      if (open !== undefined) this.#accounts.listUpdated(open, entry);
    }
  }

  /** Entries of one accounts-p message: only balances matter here, the market log is the word on orders. */
  onAccounts(entries: readonly ChangeLogEntry[], timeUs: number): void {
    for (const entry of entries) if (entry.entityType === EntityType.Balance) this.#balances.apply(entry);
    this.#balances.flush(timeUs);
  }

  /** Entries of one klines-s message. */
  onKlines(entries: readonly ChangeLogEntry[], timeUs: number): void {
    let changed: Map<MarketFold, Set<KLine>> | undefined;
    for (const entry of entries) {
      if (entry.entityType !== EntityType.KLine) continue;
      const kline = this.#kline(entry);
      if (kline === undefined) continue;
      const fold = this.#foldOf(kline.symbol);
      fold.kline(kline);
      if (!this.#marketListeners.wants(kline.symbol)) continue;
      changed ??= new Map();
      const own = changed.get(fold);
      if (own === undefined) changed.set(fold, new Set([kline]));
      else own.add(kline);
    }
    if (changed === undefined) return;
    for (const [{ symbol }, own] of changed) {
      const klines = [...own].map((kline) => ({ ...kline }));
      this.#marketListeners.emit(symbol, { symbol, trades: [], depth: null, bookTicker: null, klines, timeUs });
    }
  }

  /** The row the entry created or changed; undefined for one that is not running any more. */
  #kline(entry: ChangeLogEntry & { entityType: typeof EntityType.KLine }): KLine | undefined {
    const change = entry.changeType;
    if (change.kind === ChangeKind.Created) return { ...change.fields };
    if (change.kind !== ChangeKind.Updated) return undefined;
    // Id: symbol-interval-openUs. A symbol may contain a dash.
    const id = entry.entityId as string;
    const openAt = id.lastIndexOf('-');
    const intervalAt = id.lastIndexOf('-', openAt - 1);
    const interval = id.slice(intervalAt + 1, openAt) as KLine['interval'];
    const kline = this.#folds.get(id.slice(0, intervalAt))?.runningKline(interval);
    if (kline === undefined || String(kline.openUs) !== id.slice(openAt + 1)) return undefined;
    applyChanges(kline, KLINE_FIELDS, change.changedFields);
    return kline;
  }

  #view(symbol: string): MarketFold | undefined {
    const fold = this.#folds.get(symbol);
    if (fold !== undefined || this.#instruments(symbol) === undefined) return fold;
    return this.#foldOf(symbol);
  }

  #foldOf(symbol: string): MarketFold {
    if (this.#lastFold?.symbol === symbol) return this.#lastFold;
    let fold = this.#folds.get(symbol);
    if (fold === undefined) {
      fold = new MarketFold(symbol, this.#instruments);
      this.#folds.set(symbol, fold);
    }
    this.#lastFold = fold;
    return fold;
  }

  /** The symbol's fold, within the message at hand. */
  #touch(symbol: string): MarketFold {
    const fold = this.#foldOf(symbol);
    if (!fold.inBatch) this.#enter(fold);
    return fold;
  }

  #enter(fold: MarketFold): void {
    fold.begin(this.#marketListeners.wants(fold.symbol));
    this.#touched.push(fold);
  }

  /**
   * While true nobody is told what is folded: for messages that are folded again after a reset, up to where the
   * listeners have been told.
   */
  set muted(muted: boolean) {
    this.#marketListeners.muted = muted;
    this.#accountListeners.muted = muted;
    this.#firstFills.muted = muted;
  }

  /** Forgets everything folded, of a half folded message too. Views and listeners stay. */
  reset(): void {
    for (const fold of this.#folds.values()) fold.reset();
    this.#touched.length = 0;
    this.#refusedLists.length = 0;
    this.#accounts.clear();
    this.#balances.clear();
    this.#lists.clear();
    this.#open.clear();
  }

  /** An order that is not closed, as of the last message. The row is live: copy what is kept. */
  openOrder(orderId: number): Readonly<SpotOrder> | undefined {
    return this.#open.get(orderId)?.row;
  }

  /** A list that is not done, as of the last message. Live, too. */
  openList(orderListId: number): Readonly<SpotOrderList> | undefined {
    return this.#lists.get(orderListId)?.list;
  }

  /** Copies of the account's open orders, ascending by id. */
  openOrdersOf(accountId: number, symbol?: string): SpotOrder[] {
    return this.#open.ofAccount(accountId, symbol);
  }

  get openOrderCount(): number {
    return this.#open.count;
  }

  snapshot(): PushHubSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      orders: this.#open.snapshot(),
      lists: this.#lists.snapshot((leg) => this.#open.get(leg.row.orderId) === leg),
      markets: [...this.#folds.values()].filter((fold) => !fold.isUntouched).map((fold) => fold.snapshot()),
      balances: this.#balances.snapshot(),
    };
  }

  /** Into a hub that has folded nothing yet; listeners stay. */
  restore(snapshot: unknown): void {
    const { version, orders, lists, markets, balances } = snapshot as PushHubSnapshot;
    if (version !== SNAPSHOT_VERSION) throw new Error(`push: unknown snapshot version ${String(version)}`);
    for (const market of markets) this.#foldOf(market.symbol).restore(market);
    for (const each of orders) {
      const row = orderOfRow(each);
      const fold = this.#foldOf(row.symbol);
      this.#open.add(new OpenOrder(row, fold));
      if (row.bookLots > 0) fold.changeLots(row.side, bookPriceTicks(row), row.bookLots, row.updateId);
    }
    this.#lists.restore(lists, (leg) => {
      if (typeof leg === 'number') return this.#open.get(leg);
      const row = orderOfRow(leg);
      return new OpenOrder(row, this.#foldOf(row.symbol));
    });
    this.#balances.restore(balances);
  }

  /** Equal for equal state, whatever the way it came about. */
  hash(): string {
    const hash = new StateHash();
    this.#open.addTo(hash);
    this.#lists.addTo(hash);
    // A market that was only asked for is none.
    for (const symbol of [...this.#folds.keys()].sort()) {
      const fold = this.#folds.get(symbol);
      if (fold?.isUntouched === false) fold.addTo(hash);
    }
    this.#balances.addTo(hash);
    return hash.digest();
  }
}
