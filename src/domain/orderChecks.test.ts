import { describe, expect, it } from 'vitest';
import { filtersOf, instrumentOf, newOrder, T0 } from '../../tests/fixtures/accounts.ts';
import type { NewOrder } from './command.ts';
import { type Instrument, type InstrumentFilters, MAX_LOTS, MAX_TICKS, MAX_UNITS } from './instrument.ts';
import { checkInstrument, checkNewOrder, checkOrderList, type MarketContext } from './orderChecks.ts';
import { ContingencyType, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from './orderTerms.ts';
import { EngineReject, type EngineRejectName } from './rejectReason.ts';

const quiet: MarketContext = { lastTicks: 0, avgTicks: 0, bidTicks: 0, askTicks: 0 };
const DAY = 86_400_000_000;

const market = { type: OrderType.MARKET, priceTicks: 0 };
const byAmount = { ...market, lots: 0, quoteUnits: 5000n };
const stop = { type: OrderType.STOP_LOSS, priceTicks: 0, stopPriceTicks: 110 };
const stopLimit = { type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 110 };
const maker = { type: OrderType.LIMIT_MAKER };
const trailing = { ...stop, stopPriceTicks: 0, trailingDelta: 100 };
const gtd = { timeInForce: TimeInForce.GTD, expireUs: T0 + DAY };
const primary = { pegPriceType: PegPriceType.PRIMARY_PEG, priceTicks: 0 };
const opposite = { pegPriceType: PegPriceType.MARKET_PEG, priceTicks: 0 };
const level = (pegOffsetValue: number) => ({ pegOffsetType: PegOffsetType.PRICE_LEVEL, pegOffsetValue });

/** A row: what the order is, how the instrument differs, the market, and the refusal ('' = passes). */
type Row = [Partial<NewOrder>, Partial<InstrumentFilters>, EngineRejectName | '', Partial<MarketContext>?, Partial<Instrument>?];

function check([order, filters, expected, context, changes]: Row): void {
  const reason = checkNewOrder(instrumentOf(changes, filters), newOrder(order), { ...quiet, ...context }, T0);
  expect(reason).toBe(expected === '' ? undefined : EngineReject[expected]);
}

describe('types and features', () => {
  const only = (...orderTypes: OrderType[]) => ({ orderTypes });
  it.each<Row>([
    [{}, {}, ''],
    [maker, {}, ''],
    [market, {}, ''],
    [byAmount, {}, ''],
    [stop, {}, ''],
    [stopLimit, {}, ''],
    [trailing, {}, ''],
    [{ ...trailing, stopPriceTicks: 110 }, {}, ''],
    [market, {}, 'MARKET_UNSUPPORTED', {}, only(2)],
    [{}, {}, 'UNSUPPORTED_ORDER_TYPE', {}, only(1)],
    [stop, {}, 'STOP_LOSS_UNSUPPORTED', {}, only(2)],
    [stopLimit, {}, 'STOP_LOSS_LIMIT_UNSUPPORTED', {}, only(2)],
    [{ ...stop, type: OrderType.TAKE_PROFIT }, {}, 'TAKE_PROFIT_UNSUPPORTED', {}, only(2)],
    [{ ...stopLimit, type: OrderType.TAKE_PROFIT_LIMIT }, {}, 'TAKE_PROFIT_LIMIT_UNSUPPORTED', {}, only(2)],
    [byAmount, {}, 'QUOTE_QTY_UNSUPPORTED', {}, { quoteOrderQtyMarketAllowed: false }],
    [{ quoteUnits: 5n }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...byAmount, lots: 5 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...byAmount, quoteUnits: -5n }, {}, 'PRICE_QTY_ZERO'],
    [{ ...byAmount, quoteUnits: MAX_UNITS }, {}, 'OVERFLOW'],
    [{ stpMode: StpMode.TRANSFER }, {}, 'UNSUPPORTED_STP', {}, { allowedStpModes: [StpMode.NONE] }],
    [trailing, {}, 'TRAILING_UNSUPPORTED', {}, { trailingStopAllowed: false }],
    [{ stopPriceTicks: 5 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ trailingDelta: 50 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...stop, stopPriceTicks: 0 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...market, priceTicks: 5 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...stop, priceTicks: 5 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ priceTicks: 0 }, {}, 'PRICE_QTY_ZERO'],
    [{ ...stopLimit, priceTicks: 0 }, {}, 'PRICE_QTY_ZERO'],
  ])('%o %o: %s', (...row) => check(row));
});

