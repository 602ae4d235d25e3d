// Everything the documentation of the Binance Spot API lists (state of 2026-07-17), in its order; and what is deliberately
// different or not offered here, with the reason. docs/api/binance.md is rendered from this list and the tables in code.

/** 'VERB path' and the WS-API method that does the same; '' where there is none. */
export const REST_SURFACE: readonly (readonly [route: string, wsMethod: string])[] = [
  ['GET /api/v3/ping', 'ping'],
  ['GET /api/v3/time', 'time'],
  ['GET /api/v3/exchangeInfo', 'exchangeInfo'],
  ['GET /api/v3/executionRules', 'executionRules'],
  ['GET /api/v3/depth', 'depth'],
  ['GET /api/v3/trades', 'trades.recent'],
  ['GET /api/v3/historicalTrades', 'trades.historical'],
  ['GET /api/v3/historicalBlockTrades', 'blockTrades.historical'],
  ['GET /api/v3/aggTrades', 'trades.aggregate'],
  ['GET /api/v3/klines', 'klines'],
  ['GET /api/v3/uiKlines', 'uiKlines'],
  ['GET /api/v3/avgPrice', 'avgPrice'],
  ['GET /api/v3/ticker/24hr', 'ticker.24hr'],
  ['GET /api/v3/ticker/tradingDay', 'ticker.tradingDay'],
  ['GET /api/v3/ticker/price', 'ticker.price'],
  ['GET /api/v3/ticker/bookTicker', 'ticker.book'],
  ['GET /api/v3/ticker', 'ticker'],
  ['GET /api/v3/referencePrice', 'referencePrice'],
  ['GET /api/v3/referencePrice/calculation', 'referencePrice.calculation'],
  ['POST /api/v3/order', 'order.place'],
  ['POST /api/v3/order/test', 'order.test'],
  ['DELETE /api/v3/order', 'order.cancel'],
  ['DELETE /api/v3/openOrders', 'openOrders.cancelAll'],
  ['POST /api/v3/order/cancelReplace', 'order.cancelReplace'],
  ['PUT /api/v3/order/amend/keepPriority', 'order.amend.keepPriority'],
  ['POST /api/v3/order/oco', 'orderList.place'],
  ['POST /api/v3/orderList/oco', 'orderList.place.oco'],
  ['POST /api/v3/orderList/oto', 'orderList.place.oto'],
  ['POST /api/v3/orderList/otoco', 'orderList.place.otoco'],
  ['POST /api/v3/orderList/opo', 'orderList.place.opo'],
  ['POST /api/v3/orderList/opoco', 'orderList.place.opoco'],
  ['DELETE /api/v3/orderList', 'orderList.cancel'],
  ['POST /api/v3/sor/order', 'sor.order.place'],
  ['POST /api/v3/sor/order/test', 'sor.order.test'],
  ['GET /api/v3/account', 'account.status'],
  ['GET /api/v3/order', 'order.status'],
  ['GET /api/v3/openOrders', 'openOrders.status'],
  ['GET /api/v3/allOrders', 'allOrders'],
  ['GET /api/v3/orderList', 'orderList.status'],
  ['GET /api/v3/allOrderList', 'allOrderLists'],
  ['GET /api/v3/openOrderList', 'openOrderLists.status'],
  ['GET /api/v3/myTrades', 'myTrades'],
  ['GET /api/v3/rateLimit/order', 'account.rateLimits.orders'],
  ['GET /api/v3/myPreventedMatches', 'myPreventedMatches'],
  ['GET /api/v3/myAllocations', 'myAllocations'],
  ['GET /api/v3/account/commission', 'account.commission'],
  ['GET /api/v3/order/amendments', 'order.amendments'],
  ['GET /api/v3/myFilters', 'myFilters'],
];

/** Methods of a WS-API connection: sessions and user data. */
export const SESSION_SURFACE: readonly string[] = [
  'session.logon',
  'session.status',
  'session.logout',
  'session.subscriptions',
  'userDataStream.subscribe',
  'userDataStream.subscribe.signature',
  'userDataStream.unsubscribe',
  'userDataStream.subscribe.listenToken',
];

