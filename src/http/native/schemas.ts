// JSON schemas of the native API: requests are checked by them, answers serialised by them, OpenAPI generated from them.
// A key that is missing in an answer's schema would not be sent.
import { BalanceCause } from '../../domain/balance.ts';
import { KLINE_INTERVALS } from '../../domain/klineEntry.ts';
import { OrderStatus } from '../../domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  Side,
  StpMode,
  TimeInForce,
} from '../../domain/orderTerms.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** An object with these properties, all needed but those named optional; nothing else is taken. */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}
/** An object all of whose properties may be left out. */
export function partial(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, additionalProperties: false };
}
export function list(items: Schema, description?: string): Schema {
  return described({ type: 'array', items }, description);
}
function described(schema: Schema, description?: string): Schema {
  return description === undefined ? schema : { ...schema, description };
}
function wordOf(terms: object, description?: string): Schema {
  return described({ type: 'string', enum: Object.keys(terms) }, description);
}

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
export const whole = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
export const time: Schema = { type: 'integer', description: 'Milliseconds since the epoch.' };
export const decimal = (description: string): Schema => ({ type: 'string', description });
/** What a client sends for an amount or a price. */
const decimalInput = (description: string): Schema => ({
  type: ['string', 'number'],
  minLength: 1,
  maxLength: 40,
  description: `${description} A plain decimal; numbers have to be exact and without exponent.`,
});
const wholeInput = (description: string): Schema => ({ ...decimalInput(description), description });

const SYMBOL: Schema = { type: 'string', pattern: '^[A-Z0-9]{2,20}$', description: 'Symbol, in capitals.' };
const CLIENT_ID_PATTERN = '^[A-Za-z0-9_.:-]{1,36}$';
const clientId = (description: string): Schema => ({ type: 'string', pattern: CLIENT_ID_PATTERN, description });

export const ERROR: Schema = {
  type: 'object',
  description: 'Every failure; docs/errors.md lists the codes.',
  required: ['code', 'msg'],
  properties: { code: { type: 'integer' }, msg: text },
  additionalProperties: true,
};
/** Answers of a route. Its errors are ERROR like everyone's: openApi.ts adds them, and nothing compiles a serialiser for them. */
export function answers(ok: Schema): Schema {
  return { 200: { description: 'Done.', ...ok } };
}

const ORDER_TERMS: Readonly<Record<string, Schema>> = {
  side: wordOf(Side),
  type: { ...wordOf(OrderType), default: 'LIMIT' },
  timeInForce: { ...wordOf(TimeInForce), description: 'Default GTC; GTD when goodTillDate is given.' },
  price: decimalInput('Limit price.'),
  quantity: decimalInput('Quantity of the base asset.'),
  quoteQuantity: decimalInput('MARKET: amount of the quote asset instead of a quantity.'),
  stopPrice: decimalInput('Trigger price of STOP_LOSS* and TAKE_PROFIT*.'),
  trailingDelta: wholeInput('Trailing distance in basis points.'),
  icebergQuantity: decimalInput('Visible part of the quantity.'),
  selfTradePrevention: wordOf(StpMode, "Default: the symbol's mode."),
  goodTillDate: wholeInput('When the order expires, in milliseconds since the epoch.'),
  clientOrderId: clientId("The client's id, unique among its open orders; made up when absent."),
  strategy: object({ id: whole('Strategy.'), type: { type: 'integer', description: '1000000 or more.' } }, ['type']),
  peg: object(
    {
      priceType: { type: 'string', enum: ['PRIMARY_PEG', 'MARKET_PEG'] },
      offsetType: { type: 'string', enum: ['PRICE_LEVEL'] },
      offsetValue: { type: 'integer', minimum: 1, maximum: 100 },
    },
    ['offsetType', 'offsetValue'],
  ),
};
const TERMS_REQUIRED = ['side'];
const terms = (more: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  properties: { ...more, ...ORDER_TERMS },
  required: [...required, ...TERMS_REQUIRED],
  additionalProperties: false,
});

