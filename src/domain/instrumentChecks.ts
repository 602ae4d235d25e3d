// Whether an instrument is sound: everything inside relies on it being so, so an unsound one is never listed.
import { type Instrument, type InstrumentFilters, MAX_LOTS, MAX_TICKS, MAX_UNITS } from './instrument.ts';
import { OrderType, StpMode, SymbolStatus } from './orderTerms.ts';

const NAME = /^[A-Z0-9]{1,20}$/;
/** Smallest units of an asset are at most this small: amounts are signed 64-bit integers. */
const MAX_SCALE = 18;

/** The field that is not sound and why; undefined when all is well. */
export function checkInstrument(instrument: Instrument): string | undefined {
  return checkScales(instrument) ?? checkFeatures(instrument) ?? checkFilters(instrument.filters);
}

function checkScales(i: Instrument): string | undefined {
  for (const name of ['symbol', 'baseAsset', 'quoteAsset'] as const)
    if (typeof i[name] !== 'string' || !NAME.test(i[name])) return `${name} must match ${NAME.source}`;
  if (i.baseAsset === i.quoteAsset) return 'quoteAsset must differ from baseAsset';
  for (const name of ['baseScale', 'quoteScale', 'priceScale'] as const)
    if (!isWhole(i[name], 0, MAX_SCALE)) return `${name} must be a whole number from 0 to ${MAX_SCALE}`;
  if (!isWhole(i.tickUnits, 1, MAX_TICKS)) return 'tickUnits must be a whole number of at least 1';
  if (!isWhole(i.lotUnits, 1, Number.MAX_SAFE_INTEGER)) return 'lotUnits must be a whole number of at least 1';
  // price x quantity in quote units: tickUnits x 10^-priceScale x lotUnits x 10^-baseScale x 10^quoteScale.
  const numerator = BigInt(i.tickUnits) * BigInt(i.lotUnits) * 10n ** BigInt(i.quoteScale);
  const denominator = 10n ** BigInt(i.priceScale + i.baseScale);
  if (numerator % denominator !== 0n) {
    return 'quoteUnitsPerTickLot is no whole number: raise tickUnits or lotUnits, or give the quote asset more decimals';
  }
  const expected = numerator / denominator;
  if (expected > BigInt(Number.MAX_SAFE_INTEGER)) return 'quoteUnitsPerTickLot is too large';
  if (!Number.isSafeInteger(i.quoteUnitsPerTickLot) || BigInt(i.quoteUnitsPerTickLot) !== expected)
    return `quoteUnitsPerTickLot must be ${expected}`;
  return undefined;
}

function checkFeatures(i: Instrument): string | undefined {
  if (!known(SymbolStatus, i.status)) return 'status is not known';
  if (i.orderTypes.length === 0) return 'orderTypes must not be empty';
  if (!i.orderTypes.every((type) => known(OrderType, type))) return 'orderTypes has a type that is not known';
  if (new Set(i.orderTypes).size !== i.orderTypes.length) return 'orderTypes has a type twice';
  if (!i.allowedStpModes.every((mode) => known(StpMode, mode))) return 'allowedStpModes has a mode that is not known';
  if (!i.allowedStpModes.includes(i.defaultStpMode)) return 'defaultStpMode must be one of allowedStpModes';
  return undefined;
}

/** Pairs of bounds; a maximum of 0 disables it. */
const TICKS = [['minPriceTicks', 'maxPriceTicks']] as const;
const LOTS = [
  ['minLots', 'maxLots'],
  ['marketMinLots', 'marketMaxLots'],
] as const;
const MULTIPLIERS = [
  ['multiplierDown', 'multiplierUp'],
  ['bidMultiplierDown', 'bidMultiplierUp'],
  ['askMultiplierDown', 'askMultiplierUp'],
] as const;
const DELTAS = [
  ['minTrailingAboveDelta', 'maxTrailingAboveDelta'],
  ['minTrailingBelowDelta', 'maxTrailingBelowDelta'],
] as const;
const COUNTS = [
  'avgPriceMins',
  'icebergParts',
  'maxNumOrders',
  'maxNumAlgoOrders',
  'maxNumIcebergOrders',
  'maxNumOrderLists',
  'maxNumOrderAmends',
] as const;

function checkFilters(f: InstrumentFilters): string | undefined {
  const problem =
    checkBounds(f, TICKS, MAX_TICKS - 1) ??
    checkBounds(f, LOTS, MAX_LOTS - 1) ??
    checkBounds(f, MULTIPLIERS, Number.MAX_SAFE_INTEGER) ??
    checkBounds(f, DELTAS, 9_999);
  if (problem !== undefined) return problem;
  for (const name of COUNTS)
    if (!isWhole(f[name], 0, Number.MAX_SAFE_INTEGER)) return `filters.${name} must be a whole number, 0 disables it`;
  for (const name of ['minNotionalUnits', 'maxNotionalUnits', 'maxPositionUnits'] as const) {
    if (typeof f[name] !== 'bigint' || f[name] < 0n || f[name] >= MAX_UNITS) return `filters.${name} must be from 0 to 2^62`;
  }
  if (f.maxNotionalUnits > 0n && f.minNotionalUnits > f.maxNotionalUnits)
    return 'filters.minNotionalUnits is above filters.maxNotionalUnits';
  return undefined;
}

type NumberFilter = {
  [K in keyof InstrumentFilters]: InstrumentFilters[K] extends number ? K : never;
}[keyof InstrumentFilters];

function checkBounds(f: InstrumentFilters, pairs: readonly (readonly [NumberFilter, NumberFilter])[], most: number): string | undefined {
  for (const [min, max] of pairs) {
    for (const name of [min, max]) if (!isWhole(f[name], 0, most)) return `filters.${name} must be a whole number from 0 to ${most}`;
    if (f[max] > 0 && f[min] > f[max]) return `filters.${min} is above filters.${max}`;
  }
  return undefined;
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function known(terms: Readonly<Record<string, number>>, code: number): boolean {
  return Object.values(terms).includes(code);
}
