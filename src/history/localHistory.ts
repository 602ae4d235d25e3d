// HistoryQueries over a store of this process. Each query is answered at the call; only the answer is awaited.
import type { HistoryQueries } from '../ports/historyQueries.ts';
import type { HistoryReads } from './historyStore.ts';

/** What a query throws, its promise rejects with. */
export function localHistory(reads: HistoryReads): HistoryQueries {
  return {
    order: async (...args) => reads.order(...args),
    orderByClientId: async (...args) => reads.orderByClientId(...args),
    openOrders: async (...args) => reads.openOrders(...args),
    orders: async (...args) => reads.orders(...args),
    orderList: async (...args) => reads.orderList(...args),
    orderListByClientId: async (...args) => reads.orderListByClientId(...args),
    openOrderLists: async (...args) => reads.openOrderLists(...args),
    orderLists: async (...args) => reads.orderLists(...args),
    accountTrades: async (...args) => reads.accountTrades(...args),
    amendments: async (...args) => reads.amendments(...args),
    preventedMatches: async (...args) => reads.preventedMatches(...args),
    trades: async (...args) => reads.trades(...args),
    aggTrades: async (...args) => reads.aggTrades(...args),
    klines: async (...args) => reads.klines(...args),
    balanceChanges: async (...args) => reads.balanceChanges(...args),
  };
}
