// Filters that are not a symbol's, set by the operator, none by default: of the exchange (EXCHANGE_MAX_*, which the account's
// writer enforces) and of assets (MAX_ASSET, which bounds one order and is checked here).
import type { NewOrder } from '../../../domain/command.ts';
import { baseUnits, type Instrument, notionalUnits } from '../../../domain/instrument.ts';
import { parseUnits } from '../../units.ts';
import { filterFailure } from '../params/amounts.ts';
import type { Filter } from '../reports/filters.ts';
import type { BinanceSettings } from '../settings.ts';
import type { MethodContext } from './binanceMethod.ts';

export function exchangeFilters({ accountLimits }: Pick<BinanceSettings, 'accountLimits'>): Filter[] {
  const filters: Filter[] = [];
  const add = (filterType: string, key: string, most: number) => {
    if (most > 0) filters.push({ filterType, [key]: most });
  };
  add('EXCHANGE_MAX_NUM_ORDERS', 'maxNumOrders', accountLimits.maxNumOrders);
  add('EXCHANGE_MAX_NUM_ALGO_ORDERS', 'maxNumAlgoOrders', accountLimits.maxNumAlgoOrders);
  add('EXCHANGE_MAX_NUM_ICEBERG_ORDERS', 'maxNumIcebergOrders', accountLimits.maxNumIcebergOrders);
  add('EXCHANGE_MAX_NUM_ORDER_LISTS', 'maxNumOrderLists', accountLimits.maxNumOrderLists);
  return filters;
}

/** The MAX_ASSET filters that concern a symbol. */
export function assetFilters(settings: BinanceSettings, instrument: Instrument): Filter[] {
  return settings.maxAssets
    .filter(({ asset }) => asset === instrument.baseAsset || asset === instrument.quoteAsset)
    .map(({ asset, limit }) => ({ filterType: 'MAX_ASSET', asset, limit }));
}

/** Throws MAX_ASSET's filter failure where an order is about too much of an asset. */
export function checkMaxAssets(ctx: MethodContext, instrument: Instrument, orders: readonly NewOrder[]): void {
  if (ctx.settings.maxAssets.length > 0) for (const order of orders) checkMaxAsset(ctx, instrument, order);
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
