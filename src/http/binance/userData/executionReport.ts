// executionReport: what happened to an order, keys in the documented order (user-data-stream.md): those of the payload
// sample, v and W at their places in it, then the other conditional fields in the order of their table.
// b, a, k and uS belong to smart order routing, which is not offered.
import { type Instrument, notionalUnits } from '../../../domain/instrument.ts';
import { isTerminal } from '../../../domain/orderStatus.ts';
import { PegOffsetType, PegPriceType } from '../../../domain/orderTerms.ts';
import { EngineReject } from '../../../domain/rejectReason.ts';
import type { PreventedMatch, SpotOrder } from '../../../domain/spotOrder.ts';
import type { AccountEvent } from '../../../ports/accountEvents.ts';
import { formatPrice, formatQuantity, formatQuote } from '../../units.ts';
import { originalLots } from '../reports/orderFields.ts';
import { commissionOf } from '../reports/orderReport.ts';
import {
  expiryReasonWord,
  looksParked,
  orderStatusWord,
  orderTypeWord,
  pegOffsetTypeWord,
  pegPriceTypeWord,
  sideWord,
  stpModeWord,
  timeInForceWord,
} from '../reports/words.ts';
import type { TimePrinter } from '../timeUnit.ts';

export type Execution = Extract<AccountEvent, { kind: 'execution' }>;

/** "Order Reject Reason": the refusals that have a word of their own. */
const REJECT_WORDS = new Map<number, string>([
  [EngineReject.INSUFFICIENT_BALANCE.code, 'INSUFFICIENT_BALANCES'],
  [EngineReject.WOULD_TRIGGER.code, 'STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY'],
  [EngineReject.WOULD_MATCH.code, 'WOULD_MATCH_IMMEDIATELY'],
  [EngineReject.PEG_CROSSES.code, 'WOULD_MATCH_IMMEDIATELY'],
  [EngineReject.OCO_PRICES.code, 'OCO_BAD_PRICES'],
]);

/** c and C. On a cancel c is the id of the request and C the order's; after an amend C is the id the order had. */
function clientIds(execution: Execution): readonly [c: string, C: string] {
  const { order, executionType, requestClientOrderId, origClientOrderId } = execution;
  switch (executionType) {
    case 'CANCELED':
      return [requestClientOrderId || order.clientOrderId, order.clientOrderId];
    case 'REPLACED':
      return [order.clientOrderId, origClientOrderId];
    default:
      return [order.clientOrderId, ''];
  }
}

/** n and N: the fee of this execution in the asset it was taken from. */
function commission(instrument: Instrument, { order, trade }: Execution): string {
  if (trade === null) return '"n":"0","N":null';
  const { amount, asset } = commissionOf(instrument, trade, order.side);
  return `"n":"${amount}","N":${JSON.stringify(asset)}`;
}

/** l, L and Y would have been these had self-trade prevention not stepped in. */
function preventedLots(match: PreventedMatch): number {
  const { takerPreventedLots: taker, makerPreventedLots: maker } = match;
  if (taker === 0) return maker;
  return maker === 0 ? taker : Math.min(taker, maker);
}

function preventionFields(instrument: Instrument, order: Readonly<SpotOrder>, match: PreventedMatch | null, tradeGroupId: number): string {
  let text = '';
  if (order.preventedLots > 0) text += `,"A":"${formatQuantity(instrument, order.preventedLots)}"`;
  if (match === null) return text;
  const isTaker = match.takerOrderId === order.orderId;
  const lots = preventedLots(match);
  text += `,"B":"${formatQuantity(instrument, isTaker ? match.takerPreventedLots : match.makerPreventedLots)}"`;
  if (tradeGroupId > -1) text += `,"u":${tradeGroupId}`;
  return (
    `${text},"U":${isTaker ? match.makerOrderId : match.takerOrderId},"Cs":${JSON.stringify(order.symbol)},` +
    `"pl":"${formatQuantity(instrument, lots)}","pL":"${formatPrice(instrument, match.priceTicks)}",` +
    `"pY":"${formatQuote(instrument, notionalUnits(instrument, match.priceTicks, lots))}"`
  );
}

