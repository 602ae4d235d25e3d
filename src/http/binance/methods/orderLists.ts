// The order lists: OCO (and its deprecated form), OTO, OTOCO, OPO, OPOCO. The edge checks what each leg must and may not
// say; which combinations the venue takes (-1158, -1165 and so on) is checked behind the port.
import type { NewOrder } from '../../../domain/command.ts';
import type { Instrument } from '../../../domain/instrument.ts';
import { ContingencyType, ListLeg, OrderType, Side, type StpMode } from '../../../domain/orderTerms.ts';
import { randomClientId } from '../clientIds.ts';
import { type LegPrefix, legNames, legParams, legTerms, noPendingQuantity } from '../params/legTerms.ts';
import * as kinds from '../params/orderKinds.ts';
import { checkTerms, newOrder, type OrderTerms, type TermNames } from '../params/orderTerms.ts';
import { badCombination, notRequired } from '../params/paramErrors.ts';
import { clientId, decimal, symbolText } from '../params/paramKinds.ts';
import { mandatory, optional, type Spec } from '../params/paramSpec.ts';
import { listFields } from '../reports/listReport.ts';
import type { ResponseType } from '../reports/orderReport.ts';
import { checkMaxAssets } from './accountFilters.ts';
import { type BinanceMethod, defineMethod, type MethodContext } from './binanceMethod.ts';
import { instrumentOf } from './instruments.ts';
import { placement } from './placeOrder.ts';
import { refusal } from './refusal.ts';

/** What every list takes; legs and quantities come between. */
const LIST_PARAMS = {
  symbol: mandatory(symbolText),
  listClientOrderId: optional(clientId),
  newOrderRespType: optional(kinds.responseType, 'FULL'),
  selfTradePreventionMode: optional(kinds.stpMode),
} as const;

interface ListInput {
  readonly symbol: string;
  readonly listClientOrderId?: string | undefined;
  readonly newOrderRespType: ResponseType;
  readonly selfTradePreventionMode?: StpMode | undefined;
}

async function placeList(
  ctx: MethodContext,
  instrument: Instrument,
  input: ListInput,
  contingencyType: ContingencyType,
  orders: readonly NewOrder[],
): Promise<unknown> {
  checkMaxAssets(ctx, instrument, orders);
  ctx.limits.orders.add(ctx.accountId, orders.length, ctx.nowUs);
  const placed = await ctx.exchange.placeOrderList({
    accountId: ctx.accountId,
    symbol: input.symbol,
    contingencyType,
    listClientOrderId: input.listClientOrderId ?? randomClientId(),
    orders,
  });
  if (!placed.ok) throw refusal(placed.reason);
  const { list, reports } = placed;
  const clientIds = new Map(reports.map(({ order }) => [order.orderId, order.clientOrderId]));
  return {
    ...listFields(list, (orderId) => clientIds.get(orderId) ?? '', list.createdUs, ctx.time),
    orderReports: reports.map((report) => {
      const parked = contingencyType !== ContingencyType.OCO && report.order.listLeg !== ListLeg.WORKING;
      return placement(ctx, instrument, report, input.newOrderRespType, parked);
    }),
  };
}

/** A leg of a list and where its side and quantity are said. */
interface Leg {
  readonly prefix: LegPrefix;
  readonly side: string;
  readonly quantity: string;
  /** False for OPO's pending legs. */
  readonly hasQuantity: boolean;
}

interface ListKind {
  readonly name: string;
  readonly route: `POST /${string}`;
  readonly contingencyType: ContingencyType;
  /** In the order of SpotOrderList.orderIds. */
  readonly legs: readonly Leg[];
  /** Everything between the list's common parameters: sides, quantities and legs, as documented. */
  readonly params: Spec;
}

function listMethod(kind: ListKind): BinanceMethod {
  const legs = kind.legs.map((leg) => ({ ...leg, names: legNames(leg.prefix, leg.side, leg.quantity) }));
  return defineMethod({
    name: kind.name,
    rest: [kind.route],
    security: 'TRADE',
    weight: 1,
    freeOnSuccess: true,
    unfilledOrders: legs.length,
    params: { ...LIST_PARAMS, ...kind.params },
    handle(ctx, params) {
      const input = params as ListInput;
      const instrument = instrumentOf(ctx, input.symbol);
      const terms = legs.map(({ names, hasQuantity }) => {
        const leg = legTerms(params as Readonly<Record<string, unknown>>, names);
        checkTerms(leg, names, hasQuantity);
        return leg;
      });
      const orders = legs.map(({ names }, i) => newOrder(instrument, terms[i] as OrderTerms, names, input.selfTradePreventionMode));
      return placeList(ctx, instrument, input, kind.contingencyType, orders);
    },
  });
}

const WORKING: Leg = { prefix: 'working', side: 'workingSide', quantity: 'workingQuantity', hasQuantity: true };

function pendingLeg(prefix: LegPrefix, hasQuantity: boolean): Leg {
  return { prefix, side: 'pendingSide', quantity: 'pendingQuantity', hasQuantity };
}

function workingParams(): Spec {
  return { workingSide: mandatory(kinds.side), workingQuantity: mandatory(decimal), ...legParams('working') };
}

/** `hasQuantity`: false for OPO and OPOCO. */
function pendingParams(hasQuantity: boolean, ...prefixes: LegPrefix[]): Spec {
  return {
    pendingSide: mandatory(kinds.side),
    pendingQuantity: hasQuantity ? mandatory(decimal) : optional(noPendingQuantity),
    ...Object.assign({}, ...prefixes.map(legParams)),
  };
}

