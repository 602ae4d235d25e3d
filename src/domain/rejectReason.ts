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
  NO_PEG_PRICE: engine(18, -2010, 'Order book liquidity is too low for this pegged order.'),
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
  MARKET_UNSUPPORTED: engine(45, -1013, 'Market orders are not supported for this symbol.'),
  ICEBERG_UNSUPPORTED: engine(46, -1013, 'Iceberg orders are not supported for this symbol.'),
  STOP_LOSS_UNSUPPORTED: engine(47, -1013, 'Stop loss orders are not supported for this symbol.'),
  STOP_LOSS_LIMIT_UNSUPPORTED: engine(48, -1013, 'Stop loss limit orders are not supported for this symbol.'),
  TAKE_PROFIT_UNSUPPORTED: engine(49, -1013, 'Take profit orders are not supported for this symbol.'),
  TAKE_PROFIT_LIMIT_UNSUPPORTED: engine(50, -1013, 'Take profit limit orders are not supported for this symbol.'),
  // Sic: errors.md has "not support".
  QUOTE_QTY_UNSUPPORTED: engine(51, -1013, 'Quote order qty market orders are not support for this symbol.'),
  TRAILING_UNSUPPORTED: engine(52, -1013, 'Trailing stop orders are not supported for this symbol.'),
  OCO_UNSUPPORTED: engine(53, -1013, 'OCO orders are not supported for this symbol'),
  OTO_UNSUPPORTED: engine(54, -1013, 'OTO orders are not supported for this symbol.'),
  OPO_UNSUPPORTED: engine(55, -1013, 'OPO orders are not supported for this symbol.'),
  PEG_UNSUPPORTED: engine(56, -1013, 'Pegged orders are not supported for this symbol.'),
  PEG_ORDER_TYPE: engine(57, -1013, 'This order type may not use pegged price.'),
  PEG_PRICE_TYPE: engine(58, -1013, 'This price peg cannot be used with this order type.'),
  AMEND_UNSUPPORTED: engine(59, -2038, 'Order amend is not supported for this symbol.'),
  AMEND_OPO_PENDING: engine(60, -2038, 'Order amend (pending OPO order) is not supported.'),
  CANCEL_REPLACE_UNSUPPORTED: engine(61, -2010, 'Order cancel-replace is not supported for this symbol.'),
  PRICE_QTY_ZERO: engine(62, -1013, 'Price * QTY is zero or less.'),
  OCO_ORDER_TYPE: engine(63, -1158, 'Order type not supported in OCO.'),
  BUY_OCO_LIMIT_MUST_BE_BELOW: engine(64, -1165, 'A limit order in a buy OCO must be below.'),
  SELL_OCO_LIMIT_MUST_BE_ABOVE: engine(65, -1166, 'A limit order in a sell OCO must be above.'),
  BOTH_OCO_ORDERS_LIMIT: engine(66, -1168, 'At least one OCO order must be contingent.'),
  BUY_OCO_STOP_LOSS_MUST_BE_ABOVE: engine(67, -1196, 'A stop loss order in a buy OCO must be above.'),
  SELL_OCO_STOP_LOSS_MUST_BE_BELOW: engine(68, -1197, 'A stop loss order in a sell OCO must be below.'),
  BUY_OCO_TAKE_PROFIT_MUST_BE_BELOW: engine(69, -1198, 'A take profit order in a buy OCO must be below.'),
  SELL_OCO_TAKE_PROFIT_MUST_BE_ABOVE: engine(70, -1199, 'A take profit order in a sell OCO must be above.'),
  OPO_WORKING_MUST_BE_BUY: engine(71, -1222, 'Working order in an OPO list must be a bid.'),
  OPO_PENDING_MUST_BE_SELL: engine(72, -1223, 'Pending orders in an OPO list must be asks.'),
  GTD_EXPIRY: engine(73, -4005, 'goodTillDate must be in the future, and not by more than a year.'),
  INVALID_AMOUNT: engine(74, -4006, 'The amount must be above zero.'),
  EXCHANGE_MAX_NUM_ORDERS: engine(75, -1013, 'Filter failure: EXCHANGE_MAX_NUM_ORDERS'),
  EXCHANGE_MAX_NUM_ALGO_ORDERS: engine(76, -1013, 'Filter failure: EXCHANGE_MAX_NUM_ALGO_ORDERS'),
  EXCHANGE_MAX_NUM_ICEBERG_ORDERS: engine(77, -1013, 'Filter failure: EXCHANGE_MAX_NUM_ICEBERG_ORDERS'),
  EXCHANGE_MAX_NUM_ORDER_LISTS: engine(78, -1013, 'Filter failure: EXCHANGE_MAX_NUM_ORDER_LISTS'),
  PERCENT_PRICE: engine(79, -1013, 'Filter failure: PERCENT_PRICE'),
  MIN_NOTIONAL: engine(80, -1013, 'Filter failure: MIN_NOTIONAL'),
  LIQUIDITY_LOT_SIZE: engine(81, -2010, 'Order book liquidity is less than LOT_SIZE filter minimum quantity.'),
  LIQUIDITY_MARKET_LOT_SIZE: engine(82, -2010, 'Order book liquidity is less than MARKET_LOT_SIZE filter minimum quantity.'),
} as const satisfies Record<string, EngineReason>;
export type EngineRejectName = keyof typeof EngineReject;

const byCode = new Map<number, EngineReason>(Object.values(EngineReject).map((r) => [r.code, r]));

/** The refusal a code on the log stands for; undefined for 0 and unknown codes. */
export function engineReject(code: number): EngineReason | undefined {
  return byCode.get(code);
}