describe('time in force', () => {
  it.each<Row>([
    [{ timeInForce: TimeInForce.IOC }, {}, ''],
    [{ timeInForce: TimeInForce.FOK }, {}, ''],
    [{ ...maker, timeInForce: TimeInForce.IOC }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...maker, ...gtd }, {}, ''],
    [gtd, {}, ''],
    [{ ...stopLimit, ...gtd }, {}, ''],
    [{ ...gtd, expireUs: 0 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ expireUs: T0 + DAY }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...market, ...gtd }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...gtd, expireUs: T0 }, {}, 'GTD_EXPIRY'],
    [{ ...gtd, expireUs: T0 + 1 }, {}, ''],
    [{ ...gtd, expireUs: T0 + 366 * DAY }, {}, ''],
    [{ ...gtd, expireUs: T0 + 366 * DAY + 1 }, {}, 'GTD_EXPIRY'],
    [{ ...gtd, expireUs: T0 + 0.5 }, {}, 'GTD_EXPIRY'],
  ])('%o %o: %s', (...row) => check(row));
});

describe('PRICE_FILTER, PERCENT_PRICE and PERCENT_PRICE_BY_SIDE', () => {
  const bounds = { minPriceTicks: 50, maxPriceTicks: 150 };
  const percent = { bidMultiplierUp: 12_000, bidMultiplierDown: 5000, askMultiplierUp: 50_000, askMultiplierDown: 8000 };
  const either = { multiplierUp: 13_000, multiplierDown: 7000 };
  const sell = { side: Side.SELL };
  it.each<Row>([
    [{ priceTicks: 50 }, bounds, ''],
    [{ priceTicks: 49 }, bounds, 'PRICE_FILTER'],
    [{ priceTicks: 150 }, bounds, ''],
    [{ priceTicks: 151 }, bounds, 'PRICE_FILTER'],
    [{ priceTicks: 151 }, { maxPriceTicks: 0 }, ''],
    [{ priceTicks: 1.5 }, {}, 'PRICE_FILTER'],
    [{ priceTicks: -1 }, {}, 'PRICE_FILTER'],
    [{ priceTicks: MAX_TICKS }, { maxPriceTicks: 0 }, 'PRICE_FILTER'],
    [{ ...stop, stopPriceTicks: 151 }, bounds, 'PRICE_FILTER'],
    [{ ...stop, stopPriceTicks: 49 }, bounds, 'PRICE_FILTER'],
    [{ priceTicks: 130 }, either, '', { avgTicks: 100 }],
    [{ priceTicks: 131 }, either, 'PERCENT_PRICE', { avgTicks: 100 }],
    [{ priceTicks: 70 }, either, '', { avgTicks: 100 }],
    [{ priceTicks: 69 }, either, 'PERCENT_PRICE', { avgTicks: 100 }],
    [{ ...sell, priceTicks: 131 }, either, 'PERCENT_PRICE', { avgTicks: 100 }],
    [{ ...sell, priceTicks: 69 }, either, 'PERCENT_PRICE', { lastTicks: 100 }],
    [{ priceTicks: 1 }, either, ''],
    [{ priceTicks: 120 }, percent, '', { avgTicks: 100 }],
    [{ priceTicks: 121 }, percent, 'PERCENT_PRICE_BY_SIDE', { avgTicks: 100 }],
    [{ priceTicks: 50 }, percent, '', { avgTicks: 100 }],
    [{ priceTicks: 49 }, percent, 'PERCENT_PRICE_BY_SIDE', { avgTicks: 100 }],
    [{ ...sell, priceTicks: 500 }, percent, '', { avgTicks: 100 }],
    [{ ...sell, priceTicks: 501 }, percent, 'PERCENT_PRICE_BY_SIDE', { avgTicks: 100 }],
    [{ ...sell, priceTicks: 80 }, percent, '', { avgTicks: 100 }],
    [{ ...sell, priceTicks: 79 }, percent, 'PERCENT_PRICE_BY_SIDE', { avgTicks: 100 }],
    [{ ...sell, priceTicks: 1 }, percent, ''],
    [{ priceTicks: 121 }, percent, 'PERCENT_PRICE_BY_SIDE', { lastTicks: 100 }],
    [{ priceTicks: 600 }, percent, '', { lastTicks: 100, avgTicks: 1000 }],
    [{ priceTicks: 600 }, { ...percent, avgPriceMins: 0 }, 'PERCENT_PRICE_BY_SIDE', { lastTicks: 100, avgTicks: 1000 }],
    [market, percent, '', { avgTicks: 100 }],
    // Exact where a double is not: 2^46 ticks times 10 000.
    [{ priceTicks: 2 ** 46 + 1 }, { maxPriceTicks: 0, bidMultiplierUp: 10_000 }, 'PERCENT_PRICE_BY_SIDE', { avgTicks: 2 ** 46 }],
    [{ priceTicks: 2 ** 46, lots: 1 }, { maxPriceTicks: 0, bidMultiplierUp: 10_000 }, '', { avgTicks: 2 ** 46 }],
  ])('%o %o: %s %o', (...row) => check(row));
});

