import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeInstrument } from '../../tests/fixtures/fakeExchange.ts';
import { notionalUnits } from '../domain/instrument.ts';
import { OrderType, StpMode, SymbolStatus } from '../domain/orderTerms.ts';
import { InstrumentTextError, parseInstrument, parseInstruments, printInstrument } from './instrumentText.ts';

const shipped: unknown = JSON.parse(readFileSync(new URL('../../config/instruments.json', import.meta.url), 'utf8'));
const minimal = { symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT', tickSize: '0.01', stepSize: '0.00001' };

it('reads what the venue ships: seven symbols, each sound and with every feature', () => {
  const instruments = parseInstruments(shipped);
  expect(instruments.map((i) => i.symbol)).toEqual([...['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT', 'ETHBTC']]);
  for (const instrument of instruments) {
    expect(instrument.quoteUnitsPerTickLot).toBeGreaterThanOrEqual(1);
    expect(instrument.orderTypes).toEqual(Object.values(OrderType));
    expect(instrument.filters.maxLots).toBeGreaterThan(instrument.filters.minLots);
  }
});

it('turns decimals into ticks, lots and units', () => {
  const instrument = parseInstrument({
    ...minimal,
    filters: {
      minPrice: '0.01',
      maxPrice: '1000000.00',
      minQuantity: '0.00002',
      minNotional: '5',
      bidMultiplierUp: '5',
      bidMultiplierDown: '0.2',
    },
  });
  expect(instrument).toMatchObject({ priceScale: 2, tickUnits: 1, lotUnits: 1000, quoteUnitsPerTickLot: 10 });
  expect(instrument).toMatchObject({ status: SymbolStatus.TRADING, defaultStpMode: StpMode.EXPIRE_MAKER });
  expect(instrument.filters).toMatchObject({
    minPriceTicks: 1,
    maxPriceTicks: 100_000_000,
    minLots: 2,
    maxLots: 0,
    minNotionalUnits: 500_000_000n,
    bidMultiplierUp: 50_000,
    bidMultiplierDown: 2_000,
    applyMinNotionalToMarket: true,
  });
  // 1 BTC at 50000.00 is 50000 USDT.
  expect(notionalUnits(instrument, 5_000_000, 100_000)).toBe(50_000n * 10n ** 8n);
});

it.each([
  ['0.01000000', 2, 1],
  ['0.5', 1, 5],
  ['0.25', 2, 25],
  ['1', 0, 1],
  ['10', 0, 10],
])('reads a tick size of %s as %i decimals and %i units', (tickSize, priceScale, tickUnits) => {
  const instrument = parseInstrument({ ...minimal, tickSize, stepSize: '1' });
  expect(instrument).toMatchObject({ priceScale, tickUnits });
});

it('prints what it reads, and reads what it prints', () => {
  for (const instrument of [...parseInstruments(shipped), makeInstrument({ updateUs: 0 })]) {
    const text = printInstrument(instrument);
    expect(parseInstrument(JSON.parse(JSON.stringify(text)))).toEqual(instrument);
  }
  expect(printInstrument(parseInstrument(minimal))).toMatchObject({ ...minimal, status: 'TRADING' });
});

describe('refuses, naming the key,', () => {
  it.each<[string, string, unknown]>([
    ['no object', '', 'BTCUSDT'],
    ['a missing symbol', 'symbol', { ...minimal, symbol: undefined }],
    ['a strange symbol', 'symbol', { ...minimal, symbol: 'btc/usdt' }],
    ['a missing asset', 'baseAsset', { ...minimal, baseAsset: undefined }],
    ['one asset twice', 'quoteAsset', { ...minimal, quoteAsset: 'BTC' }],
    ['a number for a decimal', 'tickSize', { ...minimal, tickSize: 0.01 }],
    ['an exponent', 'tickSize', { ...minimal, tickSize: '1e-2' }],
    ['a zero tick', 'tickSize', { ...minimal, tickSize: '0.00' }],
    ['a tick finer than the asset', 'tickSize', { ...minimal, tickSize: '0.000000001' }],
    ['a step finer than the asset', 'stepSize', { ...minimal, stepSize: '0.000000001' }],
    ['inexact amounts', 'stepSize', { ...minimal, tickSize: '0.00001', stepSize: '0.0001' }],
    ['a bound off the tick', 'filters.minPrice', { ...minimal, filters: { minPrice: '0.015' } }],
    ['a bound off the step', 'filters.minQuantity', { ...minimal, tickSize: '1', stepSize: '0.5', filters: { minQuantity: '0.7' } }],
    ['a bound beyond counting', 'filters.maxQuantity', { ...minimal, filters: { maxQuantity: '9999999999' } }],
    ['a fraction for a count', 'filters.icebergParts', { ...minimal, filters: { icebergParts: 1.5 } }],
    ['an unknown filter', 'filters.minQty', { ...minimal, filters: { minQty: '1' } }],
    ['an unknown key', 'tickSzie', { ...minimal, tickSzie: '0.01' }],
    ['an unknown type', 'orderTypes', { ...minimal, orderTypes: ['LIMIT', 'constructor'] }],
    ['an unknown status', 'status', { ...minimal, status: 'toString' }],
    ['a text for a flag', 'pegAllowed', { ...minimal, pegAllowed: 'yes' }],
    ['a scale out of range', 'baseScale', { ...minimal, baseScale: 19 }],
  ])('%s', (_name, key, json) => {
    let caught: unknown;
    try {
      parseInstrument(json);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InstrumentTextError);
    expect((caught as InstrumentTextError).key).toBe(key);
    expect((caught as InstrumentTextError).message).toContain(key);
  });

  it('lists with a symbol twice or an asset with two scales', () => {
    expect(() => parseInstruments([minimal, minimal])).toThrow(/listed twice/);
    const other = { ...minimal, symbol: 'ETHUSDT', baseAsset: 'ETH', stepSize: '0.01', quoteScale: 6 };
    expect(() => parseInstruments([minimal, other])).toThrow(/quoteScale: USDT has 8 elsewhere/);
    expect(() => parseInstruments({})).toThrow(/list/);
  });
});

it('answers any JSON with an instrument or the one error', () => {
  const field = fc.oneof(fc.jsonValue(), fc.constantFrom('0.01', '1', 'BTC', 'TRADING', true, 8));
  const key = fc.constantFrom(...Object.keys(printInstrument(parseInstrument(minimal))), '__proto__', 'x');
  fc.assert(
    fc.property(fc.dictionary(key, field), (change) => {
      try {
        const instrument = parseInstrument({ ...minimal, ...change });
        expect(parseInstrument(printInstrument(instrument))).toEqual(instrument);
      } catch (error) {
        expect(error).toBeInstanceOf(InstrumentTextError);
      }
    }),
  );
});
