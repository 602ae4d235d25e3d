// How much an order locks. A limit order locks exactly what it can spend; an order without a limit price of its own locks an
// estimate with a margin, as far as free funds go, and never spends more than it locked.
import { baseUnits, type Instrument, notionalUnits } from '../instrument.ts';
import { isMarketLike, isTriggered, OrderType, PegPriceType, Side } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { OpenOrder } from './openOrder.ts';

/** The terms that decide it; NewOrder and SpotOrder both have them. */
export interface ReservingTerms {
  readonly side: Side;
  readonly type: OrderType;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
  readonly pegPriceType: PegPriceType;
}

/** "As much as there is": no price is known to bound the need. */
export const UNBOUNDED = -1n;

/** 125 %, rounded up: what the price may move between the estimate and the execution. */
export function withMargin(units: bigint): bigint {
  return (units * 125n + 99n) / 100n;
}

export function reservedAsset(instrument: Instrument, side: Side): string {
  return side === Side.BUY ? instrument.quoteAsset : instrument.baseAsset;
}

/**
 * The free funds without which the order is refused. `lots` is 0 and `quoteUnits` above 0n for MARKET by quote amount;
 * `estimateUnits` counts where nothing else says what the order will spend.
 */
export function requiredUnits(
  instrument: Instrument,
  terms: ReservingTerms,
  lots: number,
  quoteUnits: bigint,
  estimateUnits: bigint,
): bigint {
  if (terms.side === Side.SELL) return lots > 0 ? baseUnits(instrument, lots) : estimateUnits;
  if (terms.type === OrderType.MARKET) return quoteUnits > 0n ? quoteUnits : estimateUnits;
  if (isMarketLike(terms.type)) {
    return terms.stopPriceTicks > 0 ? notionalUnits(instrument, terms.stopPriceTicks, lots) : estimateUnits;
  }
  const atLimit = notionalUnits(instrument, terms.priceTicks, lots);
  if (terms.pegPriceType === PegPriceType.NONE) return atLimit;
  // The price of a pegged order is known on the book only; the highest of what is known stands for it until then.
  const atStop = isTriggered(terms.type) ? notionalUnits(instrument, terms.stopPriceTicks, lots) : 0n;
  const most = atLimit > atStop ? atLimit : atStop;
  return most > estimateUnits ? most : estimateUnits;
}

/** True when requiredUnits is exactly what the order can spend; else it is an estimate, locked with a margin. */
export function isExact(terms: ReservingTerms, lots: number, quoteUnits: bigint): boolean {
  if (terms.side === Side.SELL) return lots > 0;
  if (terms.type === OrderType.MARKET) return quoteUnits > 0n;
  return !isMarketLike(terms.type) && terms.pegPriceType === PegPriceType.NONE;
}

/** What the order is to lock when there is enough: at least `required`; UNBOUNDED when nothing is known. */
export function wantedUnits(required: bigint, exact: boolean): bigint {
  if (exact) return required;
  return required === 0n ? UNBOUNDED : withMargin(required);
}

/**
 * The most an open order can still spend; what it has locked above that goes back at once. UNBOUNDED when only the
 * reservation itself is the bound.
 */
export function needUnits(instrument: Instrument, order: OpenOrder): bigint {
  if (order.side === Side.SELL) {
    return order.origLots > 0 ? baseUnits(instrument, order.leavesLots) : UNBOUNDED;
  }
  const row: Readonly<SpotOrder> = order.row;
  if (row.type === OrderType.MARKET) return UNBOUNDED;
  if (isMarketLike(row.type)) {
    if (row.stopPriceTicks === 0) return UNBOUNDED;
    return withMargin(notionalUnits(instrument, row.stopPriceTicks, order.leavesLots));
  }
  if (row.pegPriceType === PegPriceType.NONE) return notionalUnits(instrument, row.priceTicks, order.leavesLots);
  return order.peggedPriceTicks > 0 ? notionalUnits(instrument, order.peggedPriceTicks, order.leavesLots) : UNBOUNDED;
}