describe('LOT_SIZE, MARKET_LOT_SIZE, MIN_NOTIONAL, NOTIONAL', () => {
  const lots = { minLots: 2, maxLots: 10 };
  const marketLots = { marketMinLots: 3, marketMaxLots: 6 };
  const notional = { minNotionalUnits: 4000n, maxNotionalUnits: 6000n };
  it.each<Row>([
    [{ lots: 2 }, lots, ''],
    [{ lots: 1 }, lots, 'LOT_SIZE'],
    [{ lots: 10 }, lots, ''],
    [{ lots: 11 }, lots, 'LOT_SIZE'],
    [{ lots: 0 }, {}, 'LOT_SIZE'],
    [{ lots: 1.5 }, {}, 'LOT_SIZE'],
    [{ lots: MAX_LOTS }, { maxLots: 0 }, 'LOT_SIZE'],
    [{ ...market, lots: 11 }, lots, 'LOT_SIZE'],
    [{ ...market, lots: 3 }, marketLots, ''],
    [{ ...market, lots: 2 }, marketLots, 'MARKET_LOT_SIZE'],
    [{ ...market, lots: 7 }, marketLots, 'MARKET_LOT_SIZE'],
    [{ ...stop, lots: 7 }, marketLots, ''],
    [{ lots: 7 }, marketLots, ''],
    [{ lots: 4 }, notional, ''],
    [{ lots: 3 }, notional, 'NOTIONAL'],
    [{ lots: 3 }, { minNotionalUnits: 4000n }, 'MIN_NOTIONAL'],
    [{ lots: 7 }, { minNotionalUnits: 4000n }, ''],
    [{ lots: 6 }, notional, ''],
    [{ lots: 7 }, notional, 'NOTIONAL'],
    [{ priceTicks: MAX_TICKS - 1, lots: MAX_LOTS - 1 }, { maxPriceTicks: 0, maxLots: 0 }, 'OVERFLOW'],
    [{ ...market, lots: 3 }, notional, '', { avgTicks: 100 }],
    [{ ...market, lots: 3 }, { ...notional, applyMinNotionalToMarket: true }, 'NOTIONAL', { avgTicks: 100 }],
    [{ ...market, lots: 3 }, { ...notional, applyMinNotionalToMarket: true }, ''],
    [{ ...market, lots: 7 }, notional, '', { avgTicks: 100 }],
    [{ ...market, lots: 7 }, { ...notional, applyMaxNotionalToMarket: true }, 'NOTIONAL', { avgTicks: 100 }],
    [{ ...byAmount, quoteUnits: 3999n }, { ...notional, applyMinNotionalToMarket: true }, 'NOTIONAL'],
    [{ ...byAmount, quoteUnits: 6001n }, { ...notional, applyMaxNotionalToMarket: true }, 'NOTIONAL'],
    [{ ...stop, lots: 3 }, { ...notional, applyMinNotionalToMarket: true }, 'NOTIONAL', { avgTicks: 900 }],
  ])('%o %o: %s %o', (...row) => check(row));
});

