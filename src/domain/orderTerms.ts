// The enumerated terms of an order. Codes are ours (FIX's where FIX has one that fits) and are on the wire.

/** FIX Side(54). */
export const Side = { BUY: 1, SELL: 2 } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const OrderType = {
  MARKET: 1,
  LIMIT: 2,
  LIMIT_MAKER: 3,
  STOP_LOSS: 4,
  STOP_LOSS_LIMIT: 5,
  TAKE_PROFIT: 6,
  TAKE_PROFIT_LIMIT: 7,
} as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const TimeInForce = { GTC: 1, IOC: 2, FOK: 3, GTD: 4 } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];

/** Self-trade prevention: the taker's mode decides. */
export const StpMode = {
  NONE: 0,
  EXPIRE_TAKER: 1,
  EXPIRE_MAKER: 2,
  EXPIRE_BOTH: 3,
  DECREMENT: 4,
  TRANSFER: 5,
} as const;
export type StpMode = (typeof StpMode)[keyof typeof StpMode];

export const PegPriceType = { NONE: 0, PRIMARY_PEG: 1, MARKET_PEG: 2 } as const;
export type PegPriceType = (typeof PegPriceType)[keyof typeof PegPriceType];

export const PegOffsetType = { NONE: 0, PRICE_LEVEL: 1 } as const;
export type PegOffsetType = (typeof PegOffsetType)[keyof typeof PegOffsetType];

/** Why an order ended as Expired (or Cancelled by the venue). */
export const ExpiryReason = {
  NONE: 0,
  UNFILLED_IOC_QUANTITY_EXPIRED: 1,
  UNFILLED_FOK_ORDER_EXPIRED: 2,
  INSUFFICIENT_LIQUIDITY: 3,
  OCO_TRIGGER: 4,
  OTO_PHASE_ONE_EXPIRED: 5,
  EXCHANGE_CANCELED: 6,
  REJECTED: 7,
  EXECUTION_RULE_PRICE_RANGE_EXCEEDED: 8,
  /** Good-till-date passed. */
  GTD_EXPIRED: 9,
  /** Ended by self-trade prevention (Binance status EXPIRED_IN_MATCH). */
  SELF_TRADE_PREVENTION: 10,
} as const;
export type ExpiryReason = (typeof ExpiryReason)[keyof typeof ExpiryReason];

export const ContingencyType = { OCO: 1, OTO: 2, OTOCO: 3, OPO: 4, OPOCO: 5 } as const;
export type ContingencyType = (typeof ContingencyType)[keyof typeof ContingencyType];

export const ListStatusType = { RESPONSE: 0, EXEC_STARTED: 1, UPDATED: 2, ALL_DONE: 3 } as const;
export type ListStatusType = (typeof ListStatusType)[keyof typeof ListStatusType];

export const ListOrderStatus = { EXECUTING: 0, ALL_DONE: 1, REJECT: 2 } as const;
export type ListOrderStatus = (typeof ListOrderStatus)[keyof typeof ListOrderStatus];

/** The part an order plays in its list. */
export const ListLeg = { NONE: 0, WORKING: 1, ABOVE: 2, BELOW: 3, PENDING: 4 } as const;
export type ListLeg = (typeof ListLeg)[keyof typeof ListLeg];

/**
 * Instructions of an account's writer to a symbol's writer. ACTIVATE: the parked pending leg of an OTO is funded now.
 * REJECT: it could not be funded.
 */
export const RequestKind = { CANCEL: 1, AMEND: 2, ACTIVATE: 3, REJECT: 4 } as const;
export type RequestKind = (typeof RequestKind)[keyof typeof RequestKind];

export const CancelRestriction = { NONE: 0, ONLY_NEW: 1, ONLY_PARTIALLY_FILLED: 2 } as const;
export type CancelRestriction = (typeof CancelRestriction)[keyof typeof CancelRestriction];

export const SymbolStatus = { TRADING: 1, HALT: 2, BREAK: 3, CANCEL_ONLY: 4, END_OF_DAY: 5 } as const;
export type SymbolStatus = (typeof SymbolStatus)[keyof typeof SymbolStatus];

/** The word of a code ("BUY" of 1), for logs, decoders and API answers; undefined for an unknown code. */
export function nameOf(terms: Readonly<Record<string, number>>, code: number): string | undefined {
  for (const name in terms) if (terms[name] === code) return name;
  return undefined;
}

/** True for orders that wait for a trigger: STOP_LOSS*, TAKE_PROFIT*. */
export function isTriggered(type: OrderType): boolean {
  return type >= OrderType.STOP_LOSS;
}

/** True for orders that execute without a limit price once they are live. */
export function isMarketLike(type: OrderType): boolean {
  return type === OrderType.MARKET || type === OrderType.STOP_LOSS || type === OrderType.TAKE_PROFIT;
}
