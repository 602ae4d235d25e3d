// The terms of an order as a native client writes them, to the terms the exchange takes. In: a body that passed its schema,
// the instrument. Out: NewOrder, or an ApiError naming the parameter. Filters and market rules are the exchange's to check.
import { randomUUID } from 'node:crypto';
import type { NewOrder } from '../../domain/command.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { isMarketLike, isTriggered, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../../domain/orderTerms.ts';
import { type EngineReason, EngineReject } from '../../domain/rejectReason.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { type ParsedUnits, parsePrice, parseQuantity, parseQuoteAmount } from '../units.ts';
import { numberText } from './jsonBody.ts';

/** A decimal: a plain text, or a JSON number that is exact. */
export type DecimalInput = string | number;

export interface OrderTermsBody {
  readonly side: keyof typeof Side;
  /** @default LIMIT */
  readonly type?: keyof typeof OrderType;
  /** @default GTC; GTD when goodTillDate is given */
  readonly timeInForce?: keyof typeof TimeInForce;
  readonly price?: DecimalInput;
  readonly quantity?: DecimalInput;
  /** MARKET: the amount of the quote asset to spend or to receive. */
  readonly quoteQuantity?: DecimalInput;
  readonly stopPrice?: DecimalInput;
  /** Basis points. */
  readonly trailingDelta?: DecimalInput;
  readonly icebergQuantity?: DecimalInput;
  /** @default the symbol's */
  readonly selfTradePrevention?: keyof typeof StpMode;
  /** Milliseconds since the epoch. */
  readonly goodTillDate?: DecimalInput;
  /** @default one the venue makes up */
  readonly clientOrderId?: string;
  readonly strategy?: { readonly id: number; readonly type?: number };
  readonly peg?: {
    readonly priceType: 'PRIMARY_PEG' | 'MARKET_PEG';
    readonly offsetType?: 'PRICE_LEVEL';
    readonly offsetValue?: number;
  };
}

/** What is legal of a decimal, as the error says it. */
const DECIMAL_RANGE = '^([0-9]{1,20})(\\.[0-9]{0,20})?$';
const WHOLE_NUMBER = /^\d{1,16}$/;
const STRATEGY_TYPE_MIN = 1_000_000;

/** `prefix` names the leg of a list in errors: 'above.'. */
export function parseNewOrder(body: OrderTermsBody, instrument: Instrument, prefix = '', isOpoPending = false): NewOrder {
  const type = OrderType[body.type ?? 'LIMIT'];
  const timeInForce = timeInForceOf(body, type, prefix);
  const trailingDelta = wholeOf(body.trailingDelta, `${prefix}trailingDelta`);
  const stopPriceTicks = priceOf(body.stopPrice, instrument, `${prefix}stopPrice`);
  checkTriggers(body, type, prefix);
  checkPeg(body, type, prefix);
  return {
    clientOrderId: body.clientOrderId ?? randomUUID(),
    side: Side[body.side],
    type,
    timeInForce,
    priceTicks: limitPriceOf(body, type, instrument, prefix),
    ...amountsOf(body, type, instrument, prefix, isOpoPending),
    stopPriceTicks,
    trailingDelta,
    icebergLots: quantityOf(body.icebergQuantity, instrument, `${prefix}icebergQuantity`),
    stpMode: body.selfTradePrevention === undefined ? instrument.defaultStpMode : StpMode[body.selfTradePrevention],
    expireUs: wholeOf(body.goodTillDate, `${prefix}goodTillDate`) * 1000,
    ...strategyOf(body),
    pegPriceType: PegPriceType[body.peg?.priceType ?? 'NONE'],
    pegOffsetType: PegOffsetType[body.peg?.offsetType ?? 'NONE'],
    pegOffsetValue: body.peg?.offsetValue ?? 0,
    estimateUnits: 0n,
  };
}

function timeInForceOf(body: OrderTermsBody, type: OrderType, prefix: string): TimeInForce {
  const { timeInForce, goodTillDate } = body;
  if (timeInForce !== undefined && isMarketLike(type)) throw new ApiError(EdgeReject.TIF_NOT_REQUIRED);
  if (goodTillDate === undefined) {
    if (timeInForce === 'GTD') throw new ApiError(EdgeReject.MANDATORY, { name: `${prefix}goodTillDate` });
    return TimeInForce[timeInForce ?? 'GTC'];
  }
  if (isMarketLike(type) || (timeInForce !== undefined && timeInForce !== 'GTD')) {
    throw new ApiError(EdgeReject.NOT_REQUIRED, { name: `${prefix}goodTillDate` });
  }
  return TimeInForce.GTD;
}

function limitPriceOf(body: OrderTermsBody, type: OrderType, instrument: Instrument, prefix: string): number {
  const name = `${prefix}price`;
  if (isMarketLike(type)) {
    if (body.price !== undefined) throw new ApiError(EdgeReject.NOT_REQUIRED, { name });
    return 0;
  }
  // A pegged order takes its price from the book.
  if (body.price === undefined && body.peg === undefined) throw new ApiError(EdgeReject.MANDATORY, { name });
  return priceOf(body.price, instrument, name);
}

