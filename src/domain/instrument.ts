// A tradable symbol: its assets, its integer scales, its filters. The scales never change once it exists.
import type { OrderType, StpMode, SymbolStatus } from './orderTerms.ts';

/** Binance filters in integer form: prices in ticks, quantities in lots, notionals in quote units; 0 disables a bound. */
export interface InstrumentFilters {
  readonly minPriceTicks: number;
  readonly maxPriceTicks: number;
  readonly minLots: number;
  readonly maxLots: number;
  readonly marketMinLots: number;
  readonly marketMaxLots: number;
  readonly minNotionalUnits: bigint;
  /** 0n: the filter is MIN_NOTIONAL, else NOTIONAL. */
  readonly maxNotionalUnits: bigint;
  readonly applyMinNotionalToMarket: boolean;
  readonly applyMaxNotionalToMarket: boolean;
  /** PERCENT_PRICE multipliers in 1e-4 (5 = 50_000), for both sides; 0 disables. */
  readonly multiplierUp: number;
  readonly multiplierDown: number;
  /** PERCENT_PRICE_BY_SIDE, likewise. */
  readonly bidMultiplierUp: number;
  readonly bidMultiplierDown: number;
  readonly askMultiplierUp: number;
  readonly askMultiplierDown: number;
  readonly avgPriceMins: number;
  readonly icebergParts: number;
  readonly maxNumOrders: number;
  readonly maxNumAlgoOrders: number;
  readonly maxNumIcebergOrders: number;
  readonly maxNumOrderLists: number;
  readonly maxNumOrderAmends: number;
  /** Base units an account may hold plus have on order to buy; 0n disables. */
  readonly maxPositionUnits: bigint;
  /** Basis points. */
  readonly minTrailingAboveDelta: number;
  readonly maxTrailingAboveDelta: number;
  readonly minTrailingBelowDelta: number;
  readonly maxTrailingBelowDelta: number;
}

export interface Instrument {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  /** Decimals of an asset's smallest unit: 1 BTC = 10^8 units at 8. */
  readonly baseScale: number;
  readonly quoteScale: number;
  /** A price is priceTicks x tickSize, with tickSize = tickUnits x 10^-priceScale. Printed with priceScale decimals. */
  readonly priceScale: number;
  readonly tickUnits: number;
  /** A quantity is lots x stepSize, with stepSize = lotUnits base units. */
  readonly lotUnits: number;
  /** Quote units of one lot at one tick: a whole number, or the instrument is refused; so a notional is always exact. */
  readonly quoteUnitsPerTickLot: number;
  status: SymbolStatus;
  readonly orderTypes: readonly OrderType[];
  readonly icebergAllowed: boolean;
  readonly ocoAllowed: boolean;
  readonly otoAllowed: boolean;
  readonly opoAllowed: boolean;
  readonly quoteOrderQtyMarketAllowed: boolean;
  readonly trailingStopAllowed: boolean;
  readonly cancelReplaceAllowed: boolean;
  readonly amendAllowed: boolean;
  readonly pegAllowed: boolean;
  readonly defaultStpMode: StpMode;
  readonly allowedStpModes: readonly StpMode[];
  readonly filters: InstrumentFilters;
  /** Set when poison input halted it: what happened, for the operator; '' otherwise. */
  haltReason: string;
  updateUs: number;
}

export const InstrumentField = {
  symbol: 0,
  baseAsset: 1,
  quoteAsset: 2,
  baseScale: 3,
  quoteScale: 4,
  priceScale: 5,
  tickUnits: 6,
  lotUnits: 7,
  quoteUnitsPerTickLot: 8,
  status: 9,
  orderTypes: 10,
  icebergAllowed: 11,
  ocoAllowed: 12,
  otoAllowed: 13,
  opoAllowed: 14,
  quoteOrderQtyMarketAllowed: 15,
  trailingStopAllowed: 16,
  cancelReplaceAllowed: 17,
  amendAllowed: 18,
  pegAllowed: 19,
  defaultStpMode: 20,
  allowedStpModes: 21,
  filters: 22,
  haltReason: 23,
  updateUs: 24,
} as const satisfies Record<keyof Instrument, number>;

/** priceTicks and lots stay below this, so that every integer inside is exact. */
export const MAX_TICKS = 2 ** 47;
export const MAX_LOTS = 2 ** 47;
/** No balance and no notional reaches this: amounts fit a signed 64-bit integer on the wire. */
export const MAX_UNITS = 2n ** 62n;

/** Quote units of `lots` at `priceTicks`, exact. */
export function notionalUnits(instrument: Instrument, priceTicks: number, lots: number): bigint {
  const product = priceTicks * lots * instrument.quoteUnitsPerTickLot;
  if (product <= Number.MAX_SAFE_INTEGER) return BigInt(product);
  return BigInt(priceTicks) * BigInt(lots) * BigInt(instrument.quoteUnitsPerTickLot);
}

/** Base units of `lots`, exact. */
export function baseUnits(instrument: Instrument, lots: number): bigint {
  const product = lots * instrument.lotUnits;
  return product <= Number.MAX_SAFE_INTEGER ? BigInt(product) : BigInt(lots) * BigInt(instrument.lotUnits);
}

/** Of a rate: 100 %. */
const RATE_ONE = 100_000_000;
const RATE_ONE_UNITS = 100_000_000n;
/** Up to here the commission on less than RATE_ONE units, times RATE_ONE, is a safe integer. */
const SAFE_RATE = Math.floor(Number.MAX_SAFE_INTEGER / RATE_ONE) - 1;
const SAFE_UNITS = BigInt(Number.MAX_SAFE_INTEGER);

/** Commission on a received amount, rounded up to the venue's favour by less than one unit; never above the amount. */
export function feeUnits(receivedUnits: bigint, rate: number): bigint {
  if (rate === 0) return 0n;
  if (receivedUnits > SAFE_UNITS || rate > SAFE_RATE) return (receivedUnits * BigInt(rate) + RATE_ONE_UNITS - 1n) / RATE_ONE_UNITS;
  // The same in safe integers, which cost no allocation: of the whole multiples of RATE_ONE, then of the rest, rounded up.
  const units = Number(receivedUnits);
  const rest = units % RATE_ONE;
  const ofRest = rest * rate;
  const beyond = ofRest % RATE_ONE;
  return BigInt(((units - rest) / RATE_ONE) * rate + (ofRest - beyond) / RATE_ONE + (beyond > 0 ? 1 : 0));
}
