// The checks at the door for order lists: which legs go together (Binance rest-api.md, "Order lists"), each leg by itself,
// and how the prices of an OCO's two legs must lie.
import type { NewOrder } from './command.ts';
import type { Instrument } from './instrument.ts';
import { checkNewOrder, checkTerms, type MarketContext } from './newOrderChecks.ts';
import { ContingencyType, isMarketLike, OrderType, Side } from './orderTerms.ts';
import { type EngineReason, EngineReject } from './rejectReason.ts';

/** undefined = passes. `orders` as in SpotOrderList.orderIds. */
export function checkOrderList(
  instrument: Instrument,
  contingency: ContingencyType,
  orders: readonly NewOrder[],
  market: MarketContext,
  nowUs: number,
): EngineReason | undefined {
  const oco = contingency === ContingencyType.OCO;
  const pays = contingency === ContingencyType.OPO || contingency === ContingencyType.OPOCO;
  const pair = oco || contingency === ContingencyType.OTOCO || contingency === ContingencyType.OPOCO;
  if (!oco && !instrument.otoAllowed) return EngineReject.OTO_UNSUPPORTED;
  if (pair && !instrument.ocoAllowed) return EngineReject.OCO_UNSUPPORTED;
  if (pays && !instrument.opoAllowed) return EngineReject.OPO_UNSUPPORTED;
  const pending = oco ? orders : orders.slice(1);
  if (pending.length !== (pair ? 2 : 1)) return EngineReject.UNSUPPORTED_ORDER_TYPE;

  if (!oco) {
    const working = orders[0] as NewOrder;
    if (working.type !== OrderType.LIMIT && working.type !== OrderType.LIMIT_MAKER) return EngineReject.UNSUPPORTED_ORDER_TYPE;
    if (pays && working.side !== Side.BUY) return EngineReject.OPO_WORKING_MUST_BE_BUY;
    const problem = checkNewOrder(instrument, working, market, nowUs);
    if (problem !== undefined) return problem;
  }
  for (const order of pending) {
    if (order.quoteUnits !== 0n) return EngineReject.UNSUPPORTED_ORDER_TYPE;
    if (pays && order.side !== Side.SELL) return EngineReject.OPO_PENDING_MUST_BE_SELL;
    if (pays && order.lots !== 0) return EngineReject.UNSUPPORTED_ORDER_TYPE;
    const problem = pays ? checkTerms(instrument, order, market, nowUs) : checkNewOrder(instrument, order, market, nowUs);
    if (problem !== undefined) return problem;
  }
  if (!pair) return undefined;
  // Where the market will be when a working leg has filled is not known: then only the legs' own order counts.
  const lastTicks = oco ? market.lastTicks : 0;
  return checkPair(pending[0] as NewOrder, pending[1] as NewOrder, lastTicks);
}

function checkPair(above: NewOrder, below: NewOrder, lastTicks: number): EngineReason | undefined {
  if (above.side !== below.side || above.lots !== below.lots) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  const problem = checkLegs(above, below);
  if (problem !== undefined) return problem;
  const upper = decidingTicks(above);
  const lower = decidingTicks(below);
  // A trailing leg without a stop price, or a pegged one, takes its price from the market later.
  if (upper !== 0 && lower !== 0 && upper <= lower) return EngineReject.OCO_PRICES;
  if (lastTicks === 0) return undefined;
  if (upper !== 0 && upper <= lastTicks) return EngineReject.OCO_PRICES;
  return lower !== 0 && lower >= lastTicks ? EngineReject.OCO_PRICES : undefined;
}

/** One leg takes profit, the other stops the loss, and each lies on its side of the market. */
function checkLegs(above: NewOrder, below: NewOrder): EngineReason | undefined {
  const buys = above.side === Side.BUY;
  for (const order of [above, below]) {
    if (order.type === OrderType.MARKET || order.type === OrderType.LIMIT) return EngineReject.OCO_ORDER_TYPE;
  }
  if (above.type === OrderType.LIMIT_MAKER && below.type === OrderType.LIMIT_MAKER) return EngineReject.BOTH_OCO_ORDERS_LIMIT;
  const stop = buys ? above : below;
  const profit = buys ? below : above;
  if (profit.type === OrderType.STOP_LOSS || profit.type === OrderType.STOP_LOSS_LIMIT)
    return buys ? EngineReject.BUY_OCO_STOP_LOSS_MUST_BE_ABOVE : EngineReject.SELL_OCO_STOP_LOSS_MUST_BE_BELOW;
  switch (stop.type) {
    case OrderType.LIMIT_MAKER:
      return buys ? EngineReject.BUY_OCO_LIMIT_MUST_BE_BELOW : EngineReject.SELL_OCO_LIMIT_MUST_BE_ABOVE;
    case OrderType.TAKE_PROFIT:
    case OrderType.TAKE_PROFIT_LIMIT:
      return buys ? EngineReject.BUY_OCO_TAKE_PROFIT_MUST_BE_BELOW : EngineReject.SELL_OCO_TAKE_PROFIT_MUST_BE_ABOVE;
    default:
      return undefined;
  }
}

/**
 * The price that must lie on the leg's side of the market: the limit price of LIMIT_MAKER and TAKE_PROFIT_LIMIT, the stop
 * price of the others; 0 when the leg has none.
 */
function decidingTicks(leg: NewOrder): number {
  const limit = leg.type === OrderType.LIMIT_MAKER || leg.type === OrderType.TAKE_PROFIT_LIMIT;
  return limit && !isMarketLike(leg.type) ? leg.priceTicks : leg.stopPriceTicks;
}