function amountsOf(
  body: OrderTermsBody,
  type: OrderType,
  instrument: Instrument,
  prefix: string,
  isOpoPending: boolean,
): Pick<NewOrder, 'lots' | 'quoteUnits'> {
  const quantity = `${prefix}quantity`;
  const quoteQuantity = `${prefix}quoteQuantity`;
  if (isOpoPending) {
    // What the working leg brings in is what the pending leg sells.
    if (body.quantity !== undefined) throw new ApiError(EdgeReject.OPO_PENDING_QUANTITY, { name: quantity });
    if (body.quoteQuantity !== undefined) throw new ApiError(EdgeReject.OPO_PENDING_QUANTITY, { name: quoteQuantity });
    return { lots: 0, quoteUnits: 0n };
  }
  if (type !== OrderType.MARKET) {
    if (body.quoteQuantity !== undefined) throw new ApiError(EdgeReject.NOT_REQUIRED, { name: quoteQuantity });
    if (body.quantity === undefined) throw new ApiError(EdgeReject.MANDATORY, { name: quantity });
    return { lots: quantityOf(body.quantity, instrument, quantity), quoteUnits: 0n };
  }
  if (body.quantity === undefined && body.quoteQuantity === undefined) {
    throw new ApiError(EdgeReject.MANDATORY_ONE_OF, { a: quantity, b: quoteQuantity });
  }
  if (body.quantity !== undefined && body.quoteQuantity !== undefined) {
    throw new ApiError(EdgeReject.BAD_COMBINATION, { rule: `only one of '${quantity}' and '${quoteQuantity}'` });
  }
  return {
    lots: quantityOf(body.quantity, instrument, quantity),
    quoteUnits: quoteOf(body.quoteQuantity, instrument, quoteQuantity),
  };
}

function checkTriggers(body: OrderTermsBody, type: OrderType, prefix: string): void {
  const { stopPrice, trailingDelta, icebergQuantity } = body;
  if (isTriggered(type)) {
    if (stopPrice === undefined && trailingDelta === undefined) {
      throw new ApiError(EdgeReject.MANDATORY_ONE_OF, { a: `${prefix}stopPrice`, b: `${prefix}trailingDelta` });
    }
  } else {
    if (stopPrice !== undefined) throw new ApiError(EdgeReject.NOT_REQUIRED, { name: `${prefix}stopPrice` });
    if (trailingDelta !== undefined) throw new ApiError(EdgeReject.NOT_REQUIRED, { name: `${prefix}trailingDelta` });
  }
  if (icebergQuantity !== undefined && isMarketLike(type)) {
    throw new ApiError(EdgeReject.NOT_REQUIRED, { name: `${prefix}icebergQuantity` });
  }
}

function checkPeg(body: OrderTermsBody, type: OrderType, prefix: string): void {
  if (body.peg === undefined) return;
  if (isMarketLike(type)) throw new ApiError(EdgeReject.NOT_REQUIRED, { name: `${prefix}peg` });
  if ((body.peg.offsetType === undefined) !== (body.peg.offsetValue === undefined)) {
    throw new ApiError(EdgeReject.BAD_COMBINATION, { rule: `'${prefix}peg.offsetType' and 'offsetValue' come together` });
  }
}

function strategyOf(body: OrderTermsBody): Pick<NewOrder, 'strategyId' | 'strategyType'> {
  const type = body.strategy?.type ?? null;
  if (type !== null && type < STRATEGY_TYPE_MIN) throw new ApiError(EdgeReject.STRATEGY_TYPE);
  return { strategyId: body.strategy?.id ?? null, strategyType: type };
}

export function decimalText(value: DecimalInput): string {
  return typeof value === 'number' ? numberText(value) : value;
}

/** A whole number sent as a number or as digits; 0 when absent. */
function wholeOf(value: DecimalInput | undefined, name: string): number {
  if (value === undefined) return 0;
  const text = decimalText(value);
  if (!WHOLE_NUMBER.test(text)) throw new ApiError(EdgeReject.ILLEGAL_CHARS, { name, range: '^[0-9]{1,16}$' });
  const whole = Number(text);
  // Times are counted in microseconds from here on.
  if (!Number.isSafeInteger(whole * 1000)) throw new ApiError(EdgeReject.OVERFLOW, { name });
  if (whole === 0) throw new ApiError(EdgeReject.INVALID_PARAM, { name });
  return whole;
}

/** Inside, 0 means absent: a zero that was sent is refused as the filter of its kind refuses it. */
function positive<T extends number | bigint>(parsed: ParsedUnits<T>, name: string, filter: EngineReason): T {
  if (parsed.ok) {
    if (parsed.value === 0 || parsed.value === 0n) throw ApiError.refused(filter);
    return parsed.value;
  }
  switch (parsed.problem) {
    case 'ILLEGAL':
      throw new ApiError(EdgeReject.ILLEGAL_CHARS, { name, range: DECIMAL_RANGE });
    case 'PRECISION':
      throw new ApiError(EdgeReject.BAD_PRECISION, { name });
    case 'STEP':
      throw ApiError.refused(filter);
    case 'RANGE':
      throw new ApiError(EdgeReject.OVERFLOW, { name });
  }
}

function priceOf(value: DecimalInput | undefined, instrument: Instrument, name: string): number {
  if (value === undefined) return 0;
  return positive(parsePrice(instrument, decimalText(value)), name, EngineReject.PRICE_FILTER);
}

export function quantityOf(value: DecimalInput | undefined, instrument: Instrument, name: string): number {
  if (value === undefined) return 0;
  return positive(parseQuantity(instrument, decimalText(value)), name, EngineReject.LOT_SIZE);
}

function quoteOf(value: DecimalInput | undefined, instrument: Instrument, name: string): bigint {
  if (value === undefined) return 0n;
  return positive(parseQuoteAmount(instrument, decimalText(value)), name, EngineReject.NOTIONAL);
}
