// Derived figures of a price window, exact in integers: change, percentage, averages. REST tickers and streams share them.
import { baseUnits, type Instrument } from '../../../domain/instrument.ts';
import type { MarketView, WindowStats } from '../../../ports/marketData.ts';
import { formatPrice, formatQuote } from '../../units.ts';

/** Price difference with its sign. */
export function priceChange(instrument: Instrument, stats: WindowStats): string {
  const ticks = stats.closeTicks - stats.openTicks;
  return ticks < 0 ? `-${formatPrice(instrument, -ticks)}` : formatPrice(instrument, ticks);
}

/** (close - open) / open in percent with three decimals, rounded half away from zero; "0.000" without an open price. */
export function priceChangePercent(stats: WindowStats): string {
  if (stats.openTicks === 0) return '0.000';
  const ticks = BigInt(stats.closeTicks - stats.openTicks);
  const open = BigInt(stats.openTicks);
  const size = ticks < 0n ? -ticks : ticks;
  const thousandths = (size * 200_000n + open) / (2n * open);
  const digits = thousandths.toString().padStart(4, '0');
  return `${ticks < 0n && thousandths > 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

/** quoteUnits over base units, as a price with the quote asset's decimals, truncated. */
function ratio(instrument: Instrument, quoteUnits: bigint, base: bigint): string {
  return formatQuote(instrument, base === 0n ? 0n : (quoteUnits * 10n ** BigInt(instrument.baseScale)) / base);
}

export function weightedAverage(instrument: Instrument, stats: WindowStats): string {
  return ratio(instrument, stats.quoteUnits, baseUnits(instrument, stats.volumeLots));
}

export type AveragePrice = ReturnType<MarketView['avgPriceTicks']>;

/** The exact average where there were trades; else the price the view falls back to. */
export function averagePrice(instrument: Instrument, average: AveragePrice): string {
  if (average.denominatorLots === 0n) return formatPrice(instrument, average.priceTicks);
  return ratio(instrument, average.numeratorQuoteUnits, average.denominatorLots * BigInt(instrument.lotUnits));
}
