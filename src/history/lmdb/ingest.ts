// Takes in messages of the logs: live rows change, ended ones become rows of the journal and of every list they are found in.
// What most entries say goes from bytes to bytes.
import { StepCursor } from '../../codec/stepCursor.ts';
import { InvariantError } from '../../domain/assert.ts';
import { type BalanceCause, BalanceField } from '../../domain/balance.ts';
import { type ChangedFields, ChangeKind, EntityType } from '../../domain/changeLogEntry.ts';
import type { KLine } from '../../domain/klineEntry.ts';
import { KLINE_INTERVALS, KLineField } from '../../domain/klineEntry.ts';
import { isTerminal, OrderStatus } from '../../domain/orderStatus.ts';
import { ListOrderStatus } from '../../domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../domain/spotOrder.ts';
import { OrderField } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { OrderListField } from '../../domain/spotOrderList.ts';
import type { BalanceState } from './accountState.ts';
import { clientIdHash, type HistoryState } from './historyState.ts';
import { Table } from './layout.ts';
import { LiveKline, LiveOrder, LiveOrderList } from './liveRow.ts';
import { balanceRoom, PREVENTED_ROOM, writeBalance, writePrevented } from './otherRows.ts';
import { TRADE_ROOM, TradeFields, writeTrade } from './tradeRow.ts';

const LIST_FIELDS = Object.keys(OrderListField);
const KLINE_FIELDS = Object.keys(KLineField);

export class Ingest {
  readonly #state: HistoryState;
  readonly #cursor = new StepCursor();
  readonly #trade = new TradeFields();

  constructor(state: HistoryState) {
    this.#state = state;
  }

  /** Orders, lists and trades of a markets stream. */
  markets(step: Uint8Array): void {
    this.#each(step, (cursor) => {
      switch (cursor.entityType) {
        case EntityType.SpotOrder:
          if (cursor.kind === ChangeKind.Created) return this.#orderCreated(cursor.row<typeof EntityType.SpotOrder>(), cursor.timestamp);
          if (cursor.kind === ChangeKind.Updated) return this.#orderUpdated(cursor);
          break;
        case EntityType.SpotTrade:
          if (cursor.kind === ChangeKind.Created) return this.#traded(cursor);
          break;
        case EntityType.SpotOrderList:
          if (cursor.kind === ChangeKind.Created) return this.#listCreated(cursor.row<typeof EntityType.SpotOrderList>());
          if (cursor.kind === ChangeKind.Updated) return this.#listUpdated(cursor.id, cursor.changedFields());
      }
      cursor.skip();
    });
  }

  /** Balances of an accounts stream; the orders there are told again, with their fate, by the markets. */
  accounts(step: Uint8Array): void {
    this.#each(step, (cursor) => {
      if (cursor.entityType === EntityType.Balance) {
        if (cursor.kind === ChangeKind.Created) return this.#balanceCreated(cursor);
        if (cursor.kind === ChangeKind.Updated) return this.#balanceUpdated(cursor);
      }
      cursor.skip();
    });
  }

  /** Klines of a klines stream. */
  klines(step: Uint8Array): void {
    this.#each(step, (cursor) => {
      if (cursor.entityType === EntityType.KLine) {
        if (cursor.kind === ChangeKind.Created) return this.#klineCreated(cursor.idText(), cursor.row<typeof EntityType.KLine>());
        if (cursor.kind === ChangeKind.Updated) {
          // Only the newest kline of an interval ever changes.
          const live = this.#state.klines.get(cursor.idText());
          const changed = cursor.changedFields();
          if (live === undefined) return;
          setFields(live.row, KLINE_FIELDS, changed);
          this.#state.markDirty(live);
          return;
        }
      }
      cursor.skip();
    });
  }

  /** `take` reads or passes over the entry's body. */
  #each(step: Uint8Array, take: (cursor: StepCursor) => void): void {
    const cursor = this.#cursor;
    cursor.begin(step);
    try {
      while (cursor.next()) take(cursor);
    } catch (error) {
      throw cursor.located(error);
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

  #orderUpdated(cursor: StepCursor): void {
    // Unknown: a request that failed because its order was gone, or an order from before the history began.
    const order = this.#state.orders.get(cursor.id);
    if (order === undefined) {
      cursor.skip();
      return;
    }
    const before = order.rest;
    const { clientOrderId, origLots, amendCount } = before;
    let prevented: PreventedMatch | null = null;
    const { reader } = cursor;
    for (let left = cursor.changes(); left > 0; left -= 3) {
      const field = reader.int();
      reader.skip();
      const value = cursor.value(field);
      order.set(field, value);
      if (field === OrderField.preventedMatch) prevented = value as PreventedMatch | null;
    }
    const now = order.rest;
    if (now.amendCount > amendCount) {
      order.amendments ??= [];
      order.amendments.push({
        orderId: now.orderId,
        executionId: cursor.sequence,
        origClientOrderId: clientOrderId,
        newClientOrderId: now.clientOrderId,
        origLots,
        newLots: now.origLots,
        timeUs: cursor.timestamp,
      });
    }
    if (now.clientOrderId !== clientOrderId) this.#clientId(order);
    if (prevented !== null) this.#prevented(order, prevented, cursor.timestamp);
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

function setFields(row: object, names: readonly string[], changed: ChangedFields): void {
  const fields = row as Record<string, unknown>;
  for (let i = 0; i < changed.length; i += 3) fields[names[changed[i] as number] as string] = changed[i + 2];
}
