// Decimal text to integer units and back, at the edge only. Parsing goes through decimal.js, so no float ever touches money;
// what is short enough to be counted in safe integers takes a shorter way to the same answer. Printing pads the digits of
// the integer, which is exact by construction.
import { Decimal } from 'decimal.js';
import type { Instrument } from '../domain/instrument.ts';
import { MAX_LOTS, MAX_TICKS, MAX_UNITS } from '../domain/instrument.ts';

/** Longest decimal text looked at; longer is refused before it is parsed. */
export const MAX_DECIMAL_LENGTH = 40;

/** Plain decimals only: no sign, exponent, space or separator (Binance answers -1100 to those). */
const PLAIN_DECIMAL = /^\d{1,20}(?:\.\d{0,20})?$|^\.\d{1,20}$/;

export type ParsedUnits<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** ILLEGAL: not a plain decimal. PRECISION: more decimals than the asset has. STEP: not a multiple. RANGE: too large. */
      readonly problem: 'ILLEGAL' | 'PRECISION' | 'STEP' | 'RANGE';
    };

const ILLEGAL = { ok: false, problem: 'ILLEGAL' } as const;
const PRECISION = { ok: false, problem: 'PRECISION' } as const;
const STEP = { ok: false, problem: 'STEP' } as const;
const RANGE = { ok: false, problem: 'RANGE' } as const;

const powersOfTen: Decimal[] = [];
for (let i = 0; i <= 40; i++) powersOfTen.push(new Decimal(10).pow(i));
// 20 digits before and 20 after the point survive exactly.
const Exact = Decimal.clone({ precision: 60, toExpPos: 60, toExpNeg: -60 });

function scaled(text: string, scale: number): Decimal | undefined {
  if (text.length > MAX_DECIMAL_LENGTH || !PLAIN_DECIMAL.test(text)) return undefined;
  return new Exact(text).times(powersOfTen[scale] as Decimal);
}

/** Digits, scaled ones included, that always make a safe integer. */
const SAFE_DIGITS = 15;
const DOT = 0x2e;
const ZERO = 0x30;

/** The integer of a short plain decimal at `scale`; -1 when it needs a closer look: too long, too fine, or no decimal. */
function shortScaled(text: string, scale: number): number {
  let value = 0;
  let dotAt = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT && dotAt < 0) dotAt = i;
    else if (code >= ZERO && code <= ZERO + 9) value = value * 10 + (code - ZERO);
    else return -1;
    if (i > SAFE_DIGITS) return -1;
  }
  const decimals = dotAt < 0 ? 0 : text.length - 1 - dotAt;
  const digits = dotAt < 0 ? text.length : text.length - 1;
  if (digits === 0 || decimals > scale || digits + scale - decimals > SAFE_DIGITS) return -1;
  for (let i = decimals; i < scale; i++) value *= 10;
  return value;
}

/** Decimal text to the asset's smallest units. */
export function parseUnits(text: string, scale: number): ParsedUnits<bigint> {
  const short = shortScaled(text, scale);
  if (short >= 0) return { ok: true, value: BigInt(short) };
  const value = scaled(text, scale);
  if (value === undefined) return ILLEGAL;
  if (!value.isInteger()) return PRECISION;
  const units = BigInt(value.toFixed(0));
  return units >= MAX_UNITS ? RANGE : { ok: true, value: units };
}

function parseMultiple(text: string, scale: number, unit: number, max: number): ParsedUnits<number> {
  const short = shortScaled(text, scale);
  if (short >= 0 && short % unit === 0 && short / unit < max) return { ok: true, value: short / unit };
  const value = scaled(text, scale);
  if (value === undefined) return ILLEGAL;
  if (!value.isInteger()) return PRECISION;
  const multiple = value.div(unit);
  if (!multiple.isInteger()) return STEP;
  return multiple.greaterThanOrEqualTo(max) ? RANGE : { ok: true, value: multiple.toNumber() };
}

/** A price to ticks. PRECISION: more decimals than the price scale; STEP: not a multiple of the tick size. */
export function parsePrice(instrument: Instrument, text: string): ParsedUnits<number> {
  return parseMultiple(text, instrument.priceScale, instrument.tickUnits, MAX_TICKS);
}

/** A base quantity to lots. PRECISION: more decimals than the base asset has; STEP: not a multiple of the step size. */
export function parseQuantity(instrument: Instrument, text: string): ParsedUnits<number> {
  return parseMultiple(text, instrument.baseScale, instrument.lotUnits, MAX_LOTS);
}

/** A quote amount to quote units. */
export function parseQuoteAmount(instrument: Instrument, text: string): ParsedUnits<bigint> {
  return parseUnits(text, instrument.quoteScale);
}

function point(digits: string, scale: number): string {
  if (scale === 0) return digits;
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, '0');
  const at = padded.length - scale;
  return `${padded.slice(0, at)}.${padded.slice(at)}`;
}

/** A decimal without the zeros at its end, and without the point they leave: "1.500" is "1.5", "2.0" is "2". Linear in its length. */
export function withoutTrailingZeros(decimal: string): string {
  if (!decimal.includes('.')) return decimal;
  let end = decimal.length;
  while (decimal.charCodeAt(end - 1) === 0x30) end--;
  if (decimal.charCodeAt(end - 1) === 0x2e) end--;
  return decimal.slice(0, end);
}

/** Units as a decimal with all `scale` places: 150000000n at 8 is "1.50000000". Negative amounts keep their sign. */
export function formatUnits(units: bigint, scale: number): string {
  return units < 0n ? `-${point((-units).toString(), scale)}` : point(units.toString(), scale);
}

function formatMultiple(count: number, unit: number, scale: number): string {
  const product = count * unit;
  return Number.isSafeInteger(product) ? point(String(product), scale) : formatUnits(BigInt(count) * BigInt(unit), scale);
}

/** Ticks as a price, with the asset's `places` decimals (Binance prints prices with the quote precision). */
export function formatPrice(instrument: Instrument, ticks: number): string {
  const text = formatMultiple(ticks, instrument.tickUnits, instrument.priceScale);
  const missing = instrument.quoteScale - instrument.priceScale;
  if (missing <= 0) return text;
  return instrument.priceScale === 0 ? `${text}.${'0'.repeat(missing)}` : text + '0'.repeat(missing);
}

/** Lots as a base quantity with the base asset's decimals. */
export function formatQuantity(instrument: Instrument, lots: number): string {
  return formatMultiple(lots, instrument.lotUnits, instrument.baseScale);
}

/** Quote units as a decimal. */
export function formatQuote(instrument: Instrument, units: bigint): string {
  return formatUnits(units, instrument.quoteScale);
}

/** A rate in 1e-8 as a decimal: 100_000 is "0.00100000". */
export function formatRate(rate: number): string {
  return point(String(rate), 8);
}
