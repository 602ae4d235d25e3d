// Market data and account queries: combinations, bounds, spans, unknown ids; and which page of history each asks for.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { SymbolStatus } from '../../src/domain/orderTerms.ts';
import type { Verb } from '../../src/http/binance/methods/binanceMethod.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { type BinanceRest, binanceRest, type Params } from '../fixtures/binanceRest.ts';
import { makeInstrument, makeOrder, TEST_ACCOUNT_ID, TEST_NOW_US } from '../fixtures/fakeExchange.ts';

let api: BinanceRest;
beforeAll(async () => {
  api = await binanceRest({ rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } });
  const { exchange } = api;
  exchange.instruments.set('OLDUSDT', makeInstrument({ symbol: 'OLDUSDT', baseAsset: 'OLD', status: SymbolStatus.HALT }));
  const DAY_US = 86_400_000_000;
  exchange.rows.orders.push(
    makeOrder({ orderId: 7, clientOrderId: 'seven' }),
    makeOrder({ orderId: 8, clientOrderId: 'eight', symbol: 'ETHUSDT' }),
    makeOrder({ orderId: 9, status: OrderStatus.Cancelled, updateUs: TEST_NOW_US - 91 * DAY_US }),
    makeOrder({ orderId: 10, status: OrderStatus.Rejected, clientOrderId: 'never' }),
    makeOrder({ orderId: 11, accountId: 1001, clientOrderId: 'of-another' }),
  );
});
beforeEach(() => {
  api.exchange.calls.length = 0;
});
afterAll(async () => {
  await api.close();
});

const symbol = 'BTCUSDT';
const HOUR_MS = 3_600_000;
const now = TEST_NOW_US / 1000;
const either = (a: string, b: string) => [-1102, `Param '${a}' or '${b}' must be sent, but both were empty/null!`] as const;
const combination = [-1128, 'Combination of optional parameters invalid.'] as const;
const both = [-1128, "Combination of optional parameters invalid. Recommendation: 'symbol' and 'symbols' cannot both be sent."] as const;
const span = [-1127, 'More than 24 hours between startTime and endTime.'] as const;
const day = { startTime: now - 25 * HOUR_MS, endTime: now };
const two = '["BTCUSDT","ETHUSDT"]';

const open: readonly (readonly [path: string, params: Params, code: number, msg: string])[] = [
  ...['/ticker/24hr', '/ticker/tradingDay', '/ticker', '/ticker/price', '/ticker/bookTicker', '/exchangeInfo'].flatMap((path) => [
    [path, { symbol, symbols: two }, ...both] as const,
    [path, { symbols: '["BTCUSDT","NOSUCH"]' }, -1121, 'Invalid symbol.'] as const,
    [path, { symbols: '["BTCUSDT","BTCUSDT"]' }, -1151, 'Symbol is present multiple times in the list.'] as const,
    [
      path,
      { symbols: '["BTCUSDT", "ETHUSDT"]' },
      -1100,
      `Illegal characters found in parameter 'symbols'; legal range is '^\\[("[\\w\\-._&&[^a-z]]{1,50}"(,"[\\w\\-._&&[^a-z]]{1,50}"){0,}){0,1}\\]$'.`,
    ] as const,
  ]),
  ...[
    '/ticker/24hr',
    '/ticker/tradingDay',
    '/ticker',
    '/ticker/price',
    '/ticker/bookTicker',
    '/depth',
    '/referencePrice/calculation',
  ].flatMap((path) => [
    [path, { symbol, symbolStatus: 'HALT' }, -1220, "The symbol's status does not match the requested symbolStatus."] as const,
    [path, { symbol, symbolStatus: 'CANCEL_ONLY' }, -1122, 'Invalid symbolStatus.'] as const,
  ]),
  ['/ticker/tradingDay', {}, ...either('symbol', 'symbols')],
  ['/ticker', {}, ...either('symbol', 'symbols')],
  [
    '/ticker',
    { symbols: JSON.stringify(Array.from({ length: 101 }, (_, i) => `S${i}`)) },
    -1101,
    "Too many values sent for parameter 'symbols', maximum allowed up to 100.",
  ],
  ['/ticker', { symbol, windowSize: '60m' }, -1130, "Data sent for parameter 'windowSize' is not valid."],
  ['/ticker', { symbol, windowSize: '1d2h' }, -1130, "Data sent for parameter 'windowSize' is not valid."],
  ['/exchangeInfo', { symbol, symbolStatus: 'TRADING' }, ...combination],
  ['/exchangeInfo', { symbol, permissions: 'SPOT' }, ...combination],
  ['/exchangeInfo', { symbol: 'NOSUCH' }, -1121, 'Invalid symbol.'],
  [
    '/exchangeInfo',
    { symbol: 'btcusdt' },
    -1100,
    "Illegal characters found in parameter 'symbol'; legal range is '^[\\w\\-._&&[^a-z]]{1,50}$'.",
  ],
  ['/executionRules', { symbol, symbolStatus: 'TRADING' }, ...combination],
  ['/aggTrades', { symbol, fromId: 1, startTime: 1 }, ...combination],
  ['/aggTrades', { symbol, fromId: 1, endTime: 1 }, ...combination],
  ['/klines', { symbol, interval: '1m', timeZone: '14:01' }, -1130, "Data sent for parameter 'timeZone' is not valid."],
  ['/klines', { symbol, interval: '1m', timeZone: '-12:30' }, -1130, "Data sent for parameter 'timeZone' is not valid."],
  ['/klines', { symbol, interval: '1H' }, -1120, 'Invalid interval.'],
  ['/trades', { symbol, limit: 0 }, -1130, "Data sent for parameter 'limit' is not valid."],
  ['/historicalBlockTrades', { symbol }, -1102, "Mandatory parameter 'fromId' was not sent, was empty/null, or malformed."],
];

