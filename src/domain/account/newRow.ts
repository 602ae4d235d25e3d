// The row of a new order: every term the client gave, and what the account's writer adds to them.
import type { AccountProfile, FeeRates } from '../accountProfile.ts';
import type { NewOrder } from '../command.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, isTriggered, type ListLeg } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { Step } from './step.ts';

export interface Placement {
  readonly commandId: number;
  readonly orderId: number;
  readonly orderListId: number;
  readonly listLeg: ListLeg;
  /** A pending leg: it waits for the working one. */
  readonly parked: boolean;
  readonly reservedUnits: bigint;
}

export function newRow(step: Step, profile: AccountProfile, symbol: string, order: NewOrder, placement: Placement): SpotOrder {
  const { nowUs } = step;
  const rates = ratesOf(profile, symbol);
  return {
    orderId: placement.orderId,
    accountId: step.state.accountId,
    symbol,
    clientOrderId: order.clientOrderId,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    priceTicks: order.priceTicks,
    origLots: order.lots,
    commandId: placement.commandId,
    createdUs: nowUs,
    makerRate: rates.makerRate,
    takerRate: rates.takerRate,
    status: placement.parked || isTriggered(order.type) ? OrderStatus.ConditionalPending : OrderStatus.Pending,
    executedLots: 0,
    cumQuoteUnits: 0n,
    bookLots: 0,
    updateId: 0,
    updateUs: nowUs,
    workingUs: 0,
    reservedUnits: placement.reservedUnits,
    origQuoteUnits: order.quoteUnits,
    stpMode: order.stpMode,
    stopPriceTicks: order.stopPriceTicks,
    trailingDelta: order.trailingDelta,
    trailingUs: 0,
    trailingExtremeTicks: 0,
    icebergLots: order.icebergLots,
    expireUs: order.expireUs,
    orderListId: placement.orderListId,
    listLeg: placement.listLeg,
    strategyId: order.strategyId,
    strategyType: order.strategyType,
    pegPriceType: order.pegPriceType,
    pegOffsetType: order.pegOffsetType,
    pegOffsetValue: order.pegOffsetValue,
    peggedPriceTicks: 0,
    preventedLots: 0,
    preventedMatch: null,
    expiryReason: ExpiryReason.NONE,
    rejectCode: 0,
    amendCount: 0,
    request: null,
    outcome: null,
  };
}

/** Most accounts have no rates of their own on any symbol, and looking for a key that is not there is slow. */
function ratesOf(profile: AccountProfile, symbol: string): FeeRates {
  const own = profile.symbolRates;
  for (const _ in own) return own[symbol] ?? profile.rates;
  return profile.rates;
}
