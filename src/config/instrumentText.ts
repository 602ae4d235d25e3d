// An instrument as people write it: decimal texts for tick size, step size and bounds, words for types and modes. One form for
// config/instruments.json and POST /admin/v1/symbols. In: that JSON. Out: the Instrument in integers, or an error naming the
// key. Whether the numbers make sense together is domain/orderChecks' question (checkInstrument), not this one's.
import { type Instrument, type InstrumentFilters, MAX_LOTS, MAX_TICKS } from '../domain/instrument.ts';
import { nameOf, OrderType, StpMode, SymbolStatus } from '../domain/orderTerms.ts';
import { formatUnits, type ParsedUnits, parseUnits, withoutTrailingZeros } from '../http/units.ts';

export class InstrumentTextError extends Error {
  override name = 'InstrumentTextError';
  /** The key at fault: 'filters.minPrice'; '' when the whole is not an object. */
  readonly key: string;

  constructor(symbol: string, key: string, problem: string) {
    super([symbol, key, problem].filter((part) => part !== '').join(': '));
    this.key = key;
  }
}

/** Every key; those without `?` are needed, the others have the default said. Quantities are base, notionals quote. */
export interface InstrumentText {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly tickSize: string;
  readonly stepSize: string;
  /** Decimals of the assets' smallest units. @default 8 */
  readonly baseScale?: number;
  readonly quoteScale?: number;
  /** @default TRADING */
  readonly status?: string;
  /** @default every type */
  readonly orderTypes?: readonly string[];
  /** @default true, all of them */
  readonly icebergAllowed?: boolean;
  readonly ocoAllowed?: boolean;
  readonly otoAllowed?: boolean;
  readonly opoAllowed?: boolean;
  readonly quoteOrderQtyMarketAllowed?: boolean;
  readonly trailingStopAllowed?: boolean;
  readonly cancelReplaceAllowed?: boolean;
  readonly amendAllowed?: boolean;
  readonly pegAllowed?: boolean;
  /** @default EXPIRE_MAKER */
  readonly defaultSelfTradePrevention?: string;
  /** @default every mode */
  readonly allowedSelfTradePrevention?: readonly string[];
  readonly filters?: FiltersText;
}

/** A bound that is absent or "0" is off; whole numbers are counts, basis points or minutes. */
export interface FiltersText {
  readonly minPrice?: string;
  readonly maxPrice?: string;
  readonly minQuantity?: string;
  readonly maxQuantity?: string;
  readonly marketMinQuantity?: string;
  readonly marketMaxQuantity?: string;
  readonly minNotional?: string;
  readonly maxNotional?: string;
  /** @default true */
  readonly applyMinNotionalToMarket?: boolean;
  /** @default false */
  readonly applyMaxNotionalToMarket?: boolean;
  /** Multipliers of the average price with up to 4 decimals: "5", "0.2". */
  readonly multiplierUp?: string;
  readonly multiplierDown?: string;
  readonly bidMultiplierUp?: string;
  readonly bidMultiplierDown?: string;
  readonly askMultiplierUp?: string;
  readonly askMultiplierDown?: string;
  /** @default 5 */
  readonly avgPriceMins?: number;
  readonly icebergParts?: number;
  readonly maxNumOrders?: number;
  readonly maxNumAlgoOrders?: number;
  readonly maxNumIcebergOrders?: number;
  readonly maxNumOrderLists?: number;
  readonly maxNumOrderAmends?: number;
  readonly maxPosition?: string;
  readonly minTrailingAboveDelta?: number;
  readonly maxTrailingAboveDelta?: number;
  readonly minTrailingBelowDelta?: number;
  readonly maxTrailingBelowDelta?: number;
}

const SYMBOL = /^[A-Z0-9]{2,20}$/;
const ASSET = /^[A-Z0-9]{1,10}$/;
const SCALE_MAX = 18;
const MULTIPLIER_SCALE = 4;
const ALLOWED = [
  'icebergAllowed',
  'ocoAllowed',
  'otoAllowed',
  'opoAllowed',
  'quoteOrderQtyMarketAllowed',
  'trailingStopAllowed',
  'cancelReplaceAllowed',
  'amendAllowed',
  'pegAllowed',
] as const satisfies readonly (keyof Instrument)[];
const COUNTS = [
  'icebergParts',
  'maxNumOrders',
  'maxNumAlgoOrders',
  'maxNumIcebergOrders',
  'maxNumOrderLists',
  'maxNumOrderAmends',
  'minTrailingAboveDelta',
  'maxTrailingAboveDelta',
  'minTrailingBelowDelta',
  'maxTrailingBelowDelta',
] as const satisfies readonly (keyof InstrumentFilters)[];
const MULTIPLIERS = [
  'multiplierUp',
  'multiplierDown',
  'bidMultiplierUp',
  'bidMultiplierDown',
  'askMultiplierUp',
  'askMultiplierDown',
] as const satisfies readonly (keyof InstrumentFilters)[];

