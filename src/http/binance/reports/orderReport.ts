// What became of an order just placed, cancelled or amended, as the API tells it: ACK, RESULT, FULL and their relatives.
// Transport-independent: REST bodies and WS-API results are the same objects.
import type { Instrument } from '../../../domain/instrument.ts';
import { Side } from '../../../domain/orderTerms.ts';
import type { PreventedMatch } from '../../../domain/spotOrder.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { OrderReport } from '../../../ports/exchangePort.ts';
import { formatPrice, formatQuantity, formatQuote, formatUnits } from '../../units.ts';
import type { TimePrinter } from '../timeUnit.ts';
import type { Report } from './orderFields.ts';
import * as fields from './orderFields.ts';
import { expiryReasonWord, orderStatusWord, orderTypeWord, sideWord, stpModeWord, timeInForceWord } from './words.ts';

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

/** Zero where the mode took nothing from that side: then the field is absent. */
export function preventedLots(instrument: Instrument, lots: number): string | undefined {
  return lots === 0 ? undefined : formatQuantity(instrument, lots);
}

function preventedMatch(instrument: Instrument, match: PreventedMatch): Report {
  return {
    preventedMatchId: match.preventedMatchId,
    makerSymbol: instrument.symbol,
    makerOrderId: match.makerOrderId,
    price: formatPrice(instrument, match.priceTicks),
    takerPreventedQuantity: preventedLots(instrument, match.takerPreventedLots),
    makerPreventedQuantity: preventedLots(instrument, match.makerPreventedLots),
  };
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
  const transactTime = time(timeUs);
  const { symbol, orderId, orderListId, clientOrderId } = order;
  if (responseType === 'ACK') return { symbol, orderId, orderListId, clientOrderId, transactTime };
  const prevented = preventedMatches ?? (order.preventedMatch === null ? [] : [order.preventedMatch]);
  const hasPrevented = prevented.length > 0;
  return {
    symbol,
    orderId,
    orderListId,
    clientOrderId,
    transactTime,
    price: formatPrice(instrument, order.priceTicks),
    pegPriceType: fields.pegPriceType(order),
    pegOffsetType: fields.pegOffsetType(order),
    pegOffsetValue: fields.pegOffsetValue(order),
    peggedPrice: fields.peggedPrice(instrument, order),
    origQty: fields.origQty(instrument, order),
    executedQty: formatQuantity(instrument, order.executedLots),
    origQuoteOrderQty: formatQuote(instrument, order.origQuoteUnits),
    cummulativeQuoteQty: formatQuote(instrument, order.cumQuoteUnits),
    status: orderStatusWord(order, parked),
    timeInForce: timeInForceWord(order.timeInForce),
    type: orderTypeWord(order.type),
    side: sideWord(order.side),
    stopPrice: fields.stopPrice(instrument, order),
    trailingDelta: fields.trailingDelta(order),
    trailingTime: fields.trailingTime(order, time),
    icebergQty: fields.icebergQty(instrument, order),
    strategyId: fields.strategyId(order),
    strategyType: fields.strategyType(order),
    workingTime: fields.workingTime(order, time),
    fills: responseType === 'FULL' ? fills.map((trade) => fill(instrument, trade, order.side)) : undefined,
    preventedMatches: hasPrevented ? prevented.map((match) => preventedMatch(instrument, match)) : undefined,
    tradeGroupId: hasPrevented && tradeGroupId > -1 ? tradeGroupId : undefined,
    selfTradePreventionMode: stpModeWord(order.stpMode),
    preventedQuantity: fields.preventedQuantity(instrument, order),
    expiryReason: expiryReasonWord(order),
  };
}

/** `cancelId`: the client id of the cancel, which ended this order whether or not it named it. */
export function cancelReport(instrument: Instrument, { order, timeUs }: OrderReport, cancelId: string, time: TimePrinter): Report {
  return {
    symbol: order.symbol,
    origClientOrderId: order.clientOrderId,
    orderId: order.orderId,
    orderListId: order.orderListId,
    clientOrderId: cancelId,
    transactTime: time(timeUs),
    price: formatPrice(instrument, order.priceTicks),
    pegPriceType: fields.pegPriceType(order),
    pegOffsetType: fields.pegOffsetType(order),
    pegOffsetValue: fields.pegOffsetValue(order),
    peggedPrice: fields.peggedPrice(instrument, order),
    origQty: fields.origQty(instrument, order),
    executedQty: formatQuantity(instrument, order.executedLots),
    origQuoteOrderQty: formatQuote(instrument, order.origQuoteUnits),
    cummulativeQuoteQty: formatQuote(instrument, order.cumQuoteUnits),
    status: orderStatusWord(order, false),
    timeInForce: timeInForceWord(order.timeInForce),
    type: orderTypeWord(order.type),
    side: sideWord(order.side),
    stopPrice: fields.stopPrice(instrument, order),
    trailingDelta: fields.trailingDelta(order),
    trailingTime: fields.trailingTime(order, time),
    icebergQty: fields.icebergQty(instrument, order),
    strategyId: fields.strategyId(order),
    strategyType: fields.strategyType(order),
    selfTradePreventionMode: stpModeWord(order.stpMode),
    preventedQuantity: fields.preventedQuantity(instrument, order),
    expiryReason: expiryReasonWord(order),
  };
}

/** The amendedOrder of an amend: its own spelling of the same facts. */
export function amendedOrder(instrument: Instrument, report: OrderReport, time: TimePrinter, parked: boolean): Report {
  const { order, origClientOrderId } = report;
  return {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.orderListId,
    origClientOrderId,
    clientOrderId: order.clientOrderId,
    price: formatPrice(instrument, order.priceTicks),
    pegPriceType: fields.pegPriceType(order),
    pegOffsetType: fields.pegOffsetType(order),
    pegOffsetValue: fields.pegOffsetValue(order),
    peggedPrice: fields.peggedPrice(instrument, order),
    qty: formatQuantity(instrument, order.origLots),
    executedQty: formatQuantity(instrument, order.executedLots),
    preventedQty: formatQuantity(instrument, order.preventedLots),
    quoteOrderQty: formatQuote(instrument, order.origQuoteUnits),
    cumulativeQuoteQty: formatQuote(instrument, order.cumQuoteUnits),
    status: orderStatusWord(order, parked),
    timeInForce: timeInForceWord(order.timeInForce),
    type: orderTypeWord(order.type),
    side: sideWord(order.side),
    stopPrice: fields.stopPrice(instrument, order),
    trailingDelta: fields.trailingDelta(order),
    trailingTime: fields.trailingTime(order, time),
    icebergQty: fields.icebergQty(instrument, order),
    strategyId: fields.strategyId(order),
    strategyType: fields.strategyType(order),
    workingTime: order.workingUs === 0 ? undefined : time(order.workingUs),
    selfTradePreventionMode: stpModeWord(order.stpMode),
  };
}
