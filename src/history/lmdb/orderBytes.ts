// Orders from the log's bytes to a row's, and from a row to the next one of the same order, without an object between: for
// orders as most are. What others have besides is orderRow.ts's.
import { CodecError } from '../../codec/codecError.ts';
import type { MsgpackReader } from '../../codec/msgpackReader.ts';
import { OrderField } from '../../domain/spotOrder.ts';
import { ROW_HEAD_BYTES, rowLength } from './layout.ts';
import { EXPIRY_REASON, FILLS, type Fills, ORIG_QUOTE, STP, writeFills } from './orderRow.ts';
import { RowReader, type RowWriter, zigzag } from './rowBytes.ts';

const REQUIRED = OrderField.takerRate + 1;
const READ = OrderField.stpMode + 1;
/** What a row may need beyond the one before: longer numbers, a mask, a reason. */
const GROWTH = 80;

/** What nearly every entry of an order changes. Amounts are halves of 64 bits (MsgpackReader.amount()). */
export interface OrderProgress {
  status: number;
  executedLots: number;
  cumQuoteHigh: number;
  cumQuoteLow: number;
  bookLots: number;
  updateId: number;
  updateUs: number;
  expiryReason: number;
}

/** An order as it is read from the log: one for all, and no object each. */
export class OrderFields implements OrderProgress {
  orderId = 0;
  accountId = 0;
  symbol = '';
  /** Where the client order id's bytes are in what was read. */
  nameAt = 0;
  nameLength = 0;
  side = 0;
  type = 0;
  timeInForce = 0;
  priceTicks = 0;
  origLots = 0;
  commandId = 0;
  createdUs = 0;
  makerRate = 0;
  takerRate = 0;
  status = 0;
  executedLots = 0;
  cumQuoteHigh = 0;
  cumQuoteLow = 0;
  bookLots = 0;
  updateId = 0;
  updateUs = 0;
  workingUs = 0;
  reservedHigh = 0;
  reservedLow = 0;
  origQuoteHigh = 0;
  origQuoteLow = 0;
  stpMode = 0;
  readonly expiryReason = 0;

  /** The row of a Created, as codec/orderRow.ts writes it; false when it says more than most do: then nothing is read. */
  read(r: MsgpackReader): boolean {
    const start = r.position;
    const length = r.array();
    if (length < REQUIRED) throw new CodecError(`row of ${length} fields, at least ${REQUIRED} needed`);
    if (length > READ) {
      r.seek(start);
      return false;
    }
    this.orderId = r.int();
    this.accountId = r.int();
    this.symbol = r.string();
    this.nameLength = r.stringLength();
    this.nameAt = r.position;
    r.seek(this.nameAt + this.nameLength);
    this.side = r.int();
    this.type = r.int();
    this.timeInForce = r.int();
    this.priceTicks = r.int();
    this.origLots = r.int();
    this.commandId = r.int();
    this.createdUs = r.int();
    this.makerRate = r.int();
    this.takerRate = r.int();
    this.status = length > OrderField.status ? r.int() : 0;
    this.executedLots = length > OrderField.executedLots ? r.int() : 0;
    amountIf(r, length > OrderField.cumQuoteUnits);
    this.cumQuoteHigh = r.high;
    this.cumQuoteLow = r.low;
    this.bookLots = length > OrderField.bookLots ? r.int() : 0;
    this.updateId = length > OrderField.updateId ? r.int() : 0;
    this.updateUs = length > OrderField.updateUs ? r.int() : 0;
    this.workingUs = length > OrderField.workingUs ? r.int() : 0;
    amountIf(r, length > OrderField.reservedUnits);
    this.reservedHigh = r.high;
    this.reservedLow = r.low;
    amountIf(r, length > OrderField.origQuoteUnits);
    this.origQuoteHigh = r.high;
    this.origQuoteLow = r.low;
    this.stpMode = length > OrderField.stpMode ? r.int() : 0;
    return true;
  }

  /** Whether the row is what rewriteOrder() takes. */
  get isPlain(): boolean {
    return (this.origQuoteHigh | this.origQuoteLow | this.stpMode) === 0;
  }

