// Decimal texts of a known symbol as ticks, lots and quote units, with Binance's errors: more decimals than the asset has
// is -1111, off the tick or step is a filter failure, zero is "Invalid ...".
import type { Instrument } from '../../../domain/instrument.ts';
import { parsePrice, parseQuantity, parseQuoteAmount, parseUnits } from '../../units.ts';
import { BinanceError } from '../binanceError.ts';
import { tooPrecise } from './paramErrors.ts';

export function filterFailure(filter: string): BinanceError {
  return new BinanceError(-1013, `Filter failure: ${filter}`);
}

function invalidAmount(name: string): BinanceError {
  return new BinanceError(-1013, `Invalid ${name}.`);
}

export function priceTicks(instrument: Instrument, name: string, text: string): number {
  const parsed = parsePrice(instrument, text);
  if (!parsed.ok) {
    const unitsOfQuote = parseUnits(text, instrument.quoteScale);
    if (!unitsOfQuote.ok && unitsOfQuote.problem === 'PRECISION') throw tooPrecise(name);
    throw filterFailure('PRICE_FILTER');
  }
  if (parsed.value === 0) throw invalidAmount(name);
  return parsed.value;
}

export function lots(instrument: Instrument, name: string, text: string): number {
  const parsed = parseQuantity(instrument, text);
  if (!parsed.ok) {
    if (parsed.problem === 'PRECISION') throw tooPrecise(name);
    throw filterFailure('LOT_SIZE');
  }
  if (parsed.value === 0) throw invalidAmount(name);
  return parsed.value;
}

/** The visible part of an iceberg; zero means that it is none. */
export function icebergLots(instrument: Instrument, name: string, text: string): number {
  const parsed = parseQuantity(instrument, text);
  if (parsed.ok) return parsed.value;
  if (parsed.problem === 'PRECISION') throw tooPrecise(name);
  throw filterFailure('LOT_SIZE');
}

export function quoteUnits(instrument: Instrument, name: string, text: string): bigint {
  const parsed = parseQuoteAmount(instrument, text);
  if (!parsed.ok) {
    if (parsed.problem === 'PRECISION') throw tooPrecise(name);
    throw filterFailure('NOTIONAL');
  }
  if (parsed.value === 0n) throw invalidAmount(name);
  return parsed.value;
}