describe('icebergs', () => {
  it.each<Row>([
    [{ icebergLots: 5 }, {}, ''],
    [{ icebergLots: 6 }, {}, 'ICEBERG_EXCEEDS'],
    [{ icebergLots: 1 }, { icebergParts: 5 }, ''],
    [{ icebergLots: 1 }, { icebergParts: 4 }, 'ICEBERG_PARTS'],
    [{ icebergLots: 2, lots: 9 }, { icebergParts: 4 }, 'ICEBERG_PARTS'],
    [{ icebergLots: 1 }, { icebergParts: 0 }, ''],
    [{ icebergLots: 1 }, { minLots: 2 }, 'LOT_SIZE'],
    [{ icebergLots: 0.5 }, {}, 'LOT_SIZE'],
    [{ icebergLots: 1, timeInForce: TimeInForce.IOC }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ icebergLots: 1, ...gtd }, {}, ''],
    [{ ...market, icebergLots: 1 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...stop, icebergLots: 1 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...stopLimit, icebergLots: 1 }, {}, ''],
    [{ icebergLots: 1 }, {}, 'ICEBERG_UNSUPPORTED', {}, { icebergAllowed: false }],
  ])('%o %o: %s', (...row) => check(row));
});

describe('TRAILING_DELTA', () => {
  const bounds = {
    minTrailingAboveDelta: 10,
    maxTrailingAboveDelta: 20,
    minTrailingBelowDelta: 30,
    maxTrailingBelowDelta: 40,
  };
  const profit = { ...trailing, type: OrderType.TAKE_PROFIT };
  const sell = { side: Side.SELL };
  it.each<Row>([
    [{ ...trailing, trailingDelta: 10 }, bounds, ''],
    [{ ...trailing, trailingDelta: 9 }, bounds, 'TRAILING_DELTA'],
    [{ ...trailing, trailingDelta: 21 }, bounds, 'TRAILING_DELTA'],
    [{ ...profit, ...sell, trailingDelta: 20 }, bounds, ''],
    [{ ...profit, ...sell, trailingDelta: 30 }, bounds, 'TRAILING_DELTA'],
    [{ ...trailing, ...sell, trailingDelta: 30 }, bounds, ''],
    [{ ...trailing, ...sell, trailingDelta: 41 }, bounds, 'TRAILING_DELTA'],
    [{ ...profit, trailingDelta: 40 }, bounds, ''],
    [{ ...profit, trailingDelta: 20 }, bounds, 'TRAILING_DELTA'],
    [{ ...trailing, trailingDelta: 10.5 }, bounds, 'TRAILING_DELTA'],
    [{ ...trailing, trailingDelta: 10_000 }, { maxTrailingAboveDelta: 0 }, 'TRAILING_DELTA'],
  ])('%o %o: %s', (...row) => check(row));
});

