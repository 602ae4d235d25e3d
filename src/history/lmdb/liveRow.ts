// What may still change: open orders, open order lists, the newest klines. They are in memory; the journal holds each as
// it stood at the last commit.
import type { KLine } from '../../domain/klineEntry.ts';
import type { OrderStatus } from '../../domain/orderStatus.ts';
import type { ExpiryReason } from '../../domain/orderTerms.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import { OrderField } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { OrderAmendment } from '../../ports/historyQueries.ts';
import type { AccountState, AccountSymbol } from './accountState.ts';
import type { Journal } from './journal.ts';
import { Table } from './layout.ts';
import { type Fills, MAX_FILL_IDS, type OrderExtras, orderRoom, writeOrder } from './orderRow.ts';
import { KLINE_ROOM, orderListRoom, writeKline, writeOrderList } from './otherRows.ts';
import type { RowList } from './rowList.ts';

const ORDER_FIELDS = Object.keys(OrderField);

/** Rows linked through themselves: one that ends leaves at once, and is garbage as soon as it lived briefly. */
export class LiveChain {
  first: LiveRow | null = null;

  add(row: LiveRow): void {
    row.chain?.remove(row);
    row.chain = this;
    row.after = this.first;
    if (this.first !== null) this.first.before = row;
    this.first = row;
  }

  remove(row: LiveRow): void {
    if (row.before === null) this.first = row.after;
    else row.before.after = row.after;
    if (row.after !== null) row.after.before = row.before;
    row.before = null;
    row.after = null;
    row.chain = null;
  }
}

export abstract class LiveRow {
  /** The segment's that has it as it stands, or those that changed since; null once it ended. */
  chain: LiveChain | null = null;
  before: LiveRow | null = null;
  after: LiveRow | null = null;

  abstract get id(): number;
  abstract get time(): number;
  /** Writes it to the journal as it stands; returns the row's ref. */
  abstract write(journal: Journal): number;
}

/**
 * An open order: what nearly every entry changes has fields of its own, so that the order that came with the log need not
 * be copied (it is the log's, and may not be changed) for most orders' whole life.
 */
export class LiveOrder extends LiveRow implements OrderExtras {
  status: OrderStatus;
  executedLots: number;
  cumQuoteUnits: bigint;
  bookLots: number;
  updateId: number;
  updateUs: number;
  expiryReason: ExpiryReason;
  readonly home: AccountSymbol;
  fills: Fills | null = null;
  amendments: OrderAmendment[] | null = null;
  /** The account's open orders on the symbol form a chain without order. */
  previous: LiveOrder | null = null;
  next: LiveOrder | null = null;
  /** The other fields. */
  #rest: SpotOrder;
  /** Whether #rest is ours to change. */
  #owned = false;

  constructor(order: SpotOrder, home: AccountSymbol) {
    super();
    this.#rest = order;
    this.status = order.status;
    this.executedLots = order.executedLots;
    this.cumQuoteUnits = order.cumQuoteUnits;
    this.bookLots = order.bookLots;
    this.updateId = order.updateId;
    this.updateUs = order.updateUs;
    this.expiryReason = order.expiryReason;
    this.home = home;
  }

  get id(): number {
    return this.#rest.orderId;
  }

  get time(): number {
    return this.#rest.createdUs;
  }

  /** Current but for the fields above. */
  get rest(): Readonly<SpotOrder> {
    return this.#rest;
  }

  set(field: number, value: unknown): void {
    switch (field) {
      case OrderField.status:
        this.status = value as OrderStatus;
        break;
      case OrderField.executedLots:
        this.executedLots = value as number;
        break;
      case OrderField.cumQuoteUnits:
        this.cumQuoteUnits = value as bigint;
        break;
      case OrderField.bookLots:
        this.bookLots = value as number;
        break;
      case OrderField.updateId:
        this.updateId = value as number;
        break;
      case OrderField.updateUs:
        this.updateUs = value as number;
        break;
      case OrderField.expiryReason:
        this.expiryReason = value as ExpiryReason;
        break;
      case OrderField.request:
      case OrderField.outcome:
        // Instructions in flight are not kept.
        break;
      default:
        if (!this.#owned) this.#rest = { ...this.#rest };
        this.#owned = true;
        (this.#rest as unknown as Record<string, unknown>)[ORDER_FIELDS[field] as string] = value;
    }
  }

  filled(tradeId: number): void {
    const fills = this.fills;
    if (fills === null) {
      this.fills = { ids: [tradeId], last: tradeId };
      return;
    }
    if (fills.ids.length < MAX_FILL_IDS) fills.ids.push(tradeId);
    fills.last = tradeId;
  }

  write(journal: Journal): number {
    return this.#write(journal, Table.ORDER_LIVE);
  }

  /** Writes it for the last time. */
  writeEnded(journal: Journal): number {
    return this.#write(journal, Table.ORDER);
  }

  #write(journal: Journal, table: Table): number {
    const rest = this.#rest;
    const w = journal.begin(table, rest.orderId, rest.createdUs, orderRoom(rest, this));
    writeOrder(w, rest, this, this, this.home.symbolId);
    return journal.end();
  }

  /** A copy for a caller to keep. */
  copy(): SpotOrder {
    const { status, executedLots, cumQuoteUnits, bookLots, updateId, updateUs, expiryReason } = this;
    const changed = { status, executedLots, cumQuoteUnits, bookLots, updateId, updateUs, expiryReason };
    return { ...this.#rest, ...changed, request: null, outcome: null };
  }
}

export class LiveOrderList extends LiveRow {
  row: SpotOrderList;
  readonly home: AccountState;
  readonly symbolId: number;

  constructor(row: SpotOrderList, home: AccountState, symbolId: number) {
    super();
    this.row = row;
    this.home = home;
    this.symbolId = symbolId;
  }

  get id(): number {
    return this.row.orderListId;
  }

  get time(): number {
    return this.row.createdUs;
  }

  write(journal: Journal): number {
    return this.#write(journal, Table.ORDER_LIST_LIVE);
  }

  writeEnded(journal: Journal): number {
    return this.#write(journal, Table.ORDER_LIST);
  }

  #write(journal: Journal, table: Table): number {
    const w = journal.begin(table, this.row.orderListId, this.row.createdUs, orderListRoom(this.row));
    writeOrderList(w, this.row, this.symbolId);
    return journal.end();
  }

  copy(): SpotOrderList {
    return { ...this.row, orderIds: [...this.row.orderIds] };
  }
}

export class LiveKline extends LiveRow {
  row: KLine;
  readonly entityId: string;
  readonly list: RowList;

  constructor(row: KLine, entityId: string, list: RowList) {
    super();
    this.row = row;
    this.entityId = entityId;
    this.list = list;
  }

  get id(): number {
    return this.row.openUs;
  }

  get time(): number {
    return this.row.openUs;
  }

  write(journal: Journal): number {
    return this.#write(journal, Table.KLINE_LIVE);
  }

  writeEnded(journal: Journal): number {
    return this.#write(journal, Table.KLINE);
  }

  #write(journal: Journal, table: Table): number {
    const w = journal.begin(table, this.row.openUs, this.row.openUs, KLINE_ROOM);
    writeKline(w, this.row, this.list.part);
    return journal.end();
  }
}
