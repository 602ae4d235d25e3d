// An instrument's filters as exchangeInfo lists them: only types and keys Binance has, PRICE_FILTER first (clients read
// filters[0]), in the order of the venue's own answers. A filter that bounds nothing is left out.
import { type Instrument, MAX_LOTS } from '../../../domain/instrument.ts';
import { formatPrice, formatQuantity, formatQuote, formatUnits, withoutTrailingZeros } from '../../units.ts';

export interface Filter {
  readonly filterType: string;
  readonly [key: string]: string | number | boolean;
}

/** Multipliers are in 1e-4 and printed without trailing zeros: 50_000 is "5", 2_000 is "0.2". */
function multiplier(tenThousandths: number): string {
  return withoutTrailingZeros(formatUnits(BigInt(tenThousandths), 4));
}

/** Stands for "no upper bound" where the filter cannot say so. */
const UNBOUNDED_MULTIPLIER = 10_000_000_000;

function priceAndLots(instrument: Instrument): Filter[] {
  const { filters } = instrument;
  return [
    {
      filterType: 'PRICE_FILTER',
      minPrice: formatPrice(instrument, filters.minPriceTicks),
      maxPrice: formatPrice(instrument, filters.maxPriceTicks),
      tickSize: formatPrice(instrument, 1),
    },
    {
      filterType: 'LOT_SIZE',
      minQty: formatQuantity(instrument, filters.minLots),
      maxQty: formatQuantity(instrument, filters.maxLots || MAX_LOTS - 1),
      stepSize: formatQuantity(instrument, 1),
    },
  ];
}

function marketLotSize(instrument: Instrument): Filter[] {
  const { marketMinLots, marketMaxLots, maxLots } = instrument.filters;
  if (marketMinLots === 0 && marketMaxLots === 0) return [];
  return [
    {
      filterType: 'MARKET_LOT_SIZE',
      minQty: formatQuantity(instrument, marketMinLots),
      maxQty: formatQuantity(instrument, marketMaxLots || maxLots || MAX_LOTS - 1),
      // Zero: LOT_SIZE's step is the only one.
      stepSize: formatQuantity(instrument, 0),
    },
  ];
}

function trailingDelta({ filters }: Instrument): Filter[] {
  const { minTrailingAboveDelta, maxTrailingAboveDelta, minTrailingBelowDelta, maxTrailingBelowDelta } = filters;
  if (maxTrailingAboveDelta === 0 && maxTrailingBelowDelta === 0) return [];
  return [
    {
      filterType: 'TRAILING_DELTA',
      minTrailingAboveDelta,
      maxTrailingAboveDelta,
      minTrailingBelowDelta,
      maxTrailingBelowDelta,
    },
  ];
}

function percentPrice({ filters }: Instrument): Filter[] {
  const { multiplierUp, multiplierDown, avgPriceMins } = filters;
  if (multiplierUp + multiplierDown === 0) return [];
  return [
    {
      filterType: 'PERCENT_PRICE',
      multiplierUp: formatUnits(BigInt(multiplierUp || UNBOUNDED_MULTIPLIER), 4),
      multiplierDown: formatUnits(BigInt(multiplierDown), 4),
      avgPriceMins,
    },
  ];
}

function percentPriceBySide({ filters }: Instrument): Filter[] {
  const { bidMultiplierUp, bidMultiplierDown, askMultiplierUp, askMultiplierDown, avgPriceMins } = filters;
  if (bidMultiplierUp + bidMultiplierDown + askMultiplierUp + askMultiplierDown === 0) return [];
  return [
    {
      filterType: 'PERCENT_PRICE_BY_SIDE',
      bidMultiplierUp: multiplier(bidMultiplierUp || UNBOUNDED_MULTIPLIER),
      bidMultiplierDown: multiplier(bidMultiplierDown),
      askMultiplierUp: multiplier(askMultiplierUp || UNBOUNDED_MULTIPLIER),
      askMultiplierDown: multiplier(askMultiplierDown),
      avgPriceMins,
    },
  ];
}

/** One of the two is always there: clients take the absence of both for a broken symbol. */
function notional(instrument: Instrument): Filter {
  const { filters } = instrument;
  const minNotional = formatQuote(instrument, filters.minNotionalUnits);
  const { applyMinNotionalToMarket, avgPriceMins } = filters;
  if (filters.maxNotionalUnits === 0n) {
    return { filterType: 'MIN_NOTIONAL', minNotional, applyToMarket: applyMinNotionalToMarket, avgPriceMins };
  }
  return {
    filterType: 'NOTIONAL',
    minNotional,
    applyMinToMarket: applyMinNotionalToMarket,
    maxNotional: formatQuote(instrument, filters.maxNotionalUnits),
    applyMaxToMarket: filters.applyMaxNotionalToMarket,
    avgPriceMins,
  };
}

function count(filterType: string, key: string, most: number): Filter[] {
  return most === 0 ? [] : [{ filterType, [key]: most }];
}

export function symbolFilters(instrument: Instrument): Filter[] {
  const { filters } = instrument;
  return [
    ...priceAndLots(instrument),
    ...count('ICEBERG_PARTS', 'limit', filters.icebergParts),
    ...marketLotSize(instrument),
    ...trailingDelta(instrument),
    ...percentPrice(instrument),
    ...percentPriceBySide(instrument),
    notional(instrument),
    ...count('MAX_NUM_ORDERS', 'maxNumOrders', filters.maxNumOrders),
    ...count('MAX_NUM_ORDER_LISTS', 'maxNumOrderLists', filters.maxNumOrderLists),
    ...count('MAX_NUM_ALGO_ORDERS', 'maxNumAlgoOrders', filters.maxNumAlgoOrders),
    ...count('MAX_NUM_ICEBERG_ORDERS', 'maxNumIcebergOrders', filters.maxNumIcebergOrders),
    ...(filters.maxPositionUnits === 0n
      ? []
      : [{ filterType: 'MAX_POSITION', maxPosition: formatUnits(filters.maxPositionUnits, instrument.baseScale) }]),
    ...count('MAX_NUM_ORDER_AMENDS', 'maxNumOrderAmends', filters.maxNumOrderAmends),
  ];
}