const RESTRICTION: Schema = { type: 'string', enum: ['ONLY_NEW', 'ONLY_PARTIALLY_FILLED'] };
const leg = terms({}, []);

export const PLACE_BODY: Schema = {
  ...terms({ symbol: SYMBOL }, ['symbol']),
  examples: [{ symbol: 'BTCUSDT', side: 'BUY', price: '50000.0', quantity: '1.0' }],
};
export const REPLACE_BODY: Schema = terms(
  {
    symbol: SYMBOL,
    mode: { type: 'string', enum: ['STOP_ON_FAILURE', 'ALLOW_FAILURE'], default: 'STOP_ON_FAILURE' },
    cancelRestriction: RESTRICTION,
    cancelClientOrderId: clientId('Id of the cancel itself.'),
  },
  ['symbol'],
);
export const AMEND_BODY: Schema = {
  type: 'object',
  properties: {
    symbol: SYMBOL,
    quantity: decimalInput('The new, smaller quantity.'),
    newClientOrderId: clientId('A new id for the order; kept when absent.'),
  },
  required: ['quantity'],
  additionalProperties: false,
};
export const LIST_BODY: Schema = {
  type: 'object',
  description:
    'OCO: above and below. OTO, OPO: working and pending. OTOCO, OPOCO: working, pendingAbove and pendingBelow. Pending legs of OPO and OPOCO have no quantity.',
  properties: {
    symbol: SYMBOL,
    type: wordOf(ContingencyType),
    clientOrderId: clientId('Id of the list; made up when absent.'),
    above: leg,
    below: leg,
    working: leg,
    pending: leg,
    pendingAbove: leg,
    pendingBelow: leg,
  },
  required: ['symbol', 'type'],
  additionalProperties: false,
};

export const PEG_VIEW: Schema = object(
  { priceType: text, offsetType: text, offsetValue: { type: 'integer' }, price: decimal('Price it got on the book.') },
  ['offsetType', 'offsetValue', 'price'],
);
const ORDER_VIEW: Readonly<Record<string, Schema>> = {
  orderId: whole('Id of the order.'),
  clientOrderId: text,
  symbol: text,
  side: wordOf(Side),
  type: wordOf(OrderType),
  timeInForce: wordOf(TimeInForce),
  statusCode: { type: 'integer', enum: Object.values(OrderStatus) },
  status: wordOf(OrderStatus),
  price: decimal('Limit price; 0 for orders without one.'),
  quantity: decimal('Original quantity.'),
  executedQuantity: decimal('Traded so far.'),
  leavesQuantity: decimal('Still to be traded.'),
  executedQuoteQuantity: decimal('Quote amount traded so far.'),
  selfTradePrevention: wordOf(StpMode),
  createTime: time,
  updateTime: time,
  workingTime: time,
  quoteQuantity: decimal('Quote amount ordered.'),
  stopPrice: decimal('Trigger price.'),
  trailingDelta: whole('Basis points.'),
  trailingTime: time,
  icebergQuantity: decimal('Visible part.'),
  goodTillDate: time,
  orderListId: whole('Id of its list.'),
  listLeg: wordOf(ListLeg),
  strategy: object({ id: { type: 'integer' }, type: { type: 'integer' } }, ['type']),
  peg: PEG_VIEW,
  preventedQuantity: decimal('Lost to self-trade prevention.'),
  expiryReason: wordOf(ExpiryReason),
  amendCount: whole('How often it was amended.'),
  reject: object({ code: { type: 'integer' }, msg: text }),
};
const ORDER_VIEW_REQUIRED = Object.keys(ORDER_VIEW).slice(0, Object.keys(ORDER_VIEW).indexOf('workingTime'));

