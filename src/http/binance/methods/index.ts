// The table of methods: every REST route and WS-API method that is a call with an answer. Sessions and subscriptions belong
// to a connection and are the WS-API's own.
import { ACCOUNT_METHODS } from './account.ts';
import type { BinanceMethod } from './binanceMethod.ts';
import { CANCEL_METHODS } from './cancelOrder.ts';
import { CANCEL_REPLACE_METHODS } from './cancelReplace.ts';
import { GENERAL_METHODS } from './general.ts';
import { MARKET_DATA_METHODS } from './marketData.ts';
import { ORDER_LIST_METHODS } from './orderLists.ts';
import { ORDER_QUERY_METHODS } from './orderQueries.ts';
import { PLACE_METHODS } from './placeOrder.ts';
import { SOR_METHODS } from './sor.ts';
import { TICKER_METHODS } from './tickers.ts';
import { TRADE_QUERY_METHODS } from './tradeQueries.ts';

export const BINANCE_METHODS: readonly BinanceMethod[] = [
  ...GENERAL_METHODS,
  ...MARKET_DATA_METHODS,
  ...TICKER_METHODS,
  ...PLACE_METHODS,
  ...CANCEL_METHODS,
  ...CANCEL_REPLACE_METHODS,
  ...ORDER_LIST_METHODS,
  ...SOR_METHODS,
  ...ACCOUNT_METHODS,
  ...ORDER_QUERY_METHODS,
  ...TRADE_QUERY_METHODS,
];

/** By WS-API name. */
export const METHODS_BY_NAME: ReadonlyMap<string, BinanceMethod> = new Map(
  BINANCE_METHODS.filter(({ name }) => name !== '').map((method) => [method.name, method]),
);
