// Smart order routing needs symbols that share a base asset and whose quote assets are interchangeable; there are none, so
// its methods check what they are sent and say so.
import { OrderType } from '../../../domain/orderTerms.ts';
import { BinanceError } from '../binanceError.ts';
import * as kinds from '../params/orderKinds.ts';
import { bool, code, decimal, newClientId, symbolText } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import { defineMethod, type MethodContext } from './binanceMethod.ts';
import { instrumentOf } from './instruments.ts';
import { type OrderInput, orderFrom, testWeight } from './placeOrder.ts';

const sorType = code(OrderType, ['LIMIT', 'MARKET'], () => new BinanceError(-1116, 'Invalid orderType.'));

const SOR_PARAMS = {
  symbol: mandatory(symbolText),
  side: mandatory(kinds.side),
  type: mandatory(sorType),
  timeInForce: optional(kinds.timeInForce),
  quantity: mandatory(decimal),
  price: optional(decimal),
  newClientOrderId: optional(newClientId),
  strategyId: optional(kinds.strategyId),
  strategyType: optional(kinds.strategyType),
  icebergQty: optional(decimal),
  newOrderRespType: optional(kinds.responseType, 'FULL'),
  selfTradePreventionMode: optional(kinds.stpMode),
} as const;

function refuse(ctx: MethodContext, params: OrderInput & { readonly symbol: string }): never {
  orderFrom(instrumentOf(ctx, params.symbol), params);
  throw new BinanceError(-1013, 'SOR orders are not supported for this symbol.');
}

const sorPlace = defineMethod({
  name: 'sor.order.place',
  rest: ['POST /api/v3/sor/order'],
  security: 'TRADE',
  weight: 1,
  freeOnSuccess: true,
  unfilledOrders: 1,
  params: SOR_PARAMS,
  handle: (ctx, params) => refuse(ctx, params),
});

const sorTest = defineMethod({
  name: 'sor.order.test',
  rest: ['POST /api/v3/sor/order/test'],
  security: 'TRADE',
  weight: testWeight,
  params: { ...SOR_PARAMS, computeCommissionRates: optional(bool, false) },
  handle: (ctx, params) => refuse(ctx, params),
});

export const SOR_METHODS = [sorPlace, sorTest];