/** Reads the keys of one JSON object, and knows at the end which were not asked for. */
class Keys {
  readonly #values: Map<string, unknown>;
  readonly #symbol: string;
  readonly #prefix: string;

  constructor(value: unknown, symbol: string, prefix = '') {
    this.#symbol = symbol;
    this.#prefix = prefix;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail('', 'must be an object');
    this.#values = new Map(Object.entries(value as object));
  }

  fail(key: string, problem: string): never {
    throw new InstrumentTextError(this.#symbol, this.#prefix + key, problem);
  }

  #take(key: string): unknown {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  text(key: string, pattern: RegExp): string {
    const value = this.#take(key);
    if (typeof value !== 'string') this.fail(key, value === undefined ? 'is missing' : 'must be a text');
    if (!pattern.test(value as string)) this.fail(key, `must match ${pattern.source}`);
    return value as string;
  }

  /** A decimal in units of 10^-scale. */
  decimal(key: string, scale: number, byDefault?: string): bigint {
    const value = this.#take(key) ?? byDefault;
    if (typeof value !== 'string') this.fail(key, value === undefined ? 'is missing' : 'must be a decimal as text');
    const parsed: ParsedUnits<bigint> = parseUnits(value as string, scale);
    if (parsed.ok) return parsed.value;
    if (parsed.problem === 'PRECISION') this.fail(key, `may have ${scale} decimals`);
    return this.fail(key, parsed.problem === 'RANGE' ? 'is too large' : 'must be a plain decimal');
  }

  /** A decimal that has to be a whole multiple of `unit`. */
  multiple(key: string, scale: number, unit: number, of: string, max: number): number {
    const units = this.decimal(key, scale, '0');
    if (units % BigInt(unit) !== 0n) this.fail(key, `must be a multiple of ${of}`);
    const count = units / BigInt(unit);
    return count < max ? Number(count) : this.fail(key, 'is too large');
  }

