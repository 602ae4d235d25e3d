// Filters that are not a symbol's: of the exchange (EXCHANGE_MAX_*) and of assets (MAX_ASSET). Set by the operator, none by
// default. Counted over what the account has open as this process knows it, before the order is handed on.
import type { NewOrder } from '../../../domain/command.ts';
import { baseUnits, type Instrument, notionalUnits } from '../../../domain/instrument.ts';
import { isTriggered } from '../../../domain/orderTerms.ts';
import { parseUnits } from '../../units.ts';
import { filterFailure } from '../params/amounts.ts';
import type { Filter } from '../reports/filters.ts';
import type { BinanceSettings } from '../settings.ts';
import type { MethodContext } from './binanceMethod.ts';

export function exchangeFilters(settings: BinanceSettings): Filter[] {
  const filters: Filter[] = [];
  const add = (filterType: string, key: string, most: number) => {
    if (most > 0) filters.push({ filterType, [key]: most });
  };
  add('EXCHANGE_MAX_NUM_ORDERS', 'maxNumOrders', settings.exchangeMaxNumOrders);
  add('EXCHANGE_MAX_NUM_ALGO_ORDERS', 'maxNumAlgoOrders', settings.exchangeMaxNumAlgoOrders);
  add('EXCHANGE_MAX_NUM_ICEBERG_ORDERS', 'maxNumIcebergOrders', settings.exchangeMaxNumIcebergOrders);
  add('EXCHANGE_MAX_NUM_ORDER_LISTS', 'maxNumOrderLists', settings.exchangeMaxNumOrderLists);
  return filters;
}

/** The MAX_ASSET filters that concern a symbol. */
export function assetFilters(settings: BinanceSettings, instrument: Instrument): Filter[] {
  return settings.maxAssets
    .filter(({ asset }) => asset === instrument.baseAsset || asset === instrument.quoteAsset)
    .map(({ asset, limit }) => ({ filterType: 'MAX_ASSET', asset, limit }));
}

/** Throws the filter failure of the first filter that new orders would break. `lists`: how many lists they form. */
export async function checkAccountFilters(
  ctx: MethodContext,
  instrument: Instrument,
  orders: readonly NewOrder[],
  lists = 0,
): Promise<void> {
  const { settings } = ctx;
  if (settings.maxAssets.length > 0) for (const order of orders) checkMaxAsset(ctx, instrument, order);
  const { exchangeMaxNumOrders, exchangeMaxNumAlgoOrders, exchangeMaxNumIcebergOrders, exchangeMaxNumOrderLists } = settings;
  if (exchangeMaxNumOrders + exchangeMaxNumAlgoOrders + exchangeMaxNumIcebergOrders + exchangeMaxNumOrderLists === 0) {
    return;
  }
  const history = await ctx.exchange.history();
  const open = await history.openOrders(ctx.accountId);
  const exceeds = (most: number, openNow: number, more: number) => most > 0 && more > 0 && openNow + more > most;
  const algos = (list: readonly Pick<NewOrder, 'type'>[]) => list.filter(({ type }) => isTriggered(type)).length;
  const icebergs = (list: readonly Pick<NewOrder, 'icebergLots'>[]) => list.filter((o) => o.icebergLots > 0).length;
  if (exceeds(exchangeMaxNumOrders, open.length, orders.length)) throw filterFailure('EXCHANGE_MAX_NUM_ORDERS');
  if (exceeds(exchangeMaxNumAlgoOrders, algos(open), algos(orders))) {
    throw filterFailure('EXCHANGE_MAX_NUM_ALGO_ORDERS');
  }
  if (exceeds(exchangeMaxNumIcebergOrders, icebergs(open), icebergs(orders))) {
    throw filterFailure('EXCHANGE_MAX_NUM_ICEBERG_ORDERS');
  }
  const openLists = exchangeMaxNumOrderLists > 0 ? (await history.openOrderLists(ctx.accountId)).length : 0;
  if (exceeds(exchangeMaxNumOrderLists, openLists, lists)) throw filterFailure('EXCHANGE_MAX_NUM_ORDER_LISTS');
}

/** Base asset: the quantity; quote asset: the notional, at the last price where the order names none. */
function checkMaxAsset(ctx: MethodContext, instrument: Instrument, order: NewOrder): void {
  const lastTicks = () => ctx.exchange.markets.view(instrument.symbol)?.lastPriceTicks() ?? 0;
  for (const { asset, limit } of ctx.settings.maxAssets) {
    if (asset === instrument.baseAsset) {
      const most = parseUnits(limit, instrument.baseScale);
      if (most.ok && baseUnits(instrument, order.lots) > most.value) throw filterFailure('MAX_ASSET');
    } else if (asset === instrument.quoteAsset) {
      const most = parseUnits(limit, instrument.quoteScale);
      const ticks = order.priceTicks || order.stopPriceTicks || lastTicks();
      const notional = order.quoteUnits || notionalUnits(instrument, ticks, order.lots);
      if (most.ok && notional > most.value) throw filterFailure('MAX_ASSET');
    }
  }
}
