// An open order. What nearly every entry changes has fields; the rest stays in the row it was written as last, so that no
// object of its forty fields is made unless somebody asks for it.
import type { OrderStatus } from '../../domain/orderStatus.ts';
import type { ExpiryReason } from '../../domain/orderTerms.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import type { OrderAmendment } from '../../ports/historyQueries.ts';
import type { AccountSymbol } from './accountState.ts';
import { type Journal, offsetOf } from './journal.ts';
import { ROW_AT, Table } from './layout.ts';
import { LiveRow } from './liveRow.ts';
import type { Names } from './names.ts';
import { isPlain, type OrderProgress, rewriteOrder, rewriteRoom } from './orderBytes.ts';
import { Fills, type OrderExtras, orderRoom, readOrder, writeOrder } from './orderRow.ts';

export class LiveOrder extends LiveRow implements OrderExtras, OrderProgress {
  readonly id: number;
  readonly time: number;
  readonly home: AccountSymbol;
  status = 0;
  executedLots = 0;
  cumQuoteHigh = 0;
  cumQuoteLow = 0;
  bookLots = 0;
  updateId = 0;
  updateUs = 0;
  expiryReason = 0;
  fills: Fills | null = null;
  amendments: OrderAmendment[] | null = null;
  /** The account's open orders on the symbol form a chain without order. */
  previous: LiveOrder | null = null;
  next: LiveOrder | null = null;
  /** The row it was written as last: in the journal's segment whose live row it is, or where it waits for its place there. */
  #bytes: Buffer;
  #at: number;
  #plain: boolean;

  /** `bytes` has its row at `at`, until it is written again; whether that is plain is orderBytes.ts's isPlain(). */
  constructor(id: number, time: number, home: AccountSymbol, bytes: Buffer, at: number, plain: boolean) {
    super();
    this.id = id;
    this.time = time;
    this.home = home;
    this.#bytes = bytes;
    this.#at = at;
    this.#plain = plain;
  }

  progressOf(progress: OrderProgress): void {
    this.status = progress.status;
    this.executedLots = progress.executedLots;
    this.cumQuoteHigh = progress.cumQuoteHigh;
    this.cumQuoteLow = progress.cumQuoteLow;
    this.bookLots = progress.bookLots;
    this.updateId = progress.updateId;
    this.updateUs = progress.updateUs;
    this.expiryReason = progress.expiryReason;
  }

  progressOfRow(order: SpotOrder): void {
    this.status = order.status;
    this.executedLots = order.executedLots;
    this.cumQuoteHigh = Number(BigInt.asIntN(32, order.cumQuoteUnits >> 32n));
    this.cumQuoteLow = Number(BigInt.asIntN(32, order.cumQuoteUnits));
    this.bookLots = order.bookLots;
    this.updateId = order.updateId;
    this.updateUs = order.updateUs;
    this.expiryReason = order.expiryReason;
  }

  filled(tradeId: number): void {
    if (this.fills === null) this.fills = new Fills(tradeId);
    else this.fills.add(tradeId);
  }

  /** Fields that no progress is have changed: `row` has them, with everything else as it is. */
  restate(journal: Journal, row: SpotOrder): number {
    const ref = this.#moved(journal, this.#writeRow(journal, Table.ORDER_LIVE, row));
    this.#plain = isPlain(this.#bytes, this.#at);
    return ref;
  }

  write(journal: Journal, names: Names): number {
    return this.#moved(journal, this.#write(journal, Table.ORDER_LIVE, names));
  }

  /** Writes it for the last time. */
  writeEnded(journal: Journal, names: Names): number {
    return this.#write(journal, Table.ORDER, names);
  }

  #write(journal: Journal, table: Table, names: Names): number {
    if (!this.#plain || this.amendments !== null) return this.#writeRow(journal, table, this.copy(names));
    const w = journal.begin(table, this.id, this.time, rewriteRoom(this.#bytes, this.#at, this.fills));
    rewriteOrder(w, this.#bytes, this.#at, this.time, this, this.fills);
    return journal.end();
  }

  #writeRow(journal: Journal, table: Table, row: SpotOrder): number {
    writeOrder(journal.begin(table, this.id, this.time, orderRoom(row, this)), row, this, this.home.symbolId);
    return journal.end();
  }

  #moved(journal: Journal, ref: number): number {
    this.#bytes = journal.segment(ref).bytes;
    this.#at = offsetOf(ref) + ROW_AT;
    return ref;
  }

  /** As it stands, for a caller to keep. */
  copy(names: Names): SpotOrder {
    const order = readOrder(this.#bytes, this.#at, names);
    order.status = this.status as OrderStatus;
    order.executedLots = this.executedLots;
    order.cumQuoteUnits = (BigInt(this.cumQuoteHigh >>> 0) << 32n) | BigInt(this.cumQuoteLow >>> 0);
    order.bookLots = this.bookLots;
    order.updateId = this.updateId;
    order.updateUs = this.updateUs;
    order.expiryReason = this.expiryReason as ExpiryReason;
    return order;
  }
}
