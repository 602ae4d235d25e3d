// Every "no" of the engine and of the filters as a bot reads it over REST, from real stages: code and text as errors.md and
// filters.md have them. A refusal changes nothing: balances and open orders are as before.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Instrument, InstrumentFilters } from '../../src/domain/instrument.ts';
import { OrderType, StpMode, SymbolStatus } from '../../src/domain/orderTerms.ts';
import type { Verb } from '../../src/http/binance/methods/binanceMethod.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import type { Params } from '../fixtures/binanceRest.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import { type Bot, RestVenue } from './restVenue.ts';

const plain = makeInstrument();
const bounded = (symbol: string, filters: Partial<InstrumentFilters>): Instrument =>
  makeInstrument({ symbol, filters: { ...plain.filters, ...filters } });

/** One symbol per rule that would stand in the way of the others. */
const INSTRUMENTS: readonly Instrument[] = [
  plain,
  bounded('ORDERS', { maxNumOrders: 1 }),
  bounded('ALGOS', { maxNumAlgoOrders: 1 }),
  bounded('ICEBERGS', { maxNumIcebergOrders: 1 }),
  bounded('LISTS', { maxNumOrderLists: 1 }),
  bounded('AMENDS', { maxNumOrderAmends: 1 }),
  // The account has a million.
  bounded('POSITION', { maxPositionUnits: 1_000_000n * 10n ** 8n }),
  bounded('PERCENT', { multiplierUp: 13_000, multiplierDown: 7_000, bidMultiplierUp: 0, bidMultiplierDown: 0, maxNotionalUnits: 0n }),
  makeInstrument({ symbol: 'STP', defaultStpMode: StpMode.NONE, allowedStpModes: [StpMode.NONE] }),
  makeInstrument({ symbol: 'EMPTY' }),
  // Of the 0.1 on these books less than the least quantity is left.
  bounded('THIN', { minLots: 1_000 }),
  bounded('THINMARKET', { marketMinLots: 1_000 }),
  makeInstrument({ symbol: 'HALTED', status: SymbolStatus.HALT }),
  makeInstrument({ symbol: 'CANCELONLY', status: SymbolStatus.CANCEL_ONLY }),
  makeInstrument({
    symbol: 'NOTHING',
    orderTypes: [OrderType.LIMIT, OrderType.LIMIT_MAKER],
    icebergAllowed: false,
    ocoAllowed: false,
    otoAllowed: false,
    opoAllowed: false,
    trailingStopAllowed: false,
    cancelReplaceAllowed: false,
    amendAllowed: false,
    pegAllowed: false,
  }),
  makeInstrument({ symbol: 'NOQUOTE', quoteOrderQtyMarketAllowed: false }),
  makeInstrument({ symbol: 'NOSTOPS', orderTypes: [OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET] }),
  makeInstrument({ symbol: 'NOTRAIL', trailingStopAllowed: false }),
];

let api: RestVenue;
let alice: Bot;
let bob: Bot;

const symbol = 'BTCUSDT';
const limit = (side: string, price: string, quantity: string, over: Params = {}): Params => ({
  symbol,
  side,
  type: 'LIMIT',
  timeInForce: 'GTC',
  price,
  quantity,
  ...over,
});
const placed = async (bot: Bot, params: Params): Promise<void> => {
  expect((await bot('POST', '/order', params)).status).toBe(200);
};

