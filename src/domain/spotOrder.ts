// The order as every stage sees it. Immutable terms first, then what changes over its life, then the rare terms.
// Quantities are lots, prices ticks, amounts the asset's smallest unit (see instrument.ts); times are microseconds.

import type { NewOrder } from './command.ts';
import type { OrderStatus } from './orderStatus.ts';
import type {
  CancelRestriction,
  ExpiryReason,
  ListLeg,
  OrderType,
  PegOffsetType,
  PegPriceType,
  RequestKind,
  Side,
  StpMode,
  TimeInForce,
} from './orderTerms.ts';

/** An instruction from the account's writer to the symbol's writer, carried by the order's change log. */
export interface OrderRequest {
  readonly kind: RequestKind;
  /** The command that caused it; its outcome carries the same id. */
  readonly commandId: number;
  /** Routes the instruction: an Updated entry names only the order. */
  readonly symbol: string;
  /** Id the client gave the cancel or the amended order; '' when none. */
  readonly clientOrderId: string;
  readonly restriction: CancelRestriction;
  /** AMEND: the new original quantity. ACTIVATE (an OTO's pending leg): its quantity, known now. */
  readonly lots: number;
  /** REJECT: why, a code of rejectReason.ts. Absent = 0. */
  readonly code?: number;
  /** ACTIVATE: the units reserved for the leg, which cap what a MARKET leg may spend. Absent = as when it was created. */
  readonly reservedUnits?: bigint;
  /**
   * CANCEL of a cancel-replace: what its account places once the cancel has its outcome. It stands in the log so that
   * whoever takes the account over finishes the command; the symbol's writer passes over it.
   */
  readonly replacement?: Replacement;
}

/** The second half of a cancel-replace. */
export interface Replacement {
  /** Place it even when the cancel failed. */
  readonly allowFailure: boolean;
  readonly order: NewOrder;
}

/** What became of an OrderRequest. */
export interface RequestOutcome {
  readonly commandId: number;
  readonly kind: RequestKind;
  /** 0 = done, else a code of rejectReason.ts. */
  readonly code: number;
  readonly clientOrderId: string;
}

/** A self-trade that was prevented, on the taker's and on the maker's entry alike. */
export interface PreventedMatch {
  readonly preventedMatchId: number;
  readonly takerOrderId: number;
  readonly makerOrderId: number;
  readonly priceTicks: number;
  readonly takerPreventedLots: number;
  readonly makerPreventedLots: number;
  readonly stpMode: StpMode;
}

export interface SpotOrder {
  /** Unique, ascending per account partition; orderId % partitions = the account's partition. */
  readonly orderId: number;
  readonly accountId: number;
  readonly symbol: string;
  /** FIX ClOrdID(11). Changes only by an amend that names a new one. */
  clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** 0 for orders without a limit price. */
  readonly priceTicks: number;
  /** FIX OrderQty(38); 0 while unknown (MARKET by quote amount, OPO's pending leg). Falls only by amend. */
  origLots: number;
  /** The command that placed it: answers find their request by it, retries are recognised by it. */
  readonly commandId: number;
  /** When the account's writer accepted it. */
  readonly createdUs: number;
  /** Commission rates in 1e-8 (10 bps = 100_000), stamped when funds were reserved. */
  readonly makerRate: number;
  readonly takerRate: number;

  status: OrderStatus;
  /** FIX CumQty(14). */
  executedLots: number;
  /** Quote units traded so far. */
  cumQuoteUnits: bigint;
  /** Lots shown on the book now: 0 off the book; for an iceberg the visible part. */
  bookLots: number;
  /** The symbol's book update that last changed bookLots; 0 = never on the book. */
  updateId: number;
  updateUs: number;
  /** When it went live (book or matching); 0 = not yet. */
  workingUs: number;
  /**
   * Units reserved for it and not yet spent or released: quote for BUY, base for SELL. In the account log only this
   * is kept current; the market log carries the amount at acceptance, which caps what a MARKET order may spend.
   */
  reservedUnits: bigint;

  /** MARKET by quote amount: the amount; 0n otherwise. */
  readonly origQuoteUnits: bigint;
  readonly stpMode: StpMode;
  readonly stopPriceTicks: number;
  /** Basis points; 0 = not trailing. */
  readonly trailingDelta: number;
  /** When trailing became active; 0 = not yet. */
  trailingUs: number;
  /** Best price seen since trailing became active. */
  trailingExtremeTicks: number;
  /** Visible part of an iceberg; 0 = not an iceberg. */
  icebergLots: number;
  /** Good-till-date; 0 = none. */
  readonly expireUs: number;
  /** -1 = not in a list. */
  readonly orderListId: number;
  readonly listLeg: ListLeg;
  readonly strategyId: number | null;
  readonly strategyType: number | null;
  readonly pegPriceType: PegPriceType;
  readonly pegOffsetType: PegOffsetType;
  readonly pegOffsetValue: number;
  /** The price a pegged order got when it went on the book; then it stands for priceTicks. */
  peggedPriceTicks: number;
  /** Lots lost to self-trade prevention. */
  preventedLots: number;
  preventedMatch: PreventedMatch | null;
  expiryReason: ExpiryReason;
  /** Code of rejectReason.ts when status is Rejected; 0 otherwise. */
  rejectCode: number;
  amendCount: number;
  request: OrderRequest | null;
  outcome: RequestOutcome | null;
}

/** Positions of the fields in a Created row and in changedFields. On the wire: append only, never reorder. */
export const OrderField = {
  orderId: 0,
  accountId: 1,
  symbol: 2,
  clientOrderId: 3,
  side: 4,
  type: 5,
  timeInForce: 6,
  priceTicks: 7,
  origLots: 8,
  commandId: 9,
  createdUs: 10,
  makerRate: 11,
  takerRate: 12,
  status: 13,
  executedLots: 14,
  cumQuoteUnits: 15,
  bookLots: 16,
  updateId: 17,
  updateUs: 18,
  workingUs: 19,
  reservedUnits: 20,
  origQuoteUnits: 21,
  stpMode: 22,
  stopPriceTicks: 23,
  trailingDelta: 24,
  trailingUs: 25,
  trailingExtremeTicks: 26,
  icebergLots: 27,
  expireUs: 28,
  orderListId: 29,
  listLeg: 30,
  strategyId: 31,
  strategyType: 32,
  pegPriceType: 33,
  pegOffsetType: 34,
  pegOffsetValue: 35,
  peggedPriceTicks: 36,
  preventedLots: 37,
  preventedMatch: 38,
  expiryReason: 39,
  rejectCode: 40,
  amendCount: 41,
  request: 42,
  outcome: 43,
} as const satisfies Record<keyof SpotOrder, number>;

/** Lots not yet executed, prevented or ended (FIX LeavesQty 151 of a live order). */
export function leavesLots(order: SpotOrder): number {
  return order.origLots - order.executedLots - order.preventedLots;
}
