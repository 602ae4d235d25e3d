// May an order go live now, and at which price? Asked when an order arrives, when its trigger fires and when its list
// lets it go. Reads the book and the last price; changes nothing.
import { notionalUnits } from '../instrument.ts';
import { notionalFilter } from '../newOrderChecks.ts';
import { isTriggered, OrderType, PegPriceType, Side, SymbolStatus } from '../orderTerms.ts';
import { EngineReject } from '../rejectReason.ts';
import type { SpotOrder } from '../spotOrder.ts';
import { isByQuote, isPegged } from './liveOrder.ts';
import type { MarketState } from './marketState.ts';
import { isTriggeredAt } from './triggerBook.ts';

/** A code of rejectReason.ts when the symbol takes no orders now; 0 otherwise. */
export function marketRefusal(state: MarketState): number {
  const { status } = state.instrument;
  if (status === SymbolStatus.TRADING) return 0;
  return status === SymbolStatus.CANCEL_ONLY ? EngineReject.CANCEL_ONLY.code : EngineReject.MARKET_CLOSED.code;
}

/** A code when an order may not start its life now; 0 otherwise. Pegged prices are looked at apart, in peggedTicks(). */
export function arrivalRefusal(state: MarketState, order: Readonly<SpotOrder>, nowUs: number): number {
  if (order.expireUs > 0 && order.expireUs <= nowUs) return EngineReject.GTD_EXPIRY.code;
  if (isTriggered(order.type)) {
    const triggered = state.lastPriceTicks > 0 && isTriggeredAt(order, state.lastPriceTicks);
    return triggered ? EngineReject.WOULD_TRIGGER.code : 0;
  }
  return isByQuote(order) ? liquidityRefusal(state, opposite(order.side)) : 0;
}

/** A code when a side of the book, hidden parts included, has less than the least that a market order may be for; 0 otherwise. */
function liquidityRefusal(state: MarketState, makers: Side): number {
  const { book, instrument, resting } = state;
  const { minLots, marketMinLots } = instrument.filters;
  const least = Math.max(minLots, marketMinLots);
  let ticks = book.bestTicks(makers);
  if (ticks === 0) return EngineReject.NO_LIQUIDITY.code;
  let lots = 0;
  for (; ticks !== 0; ticks = book.nextTicks(makers, ticks)) {
    for (let node = book.nodeAt(makers, ticks); node !== 0; node = book.nextInQueue(node)) {
      lots += resting.leavesLots(node);
      if (lots >= least) return 0;
    }
  }
  return lots < minLots ? EngineReject.LIQUIDITY_LOT_SIZE.code : EngineReject.LIQUIDITY_MARKET_LOT_SIZE.code;
}

/** A code when an order may not go on the book at this limit; 0 otherwise. */
export function limitRefusal(state: MarketState, order: Readonly<SpotOrder>, ticks: number): number {
  if (order.type === OrderType.LIMIT_MAKER && state.crosses(order.side, ticks))
    return isPegged(order) ? EngineReject.PEG_CROSSES.code : EngineReject.WOULD_MATCH.code;
  return 0;
}

/**
 * The price a pegged order gets now, at most 100 existing prices into its side's (PRIMARY) or the other side's book
 * (MARKET); a negative rejectReason code when there is none or it may not be used.
 */
export function peggedTicks(state: MarketState, order: Readonly<SpotOrder>): number {
  const side = order.pegPriceType === PegPriceType.PRIMARY_PEG ? order.side : opposite(order.side);
  let ticks = state.book.bestTicks(side);
  for (let i = 0; i < order.pegOffsetValue && ticks !== 0; i++) ticks = state.book.nextTicks(side, ticks);
  if (ticks === 0) return -EngineReject.NO_PEG_PRICE.code;
  const { minPriceTicks, maxPriceTicks, minNotionalUnits, maxNotionalUnits } = state.instrument.filters;
  if (ticks < minPriceTicks || (maxPriceTicks > 0 && ticks > maxPriceTicks)) return -EngineReject.PRICE_FILTER.code;
  const notional = notionalUnits(state.instrument, ticks, order.origLots);
  if (notional < minNotionalUnits || (maxNotionalUnits > 0n && notional > maxNotionalUnits)) {
    return -notionalFilter(state.instrument.filters).code;
  }
  if (order.side === Side.BUY && notional > order.reservedUnits) return -EngineReject.INSUFFICIENT_BALANCE.code;
  return ticks;
}

/** A code when two orders cannot stand as an OCO pair around the last price (Binance rest-api.md, price restrictions). */
export function pairRefusal(state: MarketState, above: Readonly<SpotOrder>, below: Readonly<SpotOrder>): number {
  const aboveTicks = referenceTicks(above);
  const belowTicks = referenceTicks(below);
  if (aboveTicks !== 0 && belowTicks !== 0 && aboveTicks <= belowTicks) return EngineReject.OCO_PRICES.code;
  const last = state.lastPriceTicks;
  if (last === 0) return 0;
  if (aboveTicks !== 0 && above.type === OrderType.LIMIT_MAKER && aboveTicks <= last) return EngineReject.OCO_PRICES.code;
  if (belowTicks !== 0 && below.type === OrderType.LIMIT_MAKER && belowTicks >= last) return EngineReject.OCO_PRICES.code;
  return 0;
}

/** Where a leg stands relative to the market; 0 when only the market can tell (pegged, trailing). */
function referenceTicks(order: Readonly<SpotOrder>): number {
  if (isTriggered(order.type)) return order.stopPriceTicks;
  return isPegged(order) ? 0 : order.priceTicks;
}

export function opposite(side: Side): Side {
  return side === Side.BUY ? Side.SELL : Side.BUY;
}
