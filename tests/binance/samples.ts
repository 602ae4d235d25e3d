// One good call per REST route of the Binance API: the starting point of the tables that break one thing at a time.
import type { Params } from '../fixtures/binanceRest.ts';
import { type FakeExchange, makeOrder } from '../fixtures/fakeExchange.ts';

const symbol = 'BTCUSDT';
const limitOrder = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.5', price: '50000.1' };
const working = {
  symbol,
  workingType: 'LIMIT',
  workingSide: 'BUY',
  workingPrice: '50000',
  workingQuantity: '1',
  workingTimeInForce: 'GTC',
};
const pair = {
  pendingAboveType: 'LIMIT_MAKER',
  pendingAbovePrice: '60000',
  pendingBelowType: 'STOP_LOSS',
  pendingBelowStopPrice: '40000',
};

/** By 'VERB path'. */
export const SAMPLES: Readonly<Record<string, Params>> = {
  'GET /api/v3/ping': {},
  'GET /api/v3/time': {},
  'GET /api/v3/exchangeInfo': {},
  'GET /api/v3/executionRules': {},
  'GET /api/v3/depth': { symbol },
  'GET /api/v3/trades': { symbol },
  'GET /api/v3/historicalTrades': { symbol },
  'GET /api/v3/historicalBlockTrades': { symbol, fromId: 1 },
  'GET /api/v3/aggTrades': { symbol },
  'GET /api/v3/klines': { symbol, interval: '1m' },
  'GET /api/v3/uiKlines': { symbol, interval: '1M' },
  'GET /api/v3/avgPrice': { symbol },
  'GET /api/v3/referencePrice': { symbol },
  'GET /api/v3/referencePrice/calculation': { symbol },
  'GET /api/v3/ticker/24hr': { symbol },
  'GET /api/v3/ticker/tradingDay': { symbol },
  'GET /api/v3/ticker': { symbol },
  'GET /api/v3/ticker/price': { symbol },
  'GET /api/v3/ticker/bookTicker': { symbol },
  'POST /api/v3/order': limitOrder,
  'POST /api/v3/order/test': limitOrder,
  'DELETE /api/v3/order': { symbol, orderId: 7 },
  'DELETE /api/v3/openOrders': { symbol },
  'DELETE /api/v3/orderList': { symbol, orderListId: 3 },
  'PUT /api/v3/order/amend/keepPriority': { symbol, orderId: 7, newQty: '0.5' },
  'POST /api/v3/order/cancelReplace': { ...limitOrder, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: 7 },
  'POST /api/v3/order/oco': { symbol, side: 'SELL', quantity: '1', price: '60000', stopPrice: '40000' },
  'POST /api/v3/orderList/oco': {
    symbol,
    side: 'SELL',
    quantity: '1',
    aboveType: 'LIMIT_MAKER',
    abovePrice: '60000',
    belowType: 'STOP_LOSS',
    belowStopPrice: '40000',
  },
  'POST /api/v3/orderList/oto': { ...working, pendingType: 'MARKET', pendingSide: 'SELL', pendingQuantity: '1' },
  'POST /api/v3/orderList/otoco': { ...working, pendingSide: 'SELL', pendingQuantity: '1', ...pair },
  'POST /api/v3/orderList/opo': { ...working, pendingType: 'MARKET', pendingSide: 'SELL' },
  'POST /api/v3/orderList/opoco': { ...working, pendingSide: 'SELL', ...pair },
  'POST /api/v3/sor/order': limitOrder,
  'POST /api/v3/sor/order/test': limitOrder,
  'GET /api/v3/account': {},
  'GET /api/v3/account/commission': { symbol },
  'GET /api/v3/rateLimit/order': {},
  'GET /api/v3/myFilters': { symbol },
  'GET /api/v3/order': { symbol, orderId: 7 },
  'GET /api/v3/openOrders': { symbol },
  'GET /api/v3/allOrders': { symbol },
  'GET /api/v3/orderList': { orderListId: 3 },
  'GET /api/v3/allOrderList': {},
  'GET /api/v3/openOrderList': {},
  'GET /api/v3/order/amendments': { symbol, orderId: 7 },
  'GET /api/v3/myTrades': { symbol },
  'GET /api/v3/myPreventedMatches': { symbol, orderId: 7 },
  'GET /api/v3/myAllocations': { symbol },
};

/** Good calls that the venue answers with a "no" by design. */
export const REFUSED: Readonly<Record<string, { readonly code: number; readonly msg: string }>> = {
  'GET /api/v3/referencePrice': { code: -2043, msg: "This symbol doesn't have a reference price." },
  'GET /api/v3/referencePrice/calculation': { code: -2043, msg: "This symbol doesn't have a reference price." },
  'POST /api/v3/sor/order': { code: -1013, msg: 'SOR orders are not supported for this symbol.' },
  'POST /api/v3/sor/order/test': { code: -1013, msg: 'SOR orders are not supported for this symbol.' },
};

/** What the samples ask for is there: an order 7 in a list 3, and cancels that find something. */
export function seed(exchange: FakeExchange): void {
  exchange.rows.orders.push(makeOrder({ orderId: 7 }));
  exchange.rows.lists.push({
    orderListId: 3,
    accountId: 1000,
    symbol: 'BTCUSDT',
    listClientOrderId: 'my-list',
    contingencyType: 1,
    orderIds: [7],
    commandId: 1,
    createdUs: exchange.nowUs,
    statusType: 1,
    orderStatus: 0,
    updateUs: exchange.nowUs,
  });
  exchange.answers.cancelOrderList = async () => ({ ok: true, list: exchange.rows.lists[0]!, reports: [] });
  exchange.answers.cancelAllOrders = async () => ({
    ok: true,
    lists: [],
    reports: [
      {
        order: makeOrder({ orderId: 7 }),
        fills: [],
        requestClientOrderId: '',
        origClientOrderId: '',
        executionId: 1,
        timeUs: exchange.nowUs,
      },
    ],
  });
}
