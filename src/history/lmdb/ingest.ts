// Takes in entries: live rows change, ended ones become rows of the journal and of every list they are found in.
import { InvariantError } from '../../domain/assert.ts';
import { type Balance, type BalanceCause, BalanceField } from '../../domain/balance.ts';
import type { ChangedFields, ChangeLogEntry } from '../../domain/changeLogEntry.ts';
import { ChangeKind, EntityType, entityIds } from '../../domain/changeLogEntry.ts';
import type { KLine } from '../../domain/klineEntry.ts';
import { KLINE_INTERVALS, KLineField } from '../../domain/klineEntry.ts';
import { isTerminal, OrderStatus } from '../../domain/orderStatus.ts';
import { ListOrderStatus } from '../../domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../domain/spotOrder.ts';
import { OrderField } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { OrderListField } from '../../domain/spotOrderList.ts';
import type { SpotTrade } from '../../domain/spotTrade.ts';
import type { BalanceState } from './accountState.ts';
import { clientIdHash, type HistoryState } from './historyState.ts';
import { Table } from './layout.ts';
import { LiveKline, LiveOrder, LiveOrderList } from './liveRow.ts';
import { balanceRoom, PREVENTED_ROOM, TRADE_ROOM, writeBalance, writePrevented, writeTrade } from './otherRows.ts';

const LIST_FIELDS = Object.keys(OrderListField);
const KLINE_FIELDS = Object.keys(KLineField);

export class Ingest {
  readonly #state: HistoryState;

  constructor(state: HistoryState) {
    this.#state = state;
  }

  /** Orders, lists and trades of a markets stream. */
  markets(entries: readonly ChangeLogEntry[]): void {
    for (const entry of entries) {
      if (entry.entityType === EntityType.SpotOrder) {
        if (entry.changeType.kind === ChangeKind.Created) this.#orderCreated(entry.changeType.fields, entry.timestamp);
        else if (entry.changeType.kind === ChangeKind.Updated) this.#orderUpdated(entry, entry.changeType.changedFields);
      } else if (entry.entityType === EntityType.SpotTrade) {
        if (entry.changeType.kind === ChangeKind.Created) this.#trade(entry.changeType.fields);
      } else if (entry.entityType === EntityType.SpotOrderList) {
        if (entry.changeType.kind === ChangeKind.Created) this.#listCreated(entry.changeType.fields);
        else if (entry.changeType.kind === ChangeKind.Updated) {
          this.#listUpdated(entry.entityId as number, entry.changeType.changedFields);
        }
      }
    }
  }

  /** Balances of an accounts stream; the orders there are told again, with their fate, by the markets. */
  accounts(entries: readonly ChangeLogEntry[]): void {
    for (const entry of entries) {
      if (entry.entityType !== EntityType.Balance) continue;
      const change = entry.changeType;
      if (change.kind === ChangeKind.Created) {
        const { accountId, asset } = change.fields;
        const state = this.#state.balances.get(entityIds.balance(accountId, asset));
        const balance = state ?? this.#state.newBalance(accountId, asset);
        Object.assign(balance.balance, change.fields);
        this.#balanceRow(balance, entry.sequence);
      } else if (change.kind === ChangeKind.Updated) {
        const state = this.#state.balance(entry.entityId as string);
        setBalance(state.balance, change.changedFields);
        this.#balanceRow(state, entry.sequence);
      }
    }
  }

  /** Klines of a klines stream. */
  klines(entries: readonly ChangeLogEntry[]): void {
    for (const entry of entries) {
      if (entry.entityType !== EntityType.KLine) continue;
      const change = entry.changeType;
      if (change.kind === ChangeKind.Created) {
        this.#klineCreated(entry.entityId as string, change.fields);
      } else if (change.kind === ChangeKind.Updated) {
        // Only the newest kline of an interval ever changes.
        const live = this.#state.klines.get(entry.entityId as string);
        if (live === undefined) continue;
        setFields(live.row, KLINE_FIELDS, change.changedFields);
        this.#state.markDirty(live);
      }
    }
  }

