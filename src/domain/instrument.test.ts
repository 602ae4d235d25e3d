import fc from 'fast-check';
import { expect, test } from 'vitest';
import { feeUnits, MAX_UNITS } from './instrument.ts';

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const ROUND = 100_000_000n;

test('a commission is the received amount times the rate, rounded up, however it is computed', () => {
  const units = fc.oneof(
    fc.bigInt({ min: 0n, max: MAX_UNITS }),
    fc.bigInt({ min: 0n, max: SAFE }),
    fc.bigInt({ min: SAFE - 1_000n, max: SAFE + 1_000n }),
    // Around whole multiples of what a rate counts in.
    fc
      .tuple(fc.bigInt({ min: 0n, max: SAFE / ROUND }), fc.bigInt({ min: -2n, max: 2n }))
      .map(([n, d]) => (n * ROUND + d < 0n ? 0n : n * ROUND + d)),
  );
  const rate = fc.oneof(
    fc.integer({ min: 0, max: 100_000_000 }),
    fc.integer({ min: 90_071_980, max: 90_072_000 }),
    fc.integer({ min: 0, max: 3 }),
  );
  fc.assert(
    fc.property(units, rate, (received, of) => {
      const fee = feeUnits(received, of);
      expect(fee).toBe((received * BigInt(of) + ROUND - 1n) / ROUND);
      expect(fee <= received).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});