const oco = listMethod({
  name: 'orderList.place.oco',
  route: 'POST /api/v3/orderList/oco',
  contingencyType: ContingencyType.OCO,
  legs: [
    { prefix: 'above', side: 'side', quantity: 'quantity', hasQuantity: true },
    { prefix: 'below', side: 'side', quantity: 'quantity', hasQuantity: true },
  ],
  params: {
    side: mandatory(kinds.side),
    quantity: mandatory(decimal),
    ...legParams('above'),
    ...legParams('below'),
  },
});

const oto = listMethod({
  name: 'orderList.place.oto',
  route: 'POST /api/v3/orderList/oto',
  contingencyType: ContingencyType.OTO,
  legs: [WORKING, pendingLeg('pending', true)],
  params: { ...workingParams(), ...pendingParams(true, 'pending') },
});

const otoco = listMethod({
  name: 'orderList.place.otoco',
  route: 'POST /api/v3/orderList/otoco',
  contingencyType: ContingencyType.OTOCO,
  legs: [WORKING, pendingLeg('pendingAbove', true), pendingLeg('pendingBelow', true)],
  params: { ...workingParams(), ...pendingParams(true, 'pendingAbove', 'pendingBelow') },
});

const opo = listMethod({
  name: 'orderList.place.opo',
  route: 'POST /api/v3/orderList/opo',
  contingencyType: ContingencyType.OPO,
  legs: [WORKING, pendingLeg('pending', false)],
  params: { ...workingParams(), ...pendingParams(false, 'pending') },
});

const opoco = listMethod({
  name: 'orderList.place.opoco',
  route: 'POST /api/v3/orderList/opoco',
  contingencyType: ContingencyType.OPOCO,
  legs: [WORKING, pendingLeg('pendingAbove', false), pendingLeg('pendingBelow', false)],
  params: { ...workingParams(), ...pendingParams(false, 'pendingAbove', 'pendingBelow') },
});

function names(leg: Partial<TermNames>): TermNames {
  const none = { timeInForce: '', quoteOrderQty: '', pegPriceType: '', pegOffsetType: '', pegOffsetValue: '' };
  return { side: 'side', type: 'type', quantity: 'quantity', stopPrice: '', trailingDelta: '', ...none, ...leg } as TermNames;
}

const LIMIT_LEG = names({
  price: 'price',
  clientOrderId: 'limitClientOrderId',
  icebergQty: 'limitIcebergQty',
  strategyId: 'limitStrategyId',
  strategyType: 'limitStrategyType',
});
const STOP_LEG = names({
  price: 'stopLimitPrice',
  timeInForce: 'stopLimitTimeInForce',
  stopPrice: 'stopPrice',
  trailingDelta: 'trailingDelta',
  clientOrderId: 'stopClientOrderId',
  icebergQty: 'stopIcebergQty',
  strategyId: 'stopStrategyId',
  strategyType: 'stopStrategyType',
});

/** The old form of an OCO: a LIMIT_MAKER and a stop, told apart by their parameters instead of above and below. */
const deprecatedOco = defineMethod({
  name: 'orderList.place',
  rest: ['POST /api/v3/order/oco'],
  security: 'TRADE',
  weight: 1,
  freeOnSuccess: true,
  unfilledOrders: 2,
  params: {
    ...LIST_PARAMS,
    side: mandatory(kinds.side),
    quantity: mandatory(decimal),
    price: mandatory(decimal),
    stopPrice: mandatory(decimal),
    limitClientOrderId: optional(clientId),
    limitStrategyId: optional(kinds.strategyId),
    limitStrategyType: optional(kinds.strategyType),
    limitIcebergQty: optional(decimal),
    trailingDelta: optional(kinds.trailingDelta),
    stopClientOrderId: optional(clientId),
    stopStrategyId: optional(kinds.strategyId),
    stopStrategyType: optional(kinds.strategyType),
    stopLimitPrice: optional(decimal),
    stopIcebergQty: optional(decimal),
    stopLimitTimeInForce: optional(kinds.timeInForce),
  },
  handle(ctx, params) {
    const instrument = instrumentOf(ctx, params.symbol);
    const hasLimit = params.stopLimitPrice !== undefined;
    if (hasLimit && params.stopLimitTimeInForce === undefined) {
      throw badCombination("'stopLimitTimeInForce' should also be sent.");
    }
    if (!hasLimit && params.stopLimitTimeInForce !== undefined) throw notRequired('stopLimitTimeInForce');
    const { side } = params;
    const limit = { ...legTerms(params, LIMIT_LEG), side, type: OrderType.LIMIT_MAKER };
    const stop = {
      ...legTerms(params, STOP_LEG),
      side,
      type: hasLimit ? OrderType.STOP_LOSS_LIMIT : OrderType.STOP_LOSS,
    };
    checkTerms(limit, LIMIT_LEG);
    checkTerms(stop, STOP_LEG);
    const mode = params.selfTradePreventionMode;
    const limitOrder = newOrder(instrument, limit, LIMIT_LEG, mode);
    const stopOrder = newOrder(instrument, stop, STOP_LEG, mode);
    // A sell's limit is above the market and its stop below; a buy's the other way round.
    const orders = side === Side.SELL ? [limitOrder, stopOrder] : [stopOrder, limitOrder];
    return placeList(ctx, instrument, params, ContingencyType.OCO, orders);
  },
});

export const ORDER_LIST_METHODS: readonly BinanceMethod[] = [oco, oto, otoco, opo, opoco, deprecatedOco];
