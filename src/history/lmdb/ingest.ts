// Takes in messages of the logs: live rows change, ended ones become rows of the journal and of every list they are found in.
// What most entries say goes from bytes to bytes.
import { StepCursor } from '../../codec/stepCursor.ts';
import { InvariantError } from '../../domain/assert.ts';
import { type BalanceCause, BalanceField } from '../../domain/balance.ts';
import { type ChangedFields, ChangeKind, EntityType, newValue } from '../../domain/changeLogEntry.ts';
import type { KLine } from '../../domain/klineEntry.ts';
import { KLINE_INTERVALS, KLineField } from '../../domain/klineEntry.ts';
import { isTerminal, OrderStatus } from '../../domain/orderStatus.ts';
import { ListOrderStatus } from '../../domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../domain/spotOrder.ts';
import { OrderField } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { OrderListField } from '../../domain/spotOrderList.ts';
import type { BalanceState } from './accountState.ts';
import { clientIdHash, clientIdHashOf, type HistoryState } from './historyState.ts';
import { Table } from './layout.ts';
import type { LiveOrder } from './liveOrder.ts';
import { LiveKline, LiveOrderList } from './liveRow.ts';
import { OrderFields } from './orderBytes.ts';
import { type OrderExtras, orderRoom, writeOrder } from './orderRow.ts';
import { balanceRoom, PREVENTED_ROOM, writeBalance, writePrevented } from './otherRows.ts';
import { TRADE_ROOM, TradeFields, writeTrade } from './tradeRow.ts';

const ORDER_FIELDS = Object.keys(OrderField);
const LIST_FIELDS = Object.keys(OrderListField);
const KLINE_FIELDS = Object.keys(KLineField);
const NO_EXTRAS: OrderExtras = { fills: null, amendments: null };

/** What is taken from which logs, a bit for each entity type. */
const MARKETS = bitOf(EntityType.SpotOrder) | bitOf(EntityType.SpotTrade) | bitOf(EntityType.SpotOrderList);
const ACCOUNTS = bitOf(EntityType.Balance);
const KLINES = bitOf(EntityType.KLine);

export class Ingest {
  readonly #state: HistoryState;
  readonly #cursor = new StepCursor();
  readonly #trade = new TradeFields();
  readonly #order = new OrderFields();

  constructor(state: HistoryState) {
    this.#state = state;
  }

  /** Orders, lists and trades of a markets stream. */
  markets(step: Uint8Array): void {
    this.#each(step, MARKETS);
  }

  /** Balances of an accounts stream; the orders there are told again, with their fate, by the markets. */
  accounts(step: Uint8Array): void {
    this.#each(step, ACCOUNTS);
  }

  /** Klines of a klines stream. */
  klines(step: Uint8Array): void {
    this.#each(step, KLINES);
  }

