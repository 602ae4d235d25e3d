// What is traded in a simulation: few symbols, small numbers, everything allowed. The reference market knows one instrument's
// scales, so all have them: a lot is 1000 base units and worth 10 quote units a tick.
import type { FeeRates } from '../../src/domain/accountProfile.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { OrderType, StpMode, SymbolStatus } from '../../src/domain/orderTerms.ts';
import { SIMULATION_STARTS_US } from './scheduler.ts';

export const FIRST_ACCOUNT = 1000;
/** Unequal, so that sides mixed up show. */
export const RATES: readonly FeeRates[] = [
  { makerRate: 100_000, takerRate: 200_000 },
  { makerRate: 0, takerRate: 150_000 },
  { makerRate: 250_000, takerRate: 250_000 },
];

const PAIRS = [
  ['BTC', 'USDT'],
  ['ETH', 'USDT'],
  ['ETH', 'BTC'],
  ['SOL', 'USDT'],
] as const;

export function instruments(count: number): Instrument[] {
  return PAIRS.slice(0, count).map(([baseAsset, quoteAsset]) => ({
    symbol: `${baseAsset}${quoteAsset}`,
    baseAsset,
    quoteAsset,
    baseScale: 8,
    quoteScale: 8,
    priceScale: 2,
    tickUnits: 1,
    lotUnits: 1000,
    quoteUnitsPerTickLot: 10,
    status: SymbolStatus.TRADING,
    orderTypes: Object.values(OrderType),
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    opoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    trailingStopAllowed: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    pegAllowed: true,
    defaultStpMode: StpMode.NONE,
    allowedStpModes: Object.values(StpMode),
    filters: {
      minPriceTicks: 1,
      maxPriceTicks: 10_000,
      minLots: 1,
      maxLots: 1000,
      marketMinLots: 0,
      marketMaxLots: 0,
      minNotionalUnits: 0n,
      maxNotionalUnits: 0n,
      applyMinNotionalToMarket: false,
      applyMaxNotionalToMarket: false,
      multiplierUp: 0,
      multiplierDown: 0,
      bidMultiplierUp: 0,
      bidMultiplierDown: 0,
      askMultiplierUp: 0,
      askMultiplierDown: 0,
      avgPriceMins: 5,
      icebergParts: 100,
      maxNumOrders: 200,
      maxNumAlgoOrders: 50,
      maxNumIcebergOrders: 50,
      maxNumOrderLists: 50,
      maxNumOrderAmends: 10,
      maxPositionUnits: 0n,
      minTrailingAboveDelta: 10,
      maxTrailingAboveDelta: 2000,
      minTrailingBelowDelta: 10,
      maxTrailingBelowDelta: 2000,
    },
    haltReason: '',
    updateUs: SIMULATION_STARTS_US,
  }));
}