  /** Most bytes of the row. */
  get room(): number {
    return 256 + this.nameLength;
  }

  /** The body, byte for byte what writeOrder() writes; `from` is what was read. */
  write(w: RowWriter, from: Uint8Array, symbolId: number): void {
    const { createdUs, workingUs } = this;
    w.varint(this.accountId);
    w.varint(symbolId);
    w.u8(this.status | (this.side << 3));
    w.u8(this.type | (this.timeInForce << 4));
    w.textBytes(from, this.nameAt, this.nameLength);
    w.varint(this.priceTicks);
    w.varint(this.origLots);
    w.varint(this.commandId);
    w.varint(this.makerRate);
    w.varint(this.takerRate);
    writeProgress(w, this, createdUs);
    w.varint(workingUs === 0 ? 0 : 1 + zigzag(workingUs - createdUs));
    w.amount(this.reservedHigh, this.reservedLow);
    const hasQuote = (this.origQuoteHigh | this.origQuoteLow) !== 0;
    w.varint((hasQuote ? ORIG_QUOTE : 0) | (this.stpMode !== 0 ? STP : 0));
    if (hasQuote) w.amount(this.origQuoteHigh, this.origQuoteLow);
    if (this.stpMode !== 0) w.u8(this.stpMode);
  }
}

function amountIf(r: MsgpackReader, isThere: boolean): void {
  if (isThere) r.amount();
  else {
    r.high = 0;
    r.low = 0;
  }
}

function writeProgress(w: RowWriter, progress: OrderProgress, createdUs: number): void {
  w.varint(progress.executedLots);
  w.amount(progress.cumQuoteHigh, progress.cumQuoteLow);
  w.varint(progress.bookLots);
  w.varint(progress.updateId);
  w.signed(progress.updateUs - createdUs);
}

/** Where `count` numbers end. */
function pastVarints(bytes: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0; left--) while ((bytes[at++] as number) >= 0x80);
  return at;
}

/** Where the mask of the row at `at` is: in front of it are `status` and, after the client order id, the numbers. */
function maskAt(bytes: Buffer, at: number): number {
  const r = new RowReader(bytes, pastVarints(bytes, at + ROW_HEAD_BYTES, 2) + 2);
  const length = r.varint();
  return pastVarints(bytes, r.at + length, 12);
}

/** Whether the row has nothing that only orderRow.ts writes: what rewriteOrder() takes. */
export function isPlain(bytes: Buffer, at: number): boolean {
  return (new RowReader(bytes, maskAt(bytes, at)).varint() & ~(EXPIRY_REASON | FILLS)) === 0;
}

/** Most bytes of the row that rewriteOrder() makes of the one at `at`. */
export function rewriteRoom(bytes: Buffer, at: number, fills: Fills | null): number {
  return rowLength(bytes, at) + GROWTH + (fills === null ? 0 : 8 * fills.count);
}

/** Writes the body of the plain row at `at` anew, as it is with `progress`. */
export function rewriteOrder(
  w: RowWriter,
  bytes: Buffer,
  at: number,
  createdUs: number,
  progress: OrderProgress,
  fills: Fills | null,
): void {
  const statusAt = pastVarints(bytes, at + ROW_HEAD_BYTES, 2);
  w.copy(bytes, at + ROW_HEAD_BYTES, statusAt);
  w.u8(progress.status | ((bytes[statusAt] as number) & ~7));
  const textAt = pastVarints(bytes, statusAt + 2, 1);
  const nameLength = textAt === statusAt + 3 ? (bytes[statusAt + 2] as number) : new RowReader(bytes, statusAt + 2).varint();
  const progressAt = pastVarints(bytes, textAt + nameLength, 5);
  w.copy(bytes, statusAt + 1, progressAt);
  writeProgress(w, progress, createdUs);
  const restAt = pastVarints(bytes, progressAt, 5);
  w.copy(bytes, restAt, pastVarints(bytes, restAt, 2));
  w.varint((progress.expiryReason !== 0 ? EXPIRY_REASON : 0) | (fills !== null ? FILLS : 0));
  if (progress.expiryReason !== 0) w.u8(progress.expiryReason);
  if (fills !== null) writeFills(w, fills);
}
