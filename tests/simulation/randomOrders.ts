// Orders and lists of every kind, at few prices and in small quantities, so that they meet.
import type { NewOrder } from '../../src/domain/command.ts';
import {
  ContingencyType,
  isMarketLike,
  OrderType,
  PegOffsetType,
  PegPriceType,
  Side,
  StpMode,
  TimeInForce,
} from '../../src/domain/orderTerms.ts';
import type { Random } from './random.ts';

const TYPES: readonly OrderType[] = [...Object.values(OrderType), OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT_MAKER];
/** Prices lie around this. */
const MIDDLE = 100;

const base: NewOrder = {
  clientOrderId: '',
  side: Side.BUY,
  type: OrderType.LIMIT,
  timeInForce: TimeInForce.GTC,
  priceTicks: MIDDLE,
  lots: 1,
  quoteUnits: 0n,
  stopPriceTicks: 0,
  trailingDelta: 0,
  icebergLots: 0,
  stpMode: StpMode.NONE,
  expireUs: 0,
  strategyId: null,
  strategyType: null,
  pegPriceType: 0,
  pegOffsetType: 0,
  pegOffsetValue: 0,
  estimateUnits: 0n,
};

export function randomOrder(random: Random, clientOrderId: string, nowUs: number): NewOrder {
  const type = random.pick(TYPES);
  const market = isMarketLike(type);
  const triggered = type >= OrderType.STOP_LOSS;
  const stopPriceTicks = triggered && random.below(4) > 0 ? MIDDLE - 10 + random.below(20) : 0;
  const order: NewOrder = {
    ...base,
    clientOrderId,
    side: random.below(2) === 0 ? Side.BUY : Side.SELL,
    type,
    priceTicks: market ? 0 : MIDDLE - 8 + random.below(16),
    lots: 1 + random.below(12),
    stopPriceTicks,
    trailingDelta: triggered && (stopPriceTicks === 0 || random.below(6) === 0) ? 100 + random.below(300) : 0,
    stpMode: random.below(3) === 0 ? random.pick(Object.values(StpMode)) : StpMode.NONE,
  };
  if (type === OrderType.MARKET && random.below(3) === 0) return { ...order, lots: 0, quoteUnits: BigInt(1 + random.below(9000)) };
  if (!market && random.below(8) === 0) return { ...order, ...peg(random, type) };
  if (type !== OrderType.LIMIT) return order;
  switch (random.below(7)) {
    case 0:
      return { ...order, timeInForce: TimeInForce.IOC };
    case 1:
      return { ...order, timeInForce: TimeInForce.FOK };
    case 2:
      return { ...order, timeInForce: TimeInForce.GTD, expireUs: nowUs + 1000 * (1 + random.below(800)) };
    case 3:
      return { ...order, icebergLots: 1 + random.below(order.lots) };
    default:
      return order;
  }
}

/** The same order with something in it that the door or the account must refuse. */
export function badOrder(random: Random, clientOrderId: string, nowUs: number): NewOrder {
  const order = { ...randomOrder(random, clientOrderId, nowUs), pegPriceType: PegPriceType.NONE };
  switch (random.below(8)) {
    case 0:
      return { ...order, lots: 0, quoteUnits: 0n };
    case 1:
      return { ...order, lots: -5 };
    case 2:
      return { ...order, priceTicks: order.priceTicks === 0 ? 50 : -3 };
    case 3:
      return { ...order, lots: Number.MAX_SAFE_INTEGER };
    case 4:
      return {
        ...order,
        type: OrderType.LIMIT,
        priceTicks: 9_999,
        lots: 1000,
        side: Side.BUY,
        stopPriceTicks: 0,
        trailingDelta: 0,
        quoteUnits: 0n,
        icebergLots: 0,
      };
    case 5:
      return { ...order, icebergLots: 5000 };
    case 6:
      return { ...order, timeInForce: TimeInForce.GTD, expireUs: nowUs - 5 };
    default:
      return { ...order, quoteUnits: -1n };
  }
}

function peg(random: Random, type: OrderType): Partial<NewOrder> {
  const pegPriceType = type === OrderType.LIMIT_MAKER || random.below(2) === 0 ? PegPriceType.PRIMARY_PEG : PegPriceType.MARKET_PEG;
  const offset = random.below(3);
  return {
    pegPriceType,
    priceTicks: 0,
    ...(offset === 0 ? {} : { pegOffsetType: PegOffsetType.PRICE_LEVEL, pegOffsetValue: offset }),
  };
}

/** The two legs of an OCO in the order of the list: the one above the market, the one below. */
function randomPair(random: Random, name: string, side: Side, lots: number): NewOrder[] {
  const profit = random.below(3) === 0 ? OrderType.TAKE_PROFIT : OrderType.LIMIT_MAKER;
  const limited = random.below(2) === 0;
  const trails = random.below(5) === 0;
  const near = 1 + random.below(6);
  const far = 1 + random.below(6);
  const sells = side === Side.SELL;
  const profitTicks = sells ? MIDDLE + near : MIDDLE - near;
  const stopTicks = sells ? MIDDLE - far : MIDDLE + far;
  const maker: NewOrder = {
    ...base,
    clientOrderId: `${name}-a`,
    side,
    lots,
    type: profit,
    priceTicks: profit === OrderType.LIMIT_MAKER ? profitTicks : 0,
    stopPriceTicks: profit === OrderType.LIMIT_MAKER ? 0 : profitTicks,
  };
  const stop: NewOrder = {
    ...base,
    clientOrderId: `${name}-b`,
    side,
    lots,
    type: limited ? OrderType.STOP_LOSS_LIMIT : OrderType.STOP_LOSS,
    priceTicks: limited ? (sells ? stopTicks - 2 : stopTicks + 2) : 0,
    stopPriceTicks: trails ? 0 : stopTicks,
    trailingDelta: trails ? 100 + random.below(300) : 0,
  };
  return sells ? [maker, stop] : [stop, maker];
}

export interface RandomList {
  readonly contingencyType: ContingencyType;
  readonly listClientOrderId: string;
  readonly orders: readonly NewOrder[];
}

export function randomList(random: Random, name: string, nowUs: number): RandomList {
  const contingencyType = random.pick(Object.values(ContingencyType));
  const pays = contingencyType === ContingencyType.OPO || contingencyType === ContingencyType.OPOCO;
  const pair = contingencyType !== ContingencyType.OTO && contingencyType !== ContingencyType.OPO;
  const side = pays || random.below(2) === 0 ? Side.SELL : Side.BUY;
  const lots = pays ? 0 : 1 + random.below(12);
  const single = { ...randomOrder(random, `${name}-p`, nowUs), side, lots, quoteUnits: 0n, icebergLots: 0 };
  const legs = pair ? randomPair(random, name, side, lots) : [single];
  const working: NewOrder = {
    ...base,
    clientOrderId: `${name}-w`,
    side: pays || random.below(2) === 0 ? Side.BUY : Side.SELL,
    type: random.below(4) === 0 ? OrderType.LIMIT_MAKER : OrderType.LIMIT,
    lots: 1 + random.below(10),
    priceTicks: MIDDLE - 5 + random.below(10),
  };
  const orders = contingencyType === ContingencyType.OCO ? legs : [working, ...legs];
  return { contingencyType, listClientOrderId: name, orders };
}
