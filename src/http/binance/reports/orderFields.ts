// The fields an order shows only under conditions ("Conditional fields in Order Responses"), for every kind of report.
import type { Instrument } from '../../../domain/instrument.ts';
import { isTriggered, PegOffsetType, PegPriceType } from '../../../domain/orderTerms.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';
import { formatPrice, formatQuantity } from '../../units.ts';
import type { TimePrinter } from '../timeUnit.ts';
import { expiryReasonWord, pegOffsetTypeWord, pegPriceTypeWord } from './words.ts';

export type Report = Record<string, unknown>;

/** MARKET by quote amount: its quantity is what it executed. */
export function originalLots(order: Readonly<SpotOrder>): number {
  return order.origLots === 0 && order.origQuoteUnits > 0n ? order.executedLots : order.origLots;
}

/** OPO's pending leg has no quantity until its working order is filled: the field is absent then. */
export function quantityUnknown(order: Readonly<SpotOrder>): boolean {
  return order.origLots === 0 && order.origQuoteUnits === 0n;
}

/** -1 = not working yet. */
export function workingTime(order: Readonly<SpotOrder>, time: TimePrinter): number {
  return order.workingUs === 0 ? -1 : time(order.workingUs);
}

/** Right after price. */
export function pegFields(report: Report, instrument: Instrument, order: Readonly<SpotOrder>): void {
  if (order.pegPriceType === PegPriceType.NONE) return;
  report.pegPriceType = pegPriceTypeWord(order.pegPriceType);
  if (order.pegOffsetType !== PegOffsetType.NONE) {
    report.pegOffsetType = pegOffsetTypeWord(order.pegOffsetType);
    report.pegOffsetValue = order.pegOffsetValue;
  }
  if (order.peggedPriceTicks !== 0) report.peggedPrice = formatPrice(instrument, order.peggedPriceTicks);
}

/** Right after side. Queries show stopPrice and icebergQty always and leave them out here. */
export function conditionalFields(
  report: Report,
  instrument: Instrument,
  order: Readonly<SpotOrder>,
  time: TimePrinter,
  isQuery: boolean,
): void {
  if (!isQuery && isTriggered(order.type)) report.stopPrice = formatPrice(instrument, order.stopPriceTicks);
  if (order.trailingDelta !== 0) {
    report.trailingDelta = order.trailingDelta;
    report.trailingTime = order.trailingUs === 0 ? -1 : time(order.trailingUs);
  }
  if (!isQuery && order.icebergLots !== 0) report.icebergQty = formatQuantity(instrument, order.icebergLots);
  if (order.strategyId !== null) report.strategyId = order.strategyId;
  if (order.strategyType !== null) report.strategyType = order.strategyType;
}

/** At the end: how it expired, and what self-trade prevention took from it. */
export function endFields(report: Report, instrument: Instrument, order: Readonly<SpotOrder>, isQuery: boolean): void {
  if (order.preventedLots > 0) {
    if (isQuery && order.preventedMatch !== null) report.preventedMatchId = order.preventedMatch.preventedMatchId;
    report.preventedQuantity = formatQuantity(instrument, order.preventedLots);
  }
  const reason = expiryReasonWord(order);
  if (reason !== undefined) report.expiryReason = reason;
}
