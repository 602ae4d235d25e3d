// order.place and order.test, and what the other placing methods share with them.
import type { NewOrder } from '../../../domain/command.ts';
import type { Instrument } from '../../../domain/instrument.ts';
import { OrderType, type StpMode } from '../../../domain/orderTerms.ts';
import type { OrderReport } from '../../../ports/exchangePort.ts';
import { formatRate } from '../../units.ts';
import { checkTerms, newOrder, ORDER_PARAMS, type OrderTerms, PLAIN_NAMES } from '../params/orderTerms.ts';
import { bool, symbolText } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import type { RawParams } from '../params/rawParams.ts';
import type { Report } from '../reports/orderFields.ts';
import { placementReport, type ResponseType } from '../reports/orderReport.ts';
import { checkMaxAssets } from './accountFilters.ts';
import { defineMethod, type MethodContext } from './binanceMethod.ts';
import { instrumentOf } from './instruments.ts';
import { refusal } from './refusal.ts';

/** The parsed parameters of a single order, as ORDER_PARAMS gives them. */
export interface OrderInput extends Omit<OrderTerms, 'clientOrderId'> {
  readonly newClientOrderId?: string | undefined;
  readonly newOrderRespType?: ResponseType | undefined;
  readonly selfTradePreventionMode?: StpMode | undefined;
}

/** Checks and converts a single order's parameters. */
export function orderFrom(instrument: Instrument, input: OrderInput): NewOrder {
  const terms: OrderTerms = {
    side: input.side,
    type: input.type,
    timeInForce: input.timeInForce,
    quantity: input.quantity,
    quoteOrderQty: input.quoteOrderQty,
    price: input.price,
    clientOrderId: input.newClientOrderId,
    strategyId: input.strategyId,
    strategyType: input.strategyType,
    stopPrice: input.stopPrice,
    trailingDelta: input.trailingDelta,
    icebergQty: input.icebergQty,
    pegPriceType: input.pegPriceType,
    pegOffsetValue: input.pegOffsetValue,
    pegOffsetType: input.pegOffsetType,
  };
  checkTerms(terms, PLAIN_NAMES);
  return newOrder(instrument, terms, PLAIN_NAMES, input.selfTradePreventionMode);
}

/** MARKET and LIMIT answer FULL unless told, the others ACK. */
export function responseTypeOf(input: OrderInput): ResponseType {
  if (input.newOrderRespType !== undefined) return input.newOrderRespType;
  return input.type === OrderType.MARKET || input.type === OrderType.LIMIT ? 'FULL' : 'ACK';
}

export function placement(
  ctx: MethodContext,
  instrument: Instrument,
  report: OrderReport,
  responseType: ResponseType,
  parked = false,
): Report {
  const tradeGroupId = ctx.exchange.registry.profile(ctx.accountId)?.tradeGroupId ?? -1;
  return placementReport(instrument, report, responseType, tradeGroupId, ctx.time, parked);
}

const PLACE_PARAMS = { symbol: mandatory(symbolText), ...ORDER_PARAMS } as const;

const orderPlace = defineMethod({
  name: 'order.place',
  rest: ['POST /api/v3/order'],
  security: 'TRADE',
  weight: 1,
  freeOnSuccess: true,
  unfilledOrders: 1,
  params: PLACE_PARAMS,
  async handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    const order = orderFrom(instrument, params);
    checkMaxAssets(ctx, instrument, [order]);
    ctx.limits.orders.add(ctx.accountId, 1, ctx.nowUs);
    const placed = await ctx.exchange.placeOrder({ accountId: ctx.accountId, symbol: params.symbol, order });
    if (!placed.ok) throw refusal(placed.reason);
    return placement(ctx, instrument, placed.report, responseTypeOf(params));
  },
});

export function testWeight(params: RawParams): number {
  const compute = params.get('computeCommissionRates');
  return compute === 'true' || compute === 'True' ? 20 : 1;
}

/** Nobody pays special commission or tax here, and nothing is discounted. */
const NO_RATES = { maker: '0.00000000', taker: '0.00000000' };
export const NO_DISCOUNT = {
  enabledForAccount: false,
  enabledForSymbol: false,
  discountAsset: 'BNB',
  discount: '0.00000000',
};

const orderTest = defineMethod({
  name: 'order.test',
  rest: ['POST /api/v3/order/test'],
  security: 'TRADE',
  weight: testWeight,
  params: { ...PLACE_PARAMS, computeCommissionRates: optional(bool, false) },
  async handle(ctx, params) {
    const { symbol, computeCommissionRates } = params;
    const instrument = instrumentOf(ctx, symbol);
    const order = orderFrom(instrument, params);
    checkMaxAssets(ctx, instrument, [order]);
    const reason = await ctx.exchange.testOrder({ accountId: ctx.accountId, symbol, order });
    if (reason !== undefined) throw refusal(reason);
    if (!computeCommissionRates) return {};
    const { makerRate, takerRate } = ctx.exchange.registry.feeRates(ctx.accountId, symbol);
    return {
      standardCommissionForOrder: { maker: formatRate(makerRate), taker: formatRate(takerRate) },
      specialCommissionForOrder: NO_RATES,
      taxCommissionForOrder: NO_RATES,
      discount: NO_DISCOUNT,
    };
  },
});

export const PLACE_METHODS = [orderPlace, orderTest];
