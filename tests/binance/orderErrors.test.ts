// Orders and order lists: what depends on the type, on several parameters together, and on the symbol's units; and what a
// good request becomes on its way to the exchange.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewOrder } from '../../src/domain/command.ts';
import { ContingencyType, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../../src/domain/orderTerms.ts';
import { EngineReject } from '../../src/domain/rejectReason.ts';
import { OutcomeUnknownError, OverloadShedError } from '../../src/ports/exchangePort.ts';
import { HistoryUnavailableError } from '../../src/ports/historyQueries.ts';
import { type BinanceRest, binanceRest, type Params } from '../fixtures/binanceRest.ts';
import { TEST_ACCOUNT_ID } from '../fixtures/fakeExchange.ts';
import { SAMPLES } from './samples.ts';

let api: BinanceRest;
beforeAll(async () => {
  api = await binanceRest();
});
beforeEach(() => {
  api.exchange.calls.length = 0;
  for (const name of Object.keys(api.exchange.answers)) delete (api.exchange.answers as Record<string, unknown>)[name];
  // A new window of every rate limit for every test.
  api.exchange.nowUs += 60_000_000;
});
afterAll(async () => {
  await api.close();
});

type Row = readonly [why: string, params: Params, code: number, msg: string];

const symbol = 'BTCUSDT';
const limit = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '50000' };
const market = { symbol, side: 'BUY', type: 'MARKET', quantity: '1' };
const stop = { symbol, side: 'SELL', type: 'STOP_LOSS', quantity: '1', stopPrice: '40000' };
const stopLimit = { ...limit, type: 'STOP_LOSS_LIMIT', stopPrice: '51000' };
const maker = { symbol, side: 'SELL', type: 'LIMIT_MAKER', quantity: '1', price: '50000' };
const less = (params: Params, ...names: string[]): Params =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)));
const mandatory = (name: string): readonly [number, string] => [
  -1102,
  `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
];
const notRequired = (name: string): readonly [number, string] => [-1106, `Parameter '${name}' sent when not required.`];
const either = (a: string, b: string): readonly [number, string] => [
  -1102,
  `Param '${a}' or '${b}' must be sent, but both were empty/null!`,
];

const orders: readonly Row[] = [
  ['LIMIT without timeInForce', less(limit, 'timeInForce'), ...mandatory('timeInForce')],
  ['LIMIT without quantity', less(limit, 'quantity'), ...mandatory('quantity')],
  ['LIMIT without price', less(limit, 'price'), ...mandatory('price')],
  ['LIMIT with stopPrice', { ...limit, stopPrice: '1' }, ...notRequired('stopPrice')],
  ['LIMIT with trailingDelta', { ...limit, trailingDelta: 100 }, ...notRequired('trailingDelta')],
  ['LIMIT with quoteOrderQty', { ...limit, quoteOrderQty: '1' }, ...notRequired('quoteOrderQty')],
  ['MARKET without any quantity', less(market, 'quantity'), ...either('quantity', 'quoteOrderQty')],
  ['MARKET with both quantities', { ...market, quoteOrderQty: '10' }, ...notRequired('quoteOrderQty')],
  ['MARKET with price', { ...market, price: '1' }, ...notRequired('price')],
  ['MARKET with timeInForce', { ...market, timeInForce: 'GTC' }, ...notRequired('timeInForce')],
  ['MARKET with icebergQty', { ...market, icebergQty: '0.1' }, ...notRequired('icebergQty')],
  ['STOP_LOSS without trigger', less(stop, 'stopPrice'), ...either('stopPrice', 'trailingDelta')],
  ['STOP_LOSS with price', { ...stop, price: '1' }, ...notRequired('price')],
  ['STOP_LOSS with timeInForce', { ...stop, timeInForce: 'GTC' }, ...notRequired('timeInForce')],
  ['STOP_LOSS with quoteOrderQty', { ...stop, quoteOrderQty: '1' }, ...notRequired('quoteOrderQty')],
  ['STOP_LOSS_LIMIT without price', less(stopLimit, 'price'), ...mandatory('price')],
  ['STOP_LOSS_LIMIT without timeInForce', less(stopLimit, 'timeInForce'), ...mandatory('timeInForce')],
  ['STOP_LOSS_LIMIT without trigger', less(stopLimit, 'stopPrice'), ...either('stopPrice', 'trailingDelta')],
  ['TAKE_PROFIT without quantity', { ...less(stop, 'quantity'), type: 'TAKE_PROFIT' }, ...mandatory('quantity')],
  ['LIMIT_MAKER without price', less(maker, 'price'), ...mandatory('price')],
  ['LIMIT_MAKER with timeInForce', { ...maker, timeInForce: 'GTC' }, ...notRequired('timeInForce')],
  [
    'an unread parameter comes before what the type needs',
    { ...less(limit, 'timeInForce'), timeInforce: 'GTC' },
    -1104,
    "Not all sent parameters were read; read '7' parameter(s) but was sent '8'.",
  ],
  ['an iceberg that is not GTC', { ...limit, timeInForce: 'IOC', icebergQty: '0.1' }, -1014, 'Unsupported order combination.'],
  [
    'scientific notation',
    { ...limit, quantity: '1e-05' },
    -1100,
    "Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
  ],
  [
    'a negative quantity',
    { ...limit, quantity: '-1' },
    -1100,
    "Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
  ],
  [
    'a quantity with more decimals than the asset',
    { ...limit, quantity: '0.000000001' },
    -1111,
    "Parameter 'quantity' has too much precision.",
  ],
  ['a price with more decimals than the asset', { ...limit, price: '1.000000001' }, -1111, "Parameter 'price' has too much precision."],
  [
    'a stop price with more decimals than the asset',
    { ...stop, stopPrice: '1.000000001' },
    -1111,
    "Parameter 'stopPrice' has too much precision.",
  ],
  [
    'a quote quantity with more decimals than the asset',
    { ...less(market, 'quantity'), quoteOrderQty: '1.000000001' },
    -1111,
    "Parameter 'quoteOrderQty' has too much precision.",
  ],
  ['a price off the tick', { ...limit, price: '50000.001' }, -1013, 'Filter failure: PRICE_FILTER'],
  ['a stop price off the tick', { ...stop, stopPrice: '40000.001' }, -1013, 'Filter failure: PRICE_FILTER'],
  ['a quantity off the step', { ...limit, quantity: '0.000001' }, -1013, 'Filter failure: LOT_SIZE'],
  ['an iceberg off the step', { ...limit, icebergQty: '0.000001' }, -1013, 'Filter failure: LOT_SIZE'],
  ['a price beyond every bound', { ...limit, price: '99999999999999999999' }, -1013, 'Filter failure: PRICE_FILTER'],
  ['no quantity', { ...limit, quantity: '0' }, -1013, 'Invalid quantity.'],
  ['no price', { ...limit, price: '0.00' }, -1013, 'Invalid price.'],
  ['no quote quantity', { ...less(market, 'quantity'), quoteOrderQty: '0' }, -1013, 'Invalid quoteOrderQty.'],
  ['an own strategy type', { ...limit, strategyType: 999_999 }, -1134, 'strategyType was less than 1000000.'],
  ['a strategy id beyond 64 bits', { ...limit, strategyId: '9223372036854775808' }, -1108, "Parameter 'strategyId' overflowed."],
  [
    'a client id that is too long',
    { ...limit, newClientOrderId: 'a'.repeat(37) },
    -1100,
    "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
  ],
  ['GTD, which is not of this API', { ...limit, timeInForce: 'GTD' }, -1115, 'Invalid timeInForce.'],
  ['a peg offset without a peg', { ...limit, pegOffsetType: 'PRICE_LEVEL' }, ...notRequired('pegOffsetType')],
  [
    'half a peg offset',
    { ...limit, pegPriceType: 'PRIMARY_PEG', pegOffsetType: 'PRICE_LEVEL' },
    -1128,
    "Fields ['pegOffsetType', 'pegOffsetValue'] must be sent together or omitted entirely.",
  ],
  [
    'a peg offset too deep',
    { ...limit, pegPriceType: 'PRIMARY_PEG', pegOffsetType: 'PRICE_LEVEL', pegOffsetValue: 101 },
    -1102,
    "'pegOffsetValue' contains unexpected value. Cannot be greater than 100.",
  ],
];

const places = ['POST /api/v3/order', 'POST /api/v3/order/test'] as const;

describe.each(places)('%s', (route) => {
  const path = route.slice('POST '.length);
  it.each(orders)('refuses %s', async (_why, params, code, msg) => {
    const { status, body } = await api.signed('POST', path, params);
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
    expect(api.exchange.calls).toEqual([]);
  });
});

describe('POST /api/v3/order/cancelReplace', () => {
  const extra = { cancelReplaceMode: 'ALLOW_FAILURE', cancelOrderId: 7 };
  it.each(orders.filter(([why]) => !why.startsWith('an unread')))('refuses %s', async (_why, params, code, msg) => {
    const { status, body } = await api.signed('POST', '/order/cancelReplace', { ...params, ...extra });
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
    expect(api.exchange.calls).toEqual([]);
  });

  it('needs to know which order to cancel', async () => {
    const { body } = await api.signed('POST', '/order/cancelReplace', { ...limit, cancelReplaceMode: 'ALLOW_FAILURE' });
    const [code, msg] = either('cancelOrigClientOrderId', 'cancelOrderId');
    expect(body).toEqual({ code, msg });
  });
});

const oco = SAMPLES['POST /api/v3/orderList/oco'] as Params;
const oto = SAMPLES['POST /api/v3/orderList/oto'] as Params;
const otoco = SAMPLES['POST /api/v3/orderList/otoco'] as Params;
const opo = SAMPLES['POST /api/v3/orderList/opo'] as Params;
const oldOco = SAMPLES['POST /api/v3/order/oco'] as Params;

const lists: readonly (readonly [string, ...Row])[] = [
  ['/orderList/oco', 'LIMIT_MAKER above without price', less(oco, 'abovePrice'), ...mandatory('abovePrice')],
  ['/orderList/oco', 'STOP_LOSS below without trigger', less(oco, 'belowStopPrice'), ...either('belowStopPrice', 'belowTrailingDelta')],
  ['/orderList/oco', 'STOP_LOSS below with price', { ...oco, belowPrice: '1' }, ...notRequired('belowPrice')],
  [
    '/orderList/oco',
    'STOP_LOSS_LIMIT below without price',
    { ...oco, belowType: 'STOP_LOSS_LIMIT', belowTimeInForce: 'GTC' },
    ...mandatory('belowPrice'),
  ],
  [
    '/orderList/oco',
    'STOP_LOSS_LIMIT below without timeInForce',
    { ...oco, belowType: 'STOP_LOSS_LIMIT', belowPrice: '1' },
    ...mandatory('belowTimeInForce'),
  ],
  [
    '/orderList/oco',
    'an iceberg that is not GTC',
    { ...oco, belowType: 'STOP_LOSS_LIMIT', belowPrice: '39000', belowTimeInForce: 'IOC', belowIcebergQty: '0.1' },
    -1160,
    "Parameter 'belowIcebergQty' is not supported if 'belowTimeInForce' is not GTC.",
  ],
  ['/orderList/oco', 'a quantity off the step', { ...oco, quantity: '0.000001' }, -1013, 'Filter failure: LOT_SIZE'],
  ['/orderList/oco', 'an own strategy type', { ...oco, aboveStrategyType: 1 }, -1134, 'strategyType was less than 1000000.'],
  ['/orderList/oto', 'a working LIMIT without timeInForce', less(oto, 'workingTimeInForce'), ...mandatory('workingTimeInForce')],
  ['/orderList/oto', 'a working order without price', less(oto, 'workingPrice'), ...mandatory('workingPrice')],
  [
    '/orderList/oto',
    'a working order that is neither LIMIT nor LIMIT_MAKER',
    { ...oto, workingType: 'MARKET' },
    -1116,
    'Invalid orderType.',
  ],
  [
    '/orderList/oto',
    'a pending LIMIT without price',
    { ...oto, pendingType: 'LIMIT', pendingTimeInForce: 'GTC' },
    ...mandatory('pendingPrice'),
  ],
  ['/orderList/oto', 'a pending MARKET with price', { ...oto, pendingPrice: '1' }, ...notRequired('pendingPrice')],
  [
    '/orderList/otoco',
    'a pending stop without trigger',
    less(otoco, 'pendingBelowStopPrice'),
    ...either('pendingBelowStopPrice', 'pendingBelowTrailingDelta'),
  ],
  [
    '/orderList/opo',
    'a pending quantity',
    { ...opo, pendingQuantity: '1' },
    -1225,
    "Pending orders should not include the 'pendingQuantity' tag.",
  ],
  [
    '/order/oco',
    'a stop limit without its timeInForce',
    { ...oldOco, stopLimitPrice: '39000' },
    -1128,
    "Combination of optional parameters invalid. Recommendation: 'stopLimitTimeInForce' should also be sent.",
  ],
  ['/order/oco', 'a timeInForce without a stop limit', { ...oldOco, stopLimitTimeInForce: 'GTC' }, ...notRequired('stopLimitTimeInForce')],
];

describe('order lists', () => {
  it.each(lists)('POST %s refuses %s', async (path, _why, params, code, msg) => {
    const { status, body } = await api.signed('POST', path, params);
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
    expect(api.exchange.calls).toEqual([]);
  });
});

const order: NewOrder = {
  clientOrderId: 'mine',
  side: Side.BUY,
  type: OrderType.LIMIT,
  timeInForce: TimeInForce.GTC,
  priceTicks: 0,
  lots: 0,
  quoteUnits: 0n,
  stopPriceTicks: 0,
  trailingDelta: 0,
  icebergLots: 0,
  stpMode: StpMode.EXPIRE_MAKER,
  expireUs: 0,
  strategyId: null,
  strategyType: null,
  pegPriceType: PegPriceType.NONE,
  pegOffsetType: PegOffsetType.NONE,
  pegOffsetValue: 0,
  estimateUnits: 0n,
};

const good: readonly (readonly [Params, Partial<NewOrder>])[] = [
  [
    { ...limit, icebergQty: '0.25', strategyId: 5, strategyType: 1_000_000 },
    { priceTicks: 5_000_000, lots: 100_000, icebergLots: 25_000, strategyId: 5, strategyType: 1_000_000 },
  ],
  [
    { ...limit, timeInForce: 'FOK', selfTradePreventionMode: 'NONE' },
    { priceTicks: 5_000_000, lots: 100_000, timeInForce: TimeInForce.FOK, stpMode: StpMode.NONE },
  ],
  [
    { ...limit, icebergQty: '0.00000000' },
    { priceTicks: 5_000_000, lots: 100_000 },
  ],
  [market, { type: OrderType.MARKET, lots: 100_000 }],
  [
    { ...less(market, 'quantity'), quoteOrderQty: '100.5' },
    { type: OrderType.MARKET, quoteUnits: 10_050_000_000n },
  ],
  [
    { ...stop, trailingDelta: 100 },
    { type: OrderType.STOP_LOSS, side: Side.SELL, lots: 100_000, stopPriceTicks: 4_000_000, trailingDelta: 100 },
  ],
  [
    { ...less(stop, 'stopPrice'), trailingDelta: 100, type: 'TAKE_PROFIT' },
    { type: OrderType.TAKE_PROFIT, side: Side.SELL, lots: 100_000, trailingDelta: 100 },
  ],
  [stopLimit, { type: OrderType.STOP_LOSS_LIMIT, priceTicks: 5_000_000, lots: 100_000, stopPriceTicks: 5_100_000 }],
  [maker, { type: OrderType.LIMIT_MAKER, side: Side.SELL, priceTicks: 5_000_000, lots: 100_000 }],
  [
    { ...less(limit, 'price'), pegPriceType: 'PRIMARY_PEG', pegOffsetType: 'PRICE_LEVEL', pegOffsetValue: 5 },
    { lots: 100_000, pegPriceType: PegPriceType.PRIMARY_PEG, pegOffsetType: PegOffsetType.PRICE_LEVEL, pegOffsetValue: 5 },
  ],
];

describe('good orders', () => {
  it.each(good)('%j reach the exchange in its units', async (params, expected) => {
    const { status } = await api.signed('POST', '/order', { ...params, newClientOrderId: 'mine' });
    expect(status).toBe(200);
    expect(api.exchange.calls).toEqual([
      { method: 'placeOrder', args: [{ accountId: TEST_ACCOUNT_ID, symbol, order: { ...order, ...expected } }] },
    ]);
  });

  it('get a client id when they bring none', async () => {
    const { body } = await api.signed('POST', '/order', limit);
    expect(body).toMatchObject({ clientOrderId: expect.stringMatching(/^[A-Za-z0-9]{22}$/) });
  });

  it('make lists of the kind their route says, legs in order', async () => {
    for (const [path, contingencyType, types] of [
      ['/orderList/oco', ContingencyType.OCO, [OrderType.LIMIT_MAKER, OrderType.STOP_LOSS]],
      ['/orderList/oto', ContingencyType.OTO, [OrderType.LIMIT, OrderType.MARKET]],
      ['/orderList/otoco', ContingencyType.OTOCO, [OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.STOP_LOSS]],
      ['/orderList/opo', ContingencyType.OPO, [OrderType.LIMIT, OrderType.MARKET]],
      ['/orderList/opoco', ContingencyType.OPOCO, [OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.STOP_LOSS]],
    ] as const) {
      api.exchange.calls.length = 0;
      const { status } = await api.signed('POST', path, SAMPLES[`POST /api/v3${path}`]);
      expect(status).toBe(200);
      const [command] = api.exchange.calls[0]!.args as unknown as [{ contingencyType: number; orders: readonly NewOrder[] }];
      expect(command.contingencyType).toBe(contingencyType);
      expect(command.orders.map(({ type }) => type)).toEqual(types);
      if (path.includes('opo')) expect(command.orders.slice(1).map(({ lots }) => lots)).not.toContain(100_000);
    }
  });

  it('make the old OCO of a limit and a stop, whichever is above', async () => {
    for (const [side, price, stopPrice, types] of [
      ['SELL', '60000', '40000', [OrderType.LIMIT_MAKER, OrderType.STOP_LOSS_LIMIT]],
      ['BUY', '40000', '60000', [OrderType.STOP_LOSS_LIMIT, OrderType.LIMIT_MAKER]],
    ] as const) {
      api.exchange.calls.length = 0;
      const params = { symbol, side, quantity: '1', price, stopPrice, stopLimitPrice: '39000', stopLimitTimeInForce: 'GTC' };
      expect((await api.signed('POST', '/order/oco', params)).status).toBe(200);
      const [command] = api.exchange.calls[0]!.args as unknown as [{ orders: readonly NewOrder[] }];
      expect(command.orders.map(({ type }) => type)).toEqual(types);
      expect(command.orders.map(({ side: own }) => own)).toEqual([Side[side], Side[side]]);
    }
  });
});

describe("the engine's refusals", () => {
  it.each([EngineReject.INSUFFICIENT_BALANCE, EngineReject.WOULD_MATCH, EngineReject.NOTIONAL, EngineReject.MAX_NUM_ORDERS])(
    '%o come through word for word',
    async (reason) => {
      api.exchange.answers.placeOrder = async () => ({ ok: false, reason });
      api.exchange.answers.testOrder = async () => reason;
      for (const path of ['/order', '/order/test']) {
        const { status, body } = await api.signed('POST', path, limit);
        expect({ status, body }).toEqual({ status: 400, body: { code: reason.apiCode, msg: reason.text } });
      }
    },
  );

  it.each([
    ['DELETE', '/order', { symbol, orderId: 99 }, -2011, 'Unknown order sent.'],
    ['DELETE', '/order', { symbol, origClientOrderId: 'nobody' }, -2011, 'Unknown order sent.'],
    ['DELETE', '/order', { symbol }, ...either('origClientOrderId', 'orderId')],
    ['DELETE', '/openOrders', { symbol }, -2011, 'Unknown order sent.'],
    ['DELETE', '/orderList', { symbol, orderListId: 99 }, -2011, 'Unknown order sent.'],
    ['DELETE', '/orderList', { symbol }, ...either('listClientOrderId', 'orderListId')],
    ['PUT', '/order/amend/keepPriority', { symbol, orderId: 99, newQty: '1' }, -2038, 'Unknown order sent.'],
    ['PUT', '/order/amend/keepPriority', { symbol, newQty: '1' }, ...either('origClientOrderId', 'orderId')],
    ['PUT', '/order/amend/keepPriority', { symbol, orderId: 1, newQty: '0' }, -1013, 'Invalid newQty.'],
  ] as const)('%s %s %j', async (verb, path, params, code, msg) => {
    const { status, body } = await api.signed(verb, path, params);
    expect({ status, body }).toEqual({ status: 400, body: { code, msg } });
  });

  it('say when the outcome is unknown, when the venue is busy, and when nobody foresaw it', async () => {
    const thrown: readonly (readonly [Error, number, number, string])[] = [
      [
        new OutcomeUnknownError(),
        504,
        -1007,
        'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
      ],
      [new OverloadShedError('shed'), 503, -1008, 'Server is currently overloaded with other requests. Please try again in a few minutes.'],
      [new HistoryUnavailableError(), 503, -1001, 'Internal error; unable to process your request. Please try again.'],
      [new TypeError('a bug'), 500, -1000, 'An unknown error occurred while processing the request.'],
    ];
    for (const [error, status, code, msg] of thrown) {
      api.exchange.answers.placeOrder = async () => {
        throw error;
      };
      const answer = await api.signed('POST', '/order', limit);
      expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { code, msg } });
    }
    expect(api.unexpected).toHaveLength(1);
    api.unexpected.length = 0;
  });
});
