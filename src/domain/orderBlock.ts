// Rows of orders as columns: what all orders of a block have alike is stored once, and a row is put together when somebody asks
// for it. Millions of open orders of which few are looked at are then a few arrays that the garbage collector never walks. As a
// snapshot it is columns of bytes in the byte order of the machine, restored where it was taken or on a machine of the same kind.
import { assert } from './assert.ts';
import type { OrderStatus } from './orderStatus.ts';
import type { ExpiryReason, ListLeg, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from './orderTerms.ts';
import type { SpotOrder } from './spotOrder.ts';

/** Fields of a record: append only. */
export const BlockNumber = {
  orderId: 0,
  accountId: 1,
  side: 2,
  type: 3,
  timeInForce: 4,
  priceTicks: 5,
  origLots: 6,
  commandId: 7,
  createdUs: 8,
  makerRate: 9,
  takerRate: 10,
  status: 11,
  executedLots: 12,
  bookLots: 13,
  updateId: 14,
  updateUs: 15,
  workingUs: 16,
  stpMode: 17,
  stopPriceTicks: 18,
  trailingDelta: 19,
  trailingUs: 20,
  trailingExtremeTicks: 21,
  icebergLots: 22,
  expireUs: 23,
  orderListId: 24,
  listLeg: 25,
  strategyId: 26,
  strategyType: 27,
  pegPriceType: 28,
  pegOffsetType: 29,
  pegOffsetValue: 30,
  peggedPriceTicks: 31,
  preventedLots: 32,
  expiryReason: 33,
  rejectCode: 34,
  amendCount: 35,
} as const;
/** Fields of the same record that are 64-bit integers. */
export const BlockAmount = { cumQuoteUnits: 36, reservedUnits: 37, origQuoteUnits: 38 } as const;
const FIELDS = 39;
const AMOUNT_MAX = 2n ** 63n - 1n;

/** What few orders have. */
interface RareTerms extends Pick<SpotOrder, 'preventedMatch' | 'request' | 'outcome'> {
  /** From cumQuoteUnits on; present when one of them does not fit into its column. */
  readonly amounts?: readonly bigint[];
}

export interface OrderBlockSnapshot {
  readonly orders: number;
  /** The first order's record, eight bytes a field. */
  readonly first: Uint8Array;
  /** Fields that not all orders have alike, and their columns one behind the other. */
  readonly varying: readonly number[];
  readonly columns: Uint8Array;
  /** One for each order, or one for all. */
  readonly symbols: readonly string[];
  readonly clientOrderIds: readonly string[];
  /** Position of the order, and its terms. */
  readonly rare: readonly (readonly [number, RareTerms])[];
}

const ALIKE = -1;

export class OrderBlock {
  /** The first order's record, then the columns. */
  readonly #numbers: Float64Array;
  readonly #amounts: BigInt64Array;
  /** By field, where its column begins. */
  readonly #columns: number[] = new Array<number>(FIELDS).fill(ALIKE);
  readonly #symbols: readonly string[];
  readonly #clientOrderIds: readonly string[];
  readonly #rare: ReadonlyMap<number, RareTerms>;

  /** Keeps nothing of the snapshot's bytes alive. */
  constructor({ orders, first, varying, columns, symbols, clientOrderIds, rare }: OrderBlockSnapshot) {
    assert(first.length === FIELDS * 8, 'a record has every field');
    assert(columns.length === varying.length * orders * 8, 'a column has a value for each order');
    assert(symbols.length === orders || symbols.length === 1, 'each order has a symbol, or all the same');
    assert(clientOrderIds.length === orders, 'each order has a client order id');
    const bytes = new Uint8Array(first.length + columns.length);
    bytes.set(first);
    bytes.set(columns, first.length);
    this.#numbers = new Float64Array(bytes.buffer);
    this.#amounts = new BigInt64Array(bytes.buffer);
    varying.forEach((field, i) => {
      this.#columns[field] = FIELDS + i * orders;
    });
    this.#symbols = symbols;
    this.#clientOrderIds = clientOrderIds;
    this.#rare = new Map(rare);
  }

  number(field: number, i: number): number {
    const column = this.#columns[field]!;
    return this.#numbers[column === ALIKE ? field : column + i]!;
  }

  amount(field: number, i: number): bigint {
    const wide = this.#rare.size > 0 ? this.#rare.get(i)?.amounts : undefined;
    if (wide !== undefined) return wide[field - BlockAmount.cumQuoteUnits]!;
    const column = this.#columns[field]!;
    return this.#amounts[column === ALIKE ? field : column + i]!;
  }

  symbol(i: number): string {
    return this.#symbols.length === 1 ? this.#symbols[0]! : this.#symbols[i]!;
  }

  clientOrderId(i: number): string {
    return this.#clientOrderIds[i]!;
  }

  /** A row of its own. */
  row(i: number): SpotOrder {
    const rare = this.#rare.size > 0 ? this.#rare.get(i) : undefined;
    const strategyId = this.number(BlockNumber.strategyId, i);
    const strategyType = this.number(BlockNumber.strategyType, i);
    return {
      orderId: this.number(BlockNumber.orderId, i),
      accountId: this.number(BlockNumber.accountId, i),
      symbol: this.symbol(i),
      clientOrderId: this.clientOrderId(i),
      side: this.number(BlockNumber.side, i) as Side,
      type: this.number(BlockNumber.type, i) as OrderType,
      timeInForce: this.number(BlockNumber.timeInForce, i) as TimeInForce,
      priceTicks: this.number(BlockNumber.priceTicks, i),
      origLots: this.number(BlockNumber.origLots, i),
      commandId: this.number(BlockNumber.commandId, i),
      createdUs: this.number(BlockNumber.createdUs, i),
      makerRate: this.number(BlockNumber.makerRate, i),
      takerRate: this.number(BlockNumber.takerRate, i),
      status: this.number(BlockNumber.status, i) as OrderStatus,
      executedLots: this.number(BlockNumber.executedLots, i),
      cumQuoteUnits: this.amount(BlockAmount.cumQuoteUnits, i),
      bookLots: this.number(BlockNumber.bookLots, i),
      updateId: this.number(BlockNumber.updateId, i),
      updateUs: this.number(BlockNumber.updateUs, i),
      workingUs: this.number(BlockNumber.workingUs, i),
      reservedUnits: this.amount(BlockAmount.reservedUnits, i),
      origQuoteUnits: this.amount(BlockAmount.origQuoteUnits, i),
      stpMode: this.number(BlockNumber.stpMode, i) as StpMode,
      stopPriceTicks: this.number(BlockNumber.stopPriceTicks, i),
      trailingDelta: this.number(BlockNumber.trailingDelta, i),
      trailingUs: this.number(BlockNumber.trailingUs, i),
      trailingExtremeTicks: this.number(BlockNumber.trailingExtremeTicks, i),
      icebergLots: this.number(BlockNumber.icebergLots, i),
      expireUs: this.number(BlockNumber.expireUs, i),
      orderListId: this.number(BlockNumber.orderListId, i),
      listLeg: this.number(BlockNumber.listLeg, i) as ListLeg,
      strategyId: Number.isNaN(strategyId) ? null : strategyId,
      strategyType: Number.isNaN(strategyType) ? null : strategyType,
      pegPriceType: this.number(BlockNumber.pegPriceType, i) as PegPriceType,
      pegOffsetType: this.number(BlockNumber.pegOffsetType, i) as PegOffsetType,
      pegOffsetValue: this.number(BlockNumber.pegOffsetValue, i),
      peggedPriceTicks: this.number(BlockNumber.peggedPriceTicks, i),
      preventedLots: this.number(BlockNumber.preventedLots, i),
      preventedMatch: rare?.preventedMatch ?? null,
      expiryReason: this.number(BlockNumber.expiryReason, i) as ExpiryReason,
      rejectCode: this.number(BlockNumber.rejectCode, i),
      amendCount: this.number(BlockNumber.amendCount, i),
      request: rare?.request ?? null,
      outcome: rare?.outcome ?? null,
    };
  }
}

// The block that is being made: buffers that come and go by the hundred megabytes hurry the garbage collector.
let scratch = new Float64Array(0);
let columnScratch = new Int32Array(0);

/** Its columns are valid until the next block is made. */
export function blockOf(rows: readonly Readonly<SpotOrder>[]): OrderBlockSnapshot {
  const orders = rows.length;
  if (scratch.length < orders * FIELDS) scratch = new Float64Array(orders * FIELDS);
  // Row by row, as they come from the heap, then column by column.
  const numbers = scratch.subarray(0, orders * FIELDS);
  const amounts = new BigInt64Array(scratch.buffer, 0, numbers.length);
  const clientOrderIds: string[] = [];
  const rare: [number, RareTerms][] = [];
  for (let i = 0; i < orders; i++) {
    const row = rows[i]!;
    const { cumQuoteUnits, reservedUnits, origQuoteUnits, preventedMatch, request, outcome } = row;
    storeNumbers(numbers, i * FIELDS, row);
    amounts[i * FIELDS + BlockAmount.cumQuoteUnits] = cumQuoteUnits;
    amounts[i * FIELDS + BlockAmount.reservedUnits] = reservedUnits;
    amounts[i * FIELDS + BlockAmount.origQuoteUnits] = origQuoteUnits;
    clientOrderIds.push(row.clientOrderId);
    const isWide = cumQuoteUnits > AMOUNT_MAX || reservedUnits > AMOUNT_MAX || origQuoteUnits > AMOUNT_MAX;
    if (preventedMatch === null && request === null && outcome === null && !isWide) continue;
    const wide = isWide ? { amounts: [cumQuoteUnits, reservedUnits, origQuoteUnits] } : undefined;
    rare.push([i, { preventedMatch, request, outcome, ...wide }]);
  }
  const words = new Int32Array(scratch.buffer, 0, numbers.length * 2);
  const varying = Array.from({ length: FIELDS }, (_, field) => field).filter((field) => varies(words, field));
  const wanted = varying.length * orders * 2;
  if (columnScratch.length < wanted) columnScratch = new Int32Array(wanted);
  const columns = columnScratch;
  let to = 0;
  for (const field of varying) {
    for (let at = field * 2; at < words.length; at += FIELDS * 2) {
      columns[to++] = words[at]!;
      columns[to++] = words[at + 1]!;
    }
  }
  const symbol = rows[0]?.symbol;
  const symbols = rows.every((row) => row.symbol === symbol) ? [symbol ?? ''] : rows.map((row) => row.symbol);
  return {
    orders,
    first: orders === 0 ? new Uint8Array(FIELDS * 8) : new Uint8Array(scratch.buffer.slice(0, FIELDS * 8)),
    varying,
    columns: new Uint8Array(columns.buffer, 0, wanted * 4),
    symbols,
    clientOrderIds,
    rare,
  };
}

/** In the records' words: whether not all have the field alike. */
function varies(words: Int32Array, field: number): boolean {
  for (let at = field * 2; at < words.length; at += FIELDS * 2)
    if (words[at] !== words[field * 2] || words[at + 1] !== words[field * 2 + 1]) return true;
  return false;
}

function storeNumbers(numbers: Float64Array, at: number, row: Readonly<SpotOrder>): void {
  numbers[at + BlockNumber.orderId] = row.orderId;
  numbers[at + BlockNumber.accountId] = row.accountId;
  numbers[at + BlockNumber.side] = row.side;
  numbers[at + BlockNumber.type] = row.type;
  numbers[at + BlockNumber.timeInForce] = row.timeInForce;
  numbers[at + BlockNumber.priceTicks] = row.priceTicks;
  numbers[at + BlockNumber.origLots] = row.origLots;
  numbers[at + BlockNumber.commandId] = row.commandId;
  numbers[at + BlockNumber.createdUs] = row.createdUs;
  numbers[at + BlockNumber.makerRate] = row.makerRate;
  numbers[at + BlockNumber.takerRate] = row.takerRate;
  numbers[at + BlockNumber.status] = row.status;
  numbers[at + BlockNumber.executedLots] = row.executedLots;
  numbers[at + BlockNumber.bookLots] = row.bookLots;
  numbers[at + BlockNumber.updateId] = row.updateId;
  numbers[at + BlockNumber.updateUs] = row.updateUs;
  numbers[at + BlockNumber.workingUs] = row.workingUs;
  numbers[at + BlockNumber.stpMode] = row.stpMode;
  numbers[at + BlockNumber.stopPriceTicks] = row.stopPriceTicks;
  numbers[at + BlockNumber.trailingDelta] = row.trailingDelta;
  numbers[at + BlockNumber.trailingUs] = row.trailingUs;
  numbers[at + BlockNumber.trailingExtremeTicks] = row.trailingExtremeTicks;
  numbers[at + BlockNumber.icebergLots] = row.icebergLots;
  numbers[at + BlockNumber.expireUs] = row.expireUs;
  numbers[at + BlockNumber.orderListId] = row.orderListId;
  numbers[at + BlockNumber.listLeg] = row.listLeg;
  numbers[at + BlockNumber.strategyId] = row.strategyId ?? Number.NaN;
  numbers[at + BlockNumber.strategyType] = row.strategyType ?? Number.NaN;
  numbers[at + BlockNumber.pegPriceType] = row.pegPriceType;
  numbers[at + BlockNumber.pegOffsetType] = row.pegOffsetType;
  numbers[at + BlockNumber.pegOffsetValue] = row.pegOffsetValue;
  numbers[at + BlockNumber.peggedPriceTicks] = row.peggedPriceTicks;
  numbers[at + BlockNumber.preventedLots] = row.preventedLots;
  numbers[at + BlockNumber.expiryReason] = row.expiryReason;
  numbers[at + BlockNumber.rejectCode] = row.rejectCode;
  numbers[at + BlockNumber.amendCount] = row.amendCount;
}
