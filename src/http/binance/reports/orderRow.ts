// An order as queries show it, and the rows of the account's listings.
import type { Instrument } from '../../../domain/instrument.ts';
import { Side } from '../../../domain/orderTerms.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { OrderAmendment, PreventedMatchRow } from '../../../ports/historyQueries.ts';
import { formatPrice, formatQuantity, formatQuote } from '../../units.ts';
import type { TimePrinter } from '../timeUnit.ts';
import type { Report } from './orderFields.ts';
import * as fields from './orderFields.ts';
import { commissionOf, preventedLots } from './orderReport.ts';
import { expiryReasonWord, orderStatusWord, orderTypeWord, sideWord, stpModeWord, timeInForceWord } from './words.ts';

/** `parked`: a leg of a list that waits for the working order. */
export function orderRow(instrument: Instrument, order: Readonly<SpotOrder>, time: TimePrinter, parked: boolean): Report {
  return {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.orderListId,
    clientOrderId: order.clientOrderId,
    price: formatPrice(instrument, order.priceTicks),
    pegPriceType: fields.pegPriceType(order),
    pegOffsetType: fields.pegOffsetType(order),
    pegOffsetValue: fields.pegOffsetValue(order),
    peggedPrice: fields.peggedPrice(instrument, order),
    origQty: fields.origQty(instrument, order),
    executedQty: formatQuantity(instrument, order.executedLots),
    cummulativeQuoteQty: formatQuote(instrument, order.cumQuoteUnits),
    status: orderStatusWord(order, parked),
    timeInForce: timeInForceWord(order.timeInForce),
    type: orderTypeWord(order.type),
    side: sideWord(order.side),
    // Queries show these two always.
    stopPrice: formatPrice(instrument, order.stopPriceTicks),
    icebergQty: formatQuantity(instrument, order.icebergLots),
    trailingDelta: fields.trailingDelta(order),
    trailingTime: fields.trailingTime(order, time),
    strategyId: fields.strategyId(order),
    strategyType: fields.strategyType(order),
    time: time(order.createdUs),
    updateTime: time(order.updateUs),
    isWorking: order.workingUs !== 0,
    workingTime: fields.workingTime(order, time),
    origQuoteOrderQty: formatQuote(instrument, order.origQuoteUnits),
    selfTradePreventionMode: stpModeWord(order.stpMode),
    preventedMatchId: fields.preventedMatchId(order),
    preventedQuantity: fields.preventedQuantity(instrument, order),
    expiryReason: expiryReasonWord(order),
  };
}

/** One side of a trade: two rows when the account traded with itself. `orderListIdOf`: of the side's order. */
export function myTradeRow(instrument: Instrument, trade: SpotTrade, side: Side, orderListId: number, time: TimePrinter): Report {
  const isBuyer = side === Side.BUY;
  const commission = commissionOf(instrument, trade, side);
  return {
    symbol: trade.symbol,
    id: trade.tradeId,
    orderId: isBuyer ? trade.buyerOrderId : trade.sellerOrderId,
    orderListId,
    price: formatPrice(instrument, trade.priceTicks),
    qty: formatQuantity(instrument, trade.lots),
    quoteQty: formatQuote(instrument, trade.quoteUnits),
    commission: commission.amount,
    commissionAsset: commission.asset,
    time: time(trade.tradeUs),
    isBuyer,
    isMaker: trade.buyerIsMaker === isBuyer,
    isBestMatch: true,
  };
}

export function amendmentRow(instrument: Instrument, amendment: OrderAmendment, time: TimePrinter): Report {
  return {
    symbol: instrument.symbol,
    orderId: amendment.orderId,
    executionId: amendment.executionId,
    origClientOrderId: amendment.origClientOrderId,
    newClientOrderId: amendment.newClientOrderId,
    origQty: formatQuantity(instrument, amendment.origLots),
    newQty: formatQuantity(instrument, amendment.newLots),
    time: time(amendment.timeUs),
  };
}

/** The prevented quantities appear for the sides the mode took something from. */
export function preventedMatchRow(instrument: Instrument, match: PreventedMatchRow, tradeGroupId: number, time: TimePrinter): Report {
  return {
    symbol: match.symbol,
    preventedMatchId: match.preventedMatchId,
    takerOrderId: match.takerOrderId,
    makerSymbol: match.symbol,
    makerOrderId: match.makerOrderId,
    tradeGroupId,
    selfTradePreventionMode: stpModeWord(match.stpMode),
    price: formatPrice(instrument, match.priceTicks),
    takerPreventedQuantity: preventedLots(instrument, match.takerPreventedLots),
    makerPreventedQuantity: preventedLots(instrument, match.makerPreventedLots),
    transactTime: time(match.timeUs),
  };
}
