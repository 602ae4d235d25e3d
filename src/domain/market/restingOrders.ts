// The orders on the book, by their node: columns of plain numbers instead of objects. A million resting orders are then a
// few arrays that the garbage collector never walks, and what a fill or a cancel needs of an order is one cache line.
// Rows are put together when somebody asks for one. Lots shown and the order's id are the book's; its state follows from
// its fills.
import { assert } from '../assert.ts';
import { OrderStatus } from '../orderStatus.ts';
import type { ListLeg, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import { LOOK_AHEAD } from './bookPrefetch.ts';
import { gather, gatherRoom } from './gather.ts';
import type { RareTerms, RestingColumn } from './restingSnapshot.ts';

// A record is 32 doubles. First what every fill and cancel looks at, a cache line of it:
const RECORD = 32;
const EXECUTED_LOTS = 0;
const ORIG_LOTS = 1;
const PREVENTED_LOTS = 2;
const UPDATE_ID = 3;
const UPDATE_US = 4;
const ACCOUNT_ID = 5;
const MAKER_RATE = 6;
const ORDER_LIST_ID = 7;
// The rest of the row:
const CODES = 8;
const PRICE_TICKS = 9;
const PEGGED_PRICE_TICKS = 10;
const COMMAND_ID = 11;
const CREATED_US = 12;
const TAKER_RATE = 13;
const WORKING_US = 14;
const STOP_PRICE_TICKS = 15;
const TRAILING_DELTA = 16;
const TRAILING_US = 17;
const TRAILING_EXTREME_TICKS = 18;
const ICEBERG_LOTS = 19;
const EXPIRE_US = 20;
const STRATEGY_ID = 21;
const STRATEGY_TYPE = 22;
const PEG_OFFSET_VALUE = 23;
// Amounts, read as the 64-bit integers that they are on the wire:
const CUM_QUOTE_UNITS = 24;
const RESERVED_UNITS = 25;
const ORIG_QUOTE_UNITS = 26;
/** Fields in use, from the record's first on. */
export const RESTING_FIELDS = 27;

/** Enumerated terms have codes below 16 and share a double with the amend count, which stays below 2^20. */
const CODE_BITS = 4;
const CODE_MASK = 15;
const AMEND_COUNT_UNIT = 2 ** 28;

export class RestingOrders {
  #numbers = new Float64Array(0);
  #amounts = new BigInt64Array(0);
  /** The same: what is stored as an integer may look like a NaN, which a copy of doubles need not keep as it is. */
  #words = new Int32Array(0);
  readonly #clientOrderIds: string[] = [''];
  readonly #rare = new Map<number, RareTerms>();
  readonly #read = new Int32Array(gatherRoom(LOOK_AHEAD));
  #watch: ((node: number) => void) | undefined;

  /** Hears of a node before its record changes; undefined ends it. */
  set watch(watch: ((node: number) => void) | undefined) {
    assert(watch === undefined || this.#watch === undefined, 'one at a time reads the orders as they were');
    this.#watch = watch;
  }

  /** Room for so many orders at first. */
  reserve(orders: number): void {
    if (orders * RECORD >= this.#numbers.length) this.#grow(orders + 1);
  }

  store(node: number, order: Readonly<SpotOrder>): void {
    if (this.#watch !== undefined) this.#watch(node);
    if (node * RECORD >= this.#numbers.length) this.#grow(Math.max(64, node * 2));
    const numbers = this.#numbers;
    const at = node * RECORD;
    numbers[at + EXECUTED_LOTS] = order.executedLots;
    numbers[at + ORIG_LOTS] = order.origLots;
    numbers[at + PREVENTED_LOTS] = order.preventedLots;
    numbers[at + UPDATE_ID] = order.updateId;
    numbers[at + UPDATE_US] = order.updateUs;
    numbers[at + ACCOUNT_ID] = order.accountId;
    numbers[at + MAKER_RATE] = order.makerRate;
    numbers[at + ORDER_LIST_ID] = order.orderListId;
    numbers[at + CODES] = codesOf(order) + order.amendCount * AMEND_COUNT_UNIT;
    numbers[at + PRICE_TICKS] = order.priceTicks;
    numbers[at + PEGGED_PRICE_TICKS] = order.peggedPriceTicks;
    numbers[at + COMMAND_ID] = order.commandId;
    numbers[at + CREATED_US] = order.createdUs;
    numbers[at + TAKER_RATE] = order.takerRate;
    numbers[at + WORKING_US] = order.workingUs;
    numbers[at + STOP_PRICE_TICKS] = order.stopPriceTicks;
    numbers[at + TRAILING_DELTA] = order.trailingDelta;
    numbers[at + TRAILING_US] = order.trailingUs;
    numbers[at + TRAILING_EXTREME_TICKS] = order.trailingExtremeTicks;
    numbers[at + ICEBERG_LOTS] = order.icebergLots;
    numbers[at + EXPIRE_US] = order.expireUs;
    numbers[at + STRATEGY_ID] = order.strategyId ?? Number.NaN;
    numbers[at + STRATEGY_TYPE] = order.strategyType ?? Number.NaN;
    numbers[at + PEG_OFFSET_VALUE] = order.pegOffsetValue;
    const amounts = this.#amounts;
    amounts[at + CUM_QUOTE_UNITS] = order.cumQuoteUnits;
    amounts[at + RESERVED_UNITS] = order.reservedUnits;
    amounts[at + ORIG_QUOTE_UNITS] = order.origQuoteUnits;
    this.#clientOrderIds[node] = order.clientOrderId;
    if (order.preventedMatch !== null || order.request !== null || order.outcome !== null)
      this.#setRare(node, order.preventedMatch, order.request, order.outcome);
    else if (this.#rare.size > 0) this.#rare.delete(node);
  }

  /** The node is free again: nothing of its order is kept alive. */
  release(node: number): void {
    if (this.#watch !== undefined) this.#watch(node);
    this.#clientOrderIds[node] = '';
    if (this.#rare.size > 0) this.#rare.delete(node);
  }

  /** Takes over an order of another one's. */
  copy(from: RestingOrders, node: number, to: number): void {
    if (to * RECORD >= this.#numbers.length) this.#grow(Math.max(64, to * 2));
    const words = this.#words;
    const theirs = from.#words;
    const at = to * RECORD * 2;
    const there = node * RECORD * 2;
    for (let i = 0; i < RESTING_FIELDS * 2; i++) words[at + i] = theirs[there + i]!;
    this.#clientOrderIds[to] = from.#clientOrderIds[node]!;
    const rare = from.#rare.size > 0 ? from.#rare.get(node) : undefined;
    if (rare !== undefined) this.#rare.set(to, rare);
    else if (this.#rare.size > 0) this.#rare.delete(to);
  }

  /** Brings near what a cancel looks at, of the first `count` of these nodes: see bookPrefetch.ts. */
  fetch(nodes: Int32Array, count: number): void {
    const words = this.#words;
    gather(words, RECORD * 2, EXECUTED_LOTS * 2, nodes, count, this.#read);
    // The record may begin in the middle of a cache line.
    gather(words, RECORD * 2, ORDER_LIST_ID * 2, nodes, count, this.#read);
  }

  /** The order as a row of its own. */
  row(node: number, symbol: string, orderId: number, side: Side, bookLots: number): SpotOrder {
    const numbers = this.#numbers;
    const at = node * RECORD;
    const amendCount = Math.floor(numbers[at + CODES]! / AMEND_COUNT_UNIT);
    const codes = numbers[at + CODES]! - amendCount * AMEND_COUNT_UNIT;
    const amounts = this.#amounts;
    const rare = this.#rare.size > 0 ? this.#rare.get(node) : undefined;
    const strategyId = numbers[at + STRATEGY_ID]!;
    const strategyType = numbers[at + STRATEGY_TYPE]!;
    return {
      orderId,
      accountId: numbers[at + ACCOUNT_ID]!,
      symbol,
      clientOrderId: this.#clientOrderIds[node]!,
      side,
      type: (codes & CODE_MASK) as OrderType,
      timeInForce: ((codes >>> CODE_BITS) & CODE_MASK) as TimeInForce,
      priceTicks: numbers[at + PRICE_TICKS]!,
      origLots: numbers[at + ORIG_LOTS]!,
      commandId: numbers[at + COMMAND_ID]!,
      createdUs: numbers[at + CREATED_US]!,
      makerRate: numbers[at + MAKER_RATE]!,
      takerRate: numbers[at + TAKER_RATE]!,
      status: this.status(node),
      executedLots: numbers[at + EXECUTED_LOTS]!,
      cumQuoteUnits: amounts[at + CUM_QUOTE_UNITS]!,
      bookLots,
      updateId: numbers[at + UPDATE_ID]!,
      updateUs: numbers[at + UPDATE_US]!,
      workingUs: numbers[at + WORKING_US]!,
      reservedUnits: amounts[at + RESERVED_UNITS]!,
      origQuoteUnits: amounts[at + ORIG_QUOTE_UNITS]!,
      stpMode: ((codes >>> (2 * CODE_BITS)) & CODE_MASK) as StpMode,
      stopPriceTicks: numbers[at + STOP_PRICE_TICKS]!,
      trailingDelta: numbers[at + TRAILING_DELTA]!,
      trailingUs: numbers[at + TRAILING_US]!,
      trailingExtremeTicks: numbers[at + TRAILING_EXTREME_TICKS]!,
      icebergLots: numbers[at + ICEBERG_LOTS]!,
      expireUs: numbers[at + EXPIRE_US]!,
      orderListId: numbers[at + ORDER_LIST_ID]!,
      listLeg: ((codes >>> (3 * CODE_BITS)) & CODE_MASK) as ListLeg,
      strategyId: Number.isNaN(strategyId) ? null : strategyId,
      strategyType: Number.isNaN(strategyType) ? null : strategyType,
      pegPriceType: ((codes >>> (4 * CODE_BITS)) & CODE_MASK) as PegPriceType,
      pegOffsetType: ((codes >>> (5 * CODE_BITS)) & CODE_MASK) as PegOffsetType,
      pegOffsetValue: numbers[at + PEG_OFFSET_VALUE]!,
      peggedPriceTicks: numbers[at + PEGGED_PRICE_TICKS]!,
      preventedLots: numbers[at + PREVENTED_LOTS]!,
      preventedMatch: rare?.preventedMatch ?? null,
      expiryReason: 0,
      rejectCode: 0,
      amendCount,
      request: rare?.request ?? null,
      outcome: rare?.outcome ?? null,
    };
  }

  status(node: number): OrderStatus {
    return this.#numbers[node * RECORD + EXECUTED_LOTS]! > 0 ? OrderStatus.PartiallyFilled : OrderStatus.Pending;
  }

  executedLots(node: number): number {
    return this.#numbers[node * RECORD + EXECUTED_LOTS]!;
  }

  preventedLots(node: number): number {
    return this.#numbers[node * RECORD + PREVENTED_LOTS]!;
  }

  leavesLots(node: number): number {
    const numbers = this.#numbers;
    const at = node * RECORD;
    return numbers[at + ORIG_LOTS]! - numbers[at + EXECUTED_LOTS]! - numbers[at + PREVENTED_LOTS]!;
  }

  updateId(node: number): number {
    return this.#numbers[node * RECORD + UPDATE_ID]!;
  }

  updateUs(node: number): number {
    return this.#numbers[node * RECORD + UPDATE_US]!;
  }

  accountId(node: number): number {
    return this.#numbers[node * RECORD + ACCOUNT_ID]!;
  }

  makerRate(node: number): number {
    return this.#numbers[node * RECORD + MAKER_RATE]!;
  }

  orderListId(node: number): number {
    return this.#numbers[node * RECORD + ORDER_LIST_ID]!;
  }

  icebergLots(node: number): number {
    return this.#numbers[node * RECORD + ICEBERG_LOTS]!;
  }

  expireUs(node: number): number {
    return this.#numbers[node * RECORD + EXPIRE_US]!;
  }

  cumQuoteUnits(node: number): bigint {
    return this.#amounts[node * RECORD + CUM_QUOTE_UNITS]!;
  }

  preventedMatch(node: number): SpotOrder['preventedMatch'] {
    return this.#rare.get(node)?.preventedMatch ?? null;
  }

  outcome(node: number): SpotOrder['outcome'] {
    return this.#rare.size > 0 ? (this.#rare.get(node)?.outcome ?? null) : null;
  }

  setFilled(node: number, executedLots: number, cumQuoteUnits: bigint): void {
    if (this.#watch !== undefined) this.#watch(node);
    this.#numbers[node * RECORD + EXECUTED_LOTS] = executedLots;
    this.#amounts[node * RECORD + CUM_QUOTE_UNITS] = cumQuoteUnits;
  }

  setPrevented(node: number, preventedLots: number, match: SpotOrder['preventedMatch']): void {
    if (this.#watch !== undefined) this.#watch(node);
    this.#numbers[node * RECORD + PREVENTED_LOTS] = preventedLots;
    const rare = this.#rare.get(node);
    this.#setRare(node, match, rare?.request ?? null, rare?.outcome ?? null);
  }

  setUpdate(node: number, updateId: number, updateUs: number): void {
    if (this.#watch !== undefined) this.#watch(node);
    this.#numbers[node * RECORD + UPDATE_ID] = updateId;
    this.#numbers[node * RECORD + UPDATE_US] = updateUs;
  }

  setOutcome(node: number, outcome: SpotOrder['outcome']): void {
    if (this.#watch !== undefined) this.#watch(node);
    const rare = this.#rare.get(node);
    this.#setRare(node, rare?.preventedMatch ?? null, rare?.request ?? null, outcome);
  }

  clientOrderId(node: number): string {
    return this.#clientOrderIds[node]!;
  }

  rare(node: number): RareTerms | undefined {
    return this.#rare.get(node);
  }

  setRare(node: number, { preventedMatch, request, outcome }: RareTerms): void {
    this.#setRare(node, preventedMatch, request, outcome);
  }

  /** A field of the first `count` records. */
  column(field: number, count: number): RestingColumn {
    const words = this.#words;
    const first = [words[field * 2] ?? 0, words[field * 2 + 1] ?? 0] as const;
    let i = 0;
    for (let at = field * 2; i < count && words[at] === first[0] && words[at + 1] === first[1]; at += RECORD * 2) i++;
    if (i === count) return count === 0 ? [0, 0] : first;
    const column = new Int32Array(count * 2);
    for (i = 0; i < count; i++) {
      const at = (i * RECORD + field) * 2;
      column[i * 2] = words[at]!;
      column[i * 2 + 1] = words[at + 1]!;
    }
    return new Uint8Array(column.buffer);
  }

  /** The opposite, of all fields, for nodes that are new: their records, but for what few orders have. */
  restore(nodes: Int32Array, columns: readonly RestingColumn[], clientOrderIds: readonly string[]): void {
    let last = 0;
    for (const node of nodes) if (node > last) last = node;
    if (last * RECORD >= this.#numbers.length) this.#grow(Math.max(last + 1, (this.#numbers.length / RECORD) * 2));
    const words = this.#words;
    for (let field = 0; field < columns.length; field++) {
      const values = valuesOf(columns[field]!, nodes.length);
      const same = !(columns[field] instanceof Uint8Array);
      // Records are empty at first.
      if (same && values[0] === 0 && values[1] === 0) continue;
      for (let i = 0; i < nodes.length; i++) {
        const at = (nodes[i]! * RECORD + field) * 2;
        const value = same ? 0 : i * 2;
        words[at] = values[value]!;
        words[at + 1] = values[value + 1]!;
      }
    }
    for (let i = 0; i < nodes.length; i++) this.#clientOrderIds[nodes[i]!] = clientOrderIds[i]!;
  }

  #setRare(node: number, preventedMatch: RareTerms['preventedMatch'], request: RareTerms['request'], outcome: RareTerms['outcome']): void {
    this.#rare.set(node, { preventedMatch, request, outcome });
  }

  #grow(capacity: number): void {
    const numbers = new Float64Array(capacity * RECORD);
    const words = new Int32Array(numbers.buffer);
    words.set(this.#words);
    this.#numbers = numbers;
    this.#amounts = new BigInt64Array(numbers.buffer);
    this.#words = words;
    // Without holes the array stays a plain one.
    for (let i = this.#clientOrderIds.length; i < capacity; i++) this.#clientOrderIds.push('');
  }
}

/** Of the column that is being read: buffers that come and go by the hundred megabytes hurry the garbage collector. */
let scratch = new Int32Array(0);

/** The words of a column: two for each order, or two for all of them. Valid until the next column. */
function valuesOf(column: RestingColumn, orders: number): Readonly<ArrayLike<number>> {
  if (!(column instanceof Uint8Array)) return column;
  assert(column.length === orders * 8, 'a column has a value for each order');
  if (scratch.length < orders * 2) scratch = new Int32Array(orders * 2);
  // A copy: the bytes may begin anywhere in a larger buffer.
  new Uint8Array(scratch.buffer).set(column);
  return scratch;
}

function codesOf(order: Readonly<SpotOrder>): number {
  return (
    order.type |
    (order.timeInForce << CODE_BITS) |
    (order.stpMode << (2 * CODE_BITS)) |
    (order.listLeg << (3 * CODE_BITS)) |
    (order.pegPriceType << (4 * CODE_BITS)) |
    (order.pegOffsetType << (5 * CODE_BITS))
  );
}
