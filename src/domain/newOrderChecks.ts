// One new order at the door: what the instrument takes, and Binance's filters (filters.md), before an order costs anybody
// anything. Pure functions of the order, the instrument and the market as the door sees it; 0 stands for "not known" and
// skips the checks that would need it.
import type { NewOrder } from './command.ts';
import { type Instrument, type InstrumentFilters, MAX_LOTS, MAX_TICKS, MAX_UNITS, notionalUnits } from './instrument.ts';
import { isMarketLike, isTriggered, OrderType, PegOffsetType, PegPriceType, Side, TimeInForce } from './orderTerms.ts';
import { type EngineReason, EngineReject } from './rejectReason.ts';

export interface MarketContext {
  readonly lastTicks: number;
  /** Average over the instrument's avgPriceMins. */
  readonly avgTicks: number;
  readonly bidTicks: number;
  readonly askTicks: number;
}

/** Good-till-date may lie this far ahead: a year and a day. */
export const GTD_MAX_US = 366 * 86_400 * 1_000_000;
/** Binance faqs/pegged_orders.md: price levels a pegged price may be offset by. */
export const PEG_OFFSET_MAX = 100;

/** undefined = passes. */
export function checkNewOrder(instrument: Instrument, order: NewOrder, market: MarketContext, nowUs: number): EngineReason | undefined {
  return checkTerms(instrument, order, market, nowUs) ?? checkAmounts(instrument, order, market);
}

/** Everything about an order but its quantity: an OPO's pending leg has none yet. */
export function checkTerms(instrument: Instrument, order: NewOrder, market: MarketContext, nowUs: number): EngineReason | undefined {
  return (
    checkType(instrument, order) ??
    checkTimeInForce(order, nowUs) ??
    checkPeg(instrument, order) ??
    checkPrices(instrument, order) ??
    checkPercentPrice(instrument, order, market) ??
    checkTrailing(instrument, order)
  );
}

function checkType(instrument: Instrument, order: NewOrder): EngineReason | undefined {
  if (!instrument.orderTypes.includes(order.type)) return unsupportedType(order.type);
  if (order.quoteUnits !== 0n) {
    if (order.type !== OrderType.MARKET) return EngineReject.UNSUPPORTED_ORDER_TYPE;
    if (!instrument.quoteOrderQtyMarketAllowed) return EngineReject.QUOTE_QTY_UNSUPPORTED;
  }
  if (order.icebergLots !== 0) {
    if (!instrument.icebergAllowed) return EngineReject.ICEBERG_UNSUPPORTED;
    // errors.md -1160: the hidden part needs an order that rests.
    const rests = order.timeInForce === TimeInForce.GTC || order.timeInForce === TimeInForce.GTD;
    if (isMarketLike(order.type) || !rests) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  }
  if (!instrument.allowedStpModes.includes(order.stpMode)) return EngineReject.UNSUPPORTED_STP;
  if (order.trailingDelta !== 0 && !instrument.trailingStopAllowed) return EngineReject.TRAILING_UNSUPPORTED;
  const triggers = order.stopPriceTicks !== 0 || order.trailingDelta !== 0;
  if (triggers !== isTriggered(order.type)) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  return undefined;
}

function unsupportedType(type: OrderType): EngineReason {
  switch (type) {
    case OrderType.MARKET:
      return EngineReject.MARKET_UNSUPPORTED;
    case OrderType.STOP_LOSS:
      return EngineReject.STOP_LOSS_UNSUPPORTED;
    case OrderType.STOP_LOSS_LIMIT:
      return EngineReject.STOP_LOSS_LIMIT_UNSUPPORTED;
    case OrderType.TAKE_PROFIT:
      return EngineReject.TAKE_PROFIT_UNSUPPORTED;
    case OrderType.TAKE_PROFIT_LIMIT:
      return EngineReject.TAKE_PROFIT_LIMIT_UNSUPPORTED;
    default:
      return EngineReject.UNSUPPORTED_ORDER_TYPE;
  }
}

