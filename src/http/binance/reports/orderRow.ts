// An order as queries show it, and the rows of the account's listings.
import type { Instrument } from '../../../domain/instrument.ts';
import { Side } from '../../../domain/orderTerms.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';
import type { SpotTrade } from '../../../domain/spotTrade.ts';
import type { OrderAmendment, PreventedMatchRow } from '../../../ports/historyQueries.ts';
import { formatPrice, formatQuantity, formatQuote } from '../../units.ts';
import type { TimePrinter } from '../timeUnit.ts';
import { conditionalFields, endFields, originalLots, pegFields, quantityUnknown, type Report, workingTime } from './orderFields.ts';
import { commissionOf } from './orderReport.ts';
import { orderStatusWord, orderTypeWord, sideWord, stpModeWord, timeInForceWord } from './words.ts';

/** `parked`: a leg of a list that waits for the working order. */
export function orderRow(instrument: Instrument, order: Readonly<SpotOrder>, time: TimePrinter, parked: boolean): Report {
  const row: Report = {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.orderListId,
    clientOrderId: order.clientOrderId,
    price: formatPrice(instrument, order.priceTicks),
  };
  pegFields(row, instrument, order);
  if (!quantityUnknown(order)) row.origQty = formatQuantity(instrument, originalLots(order));
  row.executedQty = formatQuantity(instrument, order.executedLots);
  row.cummulativeQuoteQty = formatQuote(instrument, order.cumQuoteUnits);
  row.status = orderStatusWord(order, parked);
  row.timeInForce = timeInForceWord(order.timeInForce);
  row.type = orderTypeWord(order.type);
  row.side = sideWord(order.side);
  row.stopPrice = formatPrice(instrument, order.stopPriceTicks);
  conditionalFields(row, instrument, order, time, true);
  row.icebergQty = formatQuantity(instrument, order.icebergLots);
  row.time = time(order.createdUs);
  row.updateTime = time(order.updateUs);
  row.isWorking = order.workingUs !== 0;
  row.workingTime = workingTime(order, time);
  row.origQuoteOrderQty = formatQuote(instrument, order.origQuoteUnits);
  row.selfTradePreventionMode = stpModeWord(order.stpMode);
  endFields(row, instrument, order, true);
  return row;
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
  const row: Report = {
    symbol: match.symbol,
    preventedMatchId: match.preventedMatchId,
    takerOrderId: match.takerOrderId,
    makerSymbol: match.symbol,
    makerOrderId: match.makerOrderId,
    tradeGroupId,
    selfTradePreventionMode: stpModeWord(match.stpMode),
    price: formatPrice(instrument, match.priceTicks),
  };
  if (match.takerPreventedLots > 0) {
    row.takerPreventedQuantity = formatQuantity(instrument, match.takerPreventedLots);
  }
  if (match.makerPreventedLots > 0) {
    row.makerPreventedQuantity = formatQuantity(instrument, match.makerPreventedLots);
  }
  row.transactTime = time(match.timeUs);
  return row;
}
