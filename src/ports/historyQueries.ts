// The queryable past, as the edges see it. Implemented by src/history/ over what the log said.
import type { Balance } from '../domain/balance.ts';
import type { KLine, KlineInterval } from '../domain/klineEntry.ts';
import type { PreventedMatch, SpotOrder } from '../domain/spotOrder.ts';
import type { SpotOrderList } from '../domain/spotOrderList.ts';
import type { SpotTrade } from '../domain/spotTrade.ts';

/** Paging shared by every listing: rows ascend by id; no bound = the newest `limit` rows; bounds are inclusive. */
export interface Page {
  /** Rows with this id and above. */
  readonly fromId?: number;
  readonly startUs?: number;
  readonly endUs?: number;
  /** At most this many rows, >= 1. */
  readonly limit: number;
}

export interface OrderAmendment {
  readonly orderId: number;
  readonly executionId: number;
  readonly origClientOrderId: string;
  readonly newClientOrderId: string;
  readonly origLots: number;
  readonly newLots: number;
  readonly timeUs: number;
}

export interface PreventedMatchRow extends PreventedMatch {
  readonly symbol: string;
  readonly timeUs: number;
}

/** Trades of one taker order at one price and time, as Binance aggregates them. */
export interface AggTrade {
  readonly aggTradeId: number;
  readonly priceTicks: number;
  readonly lots: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly tradeUs: number;
  readonly buyerIsMaker: boolean;
}

export interface BalanceChange extends Balance {
  /** Position of the change in its account log. */
  readonly entrySequence: number;
}

/** No history process answered in time (none runs, or none has read the logs far enough): ask again a little later. */
export class HistoryUnavailableError extends Error {
  override name = 'HistoryUnavailableError';
}

/**
 * Rows are copies: callers may keep them. All lists are ascending by id (time where there is no id). Every answer reflects
 * what was in the logs when the queries were asked for (ExchangePort.history) and may reflect more: two answers in a row are
 * not of one moment.
 */
export interface HistoryQueries {
  order(accountId: number, orderId: number): Promise<SpotOrder | undefined>;
  /** The newest order with that client id (ids may be reused once an order is closed). */
  orderByClientId(accountId: number, symbol: string, clientOrderId: string): Promise<SpotOrder | undefined>;
  openOrders(accountId: number, symbol?: string): Promise<SpotOrder[]>;
  orders(accountId: number, symbol: string, page: Page): Promise<SpotOrder[]>;
  orderList(accountId: number, orderListId: number): Promise<SpotOrderList | undefined>;
  orderListByClientId(accountId: number, listClientOrderId: string): Promise<SpotOrderList | undefined>;
  openOrderLists(accountId: number): Promise<SpotOrderList[]>;
  orderLists(accountId: number, page: Page): Promise<SpotOrderList[]>;
  /** The account's executions on the symbol; page ids are trade ids. */
  accountTrades(accountId: number, symbol: string, page: Page & { readonly orderId?: number }): Promise<SpotTrade[]>;
  amendments(accountId: number, orderId: number, page: Page): Promise<OrderAmendment[]>;
  preventedMatches(
    accountId: number,
    symbol: string,
    page: Page & { readonly orderId?: number; readonly preventedMatchId?: number },
  ): Promise<PreventedMatchRow[]>;
  /** Every execution on the symbol. */
  trades(symbol: string, page: Page): Promise<SpotTrade[]>;
  aggTrades(symbol: string, page: Page): Promise<AggTrade[]>;
  /**
   * Klines with trades plus the empty ones between them (open = high = low = close = the close before, volume 0),
   * ascending, the running one last. timeZoneMinutes shifts the boundaries (+480 = UTC+8).
   */
  klines(
    symbol: string,
    interval: KlineInterval,
    page: Page & { readonly timeZoneMinutes?: number; readonly nowUs: number },
  ): Promise<KLine[]>;
  /** Balance changes of the account, newest page first when unbounded; ids are entry sequences. */
  balanceChanges(accountId: number, asset: string | undefined, page: Page): Promise<BalanceChange[]>;
}
