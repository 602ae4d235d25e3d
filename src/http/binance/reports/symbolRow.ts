// A symbol as exchangeInfo shows it: the keys and their order are the venue's.
import type { Instrument } from '../../../domain/instrument.ts';
import { OrderType } from '../../../domain/orderTerms.ts';
import { symbolFilters } from './filters.ts';
import { orderTypeWord, stpModeWord, symbolStatusWord } from './words.ts';

/** The order in which the venue lists them. */
const ORDER_TYPES: readonly OrderType[] = [
  OrderType.LIMIT,
  OrderType.LIMIT_MAKER,
  OrderType.MARKET,
  OrderType.STOP_LOSS,
  OrderType.STOP_LOSS_LIMIT,
  OrderType.TAKE_PROFIT,
  OrderType.TAKE_PROFIT_LIMIT,
];

export function symbolRow(instrument: Instrument, showPermissionSets: boolean): Record<string, unknown> {
  return {
    symbol: instrument.symbol,
    status: symbolStatusWord(instrument.status),
    baseAsset: instrument.baseAsset,
    baseAssetPrecision: instrument.baseScale,
    quoteAsset: instrument.quoteAsset,
    quotePrecision: instrument.quoteScale,
    quoteAssetPrecision: instrument.quoteScale,
    baseCommissionPrecision: instrument.baseScale,
    quoteCommissionPrecision: instrument.quoteScale,
    orderTypes: ORDER_TYPES.filter((type) => instrument.orderTypes.includes(type)).map(orderTypeWord),
    icebergAllowed: instrument.icebergAllowed,
    ocoAllowed: instrument.ocoAllowed,
    otoAllowed: instrument.otoAllowed,
    opoAllowed: instrument.opoAllowed,
    quoteOrderQtyMarketAllowed: instrument.quoteOrderQtyMarketAllowed,
    allowTrailingStop: instrument.trailingStopAllowed,
    cancelReplaceAllowed: instrument.cancelReplaceAllowed,
    amendAllowed: instrument.amendAllowed,
    pegInstructionsAllowed: instrument.pegAllowed,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: symbolFilters(instrument),
    permissions: [],
    permissionSets: showPermissionSets ? [['SPOT']] : [],
    defaultSelfTradePreventionMode: stpModeWord(instrument.defaultStpMode),
    allowedSelfTradePreventionModes: [...instrument.allowedStpModes].sort((a, b) => a - b).map(stpModeWord),
  };
}