describe('pegs', () => {
  it.each<Row>([
    [primary, {}, ''],
    [opposite, {}, ''],
    [{ ...primary, priceTicks: 100 }, {}, ''],
    [{ ...primary, priceTicks: 100 }, { maxPriceTicks: 99 }, 'PRICE_FILTER'],
    [{ ...primary, timeInForce: TimeInForce.IOC }, {}, 'PEG_PRICE_TYPE'],
    [{ ...opposite, timeInForce: TimeInForce.IOC }, {}, ''],
    [{ ...maker, ...primary }, {}, ''],
    [{ ...maker, ...opposite }, {}, 'PEG_PRICE_TYPE'],
    [{ ...stopLimit, ...opposite }, {}, ''],
    [{ ...market, ...primary }, {}, 'PEG_ORDER_TYPE'],
    [{ ...stop, ...primary }, {}, 'PEG_ORDER_TYPE'],
    [primary, {}, 'PEG_UNSUPPORTED', {}, { pegAllowed: false }],
    [{ ...primary, ...level(1) }, {}, ''],
    [{ ...primary, ...level(100) }, {}, ''],
    [{ ...primary, ...level(101) }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...primary, ...level(0) }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [{ ...primary, pegOffsetValue: 3 }, {}, 'UNSUPPORTED_ORDER_TYPE'],
    [level(1), {}, 'UNSUPPORTED_ORDER_TYPE'],
  ])('%o %o: %s', (...row) => check(row));
});

