// The fields an order shows only under conditions ("Conditional fields in Order Responses"), each as its value or undefined.
// Reports are literals with every field at its place: one shape for all of them, and JSON leaves out what is undefined.
import type { Instrument } from '../../../domain/instrument.ts';
import { isTriggered, PegOffsetType, PegPriceType } from '../../../domain/orderTerms.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';
import { formatPrice, formatQuantity } from '../../units.ts';
import type { TimePrinter } from '../timeUnit.ts';
import { pegOffsetTypeWord, pegPriceTypeWord } from './words.ts';

type Order = Readonly<SpotOrder>;

/** JSON-ready: undefined fields are absent. */
export type Report = Record<string, unknown>;

/** MARKET by quote amount: its quantity is what it executed. */
export function originalLots(order: Order): number {
  return order.origLots === 0 && order.origQuoteUnits > 0n ? order.executedLots : order.origLots;
}

/** Absent for OPO's pending leg, which has no quantity until its working order is filled. */
export function origQty(instrument: Instrument, order: Order): string | undefined {
  const unknown = order.origLots === 0 && order.origQuoteUnits === 0n;
  return unknown ? undefined : formatQuantity(instrument, originalLots(order));
}

/** -1 = not working yet. */
export function workingTime(order: Order, time: TimePrinter): number {
  return order.workingUs === 0 ? -1 : time(order.workingUs);
}

export function pegPriceType(order: Order): string | undefined {
  return order.pegPriceType === PegPriceType.NONE ? undefined : pegPriceTypeWord(order.pegPriceType);
}

export function pegOffsetType(order: Order): string | undefined {
  return order.pegOffsetType === PegOffsetType.NONE ? undefined : pegOffsetTypeWord(order.pegOffsetType);
}

export function pegOffsetValue(order: Order): number | undefined {
  return order.pegOffsetType === PegOffsetType.NONE ? undefined : order.pegOffsetValue;
}

/** Known once the order has been on the book. */
export function peggedPrice(instrument: Instrument, order: Order): string | undefined {
  return order.peggedPriceTicks === 0 ? undefined : formatPrice(instrument, order.peggedPriceTicks);
}

export function stopPrice(instrument: Instrument, order: Order): string | undefined {
  return isTriggered(order.type) ? formatPrice(instrument, order.stopPriceTicks) : undefined;
}

export function trailingDelta(order: Order): number | undefined {
  return order.trailingDelta === 0 ? undefined : order.trailingDelta;
}

/** -1 until tracking is active. */
export function trailingTime(order: Order, time: TimePrinter): number | undefined {
  if (order.trailingDelta === 0) return undefined;
  return order.trailingUs === 0 ? -1 : time(order.trailingUs);
}

export function icebergQty(instrument: Instrument, order: Order): string | undefined {
  return order.icebergLots === 0 ? undefined : formatQuantity(instrument, order.icebergLots);
}

export function strategyId(order: Order): number | undefined {
  return order.strategyId ?? undefined;
}

export function strategyType(order: Order): number | undefined {
  return order.strategyType ?? undefined;
}

/** What self-trade prevention took from the order. */
export function preventedQuantity(instrument: Instrument, order: Order): string | undefined {
  return order.preventedLots === 0 ? undefined : formatQuantity(instrument, order.preventedLots);
}

export function preventedMatchId(order: Order): number | undefined {
  return order.preventedLots === 0 ? undefined : order.preventedMatch?.preventedMatchId;
}