/** Retired by Binance on 2026-02-20. */
export const RETIRED_SURFACE: readonly string[] = [
  'POST /api/v3/userDataStream',
  'PUT /api/v3/userDataStream',
  'DELETE /api/v3/userDataStream',
  'userDataStream.start',
  'userDataStream.ping',
  'userDataStream.stop',
];

/** Routes of other Binance products that spot clients call. */
export const FOREIGN_SURFACE: readonly string[] = [
  'GET /sapi/v1/capital/config/getall',
  'GET /sapi/v1/margin/allPairs',
  'GET /sapi/v1/margin/isolated/allPairs',
  'GET /fapi/v1/exchangeInfo',
  'GET /dapi/v1/exchangeInfo',
  'GET /sapi/v1/system/status',
  'GET /sapi/v1/asset/tradeFee',
  'GET /sapi/v1/capital/deposit/hisrec',
  'GET /sapi/v1/capital/withdraw/history',
];

/** Stream names, and one that a client would send. */
export const STREAM_SURFACE: readonly (readonly [name: string, example: string])[] = [
  ['<symbol>@aggTrade', 'btcusdt@aggTrade'],
  ['<symbol>@trade', 'btcusdt@trade'],
  ['<symbol>@blockTrade', 'btcusdt@blockTrade'],
  ['<symbol>@kline_<interval>', 'btcusdt@kline_1M'],
  ['<symbol>@kline_<interval>@+08:00', 'btcusdt@kline_1d@+08:00'],
  ['<symbol>@miniTicker', 'btcusdt@miniTicker'],
  ['!miniTicker@arr', '!miniTicker@arr'],
  ['<symbol>@ticker', 'btcusdt@ticker'],
  ['!ticker@arr', '!ticker@arr'],
  ['<symbol>@ticker_<window>', 'btcusdt@ticker_4h'],
  ['!ticker_<window>@arr', '!ticker_1d@arr'],
  ['<symbol>@bookTicker', 'btcusdt@bookTicker'],
  ['!bookTicker', '!bookTicker'],
  ['<symbol>@avgPrice', 'btcusdt@avgPrice'],
  ['<symbol>@depth<levels>', 'btcusdt@depth20'],
  ['<symbol>@depth<levels>@100ms', 'btcusdt@depth5@100ms'],
  ['<symbol>@depth', 'btcusdt@depth'],
  ['<symbol>@depth@100ms', 'btcusdt@depth@100ms'],
  ['<symbol>@referencePrice', 'btcusdt@referencePrice'],
];

export const EVENT_SURFACE: readonly string[] = [
  'outboundAccountPosition',
  'balanceUpdate',
  'executionReport',
  'listStatus',
  'externalLockUpdate',
  'eventStreamTerminated',
  'serverShutdown',
];

export const FILTER_SURFACE: readonly string[] = [
  'PRICE_FILTER',
  'PERCENT_PRICE',
  'PERCENT_PRICE_BY_SIDE',
  'LOT_SIZE',
  'MIN_NOTIONAL',
  'NOTIONAL',
  'ICEBERG_PARTS',
  'MARKET_LOT_SIZE',
  'MAX_NUM_ORDERS',
  'MAX_NUM_ALGO_ORDERS',
  'MAX_NUM_ICEBERG_ORDERS',
  'MAX_POSITION',
  'TRAILING_DELTA',
  'MAX_NUM_ORDER_AMENDS',
  'MAX_NUM_ORDER_LISTS',
  'EXCHANGE_MAX_NUM_ORDERS',
  'EXCHANGE_MAX_NUM_ALGO_ORDERS',
  'EXCHANGE_MAX_NUM_ICEBERG_ORDERS',
  'EXCHANGE_MAX_NUM_ORDER_LISTS',
  'MAX_ASSET',
];

export const PROTOCOL_SURFACE: readonly string[] = [
  'REST over JSON',
  'WebSocket market streams over JSON',
  'WebSocket API over JSON',
  'User data over the WebSocket API',
  'Market-data-only hosts',
  'SBE responses and streams',
  'FIX order entry, drop copy and market data',
];