export const ORDER: Schema = { type: 'object', properties: ORDER_VIEW, required: ORDER_VIEW_REQUIRED };
export const FILL: Schema = object({
  tradeId: whole('Id of the trade.'),
  price: decimal('Price.'),
  quantity: decimal('Quantity.'),
  quoteQuantity: decimal('Price x quantity.'),
  fee: decimal('Withheld from what was received.'),
  feeAsset: text,
  isMaker: flag,
  time,
});
export const REPORT: Schema = {
  type: 'object',
  description: 'The order right after the command, with the executions the command caused.',
  properties: {
    ...ORDER_VIEW,
    fills: list(FILL),
    requestClientOrderId: { type: 'string', description: 'Id of the cancel.' },
    origClientOrderId: { type: 'string', description: 'Id before an amend renamed the order.' },
    executionId: whole('Ascending per symbol.'),
    time,
  },
  required: [...ORDER_VIEW_REQUIRED, 'fills', 'executionId', 'time'],
};
const LIST_VIEW: Readonly<Record<string, Schema>> = {
  orderListId: whole('Id of the list.'),
  clientOrderId: text,
  symbol: text,
  type: wordOf(ContingencyType),
  listStatus: wordOf(ListStatusType),
  listOrderStatus: wordOf(ListOrderStatus),
  orderIds: list({ type: 'integer' }, 'OCO: above, below. Others: working, then pending ones.'),
  createTime: time,
  updateTime: time,
};
export const ORDER_LIST: Schema = object(LIST_VIEW);
export const LIST_REPORT: Schema = object({ ...LIST_VIEW, reports: list(REPORT) });
export const CANCEL_ALL: Schema = object({ reports: list(REPORT), lists: list(ORDER_LIST) });
export const REPLACED: Schema = object({ cancel: REPORT, place: REPORT });
export const TEST_RESULT: Schema = object({ accepted: flag });

export const ORDER_ID_PARAMS: Schema = object({ orderId: whole('Id of the order.') });
export const LIST_ID_PARAMS: Schema = object({ orderListId: whole('Id of the list.') });
export const CLIENT_ID_PARAMS: Schema = object({ clientOrderId: clientId("The client's id.") });
export const SYMBOL_PARAMS: Schema = object({ symbol: SYMBOL });

const PAGE: Readonly<Record<string, Schema>> = {
  fromId: whole('Rows with this id and above.'),
  startTime: time,
  endTime: time,
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 500, description: 'At most this many rows.' },
};
export const ONE_SYMBOL: Schema = object({ symbol: SYMBOL });
export const MAYBE_SYMBOL: Schema = partial({ symbol: SYMBOL });
export const SYMBOL_PAGE: Schema = object({ symbol: SYMBOL, ...PAGE }, Object.keys(PAGE));
export const PLAIN_PAGE: Schema = partial(PAGE);
export const ASSET_PAGE: Schema = partial({ asset: { type: 'string', pattern: '^[A-Z0-9]{1,10}$' }, ...PAGE });
export const TRADES_PAGE: Schema = object({ symbol: SYMBOL, orderId: whole('Of this order only.'), ...PAGE }, [
  'orderId',
  ...Object.keys(PAGE),
]);
export const CANCEL_QUERY: Schema = partial({
  symbol: { ...SYMBOL, description: 'Symbol of the order; looked up when absent.' },
  cancelClientOrderId: clientId('Id of the cancel itself.'),
  restriction: RESTRICTION,
});
export const CANCEL_BY_CLIENT_ID_QUERY: Schema = object(
  { symbol: SYMBOL, cancelClientOrderId: clientId('Id of the cancel itself.'), restriction: RESTRICTION },
  ['cancelClientOrderId', 'restriction'],
);
export const DEPTH_QUERY: Schema = object(
  { symbol: SYMBOL, limit: { type: 'integer', minimum: 1, maximum: 5000, default: 100, description: 'Levels a side.' } },
  ['limit'],
);
export const KLINES_QUERY: Schema = object(
  {
    symbol: SYMBOL,
    interval: { type: 'string', enum: [...KLINE_INTERVALS] },
    timeZoneMinutes: { type: 'integer', minimum: 0, maximum: 840, description: 'Shifts the boundaries east of UTC: 480 = UTC+8.' },
    startTime: time,
    endTime: time,
    limit: PAGE.limit as Schema,
  },
  ['timeZoneMinutes', 'startTime', 'endTime', 'limit'],
);
export const TICKER_QUERY: Schema = partial({
  symbol: SYMBOL,
  windowMinutes: { type: 'integer', minimum: 1, maximum: 10_080, default: 1440 },
});

