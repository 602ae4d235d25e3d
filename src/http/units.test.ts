import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeInstrument } from '../../tests/fixtures/fakeExchange.ts';
import { MAX_LOTS, MAX_UNITS } from '../domain/instrument.ts';
import { formatPrice, formatQuantity, formatRate, formatUnits, parsePrice, parseQuantity, parseQuoteAmount, parseUnits } from './units.ts';

const btc = makeInstrument();

describe('parseUnits', () => {
  it.each<[string, number, bigint]>([
    ['1', 8, 100_000_000n],
    ['1.5', 8, 150_000_000n],
    ['.5', 8, 50_000_000n],
    ['5.', 8, 500_000_000n],
    ['0', 8, 0n],
    ['00.10', 1, 1n],
    ['0.00000001', 8, 1n],
    ['1.000000000000', 8, 100_000_000n],
    ['46116860184.27387903', 8, 4_611_686_018_427_387_903n],
    ['123456789012345', 0, 123_456_789_012_345n],
    ['1234567890123456', 0, 1_234_567_890_123_456n],
  ])('%s at %i is %s', (text, scale, value) => {
    expect(parseUnits(text, scale)).toEqual({ ok: true, value });
  });

  it.each<[string, string]>([
    ['', 'ILLEGAL'],
    ['.', 'ILLEGAL'],
    ['-1', 'ILLEGAL'],
    ['+1', 'ILLEGAL'],
    ['1e3', 'ILLEGAL'],
    ['1.2.3', 'ILLEGAL'],
    ['..', 'ILLEGAL'],
    [' 1', 'ILLEGAL'],
    ['1,5', 'ILLEGAL'],
    ['0x1', 'ILLEGAL'],
    ['Infinity', 'ILLEGAL'],
    ['١', 'ILLEGAL'],
    ['0.000000001', 'PRECISION'],
    ['46116860184.27387904', 'RANGE'],
  ])('%j is %s', (text, problem) => {
    expect(parseUnits(text, 8)).toEqual({ ok: false, problem });
  });

  it('agrees with decimal.js on every plain decimal', () => {
    const decimal = fc.stringMatching(/^\d{1,20}(\.\d{0,20})?$/);
    fc.assert(
      fc.property(decimal, fc.integer({ min: 0, max: 18 }), (text, scale) => {
        const exact = new (Decimal.clone({ precision: 80 }))(text).times(new Decimal(10).pow(scale));
        const parsed = parseUnits(text, scale);
        if (!exact.isInteger()) expect(parsed).toEqual({ ok: false, problem: 'PRECISION' });
        else if (exact.gte(MAX_UNITS.toString())) expect(parsed).toEqual({ ok: false, problem: 'RANGE' });
        else expect(parsed).toEqual({ ok: true, value: BigInt(exact.toFixed(0)) });
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what formatUnits prints', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_UNITS - 1n }), fc.integer({ min: 0, max: 18 }), (units, scale) => {
        expect(parseUnits(formatUnits(units, scale), scale)).toEqual({ ok: true, value: units });
      }),
    );
  });
});

describe('prices and quantities', () => {
  it('are whole multiples of tick and step', () => {
    expect(parsePrice(btc, '50000.01')).toEqual({ ok: true, value: 5_000_001 });
    expect(parsePrice(btc, '50000.010000000')).toEqual({ ok: true, value: 5_000_001 });
    expect(parsePrice(btc, '50000.001')).toEqual({ ok: false, problem: 'PRECISION' });
    expect(parsePrice(makeInstrument({ tickUnits: 5 }), '0.07')).toEqual({ ok: false, problem: 'STEP' });
    expect(parsePrice(makeInstrument({ tickUnits: 5 }), '0.15')).toEqual({ ok: true, value: 3 });
    expect(parseQuantity(btc, '0.00001')).toEqual({ ok: true, value: 1 });
    expect(parseQuantity(btc, '0.000015')).toEqual({ ok: false, problem: 'STEP' });
    expect(parseQuantity(btc, '99999999999')).toEqual({ ok: false, problem: 'RANGE' });
    expect(parseQuoteAmount(btc, '10.5')).toEqual({ ok: true, value: 1_050_000_000n });
  });

  it('come back from their print', () => {
    const { priceScale, tickUnits } = btc;
    expect([priceScale, tickUnits]).toEqual([2, 1]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_LOTS - 1 }), (count) => {
        expect(parsePrice(btc, formatPrice(btc, count))).toEqual({ ok: true, value: count });
        expect(parseQuantity(btc, formatQuantity(btc, count))).toEqual({ ok: true, value: count });
      }),
    );
  });
});

it('prints with all places, negative amounts too', () => {
  expect([formatUnits(-5n, 8), formatUnits(0n, 8), formatUnits(12n, 0), formatUnits(100n, 2)]).toEqual([
    '-0.00000005',
    '0.00000000',
    '12',
    '1.00',
  ]);
  expect([formatPrice(btc, 5_000_000), formatQuantity(btc, 1), formatRate(100_000)]).toEqual([
    '50000.00000000',
    '0.00001000',
    '0.00100000',
  ]);
});
