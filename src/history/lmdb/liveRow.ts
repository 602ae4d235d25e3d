// What may still change: open orders, open order lists, the newest klines. They are in memory; the journal holds each as
// it stood at the last commit.
import type { KLine } from '../../domain/klineEntry.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { OrderAmendment } from '../../ports/historyQueries.ts';
import type { AccountState, AccountSymbol } from './accountState.ts';
import type { Journal } from './journal.ts';
import { Table } from './layout.ts';
import { type Fills, MAX_FILL_IDS, type OrderExtras, orderRoom, writeOrder } from './orderRow.ts';
import { KLINE_ROOM, orderListRoom, writeKline, writeOrderList } from './otherRows.ts';
import type { RowList } from './rowList.ts';

export abstract class LiveRow {
  /** Where the journal has it; -1 = not yet. */
  ref = -1;
  /** Changed since it was written. */
  dirty = false;
  ended = false;

  abstract get id(): number;
  abstract get time(): number;
  /** Writes it to the journal as it stands; returns the row's ref. */
  abstract write(journal: Journal): number;
}

export class LiveOrder extends LiveRow implements OrderExtras {
  row: SpotOrder;
  /** Whether `row` is ours to change: what came with a Created entry belongs to the log. */
  owned: boolean;
  readonly home: AccountSymbol;
  fills: Fills | null = null;
  amendments: OrderAmendment[] | null = null;
  /** The account's open orders on the symbol form a chain without order. */
  previous: LiveOrder | null = null;
  next: LiveOrder | null = null;

  constructor(row: SpotOrder, owned: boolean, home: AccountSymbol) {
    super();
    this.row = row;
    this.owned = owned;
    this.home = home;
  }

  get id(): number {
    return this.row.orderId;
  }

  get time(): number {
    return this.row.createdUs;
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
    const { row } = this;
    const w = journal.begin(table, row.orderId, row.createdUs, orderRoom(row, this));
    writeOrder(w, row, this, this.home.symbolId);
    return journal.end();
  }

  /** A copy for a caller to keep. */
  copy(): SpotOrder {
    return { ...this.row, request: null, outcome: null };
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