beforeAll(async () => {
  api = await RestVenue.open({ instruments: INSTRUMENTS }, { rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } });
  alice = await api.bot('alice');
  bob = await api.bot('bob');
  for (const traded of [symbol, 'PERCENT']) {
    await placed(bob, limit('SELL', '50000', '1', { symbol: traded }));
    await placed(alice, limit('BUY', '50000', '1', { symbol: traded }));
  }
  for (const thin of ['THIN', 'THINMARKET']) {
    await placed(bob, limit('SELL', '51000', '0.1', { symbol: thin }));
    // By amount a purchase may leave less than the least quantity: 5000 at 51000 buy 0.098 and a bit.
    await placed(alice, { symbol: thin, side: 'BUY', type: 'MARKET', quoteOrderQty: '5000' });
  }
  await placed(bob, limit('SELL', '51000', '1'));
  await placed(bob, limit('BUY', '49000', '1'));
  await placed(alice, limit('BUY', '48000', '1', { newClientOrderId: 'open' }));
  await placed(alice, limit('BUY', '48000', '0.5', { newClientOrderId: 'cut' }));
  const once = (params: Params) => placed(alice, { ...params, newClientOrderId: 'once' });
  await once(limit('BUY', '48000', '1', { symbol: 'ORDERS' }));
  await once({ symbol: 'ALGOS', side: 'SELL', type: 'STOP_LOSS', quantity: '1', stopPrice: '40000' });
  await once(limit('BUY', '48000', '1', { symbol: 'ICEBERGS', icebergQty: '0.1' }));
  await once(limit('BUY', '48000', '1', { symbol: 'AMENDS' }));
  await once(limit('BUY', '48000', '1', { symbol: 'NOTHING' }));
  expect((await alice('POST', '/orderList/oco', { ...oco('SELL'), symbol: 'LISTS' })).status).toBe(200);
  const amend = { symbol: 'AMENDS', origClientOrderId: 'once', newQty: '0.9', newClientOrderId: 'once' };
  expect((await alice('PUT', '/order/amend/keepPriority', amend)).status).toBe(200);
});
afterAll(async () => {
  expect(api.unexpected).toEqual([]);
  for (const row of await api.venue.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
  await api.close();
});

type Row = readonly [why: string, params: Params, code: number, msg: string];

const state = async () => JSON.stringify([(await alice('GET', '/account')).body.balances, (await alice('GET', '/openOrders')).body]);

function refuses(route: `${Verb} /${string}`, rows: readonly Row[]): void {
  const [verb, path] = route.split(' ') as [Verb, string];
  describe(route, () => {
    it.each(rows)('%s', async (_why, params, code, msg) => {
      const before = await state();
      expect(await alice(verb, path, params)).toEqual({ status: 400, body: { code, msg } });
      expect(await state()).toBe(before);
    });
  });
}

const filter = (name: string) => [-1013, `Filter failure: ${name}`] as const;
const unsupported = (what: string) => [-1013, `${what} orders are not supported for this symbol.`] as const;
const stop = { symbol, side: 'SELL', type: 'STOP_LOSS', quantity: '1', stopPrice: '40000' };
const market = { symbol, side: 'BUY', type: 'MARKET', quantity: '1' };
const peg = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', pegPriceType: 'PRIMARY_PEG' };
const CLOSED = [-2010, 'Market is closed.'] as const;

refuses('POST /order', [
  ['a price between ticks', limit('BUY', '48000.001', '1'), ...filter('PRICE_FILTER')],
  ['a price above the highest', limit('SELL', '1000000.01', '0.1'), ...filter('PRICE_FILTER')],
  ['a stop price between ticks', { ...stop, stopPrice: '40000.001' }, ...filter('PRICE_FILTER')],
  ['a bid far below the average', limit('BUY', '9999.99', '1'), ...filter('PERCENT_PRICE_BY_SIDE')],
  ['an offer far above the average', limit('SELL', '250000.01', '1'), ...filter('PERCENT_PRICE_BY_SIDE')],
  ['a bid outside of both sides', limit('BUY', '34999.99', '1', { symbol: 'PERCENT' }), ...filter('PERCENT_PRICE')],
  ['an offer outside of both sides', limit('SELL', '65000.01', '1', { symbol: 'PERCENT' }), ...filter('PERCENT_PRICE')],
  ['a quantity between steps', limit('BUY', '48000', '0.000015'), ...filter('LOT_SIZE')],
  ['a quantity above the largest', limit('BUY', '48000', '9001'), ...filter('LOT_SIZE')],
  ['an iceberg part between steps', limit('BUY', '48000', '1', { icebergQty: '0.100005' }), ...filter('LOT_SIZE')],
  ['a market quantity above the largest', { ...market, quantity: '101' }, ...filter('MARKET_LOT_SIZE')],
  ['too little money', limit('BUY', '48000', '0.0001'), ...filter('NOTIONAL')],
  ['too much money', limit('SELL', '60000', '151'), ...filter('NOTIONAL')],
  ['too little money at the market', { ...market, quantity: '0.00001' }, ...filter('NOTIONAL')],
  ['too little money, no maximum', limit('BUY', '48000', '0.0001', { symbol: 'PERCENT' }), ...filter('MIN_NOTIONAL')],
  ['too many parts of an iceberg', limit('BUY', '48000', '1', { icebergQty: '0.0099' }), ...filter('ICEBERG_PARTS')],
  ['a trailing delta too small', { ...stop, trailingDelta: 9 }, ...filter('TRAILING_DELTA')],
  ['a trailing delta too large', { ...stop, trailingDelta: 2001 }, ...filter('TRAILING_DELTA')],
  ['one order too many', limit('BUY', '48000', '1', { symbol: 'ORDERS' }), ...filter('MAX_NUM_ORDERS')],
  ['one stop too many', { ...stop, symbol: 'ALGOS' }, ...filter('MAX_NUM_ALGO_ORDERS')],
  ['one iceberg too many', limit('BUY', '48000', '1', { symbol: 'ICEBERGS', icebergQty: '0.1' }), ...filter('MAX_NUM_ICEBERG_ORDERS')],
  ['more than may be held', limit('BUY', '48000', '1', { symbol: 'POSITION' }), ...filter('MAX_POSITION')],

  ['more than there is to pay with', limit('BUY', '48000', '100'), -2010, 'Account has insufficient balance for requested action.'],
  ['a client order id that is open', limit('BUY', '48000', '1', { newClientOrderId: 'open' }), -2010, 'Duplicate order sent.'],
  [
    'a maker that would take',
    { symbol, side: 'BUY', type: 'LIMIT_MAKER', price: '51000', quantity: '1' },
    -2010,
    'Order would immediately match and take.',
  ],
  ['a stop the market has passed', { ...stop, stopPrice: '50001' }, -2010, 'Order would trigger immediately.'],
  ['a profit the market has reached', { ...stop, type: 'TAKE_PROFIT', stopPrice: '49999' }, -2010, 'Order would trigger immediately.'],
  ['an iceberg part above the whole', limit('BUY', '48000', '1', { icebergQty: '2' }), -2010, 'IcebergQty exceeds QTY.'],
  [
    'an amount to spend on an empty book',
    { symbol: 'EMPTY', side: 'BUY', type: 'MARKET', quoteOrderQty: '100' },
    -2010,
    'Order book liquidity is less than symbol minimum quantity.',
  ],
  [
    'an amount to spend on a book with less than LOT_SIZE has',
    { symbol: 'THIN', side: 'BUY', type: 'MARKET', quoteOrderQty: '1000' },
    -2010,
    'Order book liquidity is less than LOT_SIZE filter minimum quantity.',
  ],
  [
    'an amount to spend on a book with less than MARKET_LOT_SIZE has',
    { symbol: 'THINMARKET', side: 'BUY', type: 'MARKET', quoteOrderQty: '1000' },
    -2010,
    'Order book liquidity is less than MARKET_LOT_SIZE filter minimum quantity.',
  ],
  ['a peg to an empty book', { ...peg, symbol: 'EMPTY' }, -2010, 'Order book liquidity is too low for this pegged order.'],
  ['a halted symbol', limit('BUY', '48000', '1', { symbol: 'HALTED' }), ...CLOSED],
  [
    'a symbol that only cancels',
    limit('BUY', '48000', '1', { symbol: 'CANCELONLY' }),
    -2010,
    'This order type is not possible in this trading phase.',
  ],
  [
    'a mode of self-trade prevention the symbol has not',
    limit('BUY', '48000', '1', { symbol: 'STP', selfTradePreventionMode: 'EXPIRE_BOTH' }),
    -1013,
    'This symbol does not allow the specified self-trade prevention mode.',
  ],
  ['MARKET where there is none', { ...market, symbol: 'NOTHING' }, ...unsupported('Market')],
  ['icebergs where there are none', limit('BUY', '48000', '1', { symbol: 'NOTHING', icebergQty: '0.1' }), ...unsupported('Iceberg')],
  ['STOP_LOSS where there is none', { ...stop, symbol: 'NOSTOPS' }, ...unsupported('Stop loss')],
  [
    'STOP_LOSS_LIMIT where there is none',
    { ...stop, symbol: 'NOSTOPS', type: 'STOP_LOSS_LIMIT', price: '40000', timeInForce: 'GTC' },
    ...unsupported('Stop loss limit'),
  ],
  ['TAKE_PROFIT where there is none', { ...stop, symbol: 'NOSTOPS', type: 'TAKE_PROFIT' }, ...unsupported('Take profit')],
  [
    'TAKE_PROFIT_LIMIT where there is none',
    { ...stop, symbol: 'NOSTOPS', type: 'TAKE_PROFIT_LIMIT', price: '40000', timeInForce: 'GTC' },
    ...unsupported('Take profit limit'),
  ],
  ['trailing stops where there are none', { ...stop, symbol: 'NOTRAIL', trailingDelta: 100 }, ...unsupported('Trailing stop')],
  ['pegs where there are none', { ...peg, symbol: 'NOTHING' }, ...unsupported('Pegged')],
  [
    'an amount to spend where that is not possible',
    { symbol: 'NOQUOTE', side: 'BUY', type: 'MARKET', quoteOrderQty: '100' },
    -1013,
    'Quote order qty market orders are not support for this symbol.',
  ],
  ['a pegged MARKET', { ...market, pegPriceType: 'PRIMARY_PEG' }, -1013, 'This order type may not use pegged price.'],
  [
    'a maker pegged to the other side',
    { symbol, side: 'BUY', type: 'LIMIT_MAKER', quantity: '1', pegPriceType: 'MARKET_PEG' },
    -1013,
    'This price peg cannot be used with this order type.',
  ],
]);

/** A good pair around 50000. */
function oco(side: 'BUY' | 'SELL'): Params {
  const legs = { above: { type: 'LIMIT_MAKER', at: 'Price' }, below: { type: 'STOP_LOSS', at: 'StopPrice' } };
  const { above, below } = side === 'SELL' ? legs : { above: legs.below, below: legs.above };
  return {
    symbol,
    side,
    quantity: '0.1',
    aboveType: above.type,
    [`above${above.at}`]: '55000',
    belowType: below.type,
    [`below${below.at}`]: '45000',
  };
}
const pair = (side: string, above: Params, below: Params): Params => ({ symbol, side, quantity: '0.1', ...above, ...below });
const aboveMaker = { aboveType: 'LIMIT_MAKER', abovePrice: '55000' };
const belowMaker = { belowType: 'LIMIT_MAKER', belowPrice: '45000' };
const aboveStop = { aboveType: 'STOP_LOSS', aboveStopPrice: '55000' };
const belowStop = { belowType: 'STOP_LOSS', belowStopPrice: '45000' };
const aboveProfit = { aboveType: 'TAKE_PROFIT', aboveStopPrice: '55000' };
const belowProfit = { belowType: 'TAKE_PROFIT', belowStopPrice: '45000' };
const PRICES = [-2010, 'The relationship of the prices for the orders is not correct.'] as const;

refuses('POST /orderList/oco', [
  ['two limits', pair('SELL', aboveMaker, belowMaker), -1168, 'At least one OCO order must be contingent.'],
  ['a limit below in a sell', pair('SELL', aboveProfit, belowMaker), -1166, 'A limit order in a sell OCO must be above.'],
  ['a limit above in a buy', pair('BUY', aboveMaker, belowProfit), -1165, 'A limit order in a buy OCO must be below.'],
  ['a stop loss below in a buy', pair('BUY', aboveStop, belowStop), -1196, 'A stop loss order in a buy OCO must be above.'],
  ['a stop loss above in a sell', pair('SELL', aboveStop, belowStop), -1197, 'A stop loss order in a sell OCO must be below.'],
  ['a take profit above in a buy', pair('BUY', aboveProfit, belowMaker), -1198, 'A take profit order in a buy OCO must be below.'],
  ['a take profit below in a sell', pair('SELL', aboveMaker, belowProfit), -1199, 'A take profit order in a sell OCO must be above.'],
  ['prices the wrong way round', { ...oco('SELL'), abovePrice: '44000' }, ...PRICES],
  ['both above the market', { ...oco('SELL'), belowStopPrice: '52000' }, ...PRICES],
  ['both below the market', { ...oco('BUY'), aboveStopPrice: '48000' }, ...PRICES],
  ['one list too many', { ...oco('SELL'), symbol: 'LISTS' }, ...filter('MAX_NUM_ORDER_LISTS')],
  ['a symbol without', { ...oco('SELL'), symbol: 'NOTHING' }, -1013, 'OCO orders are not supported for this symbol'],
  ['a client order id that is open', { ...oco('SELL'), aboveClientOrderId: 'open' }, -2010, 'Duplicate order sent.'],
  ['more than there is to pay with', { ...oco('BUY'), quantity: '100' }, -2010, 'Account has insufficient balance for requested action.'],
]);

const working = (side: string, over: Params = {}): Params => ({
  symbol,
  workingType: 'LIMIT',
  workingSide: side,
  workingPrice: '48000',
  workingQuantity: '0.1',
  workingTimeInForce: 'GTC',
  ...over,
});
const pending = { pendingType: 'LIMIT', pendingSide: 'SELL', pendingPrice: '60000', pendingTimeInForce: 'GTC' };

refuses('POST /orderList/oto', [
  ['a symbol without', { ...working('BUY', { symbol: 'NOTHING' }), ...pending, pendingQuantity: '0.1' }, ...unsupported('OTO')],
  ['a pending order too small', { ...working('BUY'), ...pending, pendingQuantity: '0.00005' }, ...filter('NOTIONAL')],
  [
    'a working order too small',
    { ...working('BUY', { workingQuantity: '0.00005' }), ...pending, pendingQuantity: '1' },
    ...filter('NOTIONAL'),
  ],
]);

refuses('POST /orderList/opo', [
  [
    'a working order that sells',
    { ...working('SELL', { workingPrice: '52000' }), ...pending },
    -1222,
    'Working order in an OPO list must be a bid.',
  ],
  [
    'a pending order that buys',
    { ...working('BUY'), ...pending, pendingSide: 'BUY' },
    -1223,
    'Pending orders in an OPO list must be asks.',
  ],
  [
    'a pending quantity',
    { ...working('BUY'), ...pending, pendingQuantity: '0.1' },
    -1225,
    "Pending orders should not include the 'pendingQuantity' tag.",
  ],
]);

refuses('DELETE /order', [
  ['an order that never was', { symbol, orderId: 999_999 }, -2011, 'Unknown order sent.'],
  ['a name that never was', { symbol, origClientOrderId: 'nobody' }, -2011, 'Unknown order sent.'],
  [
    'an order that is not partially filled',
    { symbol, origClientOrderId: 'open', cancelRestrictions: 'ONLY_PARTIALLY_FILLED' },
    -2011,
    'Order was not canceled due to cancel restrictions.',
  ],
]);
refuses('DELETE /openOrders', [['nothing open', { symbol: 'EMPTY' }, -2011, 'Unknown order sent.']]);
refuses('DELETE /orderList', [['a list that never was', { symbol, orderListId: 999_999 }, -2011, 'Unknown order sent.']]);
refuses('GET /order', [['an order that never was', { symbol, orderId: 999_999 }, -2013, 'Order does not exist.']]);

const amend = { symbol, origClientOrderId: 'cut' };
refuses('PUT /order/amend/keepPriority', [
  ['more than before', { ...amend, newQty: '0.6' }, -2038, 'Order amend (quantity increase) is not supported.'],
  ['as much as before', { ...amend, newQty: '0.5' }, -2038, 'The requested action would change no state; rejecting.'],
  ['an order that never was', { symbol, orderId: 999_999, newQty: '0.1' }, -2038, 'Unknown order sent.'],
  ['a quantity between steps', { ...amend, newQty: '0.100005' }, ...filter('LOT_SIZE')],
  ['once too often', { symbol: 'AMENDS', origClientOrderId: 'once', newQty: '0.8' }, -2038, 'Filter failure: MAX_NUM_ORDER_AMENDS'],
  [
    'a symbol without',
    { symbol: 'NOTHING', origClientOrderId: 'once', newQty: '0.1' },
    -2038,
    'Order amend is not supported for this symbol.',
  ],
]);

it('a cancel-replace where there is none cancels nothing', async () => {
  const before = await state();
  const params = {
    ...limit('BUY', '48000', '1', { symbol: 'NOTHING' }),
    cancelReplaceMode: 'STOP_ON_FAILURE',
    cancelOrigClientOrderId: 'once',
  };
  const { status, body } = await alice('POST', '/order/cancelReplace', params);
  expect({ status, body }).toMatchObject({
    status: 400,
    body: {
      code: -2022,
      msg: 'Order cancel-replace failed.',
      data: {
        cancelResult: 'FAILURE',
        newOrderResult: 'NOT_ATTEMPTED',
        cancelResponse: { code: -2010, msg: 'Order cancel-replace is not supported for this symbol.' },
        newOrderResponse: null,
      },
    },
  });
  expect(await state()).toBe(before);
});

it('an account that may not trade is told so', async () => {
  const carol = await api.bot('carol');
  await api.venue.exchange.admin.updateAccount(carol.accountId, { canTrade: false });
  expect((await carol('POST', '/order', limit('BUY', '48000', '1'))).body).toEqual({
    code: -2010,
    msg: 'This action is disabled on this account.',
  });
  await api.venue.exchange.admin.updateAccount(carol.accountId, { canTrade: true, frozen: true });
  expect((await carol('POST', '/order', limit('BUY', '48000', '1'))).body).toEqual({
    code: -2010,
    msg: 'This account may not place or cancel orders.',
  });
});