  #each(step: Uint8Array, wanted: number): void {
    const cursor = this.#cursor;
    cursor.begin(step);
    try {
      while (cursor.next()) {
        if ((wanted & bitOf(cursor.entityType)) === 0) cursor.skip();
        else if (cursor.kind === ChangeKind.Created) this.#created(cursor);
        else if (cursor.kind === ChangeKind.Updated) this.#updated(cursor);
        else cursor.skip();
      }
    } catch (error) {
      throw cursor.located(error);
    }
  }

  #created(cursor: StepCursor): void {
    switch (cursor.entityType) {
      case EntityType.SpotOrder:
        this.#orderCreated(cursor);
        return;
      case EntityType.SpotTrade:
        this.#traded(cursor);
        return;
      case EntityType.Balance:
        this.#balanceCreated(cursor);
        return;
      case EntityType.KLine:
        this.#klineCreated(cursor.idText(), cursor.row<typeof EntityType.KLine>());
        return;
      case EntityType.SpotOrderList:
        this.#listCreated(cursor.row<typeof EntityType.SpotOrderList>());
        return;
      default:
        cursor.skip();
    }
  }

  #updated(cursor: StepCursor): void {
    switch (cursor.entityType) {
      case EntityType.SpotOrder:
        this.#orderUpdated(cursor);
        return;
      case EntityType.Balance:
        this.#balanceUpdated(cursor);
        return;
      case EntityType.KLine:
        this.#klineUpdated(cursor.idText(), cursor.changedFields());
        return;
      case EntityType.SpotOrderList:
        this.#listUpdated(cursor.id, cursor.changedFields());
        return;
      default:
        cursor.skip();
    }
  }

  #orderCreated(cursor: StepCursor): void {
    const state = this.#state;
    const fields = this.#order;
    if (!fields.read(cursor.reader)) {
      this.#rareOrderCreated(cursor.row<typeof EntityType.SpotOrder>(), cursor.timestamp);
      return;
    }
    const { orderId, accountId, createdUs } = fields;
    const home = state.accountSymbol(accountId, fields.symbol);
    const { bytes } = cursor.reader;
    fields.write(state.fresh.begin(orderId, createdUs, fields.room), bytes, home.symbolId);
    const order = state.freshOrder(orderId, createdUs, home, fields.isPlain);
    order.progressOf(fields);
    if (fields.status !== OrderStatus.Rejected) {
      this.#indexClientId(clientIdHashOf(accountId, home.symbolId, bytes, fields.nameAt, fields.nameLength), orderId);
    }
    if (isTerminal(fields.status as OrderStatus)) this.#orderEnded(order);
  }

  #rareOrderCreated(fields: Readonly<SpotOrder>, timeUs: number): void {
    const state = this.#state;
    const { orderId, createdUs, clientOrderId } = fields;
    const home = state.accountSymbol(fields.accountId, fields.symbol);
    writeOrder(state.fresh.begin(orderId, createdUs, orderRoom(fields, NO_EXTRAS)), fields, NO_EXTRAS, home.symbolId);
    const order = state.freshOrder(orderId, createdUs, home, false);
    order.progressOfRow(fields);
    if (fields.status !== OrderStatus.Rejected) this.#clientId(order, clientOrderId);
    if (fields.preventedMatch !== null) this.#prevented(order, fields.preventedMatch, timeUs);
    if (isTerminal(fields.status)) this.#orderEnded(order);
  }

  #orderUpdated(cursor: StepCursor): void {
    // Unknown: a request that failed because its order was gone, or an order from before the history began.
    const order = this.#state.orders.get(cursor.id);
    if (order === undefined) {
      cursor.skip();
      return;
    }
    const { reader } = cursor;
    let others: unknown[] | undefined;
    for (let left = cursor.changes(); left > 0; left -= 3) {
      const field = reader.int();
      reader.skip();
      switch (field) {
        case OrderField.status:
          order.status = reader.int();
          break;
        case OrderField.executedLots:
          order.executedLots = reader.int();
          break;
        case OrderField.cumQuoteUnits:
          reader.amount();
          order.cumQuoteHigh = reader.high;
          order.cumQuoteLow = reader.low;
          break;
        case OrderField.bookLots:
          order.bookLots = reader.int();
          break;
        case OrderField.updateId:
          order.updateId = reader.int();
          break;
        case OrderField.updateUs:
          order.updateUs = reader.int();
          break;
        case OrderField.expiryReason:
          order.expiryReason = reader.int();
          break;
        case OrderField.request:
        case OrderField.outcome:
          // Instructions in flight are not kept.
          reader.skip();
          break;
        default:
          others ??= [];
          others.push(field, null, cursor.value(field));
      }
    }
    if (others !== undefined) this.#orderRestated(order, others, cursor);
    if (isTerminal(order.status as OrderStatus)) this.#orderEnded(order);
    else this.#state.markDirty(order);
  }

  #orderRestated(order: LiveOrder, changed: ChangedFields, { sequence, timestamp }: StepCursor): void {
    const { journal, names } = this.#state;
    const before = order.copy(names);
    const now = { ...before };
    setFields(now, ORDER_FIELDS, changed);
    if (now.amendCount > before.amendCount) {
      order.amendments ??= [];
      order.amendments.push({
        orderId: now.orderId,
        executionId: sequence,
        origClientOrderId: before.clientOrderId,
        newClientOrderId: now.clientOrderId,
        origLots: before.origLots,
        newLots: now.origLots,
        timeUs: timestamp,
      });
    }
    this.#state.written(order, order.restate(journal, now));
    if (now.clientOrderId !== before.clientOrderId) this.#clientId(order, now.clientOrderId);
    const prevented = newValue(changed, OrderField.preventedMatch) as PreventedMatch | null | undefined;
    if (prevented != null) this.#prevented(order, prevented, timestamp);
  }

  #orderEnded(order: LiveOrder): void {
    const { journal, names, orders } = this.#state;
    order.chain?.remove(order);
    orders.delete(order.id);
    order.home.remove(order);
    order.home.orders.push(journal, order.writeEnded(journal, names));
  }

  /** Notes in the index who has this client id from now on. */
  #clientId({ id, home }: LiveOrder, clientOrderId: string): void {
    this.#indexClientId(clientIdHash(home.account.accountId, home.symbolId, clientOrderId), id);
  }

  #indexClientId(hash: number, id: number): void {
    const { journal } = this.#state;
    journal.begin(Table.CLIENT_ID, id, hash, 0);
    this.#state.clientIds(hash).push(journal, journal.end());
  }

  #traded(cursor: StepCursor): void {
    const trade = this.#trade;
    trade.read(cursor.reader);
    const state = this.#state;
    const { journal } = state;
    const symbol = state.symbol(trade.symbol);
    const aggTradeId = state.aggTradeId(symbol, trade.takerOrderId, trade.priceTicks, trade.tradeUs);
    writeTrade(journal.begin(Table.TRADE, trade.tradeId, trade.tradeUs, TRADE_ROOM), trade, symbol.symbolId, aggTradeId);
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

  #balanceCreated(cursor: StepCursor): void {
    const row = cursor.row<typeof EntityType.Balance>();
    const balance = this.#state.balance(row.accountId, row.asset);
    balance.set(row);
    this.#balanceRow(balance, cursor.sequence);
  }

  #balanceUpdated(cursor: StepCursor): void {
    cursor.balanceId();
    const balance = this.#state.balance(cursor.accountId, cursor.asset);
    const { reader } = cursor;
    for (let left = cursor.changes(); left > 0; left -= 3) {
      const field = reader.int();
      reader.skip();
      switch (field) {
        case BalanceField.free:
          reader.amount();
          balance.freeHigh = reader.high;
          balance.freeLow = reader.low;
          break;
        case BalanceField.locked:
          reader.amount();
          balance.lockedHigh = reader.high;
          balance.lockedLow = reader.low;
          break;
        case BalanceField.updateUs:
          balance.updateUs = reader.int();
          break;
        case BalanceField.cause:
          balance.cause = reader.int() as BalanceCause;
          break;
        case BalanceField.requestId:
          balance.requestId = reader.string();
          break;
        default:
          throw new InvariantError(`history: field ${field} of a balance changed`);
      }
    }
    this.#balanceRow(balance, cursor.sequence);
  }

  #balanceRow(balance: BalanceState, sequence: number): void {
    const { journal } = this.#state;
    writeBalance(journal.begin(Table.BALANCE, sequence, balance.updateUs, balanceRoom(balance)), balance);
    balance.list.push(journal, journal.end());
  }

  #klineUpdated(entityId: string, changed: ChangedFields): void {
    // Only the newest kline of an interval ever changes.
    const live = this.#state.klines.get(entityId);
    if (live === undefined) return;
    setFields(live.row, KLINE_FIELDS, changed);
    this.#state.markDirty(live);
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

function bitOf(entityType: number): number {
  return 1 << entityType;
}

function setFields(row: object, names: readonly string[], changed: ChangedFields): void {
  const fields = row as Record<string, unknown>;
  for (let i = 0; i < changed.length; i += 3) fields[names[changed[i] as number] as string] = changed[i + 2];
}