describe('order lists', () => {
  type ListRow = [ContingencyType, readonly Partial<NewOrder>[], EngineRejectName | '', Partial<MarketContext>?, Partial<Instrument>?];
  const { OCO, OTO, OTOCO, OPO, OPOCO } = ContingencyType;
  const sell = { side: Side.SELL };
  const above = { ...sell, ...maker, priceTicks: 120 };
  const below = { ...sell, ...stopLimit, stopPriceTicks: 90, priceTicks: 80 };
  const buyAbove = { ...stop, stopPriceTicks: 110 };
  const buyBelow = { ...maker, priceTicks: 90 };
  const profit = { ...stop, type: OrderType.TAKE_PROFIT };
  const at100 = { lastTicks: 100 };

  it.each<ListRow>([
    [OCO, [above, below], '', at100],
    [OCO, [above, below], ''],
    [OCO, [buyAbove, buyBelow], '', at100],
    [OCO, [{ ...above, priceTicks: 100 }, below], 'OCO_PRICES', at100],
    [OCO, [above, { ...below, stopPriceTicks: 100 }], 'OCO_PRICES', at100],
    [OCO, [{ ...above, priceTicks: 90 }, below], 'OCO_PRICES'],
    [OCO, [{ ...buyAbove, stopPriceTicks: 100 }, buyBelow], 'OCO_PRICES', at100],
    [OCO, [buyAbove, { ...buyBelow, priceTicks: 100 }], 'OCO_PRICES', at100],
    [OCO, [{ ...profit, ...sell, stopPriceTicks: 110 }, below], '', at100],
    [OCO, [{ ...profit, ...sell, stopPriceTicks: 99 }, below], 'OCO_PRICES', at100],
    [OCO, [{ ...stopLimit, ...sell, type: OrderType.TAKE_PROFIT_LIMIT, priceTicks: 99 }, below], 'OCO_PRICES', at100],
    [OCO, [above, { ...below, stopPriceTicks: 0, trailingDelta: 100 }], '', at100],
    [OCO, [{ ...above, ...primary }, below], '', at100],
    [OCO, [{ ...above, lots: 6 }, below], 'UNSUPPORTED_ORDER_TYPE', at100],
    [OCO, [{ ...above, side: Side.BUY }, below], 'UNSUPPORTED_ORDER_TYPE', at100],
    [OCO, [above], 'UNSUPPORTED_ORDER_TYPE'],
    [OCO, [above, below, below], 'UNSUPPORTED_ORDER_TYPE'],
    [OCO, [above, { ...sell, ...maker, priceTicks: 90 }], 'BOTH_OCO_ORDERS_LIMIT'],
    [OCO, [{ ...above, type: OrderType.LIMIT }, below], 'OCO_ORDER_TYPE'],
    [OCO, [above, { ...sell, ...market }], 'OCO_ORDER_TYPE'],
    [OCO, [below, above], 'SELL_OCO_STOP_LOSS_MUST_BE_BELOW'],
    [OCO, [buyBelow, buyAbove], 'BUY_OCO_STOP_LOSS_MUST_BE_ABOVE'],
    [OCO, [{ ...profit, ...sell }, above], 'SELL_OCO_LIMIT_MUST_BE_ABOVE'],
    [OCO, [buyBelow, { ...profit, stopPriceTicks: 90 }], 'BUY_OCO_LIMIT_MUST_BE_BELOW'],
    [OCO, [above, { ...profit, ...sell, stopPriceTicks: 90 }], 'SELL_OCO_TAKE_PROFIT_MUST_BE_ABOVE'],
    [OCO, [profit, buyBelow], 'BUY_OCO_TAKE_PROFIT_MUST_BE_BELOW'],
    [OCO, [above, { ...below, priceTicks: 0 }], 'PRICE_QTY_ZERO'],
    [OCO, [above, below], 'OCO_UNSUPPORTED', {}, { ocoAllowed: false }],
    [OTO, [{}, { ...sell, ...market, lots: 99 }], ''],
    [OTO, [maker, { ...sell, ...stop }], ''],
    [OTO, [market, sell], 'UNSUPPORTED_ORDER_TYPE'],
    [OTO, [stopLimit, sell], 'UNSUPPORTED_ORDER_TYPE'],
    [OTO, [{}, { ...byAmount, ...sell }], 'UNSUPPORTED_ORDER_TYPE'],
    [OTO, [{ priceTicks: 0 }, sell], 'PRICE_QTY_ZERO'],
    [OTO, [{}, { ...sell, lots: 0 }], 'LOT_SIZE'],
    [OTO, [{}], 'UNSUPPORTED_ORDER_TYPE'],
    [OTO, [{}, sell], 'OTO_UNSUPPORTED', {}, { otoAllowed: false }],
    [OTOCO, [{}, above, below], '', { lastTicks: 500 }],
    [OTOCO, [{}, { ...above, priceTicks: 90 }, below], 'OCO_PRICES', { lastTicks: 500 }],
    [OTOCO, [{}, below, above], 'SELL_OCO_STOP_LOSS_MUST_BE_BELOW'],
    [OTOCO, [{}, above], 'UNSUPPORTED_ORDER_TYPE'],
    [OTOCO, [{}, above, below], 'OCO_UNSUPPORTED', {}, { ocoAllowed: false }],
    [OPO, [{}, { ...sell, lots: 0 }], ''],
    [OPO, [{}, sell], 'UNSUPPORTED_ORDER_TYPE'],
    [OPO, [sell, { ...sell, lots: 0 }], 'OPO_WORKING_MUST_BE_BUY'],
    [OPO, [{}, { lots: 0 }], 'OPO_PENDING_MUST_BE_SELL'],
    [OPO, [{}, { ...sell, lots: 0, priceTicks: 0 }], 'PRICE_QTY_ZERO'],
    [OPO, [{}, { ...sell, lots: 0 }], 'OPO_UNSUPPORTED', {}, { opoAllowed: false }],
    [OPOCO, [{}, { ...above, lots: 0 }, { ...below, lots: 0 }], ''],
    [OPOCO, [{}, { ...above, lots: 0 }, { ...below, lots: 0 }], 'OCO_UNSUPPORTED', {}, { ocoAllowed: false }],
    [OPOCO, [{}, { ...below, lots: 0 }, { ...above, lots: 0 }], 'SELL_OCO_STOP_LOSS_MUST_BE_BELOW'],
  ])('%i %o: %s %o', (contingency, orders, expected, context, changes) => {
    const legs = orders.map((order, i) => newOrder({ clientOrderId: `leg${i}`, ...order }));
    const reason = checkOrderList(instrumentOf(changes), contingency, legs, { ...quiet, ...context }, T0);
    expect(reason).toBe(expected === '' ? undefined : EngineReject[expected]);
  });
});

