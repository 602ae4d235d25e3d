// Commission rates between decimal text and 1e-8 integers.
import { parseUnits } from './units.ts';

/** Decimals of a rate: 0.001 is 100_000. */
export const RATE_SCALE = 8;

/** "0.001" to 100_000; throws RangeError for text that is not a fraction below 1 with at most 8 decimals. */
export function rateOf(text: string): number {
  const parsed = parseUnits(text, RATE_SCALE);
  if (!parsed.ok || parsed.value >= 10n ** BigInt(RATE_SCALE)) throw new RangeError(`not a commission rate: ${JSON.stringify(text)}`);
  return Number(parsed.value);
}
