// What became of an order just placed, cancelled or amended, as the API tells it: ACK, RESULT, FULL and their relatives.
// Transport-independent: REST bodies and WS-API results are the same objects.
import type { Instrument } from '../../../domain/instrument.ts';
import { Side } from '../../../domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../../domain/spotOrder.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { OrderReport } from '../../../ports/exchangePort.ts';
import { formatPrice, formatQuantity, formatQuote, formatUnits } from '../../units.ts';
import type { TimePrinter } from '../timeUnit.ts';
import { conditionalFields, endFields, originalLots, pegFields, quantityUnknown, type Report, workingTime } from './orderFields.ts';
import { orderStatusWord, orderTypeWord, sideWord, stpModeWord, timeInForceWord } from './words.ts';

export type ResponseType = 'ACK' | 'RESULT' | 'FULL';

export interface Commission {
  readonly amount: string;
  readonly asset: string;
}

/** The fee one side of a trade paid, in the asset it received. */
export function commissionOf(instrument: Instrument, trade: SpotTrade, side: Side): Commission {
  return side === Side.BUY
    ? { amount: formatUnits(trade.buyerFeeUnits, instrument.baseScale), asset: instrument.baseAsset }
    : { amount: formatUnits(trade.sellerFeeUnits, instrument.quoteScale), asset: instrument.quoteAsset };
}

function fill(instrument: Instrument, trade: SpotTrade, side: Side): Report {
  const commission = commissionOf(instrument, trade, side);
  return {
    price: formatPrice(instrument, trade.priceTicks),
    qty: formatQuantity(instrument, trade.lots),
    commission: commission.amount,
    commissionAsset: commission.asset,
    tradeId: trade.tradeId,
  };
}

function preventedMatch(instrument: Instrument, match: PreventedMatch): Report {
  const row: Report = {
    preventedMatchId: match.preventedMatchId,
    makerSymbol: instrument.symbol,
    makerOrderId: match.makerOrderId,
    price: formatPrice(instrument, match.priceTicks),
  };
  if (match.takerPreventedLots > 0) {
    row.takerPreventedQuantity = formatQuantity(instrument, match.takerPreventedLots);
  }
  if (match.makerPreventedLots > 0) {
    row.makerPreventedQuantity = formatQuantity(instrument, match.makerPreventedLots);
  }
  return row;
}

/** price, quantities, words: the middle every report shares. */
function terms(report: Report, instrument: Instrument, order: Readonly<SpotOrder>, parked: boolean): void {
  report.price = formatPrice(instrument, order.priceTicks);
  pegFields(report, instrument, order);
  if (!quantityUnknown(order)) report.origQty = formatQuantity(instrument, originalLots(order));
  report.executedQty = formatQuantity(instrument, order.executedLots);
  report.origQuoteOrderQty = formatQuote(instrument, order.origQuoteUnits);
  report.cummulativeQuoteQty = formatQuote(instrument, order.cumQuoteUnits);
  report.status = orderStatusWord(order, parked);
  report.timeInForce = timeInForceWord(order.timeInForce);
  report.type = orderTypeWord(order.type);
  report.side = sideWord(order.side);
}

/** tradeGroupId: of the account, -1 = none. `parked`: a leg of a list that waits for the working order. */
export function placementReport(
  instrument: Instrument,
  { order, fills, preventedMatches, timeUs }: OrderReport,
  responseType: ResponseType,
  tradeGroupId: number,
  time: TimePrinter,
  parked = false,
): Report {
  const report: Report = {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.orderListId,
    clientOrderId: order.clientOrderId,
    transactTime: time(timeUs),
  };
  if (responseType === 'ACK') return report;
  terms(report, instrument, order, parked);
  conditionalFields(report, instrument, order, time, false);
  report.workingTime = workingTime(order, time);
  if (responseType === 'FULL') report.fills = fills.map((trade) => fill(instrument, trade, order.side));
  const prevented = preventedMatches ?? (order.preventedMatch === null ? [] : [order.preventedMatch]);
  if (prevented.length > 0) {
    report.preventedMatches = prevented.map((match) => preventedMatch(instrument, match));
    if (tradeGroupId > -1) report.tradeGroupId = tradeGroupId;
  }
  report.selfTradePreventionMode = stpModeWord(order.stpMode);
  endFields(report, instrument, order, false);
  return report;
}

/** `cancelId`: the client id of the cancel, which ended this order whether or not it named it. */
export function cancelReport(instrument: Instrument, { order, timeUs }: OrderReport, cancelId: string, time: TimePrinter): Report {
  const report: Report = {
    symbol: order.symbol,
    origClientOrderId: order.clientOrderId,
    orderId: order.orderId,
    orderListId: order.orderListId,
    clientOrderId: cancelId,
    transactTime: time(timeUs),
  };
  terms(report, instrument, order, false);
  conditionalFields(report, instrument, order, time, false);
  report.selfTradePreventionMode = stpModeWord(order.stpMode);
  endFields(report, instrument, order, false);
  return report;
}

/** The amendedOrder of an amend: its own spelling of the same facts. */
export function amendedOrder(
  instrument: Instrument,
  { order, origClientOrderId }: OrderReport,
  time: TimePrinter,
  parked: boolean,
): Report {
  const report: Report = {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.orderListId,
    origClientOrderId,
    clientOrderId: order.clientOrderId,
    price: formatPrice(instrument, order.priceTicks),
  };
  pegFields(report, instrument, order);
  report.qty = formatQuantity(instrument, order.origLots);
  report.executedQty = formatQuantity(instrument, order.executedLots);
  report.preventedQty = formatQuantity(instrument, order.preventedLots);
  report.quoteOrderQty = formatQuote(instrument, order.origQuoteUnits);
  report.cumulativeQuoteQty = formatQuote(instrument, order.cumQuoteUnits);
  report.status = orderStatusWord(order, parked);
  report.timeInForce = timeInForceWord(order.timeInForce);
  report.type = orderTypeWord(order.type);
  report.side = sideWord(order.side);
  conditionalFields(report, instrument, order, time, false);
  if (order.workingUs !== 0) report.workingTime = time(order.workingUs);
  report.selfTradePreventionMode = stpModeWord(order.stpMode);
  return report;
}
