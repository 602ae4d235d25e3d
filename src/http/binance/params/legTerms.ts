// The legs of an order list as parameters: every term under the leg's prefix ('abovePrice', 'pendingBelowType').
import { OrderType } from '../../../domain/orderTerms.ts';
import { BinanceError } from '../binanceError.ts';
import * as kinds from './orderKinds.ts';
import type { OrderTerms, TermNames } from './orderTerms.ts';
import { clientId, code, decimal, type ParamKind } from './paramKinds.ts';
import { mandatory, optional, type Param } from './paramSpec.ts';

export type LegPrefix = 'above' | 'below' | 'working' | 'pending' | 'pendingAbove' | 'pendingBelow';

/** The working order of a list rests: LIMIT or LIMIT_MAKER. */
const workingType = code(OrderType, ['LIMIT', 'LIMIT_MAKER'], () => new BinanceError(-1116, 'Invalid orderType.'));

type LegSpec = Readonly<Record<string, Param<unknown>>>;

/** In the documented order; side and quantity are listed by the method, because legs may share them. */
export function legParams(prefix: LegPrefix): LegSpec {
  return {
    [`${prefix}Type`]: mandatory<OrderType>(prefix === 'working' ? workingType : kinds.orderType),
    [`${prefix}ClientOrderId`]: optional(clientId),
    [`${prefix}IcebergQty`]: optional(decimal),
    [`${prefix}Price`]: optional(decimal),
    // A working order has no trigger: these would be unread.
    ...(prefix === 'working'
      ? {}
      : { [`${prefix}StopPrice`]: optional(decimal), [`${prefix}TrailingDelta`]: optional(kinds.trailingDelta) }),
    [`${prefix}TimeInForce`]: optional(kinds.timeInForce),
    [`${prefix}StrategyId`]: optional(kinds.strategyId),
    [`${prefix}StrategyType`]: optional(kinds.strategyType),
    [`${prefix}PegPriceType`]: optional(kinds.pegPriceType),
    [`${prefix}PegOffsetType`]: optional(kinds.pegOffsetType),
    [`${prefix}PegOffsetValue`]: optional(kinds.pegOffsetValue),
  };
}

/** The names a leg's terms have; `side` and `quantity` as the method calls them. */
export function legNames(prefix: LegPrefix, side: string, quantity: string): TermNames {
  return {
    side,
    quantity,
    type: `${prefix}Type`,
    timeInForce: `${prefix}TimeInForce`,
    // No leg may be a market order by quote amount.
    quoteOrderQty: '',
    price: `${prefix}Price`,
    clientOrderId: `${prefix}ClientOrderId`,
    strategyId: `${prefix}StrategyId`,
    strategyType: `${prefix}StrategyType`,
    stopPrice: `${prefix}StopPrice`,
    trailingDelta: `${prefix}TrailingDelta`,
    icebergQty: `${prefix}IcebergQty`,
    pegPriceType: `${prefix}PegPriceType`,
    pegOffsetValue: `${prefix}PegOffsetValue`,
    pegOffsetType: `${prefix}PegOffsetType`,
  };
}

/** The terms under `names`, from parameters that ParamSpec has parsed by these very names. */
export function legTerms(params: Readonly<Record<string, unknown>>, names: TermNames): OrderTerms {
  const terms: Record<string, unknown> = {};
  for (const term of Object.keys(names) as (keyof TermNames)[]) terms[term] = params[names[term]];
  return terms as unknown as OrderTerms;
}

/** The quantity of OPO's pending orders is what the working order will have received. */
export const noPendingQuantity: ParamKind<never> = {
  type: 'DECIMAL',
  parse(name) {
    throw new BinanceError(-1225, `Pending orders should not include the '${name}' tag.`);
  },
};
