// Rebuilds what was in memory at the last commit from what LMDB holds: the names, then the journal row by row. Rows that
// went into runs before their segment went are still in the journal, and are passed over.
import { assertNever, InvariantError } from '../../domain/assert.ts';
import { KLINE_INTERVALS } from '../../domain/klineEntry.ts';
import type { HistoryState } from './historyState.ts';
import type { Segment } from './journal.ts';
import { SEGMENT_BYTES_MAX } from './journal.ts';
import { MAX_ID, ROW_AT, ROW_HEAD_BYTES, rowId, rowLength, rowTime, Table } from './layout.ts';
import { LiveOrder } from './liveOrder.ts';
import { LiveKline, LiveOrderList } from './liveRow.ts';
import { isPlain } from './orderBytes.ts';
import { type OrderExtras, readOrder } from './orderRow.ts';
import { readBalance, readKline, readOrderList } from './otherRows.ts';
import { RowReader } from './rowBytes.ts';
import { NOT_LOOKED_UP, type RowList } from './rowList.ts';
import { runRows } from './rowSource.ts';
import { readTrade } from './tradeRow.ts';

export class Recovery {
  readonly #state: HistoryState;
  readonly #lastStored = new Map<RowList, number>();
  readonly #storedIds = new Map<RowList, StoredIds>();

  constructor(state: HistoryState) {
    this.#state = state;
  }

  run(): void {
    const { file, journal, names } = this.#state;
    for (const [id, name] of [...file.names()].sort((a, b) => a[0] - b[0])) names.restore(id, name);
    for (const { segment, offset, bytes } of file.slices()) journal.restoreSlice(segment, offset, bytes);
    for (const segment of journal.segments) {
      let at = 0;
      while (at < segment.used) {
        this.#row(segment, at);
        at += ROW_AT + rowLength(segment.bytes, at + ROW_AT);
      }
    }
    this.#dropIdle();
  }