  whole(key: string, byDefault: number, max: number): number {
    const value = this.#take(key) ?? byDefault;
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max) return value as number;
    return this.fail(key, `must be a whole number from 0 to ${max}`);
  }

  flag(key: string, byDefault: boolean): boolean {
    const value = this.#take(key) ?? byDefault;
    return typeof value === 'boolean' ? value : this.fail(key, 'must be true or false');
  }

  word<T extends number>(key: string, terms: Readonly<Record<string, T>>, byDefault: string): T {
    return this.#code(key, terms, this.#take(key) ?? byDefault);
  }

  words<T extends number>(key: string, terms: Readonly<Record<string, T>>): readonly T[] {
    const value = this.#take(key) ?? Object.keys(terms);
    if (!Array.isArray(value)) this.fail(key, 'must be a list');
    return [...new Set((value as unknown[]).map((word) => this.#code(key, terms, word)))];
  }

  #code<T extends number>(key: string, terms: Readonly<Record<string, T>>, word: unknown): T {
    if (typeof word === 'string' && Object.hasOwn(terms, word)) return terms[word] as T;
    return this.fail(key, `must be of ${Object.keys(terms).join(', ')}`);
  }

  /** Another object under this one. */
  below(key: string): Keys {
    return new Keys(this.#take(key) ?? {}, this.#symbol, `${this.#prefix}${key}.`);
  }

  done(): void {
    for (const key of this.#values.keys()) this.fail(key, 'is not known');
  }
}

/** Throws InstrumentTextError. */
export function parseInstrument(json: unknown): Instrument {
  const symbol = new Keys(json, '').text('symbol', SYMBOL);
  const keys = new Keys(json, symbol);
  keys.text('symbol', SYMBOL);
  const baseScale = keys.whole('baseScale', 8, SCALE_MAX);
  const quoteScale = keys.whole('quoteScale', 8, SCALE_MAX);
  const price = tickOf(keys, quoteScale);
  const lotUnits = unitOf(keys, 'stepSize', baseScale);
  // One tick of one lot in quote units: tickUnits 10^-priceScale x lotUnits 10^-baseScale, at 10^-quoteScale.
  const exponent = quoteScale - price.scale - baseScale;
  const product = BigInt(price.units) * BigInt(lotUnits) * 10n ** BigInt(Math.max(exponent, 0));
  const divisor = 10n ** BigInt(Math.max(-exponent, 0));
  const perTickLot = product / divisor;
  if (product % divisor !== 0n) {
    keys.fail('stepSize', `tickSize x stepSize has more than ${quoteScale} decimals: amounts would not be exact`);
  }
  if (perTickLot > BigInt(Number.MAX_SAFE_INTEGER)) keys.fail('stepSize', 'tickSize x stepSize is too large');
  const allowed = Object.fromEntries(ALLOWED.map((key) => [key, keys.flag(key, true)])) as Record<(typeof ALLOWED)[number], boolean>;
  const instrument: Instrument = {
    symbol,
    baseAsset: keys.text('baseAsset', ASSET),
    quoteAsset: keys.text('quoteAsset', ASSET),
    baseScale,
    quoteScale,
    priceScale: price.scale,
    tickUnits: price.units,
    lotUnits,
    quoteUnitsPerTickLot: Number(perTickLot),
    status: keys.word('status', SymbolStatus, 'TRADING'),
    orderTypes: keys.words('orderTypes', OrderType),
    ...allowed,
    defaultStpMode: keys.word('defaultSelfTradePrevention', StpMode, 'EXPIRE_MAKER'),
    allowedStpModes: keys.words('allowedSelfTradePrevention', StpMode),
    filters: filtersOf(keys.below('filters'), price, { baseScale, quoteScale, lotUnits }),
    haltReason: '',
    updateUs: 0,
  };
  if (instrument.baseAsset === instrument.quoteAsset) keys.fail('quoteAsset', 'must differ from baseAsset');
  keys.done();
  return instrument;
}

interface Tick {
  readonly scale: number;
  readonly units: number;
}

function tickOf(keys: Keys, quoteScale: number): Tick {
  let units = unitOf(keys, 'tickSize', quoteScale);
  let scale = quoteScale;
  // "0.01000000" says the same as "0.01": prices are printed with the decimals the tick needs.
  while (scale > 0 && units % 10 === 0) {
    units /= 10;
    scale--;
  }
  return { scale, units };
}

function unitOf(keys: Keys, key: string, scale: number): number {
  const units = keys.decimal(key, scale);
  if (units === 0n) keys.fail(key, 'must be above 0');
  return units <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(units) : keys.fail(key, 'is too large');
}

function filtersOf(
  keys: Keys,
  tick: Tick,
  { baseScale, quoteScale, lotUnits }: Pick<Instrument, 'baseScale' | 'quoteScale' | 'lotUnits'>,
): InstrumentFilters {
  const ticks = (key: string): number => keys.multiple(key, tick.scale, tick.units, 'tickSize', MAX_TICKS);
  const lots = (key: string): number => keys.multiple(key, baseScale, lotUnits, 'stepSize', MAX_LOTS);
  const filters: InstrumentFilters = {
    minPriceTicks: ticks('minPrice'),
    maxPriceTicks: ticks('maxPrice'),
    minLots: lots('minQuantity'),
    maxLots: lots('maxQuantity'),
    marketMinLots: lots('marketMinQuantity'),
    marketMaxLots: lots('marketMaxQuantity'),
    minNotionalUnits: keys.decimal('minNotional', quoteScale, '0'),
    maxNotionalUnits: keys.decimal('maxNotional', quoteScale, '0'),
    applyMinNotionalToMarket: keys.flag('applyMinNotionalToMarket', true),
    applyMaxNotionalToMarket: keys.flag('applyMaxNotionalToMarket', false),
    ...numbers(MULTIPLIERS, (key) => keys.multiple(key, MULTIPLIER_SCALE, 1, '0.0001', MAX_TICKS)),
    avgPriceMins: keys.whole('avgPriceMins', 5, 1440),
    ...numbers(COUNTS, (key) => keys.whole(key, 0, 1_000_000)),
    maxPositionUnits: keys.decimal('maxPosition', baseScale, '0'),
  };
  keys.done();
  return filters;
}

function numbers<K extends string>(keys: readonly K[], value: (key: K) => number): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, number>;
}

/** A list of them, as config/instruments.json has it; every symbol once, every asset with one scale. */
export function parseInstruments(json: unknown): Instrument[] {
  if (!Array.isArray(json)) throw new InstrumentTextError('', '', 'must be a list of instruments');
  const instruments = json.map(parseInstrument);
  const scales = new Map<string, number>();
  const symbols = new Set<string>();
  for (const { symbol, baseAsset, baseScale, quoteAsset, quoteScale } of instruments) {
    if (symbols.has(symbol)) throw new InstrumentTextError(symbol, 'symbol', 'is listed twice');
    symbols.add(symbol);
    for (const [key, asset, scale] of [
      ['baseScale', baseAsset, baseScale],
      ['quoteScale', quoteAsset, quoteScale],
    ] as const) {
      if ((scales.get(asset) ?? scale) !== scale) {
        throw new InstrumentTextError(symbol, key, `${asset} has ${scales.get(asset)} elsewhere`);
      }
      scales.set(asset, scale);
    }
  }
  return instruments;
}

const names = (terms: Readonly<Record<string, number>>, codes: readonly number[]): string[] =>
  codes.map((code) => nameOf(terms, code) ?? String(code));

/** The tick size as a decimal. */
export function tickSizeText(instrument: Instrument): string {
  return formatUnits(BigInt(instrument.tickUnits), instrument.priceScale);
}

/** The step size as a decimal, without the zeros it does not need. */
export function stepSizeText(instrument: Instrument): string {
  return withoutTrailingZeros(formatUnits(BigInt(instrument.lotUnits), instrument.baseScale));
}

/** The form parseInstrument reads, with every key said. */
export function printInstrument(instrument: Instrument): Required<InstrumentText> {
  const { filters, baseScale, quoteScale, priceScale } = instrument;
  const price = (ticks: number): string => withoutTrailingZeros(formatUnits(BigInt(ticks) * BigInt(instrument.tickUnits), priceScale));
  const quantity = (lots: number): string => withoutTrailingZeros(formatUnits(BigInt(lots) * BigInt(instrument.lotUnits), baseScale));
  const multiplier = (value: number): string => withoutTrailingZeros(formatUnits(BigInt(value), MULTIPLIER_SCALE));
  return {
    symbol: instrument.symbol,
    baseAsset: instrument.baseAsset,
    quoteAsset: instrument.quoteAsset,
    tickSize: tickSizeText(instrument),
    stepSize: stepSizeText(instrument),
    baseScale,
    quoteScale,
    status: nameOf(SymbolStatus, instrument.status) ?? '',
    orderTypes: names(OrderType, instrument.orderTypes),
    ...(Object.fromEntries(ALLOWED.map((key) => [key, instrument[key]])) as Record<(typeof ALLOWED)[number], boolean>),
    defaultSelfTradePrevention: nameOf(StpMode, instrument.defaultStpMode) ?? '',
    allowedSelfTradePrevention: names(StpMode, instrument.allowedStpModes),
    filters: {
      minPrice: price(filters.minPriceTicks),
      maxPrice: price(filters.maxPriceTicks),
      minQuantity: quantity(filters.minLots),
      maxQuantity: quantity(filters.maxLots),
      marketMinQuantity: quantity(filters.marketMinLots),
      marketMaxQuantity: quantity(filters.marketMaxLots),
      minNotional: withoutTrailingZeros(formatUnits(filters.minNotionalUnits, quoteScale)),
      maxNotional: withoutTrailingZeros(formatUnits(filters.maxNotionalUnits, quoteScale)),
      applyMinNotionalToMarket: filters.applyMinNotionalToMarket,
      applyMaxNotionalToMarket: filters.applyMaxNotionalToMarket,
      multiplierUp: multiplier(filters.multiplierUp),
      multiplierDown: multiplier(filters.multiplierDown),
      bidMultiplierUp: multiplier(filters.bidMultiplierUp),
      bidMultiplierDown: multiplier(filters.bidMultiplierDown),
      askMultiplierUp: multiplier(filters.askMultiplierUp),
      askMultiplierDown: multiplier(filters.askMultiplierDown),
      avgPriceMins: filters.avgPriceMins,
      ...numbers(COUNTS, (key) => filters[key]),
      maxPosition: withoutTrailingZeros(formatUnits(filters.maxPositionUnits, baseScale)),
    },
  };
}