function checkTimeInForce(order: NewOrder, nowUs: number): EngineReason | undefined {
  const { timeInForce, expireUs, type } = order;
  const dated = timeInForce === TimeInForce.GTD;
  if (dated !== (expireUs !== 0)) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  if (dated) {
    if (isMarketLike(type)) return EngineReject.UNSUPPORTED_ORDER_TYPE;
    if (!Number.isSafeInteger(expireUs) || expireUs <= nowUs || expireUs > nowUs + GTD_MAX_US) return EngineReject.GTD_EXPIRY;
  }
  // A maker order that may not rest could do nothing at all.
  const rests = timeInForce === TimeInForce.GTC || dated;
  return type === OrderType.LIMIT_MAKER && !rests ? EngineReject.UNSUPPORTED_ORDER_TYPE : undefined;
}

function checkPeg(instrument: Instrument, order: NewOrder): EngineReason | undefined {
  const { pegPriceType, pegOffsetType, pegOffsetValue, type } = order;
  const offset = pegOffsetType !== PegOffsetType.NONE;
  if (offset !== (pegOffsetValue !== 0)) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  if (pegPriceType === PegPriceType.NONE) return offset ? EngineReject.UNSUPPORTED_ORDER_TYPE : undefined;
  if (!instrument.pegAllowed) return EngineReject.PEG_UNSUPPORTED;
  if (isMarketLike(type)) return EngineReject.PEG_ORDER_TYPE;
  if (offset && !isWhole(pegOffsetValue, PEG_OFFSET_MAX + 1)) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  if (type === OrderType.LIMIT_MAKER && pegPriceType !== PegPriceType.PRIMARY_PEG) return EngineReject.PEG_PRICE_TYPE;
  if (
    type === OrderType.LIMIT &&
    pegPriceType === PegPriceType.PRIMARY_PEG &&
    order.timeInForce !== TimeInForce.GTC &&
    order.timeInForce !== TimeInForce.GTD
  )
    return EngineReject.PEG_PRICE_TYPE;
  return undefined;
}

function checkPrices(instrument: Instrument, order: NewOrder): EngineReason | undefined {
  const { priceTicks, stopPriceTicks, type } = order;
  if (isMarketLike(type)) {
    if (priceTicks !== 0) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  } else if (priceTicks === 0) {
    if (order.pegPriceType === PegPriceType.NONE) return EngineReject.PRICE_QTY_ZERO;
  } else if (!withinPrices(instrument.filters, priceTicks)) return EngineReject.PRICE_FILTER;
  if (stopPriceTicks !== 0 && !withinPrices(instrument.filters, stopPriceTicks)) return EngineReject.PRICE_FILTER;
  return undefined;
}

function withinPrices(filters: InstrumentFilters, ticks: number): boolean {
  if (!isWhole(ticks, MAX_TICKS)) return false;
  return ticks >= filters.minPriceTicks && (filters.maxPriceTicks === 0 || ticks <= filters.maxPriceTicks);
}

function checkPercentPrice(instrument: Instrument, order: NewOrder, market: MarketContext): EngineReason | undefined {
  const { filters } = instrument;
  const reference = referenceTicks(filters, market);
  if (order.priceTicks === 0 || reference === 0) return undefined;
  const buys = order.side === Side.BUY;
  const up = buys ? filters.bidMultiplierUp : filters.askMultiplierUp;
  const down = buys ? filters.bidMultiplierDown : filters.askMultiplierDown;
  if (!withinPercent(order.priceTicks, reference, filters.multiplierDown, filters.multiplierUp)) return EngineReject.PERCENT_PRICE;
  if (!withinPercent(order.priceTicks, reference, down, up)) return EngineReject.PERCENT_PRICE_BY_SIDE;
  return undefined;
}

/** Multipliers of the reference in 1e-4; 0 disables. */
function withinPercent(priceTicks: number, reference: number, down: number, up: number): boolean {
  const price = BigInt(priceTicks) * 10_000n;
  if (up > 0 && price > BigInt(reference) * BigInt(up)) return false;
  return down === 0 || price >= BigInt(reference) * BigInt(down);
}

/** filters.md: the average over avgPriceMins; the last price when that is 0, or nothing traded in so many minutes. */
function referenceTicks(filters: InstrumentFilters, market: MarketContext): number {
  return filters.avgPriceMins === 0 || market.avgTicks === 0 ? market.lastTicks : market.avgTicks;
}