function pegFields(instrument: Instrument, order: Readonly<SpotOrder>): string {
  if (order.pegPriceType === PegPriceType.NONE) return '';
  let text = `,"gP":"${pegPriceTypeWord(order.pegPriceType)}"`;
  if (order.pegOffsetType !== PegOffsetType.NONE) {
    text += `,"gOT":"${pegOffsetTypeWord(order.pegOffsetType)}","gOV":${order.pegOffsetValue}`;
  }
  if (order.peggedPriceTicks !== 0) text += `,"gp":"${formatPrice(instrument, order.peggedPriceTicks)}"`;
  return text;
}

function conditionalFields(instrument: Instrument, { order, preventedMatch }: Execution, tradeGroupId: number, time: TimePrinter): string {
  let text = '';
  if (order.trailingDelta !== 0) {
    text += `,"d":${order.trailingDelta},"D":${order.trailingUs === 0 ? -1 : time(order.trailingUs)}`;
  }
  if (order.strategyId !== null) text += `,"j":${order.strategyId}`;
  if (order.strategyType !== null) text += `,"J":${order.strategyType}`;
  text += preventionFields(instrument, order, preventedMatch, tradeGroupId) + pegFields(instrument, order);
  const expiryReason = expiryReasonWord(order);
  return expiryReason === undefined ? text : `${text},"eR":"${expiryReason}"`;
}

/** `tradeGroupId`: of the account, -1 = none. `parked`: a leg of a list that waits for the working order. */
export function executionReport(
  instrument: Instrument,
  execution: Execution,
  tradeGroupId: number,
  eventUs: number,
  time: TimePrinter,
  parked = looksParked(execution.order),
): string {
  const { order, trade } = execution;
  const [c, C] = clientIds(execution);
  const match = execution.preventedMatch ?? (order.preventedLots > 0 ? order.preventedMatch : null);
  const isOnBook = order.workingUs !== 0 && !isTerminal(order.status);
  return (
    `{"e":"executionReport","E":${time(eventUs)},"s":${JSON.stringify(order.symbol)},"c":${JSON.stringify(c)},` +
    `"S":"${sideWord(order.side)}","o":"${orderTypeWord(order.type)}","f":"${timeInForceWord(order.timeInForce)}",` +
    `"q":"${formatQuantity(instrument, originalLots(order))}","p":"${formatPrice(instrument, order.priceTicks)}",` +
    `"P":"${formatPrice(instrument, order.stopPriceTicks)}","F":"${formatQuantity(instrument, order.icebergLots)}",` +
    `"g":${order.orderListId},"C":${JSON.stringify(C)},"x":"${execution.executionType}","X":"${orderStatusWord(order, parked)}",` +
    `"r":"${REJECT_WORDS.get(order.rejectCode) ?? 'NONE'}","i":${order.orderId},` +
    `"l":"${formatQuantity(instrument, trade?.lots ?? 0)}","z":"${formatQuantity(instrument, order.executedLots)}",` +
    `"L":"${formatPrice(instrument, trade?.priceTicks ?? 0)}",${commission(instrument, execution)},` +
    `"T":${time(execution.timeUs)},"t":${trade?.tradeId ?? -1},` +
    `${match === null ? '' : `"v":${match.preventedMatchId},`}"I":${execution.executionId},"w":${isOnBook},` +
    `"m":${execution.isMaker},"M":false,"O":${time(order.createdUs)},"Z":"${formatQuote(instrument, order.cumQuoteUnits)}",` +
    `"Y":"${formatQuote(instrument, trade?.quoteUnits ?? 0n)}","Q":"${formatQuote(instrument, order.origQuoteUnits)}",` +
    `${order.workingUs === 0 ? '' : `"W":${time(order.workingUs)},`}"V":"${stpModeWord(order.stpMode)}"` +
    `${conditionalFields(instrument, execution, tradeGroupId, time)}}`
  );
}
