// The orders on the book, by their node: columns of plain numbers instead of objects. A million resting orders are then a
// few arrays that the garbage collector never walks, and what a fill or a cancel needs of an order is one cache line.
// Rows are put together when somebody asks for one. Lots shown and the order's id are the book's; its state follows from
// its fills.
import { OrderStatus } from '../orderStatus.ts';
import type { ListLeg, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';

// Near: what every fill and cancel looks at. 8 doubles, a cache line.
const NEAR = 8;
const EXECUTED_LOTS = 0;
const ORIG_LOTS = 1;
const PREVENTED_LOTS = 2;
const UPDATE_ID = 3;
const UPDATE_US = 4;
const ACCOUNT_ID = 5;
const MAKER_RATE = 6;
const ORDER_LIST_ID = 7;
// Far: the rest of the row.
const FAR = 16;
const CODES = 0;
const PRICE_TICKS = 1;
const PEGGED_PRICE_TICKS = 2;
const COMMAND_ID = 3;
const CREATED_US = 4;
const TAKER_RATE = 5;
const WORKING_US = 6;
const STOP_PRICE_TICKS = 7;
const TRAILING_DELTA = 8;
const TRAILING_US = 9;
const TRAILING_EXTREME_TICKS = 10;
const ICEBERG_LOTS = 11;
const EXPIRE_US = 12;
const STRATEGY_ID = 13;
const STRATEGY_TYPE = 14;
const PEG_OFFSET_VALUE = 15;
// Amounts: 64-bit integers, as on the wire.
const AMOUNTS = 3;
const CUM_QUOTE_UNITS = 0;
const RESERVED_UNITS = 1;
const ORIG_QUOTE_UNITS = 2;

/** Enumerated terms have codes below 16 and share a double with the amend count, which stays below 2^20. */
const CODE_BITS = 4;
const CODE_MASK = 15;
const AMEND_COUNT_UNIT = 2 ** 28;

/** What few orders have. */
type Rare = Pick<SpotOrder, 'preventedMatch' | 'request' | 'outcome'>;

export class RestingOrders {
  #near = new Float64Array(0);
  #far = new Float64Array(0);
  #amounts = new BigInt64Array(0);
  readonly #clientOrderIds: string[] = [''];
  readonly #rare = new Map<number, Rare>();

  store(node: number, order: Readonly<SpotOrder>): void {
    if (node * NEAR >= this.#near.length) this.#grow(node);
    const near = this.#near;
    let at = node * NEAR;
    near[at + EXECUTED_LOTS] = order.executedLots;
    near[at + ORIG_LOTS] = order.origLots;
    near[at + PREVENTED_LOTS] = order.preventedLots;
    near[at + UPDATE_ID] = order.updateId;
    near[at + UPDATE_US] = order.updateUs;
    near[at + ACCOUNT_ID] = order.accountId;
    near[at + MAKER_RATE] = order.makerRate;
    near[at + ORDER_LIST_ID] = order.orderListId;
    const far = this.#far;
    at = node * FAR;
    far[at + CODES] = codesOf(order) + order.amendCount * AMEND_COUNT_UNIT;
    far[at + PRICE_TICKS] = order.priceTicks;
    far[at + PEGGED_PRICE_TICKS] = order.peggedPriceTicks;
    far[at + COMMAND_ID] = order.commandId;
    far[at + CREATED_US] = order.createdUs;
    far[at + TAKER_RATE] = order.takerRate;
    far[at + WORKING_US] = order.workingUs;
    far[at + STOP_PRICE_TICKS] = order.stopPriceTicks;
    far[at + TRAILING_DELTA] = order.trailingDelta;
    far[at + TRAILING_US] = order.trailingUs;
    far[at + TRAILING_EXTREME_TICKS] = order.trailingExtremeTicks;
    far[at + ICEBERG_LOTS] = order.icebergLots;
    far[at + EXPIRE_US] = order.expireUs;
    far[at + STRATEGY_ID] = order.strategyId ?? Number.NaN;
    far[at + STRATEGY_TYPE] = order.strategyType ?? Number.NaN;
    far[at + PEG_OFFSET_VALUE] = order.pegOffsetValue;
    const amounts = this.#amounts;
    at = node * AMOUNTS;
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
    this.#clientOrderIds[node] = '';
    if (this.#rare.size > 0) this.#rare.delete(node);
  }

  /** The order as a row of its own. */
  row(node: number, symbol: string, orderId: number, side: Side, bookLots: number): SpotOrder {
    const near = this.#near;
    const nearAt = node * NEAR;
    const far = this.#far;
    const farAt = node * FAR;
    const amendCount = Math.floor(far[farAt + CODES]! / AMEND_COUNT_UNIT);
    const codes = far[farAt + CODES]! - amendCount * AMEND_COUNT_UNIT;
    const amounts = this.#amounts;
    const rare = this.#rare.size > 0 ? this.#rare.get(node) : undefined;
    const strategyId = far[farAt + STRATEGY_ID]!;
    const strategyType = far[farAt + STRATEGY_TYPE]!;
    return {
      orderId,
      accountId: near[nearAt + ACCOUNT_ID]!,
      symbol,
      clientOrderId: this.#clientOrderIds[node]!,
      side,
      type: (codes & CODE_MASK) as OrderType,
      timeInForce: ((codes >>> CODE_BITS) & CODE_MASK) as TimeInForce,
      priceTicks: far[farAt + PRICE_TICKS]!,
      origLots: near[nearAt + ORIG_LOTS]!,
      commandId: far[farAt + COMMAND_ID]!,
      createdUs: far[farAt + CREATED_US]!,
      makerRate: near[nearAt + MAKER_RATE]!,
      takerRate: far[farAt + TAKER_RATE]!,
      status: this.status(node),
      executedLots: near[nearAt + EXECUTED_LOTS]!,
      cumQuoteUnits: amounts[node * AMOUNTS + CUM_QUOTE_UNITS]!,
      bookLots,
      updateId: near[nearAt + UPDATE_ID]!,
      updateUs: near[nearAt + UPDATE_US]!,
      workingUs: far[farAt + WORKING_US]!,
      reservedUnits: amounts[node * AMOUNTS + RESERVED_UNITS]!,
      origQuoteUnits: amounts[node * AMOUNTS + ORIG_QUOTE_UNITS]!,
      stpMode: ((codes >>> (2 * CODE_BITS)) & CODE_MASK) as StpMode,
      stopPriceTicks: far[farAt + STOP_PRICE_TICKS]!,
      trailingDelta: far[farAt + TRAILING_DELTA]!,
      trailingUs: far[farAt + TRAILING_US]!,
      trailingExtremeTicks: far[farAt + TRAILING_EXTREME_TICKS]!,
      icebergLots: far[farAt + ICEBERG_LOTS]!,
      expireUs: far[farAt + EXPIRE_US]!,
      orderListId: near[nearAt + ORDER_LIST_ID]!,
      listLeg: ((codes >>> (3 * CODE_BITS)) & CODE_MASK) as ListLeg,
      strategyId: Number.isNaN(strategyId) ? null : strategyId,
      strategyType: Number.isNaN(strategyType) ? null : strategyType,
      pegPriceType: ((codes >>> (4 * CODE_BITS)) & CODE_MASK) as PegPriceType,
      pegOffsetType: ((codes >>> (5 * CODE_BITS)) & CODE_MASK) as PegOffsetType,
      pegOffsetValue: far[farAt + PEG_OFFSET_VALUE]!,
      peggedPriceTicks: far[farAt + PEGGED_PRICE_TICKS]!,
      preventedLots: near[nearAt + PREVENTED_LOTS]!,
      preventedMatch: rare?.preventedMatch ?? null,
      expiryReason: 0,
      rejectCode: 0,
      amendCount,
      request: rare?.request ?? null,
      outcome: rare?.outcome ?? null,
    };
  }

  status(node: number): OrderStatus {
    return this.#near[node * NEAR + EXECUTED_LOTS]! > 0 ? OrderStatus.PartiallyFilled : OrderStatus.Pending;
  }

  executedLots(node: number): number {
    return this.#near[node * NEAR + EXECUTED_LOTS]!;
  }

  preventedLots(node: number): number {
    return this.#near[node * NEAR + PREVENTED_LOTS]!;
  }

  leavesLots(node: number): number {
    const at = node * NEAR;
    return this.#near[at + ORIG_LOTS]! - this.#near[at + EXECUTED_LOTS]! - this.#near[at + PREVENTED_LOTS]!;
  }

  updateId(node: number): number {
    return this.#near[node * NEAR + UPDATE_ID]!;
  }

  updateUs(node: number): number {
    return this.#near[node * NEAR + UPDATE_US]!;
  }

  accountId(node: number): number {
    return this.#near[node * NEAR + ACCOUNT_ID]!;
  }

  makerRate(node: number): number {
    return this.#near[node * NEAR + MAKER_RATE]!;
  }

  orderListId(node: number): number {
    return this.#near[node * NEAR + ORDER_LIST_ID]!;
  }

  icebergLots(node: number): number {
    return this.#far[node * FAR + ICEBERG_LOTS]!;
  }

  expireUs(node: number): number {
    return this.#far[node * FAR + EXPIRE_US]!;
  }

  cumQuoteUnits(node: number): bigint {
    return this.#amounts[node * AMOUNTS + CUM_QUOTE_UNITS]!;
  }

  preventedMatch(node: number): SpotOrder['preventedMatch'] {
    return this.#rare.get(node)?.preventedMatch ?? null;
  }

  outcome(node: number): SpotOrder['outcome'] {
    return this.#rare.size > 0 ? (this.#rare.get(node)?.outcome ?? null) : null;
  }

  setFilled(node: number, executedLots: number, cumQuoteUnits: bigint): void {
    this.#near[node * NEAR + EXECUTED_LOTS] = executedLots;
    this.#amounts[node * AMOUNTS + CUM_QUOTE_UNITS] = cumQuoteUnits;
  }

  setPrevented(node: number, preventedLots: number, match: SpotOrder['preventedMatch']): void {
    this.#near[node * NEAR + PREVENTED_LOTS] = preventedLots;
    const rare = this.#rare.get(node);
    this.#setRare(node, match, rare?.request ?? null, rare?.outcome ?? null);
  }

  setUpdate(node: number, updateId: number, updateUs: number): void {
    this.#near[node * NEAR + UPDATE_ID] = updateId;
    this.#near[node * NEAR + UPDATE_US] = updateUs;
  }

  setOutcome(node: number, outcome: SpotOrder['outcome']): void {
    const rare = this.#rare.get(node);
    this.#setRare(node, rare?.preventedMatch ?? null, rare?.request ?? null, outcome);
  }

  #setRare(node: number, preventedMatch: Rare['preventedMatch'], request: Rare['request'], outcome: Rare['outcome']): void {
    this.#rare.set(node, { preventedMatch, request, outcome });
  }

  #grow(node: number): void {
    const capacity = Math.max(64, node * 2);
    const near = new Float64Array(capacity * NEAR);
    near.set(this.#near);
    this.#near = near;
    const far = new Float64Array(capacity * FAR);
    far.set(this.#far);
    this.#far = far;
    const amounts = new BigInt64Array(capacity * AMOUNTS);
    amounts.set(this.#amounts);
    this.#amounts = amounts;
    // Without holes the array stays a plain one.
    for (let i = this.#clientOrderIds.length; i < capacity; i++) this.#clientOrderIds.push('');
  }
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
