// The terms of one order as parameters, alone or as a leg of a list (then every name has the leg's prefix), and the checks
// that depend on its type: what is mandatory (-1102), what may not be sent (-1106), what must go together (-1128).
// Whether the symbol allows it, and every filter, is checked behind the port.
import type { NewOrder } from '../../../domain/command.ts';
import type { Instrument } from '../../../domain/instrument.ts';
import {
  isMarketLike,
  isTriggered,
  OrderType,
  PegOffsetType,
  PegPriceType,
  type Side,
  type StpMode,
  TimeInForce,
} from '../../../domain/orderTerms.ts';
import { BinanceError } from '../binanceError.ts';
import { randomClientId } from '../clientIds.ts';
import { icebergLots, lots, priceTicks, quoteUnits } from './amounts.ts';
import * as kinds from './orderKinds.ts';
import { missing, neitherSent, notRequired, sentTogether } from './paramErrors.ts';
import { decimal, newClientId } from './paramKinds.ts';
import { mandatory, optional } from './paramSpec.ts';

/** The text of an order's terms; quantities and prices are still decimals. */
export interface OrderTerms {
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce?: TimeInForce | undefined;
  readonly quantity?: string | undefined;
  readonly quoteOrderQty?: string | undefined;
  readonly price?: string | undefined;
  readonly clientOrderId?: string | undefined;
  readonly strategyId?: number | undefined;
  readonly strategyType?: number | undefined;
  readonly stopPrice?: string | undefined;
  readonly trailingDelta?: number | undefined;
  readonly icebergQty?: string | undefined;
  readonly pegPriceType?: PegPriceType | undefined;
  readonly pegOffsetValue?: number | undefined;
  readonly pegOffsetType?: PegOffsetType | undefined;
}

/** The parameter that carries each term: errors name it. */
export type TermNames = { readonly [K in keyof OrderTerms]-?: string };

export const PLAIN_NAMES: TermNames = {
  side: 'side',
  type: 'type',
  timeInForce: 'timeInForce',
  quantity: 'quantity',
  quoteOrderQty: 'quoteOrderQty',
  price: 'price',
  clientOrderId: 'newClientOrderId',
  strategyId: 'strategyId',
  strategyType: 'strategyType',
  stopPrice: 'stopPrice',
  trailingDelta: 'trailingDelta',
  icebergQty: 'icebergQty',
  pegPriceType: 'pegPriceType',
  pegOffsetValue: 'pegOffsetValue',
  pegOffsetType: 'pegOffsetType',
};

/** Parameters of POST order in Binance's order; shared by order.test and cancelReplace. */
export const ORDER_PARAMS = {
  side: mandatory(kinds.side),
  type: mandatory(kinds.orderType),
  timeInForce: optional(kinds.timeInForce),
  quantity: optional(decimal),
  quoteOrderQty: optional(decimal),
  price: optional(decimal),
  newClientOrderId: optional(newClientId),
  strategyId: optional(kinds.strategyId),
  strategyType: optional(kinds.strategyType),
  stopPrice: optional(decimal),
  trailingDelta: optional(kinds.trailingDelta),
  icebergQty: optional(decimal),
  newOrderRespType: optional(kinds.responseType),
  selfTradePreventionMode: optional(kinds.stpMode),
  pegPriceType: optional(kinds.pegPriceType),
  pegOffsetValue: optional(kinds.pegOffsetValue),
  pegOffsetType: optional(kinds.pegOffsetType),
} as const;

export function hasLimitPrice(type: OrderType): boolean {
  return !isMarketLike(type);
}

/** LIMIT_MAKER always rests and market orders never do: neither has a time in force to choose. */
function takesTimeInForce(type: OrderType): boolean {
  return hasLimitPrice(type) && type !== OrderType.LIMIT_MAKER;
}

function requirePresent(name: string, value: unknown): void {
  if (value === undefined) throw missing(name);
}

function requireAbsent(name: string, value: unknown): void {
  if (value !== undefined) throw notRequired(name);
}