  #row(segment: Segment, offset: number): void {
    const { bytes } = segment;
    const at = offset + ROW_AT;
    const ref = segment.index * SEGMENT_BYTES_MAX + offset;
    const table = bytes[offset] as Table;
    switch (table) {
      case Table.ORDER_LIVE:
        this.#liveOrder(segment, at);
        break;
      case Table.ORDER:
        this.#endedOrder(bytes, at, ref);
        break;
      case Table.TRADE:
        this.#trade(bytes, at, ref);
        break;
      case Table.BALANCE:
        this.#balance(bytes, at, ref);
        break;
      case Table.KLINE_LIVE:
        this.#liveKline(segment, at);
        break;
      case Table.KLINE:
        this.#endedKline(bytes, at, ref);
        break;
      case Table.ORDER_LIST_LIVE:
        this.#liveList(segment, at);
        break;
      case Table.ORDER_LIST:
        this.#endedList(bytes, at, ref);
        break;
      case Table.PREVENTED:
        this.#prevented(bytes, at, ref);
        break;
      case Table.CLIENT_ID:
        this.#push(this.#state.clientIds(rowTime(bytes, at)), ref, ref);
        break;
      case Table.ACCOUNT_TRADE:
      case Table.LATE_ORDER:
      case Table.LATE_ORDER_LIST:
        throw new InvariantError(`history journal: a row of table ${table}`);
      default:
        assertNever(table);
    }
  }

  #liveOrder(segment: Segment, at: number): void {
    const { names, orders } = this.#state;
    const extras: OrderExtras = { fills: null, amendments: null };
    const row = readOrder(segment.bytes, at, names, extras);
    this.#forget(row.orderId);
    const home = this.#state.accountSymbol(row.accountId, row.symbol);
    const order = new LiveOrder(row.orderId, row.createdUs, home, segment.bytes, at, isPlain(segment.bytes, at));
    order.progressOfRow(row);
    home.add(order);
    orders.set(row.orderId, order);
    order.fills = extras.fills;
    order.amendments = extras.amendments;
    segment.live.add(order);
  }

  #endedOrder(bytes: Buffer, at: number, ref: number): void {
    const { names } = this.#state;
    const orderId = rowId(bytes, at);
    this.#forget(orderId);
    const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
    const accountId = r.varint();
    const home = this.#state.accountSymbol(accountId, names.name(r.varint()));
    this.#pushEnded(home.orders, Table.LATE_ORDER, orderId, ref);
  }

  /** What the journal said of the order before no longer holds. */
  #forget(orderId: number): void {
    const order = this.#state.orders.get(orderId);
    if (order === undefined) return;
    order.chain?.remove(order);
    order.home.remove(order);
    this.#state.orders.delete(orderId);
  }

  #trade(bytes: Buffer, at: number, ref: number): void {
    const state = this.#state;
    const trade = readTrade(bytes, at, state.names);
    const buyer = state.accountSymbol(trade.buyerAccountId, trade.symbol);
    const seller = state.accountSymbol(trade.sellerAccountId, trade.symbol);
    this.#push(state.symbol(trade.symbol).trades, trade.tradeId, ref);
    this.#push(buyer.trades, trade.tradeId, ref);
    if (seller !== buyer) this.#push(seller.trades, trade.tradeId, ref);
  }

  #balance(bytes: Buffer, at: number, ref: number): void {
    const balance = readBalance(bytes, at, this.#state.names);
    const state = this.#state.balance(balance.accountId, balance.asset);
    if (this.#push(state.list, balance.entrySequence, ref)) state.set(balance);
  }

  #liveKline(segment: Segment, at: number): void {
    const state = this.#state;
    const row = readKline(segment.bytes, at, state.names);
    const symbol = state.symbol(row.symbol);
    const interval = KLINE_INTERVALS.indexOf(row.interval);
    const before = symbol.klines[interval];
    if (before !== undefined) {
      before.chain?.remove(before);
      state.klines.delete(before.entityId);
    }
    const list = symbol.klineLists[interval] as RowList;
    const kline = new LiveKline(row, `${row.symbol}-${row.interval}-${row.openUs}`, list);
    symbol.klines[interval] = kline;
    state.klines.set(kline.entityId, kline);
    segment.live.add(kline);
  }

  #endedKline(bytes: Buffer, at: number, ref: number): void {
    const row = readKline(bytes, at, this.#state.names);
    const list = this.#state.symbol(row.symbol).klineLists[KLINE_INTERVALS.indexOf(row.interval)] as RowList;
    this.#push(list, row.openUs, ref);
  }

  #liveList(segment: Segment, at: number): void {
    const { names, orderLists } = this.#state;
    const row = readOrderList(segment.bytes, at, names);
    let list = orderLists.get(row.orderListId);
    if (list === undefined) {
      list = new LiveOrderList(row, this.#state.account(row.accountId), names.id(row.symbol));
      list.home.openLists.set(row.orderListId, list);
      orderLists.set(row.orderListId, list);
    }
    list.row = row;
    segment.live.add(list);
  }

  #endedList(bytes: Buffer, at: number, ref: number): void {
    const { names, orderLists } = this.#state;
    const row = readOrderList(bytes, at, names);
    const list = orderLists.get(row.orderListId);
    if (list !== undefined) list.chain?.remove(list);
    orderLists.delete(row.orderListId);
    const account = this.#state.account(row.accountId);
    account.openLists.delete(row.orderListId);
    this.#pushEnded(account.lists, Table.LATE_ORDER_LIST, row.orderListId, ref);
  }

  #prevented(bytes: Buffer, at: number, ref: number): void {
    const state = this.#state;
    const id = rowId(bytes, at);
    const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
    const symbol = state.names.name(r.varint());
    const taker = r.varint() - 1;
    const maker = r.varint() - 1;
    state.symbol(symbol).lastPreventedMatchId = id;
    if (taker >= 0) this.#push(state.accountSymbol(taker, symbol).prevented, id, ref);
    if (maker >= 0 && maker !== taker) this.#push(state.accountSymbol(maker, symbol).prevented, id, ref);
  }

  /** For lists whose rows come in order of `key`: false when a run holds the row. */
  #push(list: RowList, key: number, ref: number): boolean {
    let last = this.#lastStored.get(list);
    if (last === undefined) {
      last = this.#state.file.runBefore(list.table, list.owner, list.part, MAX_ID)?.lastId ?? -1;
      this.#lastStored.set(list, last);
    }
    if (key <= last) return false;
    list.push(this.#state.journal, ref);
    return true;
  }

  /** For lists whose rows come in any order. */
  #pushEnded(list: RowList, late: Table, id: number, ref: number): void {
    const { file, journal } = this.#state;
    if (list.lastStored === NOT_LOOKED_UP) {
      list.lastStored = file.runBefore(list.table, list.owner, list.part, MAX_ID)?.lastId ?? -1;
    }
    if (id <= list.lastStored) {
      let stored = this.#storedIds.get(list);
      if (stored === undefined) {
        stored = new StoredIds(this.#state, list, late);
        this.#storedIds.set(list, stored);
      }
      if (stored.has(id)) return;
    }
    list.push(journal, ref);
  }

  #dropIdle(): void {
    for (const account of this.#state.accounts.awake()) {
      for (const { orders } of [...account.symbols.values()]) this.#state.release(orders);
      for (const { list } of [...account.balances.values()]) this.#state.release(list);
      this.#state.release(account.lists);
    }
    this.#state.rest();
  }
}

/** Which ids a list's runs hold; rows come roughly in order, so the last run looked at mostly answers. */
class StoredIds {
  readonly #state: HistoryState;
  readonly #list: RowList;
  readonly #late: Table;
  readonly #ids = new Set<number>();
  #from = 0;
  #to = -1;

  constructor(state: HistoryState, list: RowList, late: Table) {
    this.#state = state;
    this.#list = list;
    this.#late = late;
  }

  has(id: number): boolean {
    const { file } = this.#state;
    const { table, owner, part } = this.#list;
    if (id < this.#from || id > this.#to) {
      this.#ids.clear();
      this.#from = id;
      this.#to = id;
      const run = file.runFrom(table, owner, part, id);
      if (run !== undefined) {
        this.#to = run.lastId;
        for (const at of runRows(run.bytes)) this.#ids.add(rowId(run.bytes, at));
      }
    }
    return this.#ids.has(id) || file.runFrom(this.#late, owner, part, id)?.lastId === id;
  }
}