const levels = list({ type: 'array', items: text, minItems: 2, maxItems: 2 }, '[price, quantity], best first.');
export const DEPTH: Schema = object({ symbol: text, lastUpdateId: whole('Book update shown.'), bids: levels, asks: levels });
export const TRADE: Schema = object({
  tradeId: whole('Gapless per symbol.'),
  price: decimal('Price.'),
  quantity: decimal('Quantity.'),
  quoteQuantity: decimal('Price x quantity.'),
  takerSide: wordOf(Side),
  time,
});
export const ACCOUNT_TRADE: Schema = object({
  symbol: text,
  orderId: whole('Id of the order.'),
  side: wordOf(Side),
  ...(FILL.properties as Record<string, Schema>),
});
export const KLINE: Schema = object({
  openTime: time,
  closeTime: time,
  open: decimal('First price.'),
  high: decimal('Highest price.'),
  low: decimal('Lowest price.'),
  close: decimal('Last price.'),
  volume: decimal('Base volume.'),
  quoteVolume: decimal('Quote volume.'),
  trades: whole('Number of trades.'),
  takerBuyVolume: decimal('Base volume bought by takers.'),
  takerBuyQuoteVolume: decimal('Quote volume bought by takers.'),
  closed: flag,
});
const BOOK_TICKER: Readonly<Record<string, Schema>> = {
  symbol: text,
  updateId: whole('Book update shown.'),
  bidPrice: decimal('Best bid; 0 = none.'),
  bidQuantity: decimal('Quantity at the best bid.'),
  askPrice: decimal('Best ask; 0 = none.'),
  askQuantity: decimal('Quantity at the best ask.'),
};
export const BOOK_TICKER_VIEW: Schema = object(BOOK_TICKER);
export const TICKER: Schema = object({
  openTime: time,
  closeTime: time,
  open: decimal('First price.'),
  high: decimal('Highest price.'),
  low: decimal('Lowest price.'),
  last: decimal('Last price.'),
  lastQuantity: decimal('Quantity of the last trade.'),
  volume: decimal('Base volume.'),
  quoteVolume: decimal('Quote volume.'),
  trades: whole('Number of trades.'),
  ...BOOK_TICKER,
});

export const BALANCE: Schema = object({
  asset: text,
  free: decimal('Free.'),
  locked: decimal('Reserved for open orders.'),
  updateTime: time,
});
export const BALANCE_CHANGE: Schema = object(
  {
    id: whole('Position of the change.'),
    ...(BALANCE.properties as Record<string, Schema>),
    cause: wordOf(BalanceCause),
    requestId: text,
  },
  ['requestId'],
);
const FEES: Schema = object({ maker: decimal('Rate.'), taker: decimal('Rate.') });
export const PROFILE: Readonly<Record<string, Schema>> = {
  accountId: whole('Id of the account.'),
  name: text,
  fees: FEES,
  symbolFees: { type: 'object', additionalProperties: FEES },
  canTrade: flag,
  canDeposit: flag,
  canWithdraw: flag,
  frozen: flag,
  tradeGroupId: { type: 'integer' },
  createTime: time,
  updateTime: time,
};
export const ACCOUNT: Schema = object({ ...PROFILE, balances: list(BALANCE) }, ['tradeGroupId']);
export const API_KEY: Schema = object(
  {
    apiKey: text,
    accountId: whole('Id of the account.'),
    kind: { type: 'string', enum: ['HMAC', 'ED25519', 'RSA'] },
    label: text,
    canTrade: flag,
    ipAllowList: list(text),
    revoked: flag,
    publicKey: text,
    createTime: time,
    updateTime: time,
  },
  ['publicKey'],
);
export const AMENDMENT: Schema = object({
  orderId: whole('Id of the order.'),
  executionId: whole('Ascending per symbol.'),
  origClientOrderId: text,
  newClientOrderId: text,
  origQuantity: decimal('Before.'),
  newQuantity: decimal('After.'),
  time,
});
