// What may still change: open orders (liveOrder.ts), open order lists, the newest klines. They are in memory; the journal holds each as
// it stood at the last commit.
import type { KLine } from '../../domain/klineEntry.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { AccountState } from './accountState.ts';
import type { Journal } from './journal.ts';
import { Table } from './layout.ts';
import type { Names } from './names.ts';
import { KLINE_ROOM, orderListRoom, writeKline, writeOrderList } from './otherRows.ts';
import type { RowList } from './rowList.ts';

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
  abstract write(journal: Journal, names: Names): number;
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