const signed: readonly (readonly [path: string, params: Params, code: number, msg: string])[] = [
  ['/order', { symbol }, ...either('origClientOrderId', 'orderId')],
  ['/order', { symbol, orderId: 99 }, -2013, 'Order does not exist.'],
  ['/order', { symbol, orderId: 8 }, -2013, 'Order does not exist.'],
  ['/order', { symbol, orderId: 11 }, -2013, 'Order does not exist.'],
  ['/order', { symbol, origClientOrderId: 'never' }, -2013, 'Order does not exist.'],
  ['/order', { symbol, orderId: 7, origClientOrderId: 'eight' }, -2039, 'Client order ID is not correct for this order ID.'],
  ['/order', { symbol, orderId: 9 }, -2026, 'Order was canceled or expired with no executed qty over 90 days ago and has been archived.'],
  ['/openOrders', { symbol: 'NOSUCH' }, -1121, 'Invalid symbol.'],
  ['/allOrders', { symbol, ...day }, ...span],
  ['/myTrades', { symbol, ...day }, ...span],
  ['/myAllocations', { symbol, ...day }, ...span],
  ['/allOrderList', day, ...span],
  ['/allOrderList', { fromId: 1, startTime: 1 }, ...combination],
  ['/orderList', {}, ...either('origClientOrderId', 'orderListId')],
  ['/orderList', { orderListId: 99 }, -2013, 'Order does not exist.'],
  ['/order/amendments', { symbol, orderId: 99 }, -2013, 'Order does not exist.'],
  ['/myTrades', { symbol, fromId: 1, startTime: 1 }, ...combination],
  ['/myTrades', { symbol, orderId: 1, startTime: 1 }, ...combination],
  ['/myTrades', { symbol, fromId: 1, endTime: 1 }, ...combination],
  ['/myPreventedMatches', { symbol }, ...either('preventedMatchId', 'orderId')],
  ['/myPreventedMatches', { symbol, preventedMatchId: 1, orderId: 1 }, ...combination],
  ['/myPreventedMatches', { symbol, fromPreventedMatchId: 1 }, ...combination],
  ['/myPreventedMatches', { symbol, orderId: 1, limit: 5 }, ...combination],
  ['/myAllocations', { symbol, orderId: 1, startTime: 1 }, ...combination],
];

describe('refusals', () => {
  it.each(open)('GET %s %j', async (path, params, code, msg) => {
    const { status, body } = await api.open('GET', path, params);
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
  });
  it.each(signed)('GET %s %j', async (path, params, code, msg) => {
    const { status, body } = await api.signed('GET', path, params);
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
  });
});