/** Checks which terms are there. `quantityGiven`: false for OPO's pending orders, whose quantity the working order decides. */
export function checkTerms(terms: OrderTerms, names: TermNames, quantityGiven = true): void {
  const { type } = terms;
  const pegged = terms.pegPriceType !== undefined;
  if (takesTimeInForce(type)) requirePresent(names.timeInForce, terms.timeInForce);
  if (type === OrderType.MARKET && names.quoteOrderQty !== '') checkMarketQuantity(terms, names);
  else {
    if (quantityGiven) requirePresent(names.quantity, terms.quantity);
    requireAbsent(names.quoteOrderQty, terms.quoteOrderQty);
  }
  if (hasLimitPrice(type) && !pegged) requirePresent(names.price, terms.price);
  if (isTriggered(type)) {
    if (terms.stopPrice === undefined && terms.trailingDelta === undefined) {
      throw neitherSent(names.stopPrice, names.trailingDelta);
    }
  } else {
    requireAbsent(names.stopPrice, terms.stopPrice);
    requireAbsent(names.trailingDelta, terms.trailingDelta);
  }
  if (!takesTimeInForce(type)) requireAbsent(names.timeInForce, terms.timeInForce);
  if (!hasLimitPrice(type)) {
    requireAbsent(names.price, terms.price);
    requireAbsent(names.icebergQty, terms.icebergQty);
  }
  checkPeg(terms, names);
}

function checkMarketQuantity(terms: OrderTerms, names: TermNames): void {
  if (terms.quantity === undefined && terms.quoteOrderQty === undefined) {
    throw neitherSent(names.quantity, names.quoteOrderQty);
  }
  if (terms.quantity !== undefined) requireAbsent(names.quoteOrderQty, terms.quoteOrderQty);
}

function checkPeg(terms: OrderTerms, names: TermNames): void {
  const { pegPriceType, pegOffsetType, pegOffsetValue } = terms;
  if (pegPriceType === undefined) {
    requireAbsent(names.pegOffsetType, pegOffsetType);
    requireAbsent(names.pegOffsetValue, pegOffsetValue);
    return;
  }
  if ((pegOffsetType === undefined) !== (pegOffsetValue === undefined)) {
    throw sentTogether([names.pegOffsetType, names.pegOffsetValue]);
  }
}

/** An iceberg replenishes while it rests: it has to be good till cancelled. */
function checkIceberg(terms: OrderTerms, names: TermNames): void {
  const tif = terms.timeInForce ?? TimeInForce.GTC;
  if (tif === TimeInForce.GTC) return;
  if (names.icebergQty === 'icebergQty') throw new BinanceError(-1014, 'Unsupported order combination.');
  throw new BinanceError(-1160, `Parameter '${names.icebergQty}' is not supported if '${names.timeInForce}' is not GTC.`);
}

/** The order in integer units. Call checkTerms first. */
export function newOrder(instrument: Instrument, terms: OrderTerms, names: TermNames, stpMode?: StpMode): NewOrder {
  const { price, quantity, quoteOrderQty, stopPrice, icebergQty } = terms;
  const iceberg = icebergQty === undefined ? 0 : icebergLots(instrument, names.icebergQty, icebergQty);
  if (iceberg !== 0) checkIceberg(terms, names);
  return {
    clientOrderId: terms.clientOrderId ?? randomClientId(),
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce ?? TimeInForce.GTC,
    priceTicks: price === undefined ? 0 : priceTicks(instrument, names.price, price),
    lots: quantity === undefined ? 0 : lots(instrument, names.quantity, quantity),
    quoteUnits: quoteOrderQty === undefined ? 0n : quoteUnits(instrument, names.quoteOrderQty, quoteOrderQty),
    stopPriceTicks: stopPrice === undefined ? 0 : priceTicks(instrument, names.stopPrice, stopPrice),
    trailingDelta: terms.trailingDelta ?? 0,
    icebergLots: iceberg,
    stpMode: stpMode ?? instrument.defaultStpMode,
    expireUs: 0,
    strategyId: terms.strategyId ?? null,
    strategyType: terms.strategyType ?? null,
    pegPriceType: terms.pegPriceType ?? PegPriceType.NONE,
    pegOffsetType: terms.pegOffsetType ?? PegOffsetType.NONE,
    pegOffsetValue: terms.pegOffsetValue ?? 0,
    estimateUnits: 0n,
  };
}
