// The one table of reasons for a "no": a code, the HTTP status, the text. Codes and texts are Binance's where Binance has
// the case (clients match on both); docs/errors.md is equal to it by test. Codes are on the wire and never change.

export interface RejectReason {
  readonly code: number;
  readonly httpStatus: number;
  readonly text: string;
}

// The engine's refusals share Binance's -2010/-2011/-2038 at the API; `code` tells them apart inside and on the log.
const engine = (code: number, apiCode: number, text: string): EngineReason => ({
  code,
  apiCode,
  httpStatus: 400,
  text,
});

/** A refusal of the account's or the symbol's writer: `code` is ours, `apiCode` the one clients see. */
export interface EngineReason extends RejectReason {
  readonly apiCode: number;
}

/** Refusals that can stand in the log (order.rejectCode, outcome.code) or answer a command. */
export const EngineReject = {
  UNKNOWN_ORDER: engine(1, -2011, 'Unknown order sent.'),
  DUPLICATE_ORDER: engine(2, -2010, 'Duplicate order sent.'),
  MARKET_CLOSED: engine(3, -2010, 'Market is closed.'),
  INSUFFICIENT_BALANCE: engine(4, -2010, 'Account has insufficient balance for requested action.'),
  WOULD_MATCH: engine(5, -2010, 'Order would immediately match and take.'),
  WOULD_TRIGGER: engine(6, -2010, 'Order would trigger immediately.'),
  OCO_PRICES: engine(7, -2010, 'The relationship of the prices for the orders is not correct.'),
  ACTION_DISABLED: engine(8, -2010, 'This action is disabled on this account.'),
  ACCOUNT_FROZEN: engine(9, -2010, 'This account may not place or cancel orders.'),
  CANCEL_RESTRICTED: engine(10, -2011, 'Order was not canceled due to cancel restrictions.'),
  CANCEL_MISMATCH: engine(11, -2011, 'Cancel order is invalid. Check origClOrdId and orderId.'),
  AMEND_INCREASE: engine(12, -2038, 'Order amend (quantity increase) is not supported.'),
  AMEND_NO_CHANGE: engine(13, -2038, 'The requested action would change no state; rejecting.'),
  AMEND_UNKNOWN_ORDER: engine(14, -2038, 'Unknown order sent.'),
  AMEND_LIMIT: engine(15, -2038, 'Filter failure: MAX_NUM_ORDER_AMENDS'),
  CANCEL_ONLY: engine(16, -2010, 'This order type is not possible in this trading phase.'),
  NO_LIQUIDITY: engine(17, -2010, 'Order book liquidity is less than symbol minimum quantity.'),
  NO_PEG_PRICE: engine(18, -2010, 'No reference price for pegged order.'),
  OPO_QUANTITY: engine(19, -2010, 'Quantity of the pending order is below the symbol minimum.'),
  MAX_NUM_ORDERS: engine(20, -1013, 'Filter failure: MAX_NUM_ORDERS'),
  MAX_NUM_ALGO_ORDERS: engine(21, -1013, 'Filter failure: MAX_NUM_ALGO_ORDERS'),
  MAX_NUM_ICEBERG_ORDERS: engine(22, -1013, 'Filter failure: MAX_NUM_ICEBERG_ORDERS'),
  MAX_NUM_ORDER_LISTS: engine(23, -1013, 'Filter failure: MAX_NUM_ORDER_LISTS'),
  MAX_POSITION: engine(24, -1013, 'Filter failure: MAX_POSITION'),
  REQUEST_ID_REUSED: engine(25, -4001, 'requestId was used before with another asset or amount.'),
  BALANCE_LIMIT: engine(26, -4002, 'The balance would exceed the largest amount the venue can hold.'),
  SYMBOL_HALTED_BY_POISON: engine(27, -2010, 'This symbol is halted.'),
  UNKNOWN_ACCOUNT: engine(28, -4003, 'Unknown account.'),
  UNKNOWN_SYMBOL: engine(29, -1121, 'Invalid symbol.'),
  PEG_CROSSES: engine(30, -2010, 'Order would immediately match and take.'),
  PRICE_FILTER: engine(31, -1013, 'Filter failure: PRICE_FILTER'),
  PERCENT_PRICE_BY_SIDE: engine(32, -1013, 'Filter failure: PERCENT_PRICE_BY_SIDE'),
  LOT_SIZE: engine(33, -1013, 'Filter failure: LOT_SIZE'),
  MARKET_LOT_SIZE: engine(34, -1013, 'Filter failure: MARKET_LOT_SIZE'),
  NOTIONAL: engine(35, -1013, 'Filter failure: NOTIONAL'),
  ICEBERG_PARTS: engine(36, -1013, 'Filter failure: ICEBERG_PARTS'),
  TRAILING_DELTA: engine(37, -1013, 'Filter failure: TRAILING_DELTA'),
  ICEBERG_EXCEEDS: engine(38, -2010, 'IcebergQty exceeds QTY.'),
  UNSUPPORTED_ORDER_TYPE: engine(39, -1014, 'Unsupported order combination.'),
  UNSUPPORTED_STP: engine(40, -1013, 'This symbol does not allow the specified self-trade prevention mode.'),
  NOTHING_OPEN: engine(41, -2011, 'Unknown order sent.'),
  UNKNOWN_ASSET: engine(42, -4004, 'Unknown asset.'),
  OVERFLOW: engine(43, -1013, 'Price * QTY is too large.'),
  POISON: engine(44, -1000, 'An unknown error occurred while processing the request.'),
} as const satisfies Record<string, EngineReason>;
export type EngineRejectName = keyof typeof EngineReject;

const byCode = new Map<number, EngineReason>(Object.values(EngineReject).map((r) => [r.code, r]));

/** The refusal a code on the log stands for; undefined for 0 and unknown codes. */
export function engineReject(code: number): EngineReason | undefined {
  return byCode.get(code);
}
