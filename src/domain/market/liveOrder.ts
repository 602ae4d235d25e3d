// What the market asks of an order besides its fields, and the one place where orders are copied.
import { InvariantError } from '../assert.ts';
import { isLegalTransition, type OrderStatus } from '../orderStatus.ts';
import { isMarketLike, OrderType, PegPriceType } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';

/** Field by field, so that all of the market's orders have one shape whoever made the original. */
export function copyOrder(order: Readonly<SpotOrder>): SpotOrder {
  return {
    orderId: order.orderId,
    accountId: order.accountId,
    symbol: order.symbol,
    clientOrderId: order.clientOrderId,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    priceTicks: order.priceTicks,
    origLots: order.origLots,
    commandId: order.commandId,
    createdUs: order.createdUs,
    makerRate: order.makerRate,
    takerRate: order.takerRate,
    status: order.status,
    executedLots: order.executedLots,
    cumQuoteUnits: order.cumQuoteUnits,
    bookLots: order.bookLots,
    updateId: order.updateId,
    updateUs: order.updateUs,
    workingUs: order.workingUs,
    reservedUnits: order.reservedUnits,
    origQuoteUnits: order.origQuoteUnits,
    stpMode: order.stpMode,
    stopPriceTicks: order.stopPriceTicks,
    trailingDelta: order.trailingDelta,
    trailingUs: order.trailingUs,
    trailingExtremeTicks: order.trailingExtremeTicks,
    icebergLots: order.icebergLots,
    expireUs: order.expireUs,
    orderListId: order.orderListId,
    listLeg: order.listLeg,
    strategyId: order.strategyId,
    strategyType: order.strategyType,
    pegPriceType: order.pegPriceType,
    pegOffsetType: order.pegOffsetType,
    pegOffsetValue: order.pegOffsetValue,
    peggedPriceTicks: order.peggedPriceTicks,
    preventedLots: order.preventedLots,
    preventedMatch: order.preventedMatch,
    expiryReason: order.expiryReason,
    rejectCode: order.rejectCode,
    amendCount: order.amendCount,
    request: order.request,
    outcome: order.outcome,
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** As copyOrder, into a row that is there. */
export function copyOrderInto(target: SpotOrder, order: Readonly<SpotOrder>): void {
  const row: Writable<SpotOrder> = target;
  row.orderId = order.orderId;
  row.accountId = order.accountId;
  row.symbol = order.symbol;
  row.clientOrderId = order.clientOrderId;
  row.side = order.side;
  row.type = order.type;
  row.timeInForce = order.timeInForce;
  row.priceTicks = order.priceTicks;
  row.origLots = order.origLots;
  row.commandId = order.commandId;
  row.createdUs = order.createdUs;
  row.makerRate = order.makerRate;
  row.takerRate = order.takerRate;
  row.status = order.status;
  row.executedLots = order.executedLots;
  row.cumQuoteUnits = order.cumQuoteUnits;
  row.bookLots = order.bookLots;
  row.updateId = order.updateId;
  row.updateUs = order.updateUs;
  row.workingUs = order.workingUs;
  row.reservedUnits = order.reservedUnits;
  row.origQuoteUnits = order.origQuoteUnits;
  row.stpMode = order.stpMode;
  row.stopPriceTicks = order.stopPriceTicks;
  row.trailingDelta = order.trailingDelta;
  row.trailingUs = order.trailingUs;
  row.trailingExtremeTicks = order.trailingExtremeTicks;
  row.icebergLots = order.icebergLots;
  row.expireUs = order.expireUs;
  row.orderListId = order.orderListId;
  row.listLeg = order.listLeg;
  row.strategyId = order.strategyId;
  row.strategyType = order.strategyType;
  row.pegPriceType = order.pegPriceType;
  row.pegOffsetType = order.pegOffsetType;
  row.pegOffsetValue = order.pegOffsetValue;
  row.peggedPriceTicks = order.peggedPriceTicks;
  row.preventedLots = order.preventedLots;
  row.preventedMatch = order.preventedMatch;
  row.expiryReason = order.expiryReason;
  row.rejectCode = order.rejectCode;
  row.amendCount = order.amendCount;
  row.request = order.request;
  row.outcome = order.outcome;
}

/** The limit it rests or trades at; 0 for orders without one. */
export function limitTicks(order: Readonly<SpotOrder>): number {
  if (isMarketLike(order.type)) return 0;
  return order.peggedPriceTicks === 0 ? order.priceTicks : order.peggedPriceTicks;
}

export function isPegged(order: Readonly<SpotOrder>): boolean {
  return order.pegPriceType !== PegPriceType.NONE;
}

/** What an order with these lots left shows on the book. */
export function visibleLots(order: Readonly<SpotOrder>, leaves: number): number {
  return order.icebergLots > 0 && order.icebergLots < leaves ? order.icebergLots : leaves;
}

/** MARKET by quote amount: its quantity is what the amount buys or takes. */
export function isByQuote(order: Readonly<SpotOrder>): boolean {
  return order.type === OrderType.MARKET && order.origQuoteUnits > 0n;
}

/** Asserted on every change of an order's state. */
export function assertLegal(orderId: number, from: OrderStatus, to: OrderStatus): void {
  if (!isLegalTransition(from, to)) throw new InvariantError(`order ${orderId} moves from ${from} to ${to}`);
}