function checkTrailing(instrument: Instrument, order: NewOrder): EngineReason | undefined {
  const { trailingDelta, type, side } = order;
  if (trailingDelta === 0) return undefined;
  const { filters } = instrument;
  const stopLoss = type === OrderType.STOP_LOSS || type === OrderType.STOP_LOSS_LIMIT;
  const above = stopLoss === (side === Side.BUY);
  const min = above ? filters.minTrailingAboveDelta : filters.minTrailingBelowDelta;
  const max = above ? filters.maxTrailingAboveDelta : filters.maxTrailingBelowDelta;
  // 10 000 basis points are the whole price: no fall ever reaches that.
  const fits = isWhole(trailingDelta, 10_000) && trailingDelta >= min && (max === 0 || trailingDelta <= max);
  return fits ? undefined : EngineReject.TRAILING_DELTA;
}

function checkAmounts(instrument: Instrument, order: NewOrder, market: MarketContext): EngineReason | undefined {
  const reference = referenceTicks(instrument.filters, market);
  if (order.quoteUnits === 0n) return checkQuantity(instrument, order, order.lots, reference);
  if (order.lots !== 0) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  if (order.quoteUnits < 0n) return EngineReject.PRICE_QTY_ZERO;
  if (order.quoteUnits >= MAX_UNITS) return EngineReject.OVERFLOW;
  return checkNotional(instrument.filters, order.quoteUnits, true);
}

/** The terms that a quantity is checked against. */
export interface QuantityTerms {
  readonly side: Side;
  readonly type: OrderType;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
  readonly icebergLots: number;
}

/**
 * LOT_SIZE, MARKET_LOT_SIZE, ICEBERG_PARTS, NOTIONAL for a quantity: at the door, when an amend changes it, and when an
 * OPO's pending leg learns it. `referenceTicks` stands for the price of orders without one; 0 = not known.
 */
export function checkQuantity(instrument: Instrument, terms: QuantityTerms, lots: number, referenceTicks = 0): EngineReason | undefined {
  const { filters } = instrument;
  if (!withinLots(lots, filters.minLots, filters.maxLots)) return EngineReject.LOT_SIZE;
  if (terms.type === OrderType.MARKET && !withinLots(lots, filters.marketMinLots, filters.marketMaxLots))
    return EngineReject.MARKET_LOT_SIZE;
  const { icebergLots } = terms;
  if (icebergLots !== 0) {
    if (!withinLots(icebergLots, filters.minLots, filters.maxLots)) return EngineReject.LOT_SIZE;
    if (icebergLots > lots) return EngineReject.ICEBERG_EXCEEDS;
    if (filters.icebergParts > 0 && Math.ceil(lots / icebergLots) > filters.icebergParts) return EngineReject.ICEBERG_PARTS;
  }
  const market = isMarketLike(terms.type);
  const ticks = market ? terms.stopPriceTicks || referenceTicks : terms.priceTicks;
  if (ticks === 0) return undefined;
  const notional = notionalUnits(instrument, ticks, lots);
  // What nobody can pay nobody can reserve; an offer at such a price only rests.
  if (notional >= MAX_UNITS && terms.side === Side.BUY) return EngineReject.OVERFLOW;
  return checkNotional(filters, notional, market);
}

function withinLots(lots: number, min: number, max: number): boolean {
  return isWhole(lots, MAX_LOTS) && lots >= min && (max === 0 || lots <= max);
}

/** A minimum alone is the filter MIN_NOTIONAL. */
export function notionalFilter(filters: InstrumentFilters): EngineReason {
  return filters.maxNotionalUnits === 0n ? EngineReject.MIN_NOTIONAL : EngineReject.NOTIONAL;
}

function checkNotional(filters: InstrumentFilters, notional: bigint, market: boolean): EngineReason | undefined {
  const { minNotionalUnits, maxNotionalUnits } = filters;
  if ((!market || filters.applyMinNotionalToMarket) && notional < minNotionalUnits) return notionalFilter(filters);
  if ((!market || filters.applyMaxNotionalToMarket) && maxNotionalUnits > 0n && notional > maxNotionalUnits) return EngineReject.NOTIONAL;
  return undefined;
}

/** A whole number from 1 up to, not including, `end`. */
function isWhole(value: number, end: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value < end;
}