const at = (ms: number) => ms * 1000;
/** What reaches history: bounds in microseconds, limits clamped, startTime=0 as any other start. */
const pages: readonly (readonly [path: string, params: Params, method: string, args: readonly unknown[]])[] = [
  ['/trades', { symbol }, 'trades', [symbol, { limit: 500 }]],
  ['/trades', { symbol, limit: 5000 }, 'trades', [symbol, { limit: 1000 }]],
  ['/historicalTrades', { symbol, fromId: 0 }, 'trades', [symbol, { limit: 500, fromId: 0 }]],
  ['/aggTrades', { symbol, startTime: 0, limit: 1 }, 'aggTrades', [symbol, { limit: 1, startUs: 0 }]],
  ['/aggTrades', { symbol, startTime: now, endTime: at(now) }, 'aggTrades', [symbol, { limit: 500, startUs: at(now), endUs: at(now) }]],
  [
    '/klines',
    { symbol, interval: '1M', startTime: 0, limit: 1 },
    'klines',
    [symbol, '1M', { limit: 1, startUs: 0, timeZoneMinutes: 0, nowUs: TEST_NOW_US }],
  ],
  [
    '/uiKlines',
    { symbol, interval: '1d', timeZone: '-1:30' },
    'klines',
    [symbol, '1d', { limit: 500, timeZoneMinutes: -90, nowUs: TEST_NOW_US }],
  ],
  [
    '/klines',
    { symbol, interval: '1d', timeZone: '14:00' },
    'klines',
    [symbol, '1d', { limit: 500, timeZoneMinutes: 840, nowUs: TEST_NOW_US }],
  ],
  [
    '/klines',
    { symbol, interval: '1d', endTime: '99999999999999999999' },
    'klines',
    [symbol, '1d', { limit: 500, endUs: 2 ** 53 - 1, timeZoneMinutes: 0, nowUs: TEST_NOW_US }],
  ],
  ['/allOrders', { symbol, orderId: 7 }, 'orders', [TEST_ACCOUNT_ID, symbol, { limit: 500, fromId: 7 }]],
  ['/allOrders', { symbol, startTime: 0 }, 'orders', [TEST_ACCOUNT_ID, symbol, { limit: 500, startUs: 0 }]],
  ['/allOrderList', { fromId: 3, limit: 2 }, 'orderLists', [TEST_ACCOUNT_ID, { limit: 2, fromId: 3 }]],
  ['/myTrades', { symbol, orderId: 7, fromId: 2 }, 'accountTrades', [TEST_ACCOUNT_ID, symbol, { limit: 500, fromId: 2, orderId: 7 }]],
  [
    '/myTrades',
    { symbol, startTime: now - 24 * HOUR_MS, endTime: now },
    'accountTrades',
    [TEST_ACCOUNT_ID, symbol, { limit: 500, startUs: at(now - 24 * HOUR_MS), endUs: at(now) }],
  ],
  [
    '/myPreventedMatches',
    { symbol, preventedMatchId: 4 },
    'preventedMatches',
    [TEST_ACCOUNT_ID, symbol, { limit: 500, preventedMatchId: 4 }],
  ],
  [
    '/myPreventedMatches',
    { symbol, orderId: 7, fromPreventedMatchId: 2, limit: 9 },
    'preventedMatches',
    [TEST_ACCOUNT_ID, symbol, { limit: 9, fromId: 2, orderId: 7 }],
  ],
  ['/order/amendments', { symbol, orderId: 7, fromExecutionId: 5 }, 'amendments', [TEST_ACCOUNT_ID, 7, { limit: 500, fromId: 5 }]],
];

describe('pages', () => {
  it.each(pages)('GET %s %j', async (path, params, method, args) => {
    const isOpen = /^\/(trades|historical|agg|klines|uiKlines)/.test(path);
    const { status } = await (isOpen ? api.open('GET', path, params) : api.signed('GET', path, params));
    expect(status).toBe(200);
    expect(api.exchange.calls).toContainEqual({ method: `history.${method}`, args });
  });
});

/** Weights that depend on the parameters. */
const weights: readonly (readonly [path: string, params: Params, weight: number])[] = [
  ['/depth', { symbol, limit: 100 }, 5],
  ['/depth', { symbol, limit: 101 }, 25],
  ['/depth', { symbol, limit: 501 }, 50],
  ['/depth', { symbol, limit: 1001 }, 250],
  ['/depth', { symbol, limit: 9999 }, 250],
  ['/ticker/24hr', {}, 80],
  ['/ticker/24hr', { symbols: two }, 2],
  ['/ticker/24hr', { symbols: JSON.stringify(Array.from({ length: 21 }, (_, i) => `S${i}`)) }, 40],
  ['/ticker/24hr', { symbols: JSON.stringify(Array.from({ length: 101 }, (_, i) => `S${i}`)) }, 80],
  ['/ticker', { symbols: two }, 8],
  ['/ticker', { symbols: JSON.stringify(Array.from({ length: 60 }, (_, i) => `S${i}`)) }, 200],
  ['/ticker/price', {}, 4],
  ['/ticker/price', { symbols: two }, 4],
  ['/ticker/bookTicker', {}, 4],
  ['/executionRules', { symbol }, 2],
  ['/executionRules', { symbols: two }, 4],
  ['/openOrders', {}, 80],
  ['/myTrades', { symbol, orderId: 7 }, 5],
  ['/myPreventedMatches', { symbol, preventedMatchId: 7 }, 2],
];

describe('weights', () => {
  it.each(weights)('GET %s %j costs %i', async (path, params, weight) => {
    const used = async (verb: Verb, route: string, given: Params) => {
      const own = /^\/(openOrders|my)/.test(route);
      const { headers } = await (own ? api.signed(verb, route, given) : api.open(verb, route, given));
      return Number(headers['x-mbx-used-weight-1m']);
    };
    const before = await used('GET', '/ping', {});
    expect((await used('GET', path, params)) - before).toBe(weight);
  });
});