/** Offered, and not quite what Binance does. */
export const DIFFERENT: Readonly<Record<string, string>> = {
  'GET /api/v3/exchangeInfo': 'every symbol has the one permission SPOT; no `sors`',
  'GET /api/v3/executionRules':
    'no symbol has a PRICE_RANGE rule: `rules` is empty, and no order expires by one; PERCENT_PRICE_BY_SIDE bounds prices',
  'GET /api/v3/historicalBlockTrades': 'the venue makes no block trades: always `[]`',
  'GET /api/v3/uiKlines': 'the same rows as klines',
  'GET /api/v3/referencePrice':
    'no symbol has a reference price: -2043, as documented for such symbols; their price filters use the average price',
  'GET /api/v3/referencePrice/calculation': 'as referencePrice',
  'GET /api/v3/avgPrice': 'the minutes begin at a full one; without a trade in them the price is the last one',
  'GET /api/v3/ticker/24hr':
    '`openTime` is floored to the minute, as for `/ticker`; without a trade in the window the prices are the last one before it',
  'POST /api/v3/sor/order':
    'checks its parameters, then answers -1013 "SOR orders are not supported for this symbol."; no two symbols share a base asset and interchangeable quotes',
  'POST /api/v3/sor/order/test': 'as sor/order',
  'GET /api/v3/myAllocations': 'allocations come of SOR: always `[]`',
  'GET /api/v3/account/commission': 'no buyer, seller, special or tax rates and no discount: zeros',
  'GET /api/v3/rateLimit/order': 'counts are kept per process of the edge',
  'session.logon': 'HMAC keys are accepted too',
  '<symbol>@miniTicker': 'the 24 hours begin at a full minute',
  '!miniTicker@arr': 'as <symbol>@miniTicker',
  '<symbol>@ticker': 'as <symbol>@miniTicker',
  '<symbol>@avgPrice': 'as avgPrice',
  '<symbol>@blockTrade': 'can be subscribed to; the venue makes no block trades',
  '<symbol>@referencePrice': 'can be subscribed to; always null',
  'GET /sapi/v1/capital/config/getall': 'always `[]`',
  'GET /sapi/v1/margin/allPairs': 'always `[]`',
  'GET /sapi/v1/margin/isolated/allPairs': 'always `[]`',
  'GET /fapi/v1/exchangeInfo': 'always `{"symbols":[]}`',
  'GET /dapi/v1/exchangeInfo': 'always `{"symbols":[]}`',
  'POST /api/v3/userDataStream': 'answers 410 unless the setting `legacyListenKeys` is on; then as it was, with `/ws/<listenKey>`',
  'PUT /api/v3/userDataStream': 'as POST',
  'DELETE /api/v3/userDataStream': 'as POST',
  'userDataStream.start': 'unknown (-1020) unless `legacyListenKeys` is on',
  'userDataStream.ping': 'as start',
  'userDataStream.stop': 'as start',
  PERCENT_PRICE: 'set per symbol by the operator; the symbols that ship have PERCENT_PRICE_BY_SIDE',
  MIN_NOTIONAL: 'of symbols without a largest notional, instead of NOTIONAL',
  EXCHANGE_MAX_NUM_ORDERS: 'set by the operator, none by default',
  EXCHANGE_MAX_NUM_ALGO_ORDERS: 'as EXCHANGE_MAX_NUM_ORDERS',
  EXCHANGE_MAX_NUM_ICEBERG_ORDERS: 'as EXCHANGE_MAX_NUM_ORDERS',
  EXCHANGE_MAX_NUM_ORDER_LISTS: 'as EXCHANGE_MAX_NUM_ORDERS',
  MAX_ASSET: 'set by the operator for every account, none by default',
  'Market-data-only hosts': 'public routes need no key on the one host there is',
};

export const NOT_OFFERED: Readonly<Record<string, string>> = {
  'userDataStream.subscribe.listenToken': 'a margin method',
  'GET /sapi/v1/capital/deposit/hisrec': 'there is no wallet: funds move through the admin API',
  'GET /sapi/v1/capital/withdraw/history': 'there is no wallet: funds move through the admin API',
  '!ticker@arr': 'retired by Binance on 2026-03-26',
  '!bookTicker': 'retired by Binance in December 2022',
  externalLockUpdate: 'no system outside the exchange locks balances',
  'SBE responses and streams': 'JSON is the default encoding; requests that take only SBE are answered 406 with -1155',
  'FIX order entry, drop copy and market data': 'no client in use needs it',
};
