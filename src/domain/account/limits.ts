// What bounds an account besides its funds: who may trade, what the symbol takes now, how much may be open at once.
import type { AccountProfile } from '../accountProfile.ts';
import { baseUnits, type Instrument } from '../instrument.ts';
import { isTriggered, ListLeg, type OrderType, Side, SymbolStatus } from '../orderTerms.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';
import type { AccountContext } from './account.ts';
import type { AccountState } from './accountState.ts';
import type { SymbolOrders } from './symbolOrders.ts';

/** Why the account may not place orders on the symbol now. */
export function refuseNewOrders(profile: AccountProfile, instrument: Instrument): EngineReason | undefined {
  if (profile.frozen) return EngineReject.ACCOUNT_FROZEN;
  if (!profile.canTrade) return EngineReject.ACTION_DISABLED;
  switch (instrument.status) {
    case SymbolStatus.TRADING:
      return undefined;
    case SymbolStatus.CANCEL_ONLY:
      return EngineReject.CANCEL_ONLY;
    default:
      return instrument.haltReason === '' ? EngineReject.MARKET_CLOSED : EngineReject.SYMBOL_HALTED_BY_POISON;
  }
}

/**
 * Why the account may not cancel on the symbol now. Cancels pass whatever the symbol's status is, unless its writer is
 * halted by poison and would not answer.
 */
export function refuseCancels(profile: AccountProfile, instrument: Instrument): EngineReason | undefined {
  if (profile.frozen) return EngineReject.ACCOUNT_FROZEN;
  if (instrument.haltReason !== '' && instrument.status !== SymbolStatus.TRADING) return EngineReject.SYMBOL_HALTED_BY_POISON;
  return undefined;
}

/** An amend takes quantity away, so it passes where cancels do and the symbol is at work. */
export function refuseAmends(profile: AccountProfile, instrument: Instrument): EngineReason | undefined {
  if (instrument.status === SymbolStatus.CANCEL_ONLY) {
    if (profile.frozen) return EngineReject.ACCOUNT_FROZEN;
    return profile.canTrade ? undefined : EngineReject.ACTION_DISABLED;
  }
  return refuseNewOrders(profile, instrument);
}

interface CountedTerms {
  readonly type: OrderType;
  readonly icebergLots: number;
}

/** What one account may have open over all symbols (EXCHANGE_MAX_NUM_*); 0 disables each. */
export interface AccountLimits {
  readonly maxNumOrders: number;
  readonly maxNumAlgoOrders: number;
  readonly maxNumIcebergOrders: number;
  readonly maxNumOrderLists: number;
}

export const NO_ACCOUNT_LIMITS: AccountLimits = Object.freeze<AccountLimits>({
  maxNumOrders: 0,
  maxNumAlgoOrders: 0,
  maxNumIcebergOrders: 0,
  maxNumOrderLists: 0,
});

/**
 * The MAX_NUM_* and EXCHANGE_MAX_NUM_* filters for orders (and at most one list) that come on top of what is open; 0
 * disables each.
 */
export function refuseCounts(
  state: AccountState,
  context: Pick<AccountContext, 'limits'>,
  instrument: Instrument,
  orders: readonly CountedTerms[],
  lists: 0 | 1,
): EngineReason | undefined {
  const { filters } = instrument;
  const open = state.symbols.get(instrument.symbol);
  let algos = 0;
  let icebergs = 0;
  for (const order of orders) {
    if (isTriggered(order.type)) algos++;
    if (order.icebergLots > 0) icebergs++;
  }
  if (exceeds(open?.orders, orders.length, filters.maxNumOrders)) return EngineReject.MAX_NUM_ORDERS;
  if (exceeds(open?.algos, algos, filters.maxNumAlgoOrders)) return EngineReject.MAX_NUM_ALGO_ORDERS;
  if (exceeds(open?.icebergs, icebergs, filters.maxNumIcebergOrders)) return EngineReject.MAX_NUM_ICEBERG_ORDERS;
  if (exceeds(open?.lists, lists, filters.maxNumOrderLists)) return EngineReject.MAX_NUM_ORDER_LISTS;
  return refuseTotals(state, context.limits, { orders: orders.length, algos, icebergs, lists });
}

type Counts = Readonly<Pick<SymbolOrders, 'orders' | 'algos' | 'icebergs' | 'lists'>>;

function refuseTotals(state: AccountState, limits: AccountLimits, more: Counts): EngineReason | undefined {
  const { maxNumOrders, maxNumAlgoOrders, maxNumIcebergOrders, maxNumOrderLists } = limits;
  if (maxNumOrders + maxNumAlgoOrders + maxNumIcebergOrders + maxNumOrderLists === 0) return undefined;
  const open = { orders: 0, algos: 0, icebergs: 0, lists: 0 };
  for (const symbol of state.symbols.values()) {
    open.orders += symbol.orders;
    open.algos += symbol.algos;
    open.icebergs += symbol.icebergs;
    open.lists += symbol.lists;
  }
  if (exceeds(open.orders, more.orders, maxNumOrders)) return EngineReject.EXCHANGE_MAX_NUM_ORDERS;
  if (exceeds(open.algos, more.algos, maxNumAlgoOrders)) return EngineReject.EXCHANGE_MAX_NUM_ALGO_ORDERS;
  if (exceeds(open.icebergs, more.icebergs, maxNumIcebergOrders)) return EngineReject.EXCHANGE_MAX_NUM_ICEBERG_ORDERS;
  if (exceeds(open.lists, more.lists, maxNumOrderLists)) return EngineReject.EXCHANGE_MAX_NUM_ORDER_LISTS;
  return undefined;
}

function exceeds(open: number | undefined, more: number, limit: number): boolean {
  return limit > 0 && more > 0 && (open ?? 0) + more > limit;
}

/**
 * MAX_POSITION: what the account holds of the base asset plus what its open orders may still buy of it, on every symbol.
 * The two legs of an OCO buy once.
 */
export function refusePosition(
  state: AccountState,
  context: AccountContext,
  instrument: Instrument,
  buyLots: number,
): EngineReason | undefined {
  const max = instrument.filters.maxPositionUnits;
  if (max === 0n) return undefined;
  const holding = state.holding(instrument.baseAsset);
  let position = baseUnits(instrument, buyLots);
  if (holding !== undefined) position += holding.free + holding.locked;
  for (const order of state.orders.values()) {
    if (order.row.side !== Side.BUY) continue;
    if (order.row.listLeg === ListLeg.BELOW && order.partner !== undefined) continue;
    const of = context.instrument(order.row.symbol);
    if (of?.baseAsset === instrument.baseAsset) position += baseUnits(of, Math.max(order.leavesLots, 0));
  }
  return position > max ? EngineReject.MAX_POSITION : undefined;
}
