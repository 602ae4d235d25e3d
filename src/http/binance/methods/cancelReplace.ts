// order.cancelReplace: two results in one answer. HTTP 200 when both succeeded, 409 when one did (-2021), 400 when neither
// (-2022); inside, each result is a report or {code, msg}.
import { CancelRestriction } from '../../../domain/orderTerms.ts';
import type { PlaceResult } from '../../../ports/exchangePort.ts';
import { BinanceError } from '../binanceError.ts';
import { randomClientId } from '../clientIds.ts';
import { cancelRestrictions } from '../params/orderKinds.ts';
import { ORDER_PARAMS } from '../params/orderTerms.ts';
import { clientId, long, symbolText, word } from '../params/paramKinds.ts';
import { mandatory, optional } from '../params/paramSpec.ts';
import { cancelReport } from '../reports/orderReport.ts';
import { checkMaxAssets } from './accountFilters.ts';
import { defineMethod, type MethodContext } from './binanceMethod.ts';
import { orderRef } from './cancelOrder.ts';
import { instrumentOf } from './instruments.ts';
import { orderFrom, placement, responseTypeOf } from './placeOrder.ts';
import { refusalBody } from './refusal.ts';

const CANCEL_NAMES = { id: 'cancelOrderId', clientId: 'cancelOrigClientOrderId' };

interface Halves {
  readonly cancelResult: 'SUCCESS' | 'FAILURE';
  readonly newOrderResult: 'SUCCESS' | 'FAILURE' | 'NOT_ATTEMPTED';
  readonly cancelResponse: unknown;
  readonly newOrderResponse: unknown;
}

/** `limited`: the order count was exceeded; then STOP_ON_FAILURE answers 429 whatever became of the cancel. */
function failed(halves: Halves, limited?: BinanceError): BinanceError {
  const partial = halves.cancelResult === 'SUCCESS' || halves.newOrderResult === 'SUCCESS';
  return new BinanceError(
    partial ? -2021 : -2022,
    partial ? 'Order cancel-replace partially failed.' : 'Order cancel-replace failed.',
    limited?.httpStatus ?? (partial ? 409 : 400),
    halves,
    limited?.retryAfterSeconds,
  );
}

/** The order-count refusal, or undefined when the new order may be placed. */
function orderLimit(ctx: MethodContext): BinanceError | undefined {
  try {
    ctx.limits.orders.add(ctx.accountId, 1, ctx.nowUs);
    return undefined;
  } catch (error) {
    if (error instanceof BinanceError) return error;
    throw error;
  }
}

const cancelReplace = defineMethod({
  name: 'order.cancelReplace',
  rest: ['POST /api/v3/order/cancelReplace'],
  security: 'TRADE',
  weight: 1,
  freeOnSuccess: true,
  unfilledOrders: 1,
  params: {
    symbol: mandatory(symbolText),
    ...ORDER_PARAMS,
    cancelReplaceMode: mandatory(word(['STOP_ON_FAILURE', 'ALLOW_FAILURE'])),
    cancelNewClientOrderId: optional(clientId),
    cancelOrigClientOrderId: optional(clientId),
    cancelOrderId: optional(long),
    cancelRestrictions: optional(cancelRestrictions),
    orderRateLimitExceededMode: optional(word(['DO_NOTHING', 'CANCEL_ONLY']), 'DO_NOTHING'),
  },
  async handle(ctx, params) {
    const { symbol } = params;
    const instrument = instrumentOf(ctx, symbol);
    const ref = orderRef(params.cancelOrderId, params.cancelOrigClientOrderId, CANCEL_NAMES);
    const order = orderFrom(instrument, params);
    checkMaxAssets(ctx, instrument, [order]);
    const allowFailure = params.cancelReplaceMode === 'ALLOW_FAILURE';
    const cancelId = params.cancelNewClientOrderId ?? randomClientId();
    const cancel = {
      accountId: ctx.accountId,
      symbol,
      ...ref,
      cancelClientOrderId: cancelId,
      restriction: params.cancelRestrictions ?? CancelRestriction.NONE,
    };
    const told = (result: PlaceResult) =>
      result.ok ? cancelReport(instrument, result.report, cancelId, ctx.time) : refusalBody(result.reason);

    const limited = orderLimit(ctx);
    if (limited !== undefined) {
      if (params.orderRateLimitExceededMode === 'DO_NOTHING') throw limited;
      const cancelled = await ctx.exchange.cancelOrder(cancel);
      const attempted = cancelled.ok || allowFailure;
      const halves: Halves = {
        cancelResult: cancelled.ok ? 'SUCCESS' : 'FAILURE',
        newOrderResult: attempted ? 'FAILURE' : 'NOT_ATTEMPTED',
        cancelResponse: told(cancelled),
        newOrderResponse: attempted ? { code: limited.code, msg: limited.msg } : null,
      };
      throw failed(halves, allowFailure ? undefined : limited);
    }

    const result = await ctx.exchange.cancelReplace({ ...cancel, allowFailure, order });
    const { place } = result;
    const halves: Halves = {
      cancelResult: result.cancel.ok ? 'SUCCESS' : 'FAILURE',
      newOrderResult: place === null ? 'NOT_ATTEMPTED' : place.ok ? 'SUCCESS' : 'FAILURE',
      cancelResponse: told(result.cancel),
      newOrderResponse:
        place === null ? null : place.ok ? placement(ctx, instrument, place.report, responseTypeOf(params)) : refusalBody(place.reason),
    };
    if (result.cancel.ok && place?.ok) return halves;
    throw failed(halves);
  },
});

export const CANCEL_REPLACE_METHODS = [cancelReplace];