  #orderCreated(fields: Readonly<SpotOrder>, timeUs: number): void {
    const state = this.#state;
    const home = state.accountSymbol(fields.accountId, fields.symbol);
    const order = new LiveOrder(fields as SpotOrder, home);
    home.add(order);
    state.orders.set(fields.orderId, order);
    if (fields.status !== OrderStatus.Rejected) this.#clientId(order);
    if (fields.preventedMatch !== null) this.#prevented(order, fields.preventedMatch, timeUs);
    if (isTerminal(fields.status)) this.#orderEnded(order);
    else state.markDirty(order);
  }

  #orderUpdated(entry: ChangeLogEntry, changed: ChangedFields): void {
    // Unknown: a request that failed because its order was gone, or an order from before the history began.
    const order = this.#state.orders.get(entry.entityId as number);
    if (order === undefined) return;
    const before = order.rest;
    const { clientOrderId, origLots, amendCount } = before;
    let prevented: PreventedMatch | null = null;
    for (let i = 0; i < changed.length; i += 3) {
      const field = changed[i] as number;
      order.set(field, changed[i + 2]);
      if (field === OrderField.preventedMatch) prevented = changed[i + 2] as PreventedMatch | null;
    }
    const now = order.rest;
    if (now.amendCount > amendCount) {
      order.amendments ??= [];
      order.amendments.push({
        orderId: now.orderId,
        executionId: entry.sequence,
        origClientOrderId: clientOrderId,
        newClientOrderId: now.clientOrderId,
        origLots,
        newLots: now.origLots,
        timeUs: entry.timestamp,
      });
    }
    if (now.clientOrderId !== clientOrderId) this.#clientId(order);
    if (prevented !== null) this.#prevented(order, prevented, entry.timestamp);
    if (isTerminal(order.status)) this.#orderEnded(order);
    else this.#state.markDirty(order);
  }

  #orderEnded(order: LiveOrder): void {
    const { journal, orders } = this.#state;
    order.chain?.remove(order);
    orders.delete(order.id);
    order.home.remove(order);
    order.home.orders.push(journal, order.writeEnded(journal));
  }

  /** Notes in the index who has this client id from now on. */
  #clientId(order: LiveOrder): void {
    const { accountId, orderId, clientOrderId } = order.rest;
    this.#indexClientId(clientIdHash(accountId, order.home.symbolId, clientOrderId), orderId);
  }

  #indexClientId(hash: number, id: number): void {
    const { journal } = this.#state;
    journal.begin(Table.CLIENT_ID, id, hash, 0);
    this.#state.clientIds(hash).push(journal, journal.end());
  }

  #trade(trade: Readonly<SpotTrade>): void {
    const state = this.#state;
    const { journal } = state;
    const symbol = state.symbol(trade.symbol);
    const w = journal.begin(Table.TRADE, trade.tradeId, trade.tradeUs, TRADE_ROOM);
    writeTrade(w, trade, symbol.symbolId, state.aggTradeId(symbol, trade));
    const ref = journal.end();
    symbol.trades.push(journal, ref);
    const buy = state.orders.get(trade.buyerOrderId);
    const sell = state.orders.get(trade.sellerOrderId);
    buy?.filled(trade.tradeId);
    sell?.filled(trade.tradeId);
    const buyer = buy?.home ?? state.accountSymbol(trade.buyerAccountId, trade.symbol);
    const seller = sell?.home ?? state.accountSymbol(trade.sellerAccountId, trade.symbol);
    buyer.trades.push(journal, ref);
    if (seller !== buyer) seller.trades.push(journal, ref);
  }

  /** One match is told by both orders' entries, and is a row of both accounts. */
  #prevented(order: LiveOrder, match: PreventedMatch, timeUs: number): void {
    const state = this.#state;
    const symbol = state.symbol(order.home.symbol);
    if (match.preventedMatchId <= symbol.lastPreventedMatchId) return;
    symbol.lastPreventedMatchId = match.preventedMatchId;
    const taker = state.orders.get(match.takerOrderId)?.home;
    const maker = state.orders.get(match.makerOrderId)?.home;
    const { journal } = state;
    const w = journal.begin(Table.PREVENTED, match.preventedMatchId, timeUs, PREVENTED_ROOM);
    const accountCode = (home: LiveOrder['home'] | undefined): number => (home === undefined ? 0 : home.account.accountId + 1);
    writePrevented(w, match, symbol.symbolId, accountCode(taker), accountCode(maker));
    const ref = journal.end();
    taker?.prevented.push(journal, ref);
    if (maker !== taker) maker?.prevented.push(journal, ref);
  }

  #listCreated(fields: Readonly<SpotOrderList>): void {
    const state = this.#state;
    const home = state.account(fields.accountId);
    const list = new LiveOrderList({ ...fields }, home, state.names.id(fields.symbol));
    home.openLists.set(fields.orderListId, list);
    state.orderLists.set(fields.orderListId, list);
    if (fields.orderStatus !== ListOrderStatus.REJECT) {
      this.#indexClientId(clientIdHash(fields.accountId, 0, fields.listClientOrderId), fields.orderListId);
    }
    this.#listChanged(list);
  }

  #listUpdated(orderListId: number, changed: ChangedFields): void {
    const list = this.#state.orderLists.get(orderListId);
    if (list === undefined) return;
    setFields(list.row, LIST_FIELDS, changed);
    this.#listChanged(list);
  }

  #listChanged(list: LiveOrderList): void {
    const { journal, orderLists } = this.#state;
    if (list.row.orderStatus === ListOrderStatus.EXECUTING) {
      this.#state.markDirty(list);
      return;
    }
    list.chain?.remove(list);
    orderLists.delete(list.row.orderListId);
    list.home.openLists.delete(list.row.orderListId);
    list.home.lists.push(journal, list.writeEnded(journal));
  }

  #balanceRow(state: BalanceState, sequence: number): void {
    const { journal } = this.#state;
    const { balance } = state;
    const w = journal.begin(Table.BALANCE, sequence, balance.updateUs, balanceRoom(balance));
    writeBalance(w, balance, state.assetId);
    state.list.push(journal, journal.end());
  }

  #klineCreated(entityId: string, fields: Readonly<KLine>): void {
    const state = this.#state;
    const symbol = state.symbol(fields.symbol);
    const interval = KLINE_INTERVALS.indexOf(fields.interval);
    const before = symbol.klines[interval];
    const list = before?.list ?? symbol.klineLists[interval];
    if (list === undefined) return;
    if (before !== undefined) {
      before.chain?.remove(before);
      state.klines.delete(before.entityId);
      if (before.entityId !== entityId) list.push(state.journal, before.writeEnded(state.journal));
    }
    const live = new LiveKline({ ...fields }, entityId, list);
    symbol.klines[interval] = live;
    state.klines.set(entityId, live);
    state.markDirty(live);
  }
}

/** By hand, because balances are most of what comes. */
function setBalance(balance: Balance, changed: ChangedFields): void {
  for (let i = 0; i < changed.length; i += 3) {
    const value = changed[i + 2];
    switch (changed[i]) {
      case BalanceField.free:
        balance.free = value as bigint;
        break;
      case BalanceField.locked:
        balance.locked = value as bigint;
        break;
      case BalanceField.updateUs:
        balance.updateUs = value as number;
        break;
      case BalanceField.cause:
        balance.cause = value as BalanceCause;
        break;
      case BalanceField.requestId:
        balance.requestId = value as string;
        break;
      default:
        throw new InvariantError(`history: field ${changed[i]} of a balance changed`);
    }
  }
}

function setFields(row: object, names: readonly string[], changed: ChangedFields): void {
  const fields = row as Record<string, unknown>;
  for (let i = 0; i < changed.length; i += 3) fields[names[changed[i] as number] as string] = changed[i + 2];
}