describe('an instrument', () => {
  it('that is sound passes', () => {
    expect(checkInstrument(instrumentOf())).toBeUndefined();
    // 0.0001 steps of 0.01 ticks in a quote asset of 6 decimals: a lot at a tick is one unit.
    const changes = { quoteScale: 6, tickUnits: 1, priceScale: 2, lotUnits: 10_000, quoteUnitsPerTickLot: 1 };
    expect(checkInstrument(instrumentOf(changes))).toBeUndefined();
  });

  it.each<[string, Partial<Instrument>, Partial<InstrumentFilters>?]>([
    ['symbol', { symbol: 'btcusdt' }],
    ['symbol', { symbol: '' }],
    ['symbol', { symbol: 'A'.repeat(21) }],
    ['baseAsset', { baseAsset: 'B-C' }],
    ['quoteAsset', { quoteAsset: 'BTC' }],
    ['baseScale', { baseScale: -1 }],
    ['quoteScale', { quoteScale: 19 }],
    ['priceScale', { priceScale: 1.5 }],
    ['tickUnits', { tickUnits: 0 }],
    ['lotUnits', { lotUnits: 0.5 }],
    ['quoteUnitsPerTickLot is no whole', { lotUnits: 10 }],
    ['quoteUnitsPerTickLot must be 10', { quoteUnitsPerTickLot: 11 }],
    ['quoteUnitsPerTickLot is too large', { lotUnits: 9e15, tickUnits: 1e6 }],
    ['status', { status: 9 as never }],
    ['orderTypes', { orderTypes: [] }],
    ['orderTypes', { orderTypes: [8 as never] }],
    ['orderTypes', { orderTypes: [1, 1] }],
    ['allowedStpModes', { allowedStpModes: [0, 7 as never] }],
    ['defaultStpMode', { defaultStpMode: 2, allowedStpModes: [0] }],
    ['filters.minPriceTicks', {}, { minPriceTicks: -1 }],
    ['filters.minPriceTicks', {}, { minPriceTicks: 2, maxPriceTicks: 1 }],
    ['filters.maxPriceTicks', {}, { maxPriceTicks: MAX_TICKS }],
    ['filters.maxLots', {}, { maxLots: MAX_LOTS }],
    ['filters.minLots', {}, { minLots: 3, maxLots: 2 }],
    ['filters.marketMinLots', {}, { marketMinLots: 3, marketMaxLots: 2 }],
    ['filters.bidMultiplierDown', {}, { bidMultiplierDown: 3, bidMultiplierUp: 2 }],
    ['filters.askMultiplierUp', {}, { askMultiplierUp: 0.5 }],
    ['filters.minTrailingAboveDelta', {}, { minTrailingAboveDelta: 3, maxTrailingAboveDelta: 2 }],
    ['filters.maxTrailingBelowDelta', {}, { maxTrailingBelowDelta: 10_000 }],
    ['filters.icebergParts', {}, { icebergParts: -1 }],
    ['filters.maxNumOrders', {}, { maxNumOrders: Number.NaN }],
    ['filters.minNotionalUnits', {}, { minNotionalUnits: -1n }],
    ['filters.minNotionalUnits', {}, { minNotionalUnits: 3n, maxNotionalUnits: 2n }],
    ['filters.maxPositionUnits', {}, { maxPositionUnits: MAX_UNITS }],
  ])('that is not is told why: %s', (problem, changes, filters) => {
    expect(checkInstrument(instrumentOf({ ...changes, filters: filtersOf(filters) }))).toContain(problem);
  });
});
