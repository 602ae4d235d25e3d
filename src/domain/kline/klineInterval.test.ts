import { describe, expect, it } from 'vitest';
import { KLINE_INTERVALS } from '../klineEntry.ts';
import {
  DAY_US,
  INTERVAL_US,
  klineCloseUs,
  klineOpenBefore,
  klineOpenUs,
  parseTimeZone,
  rollUpBase,
  THREE_DAY_ANCHOR_US,
} from './klineInterval.ts';

const us = (iso: string): number => Date.parse(iso) * 1000;
const iso = (micros: number): string => new Date(micros / 1000).toISOString();

describe('klineOpenUs and klineCloseUs', () => {
  it.each([
    ['1s', '2024-08-08T23:54:15.342Z', '2024-08-08T23:54:15.000Z'],
    ['1m', '2024-08-08T23:54:15.342Z', '2024-08-08T23:54:00.000Z'],
    ['3m', '2024-08-08T23:55:15.342Z', '2024-08-08T23:54:00.000Z'],
    ['5m', '2024-08-08T23:54:15.342Z', '2024-08-08T23:50:00.000Z'],
    ['15m', '2024-08-08T23:54:15.342Z', '2024-08-08T23:45:00.000Z'],
    ['30m', '2024-08-08T23:54:15.342Z', '2024-08-08T23:30:00.000Z'],
    ['1h', '2024-08-08T23:54:15.342Z', '2024-08-08T23:00:00.000Z'],
    ['2h', '2024-08-08T23:54:15.342Z', '2024-08-08T22:00:00.000Z'],
    ['4h', '2024-08-08T23:54:15.342Z', '2024-08-08T20:00:00.000Z'],
    ['6h', '2024-08-08T23:54:15.342Z', '2024-08-08T18:00:00.000Z'],
    ['8h', '2024-08-08T23:54:15.342Z', '2024-08-08T16:00:00.000Z'],
    ['12h', '2024-08-08T23:54:15.342Z', '2024-08-08T12:00:00.000Z'],
    ['1d', '2024-08-08T23:54:15.342Z', '2024-08-08T00:00:00.000Z'],
    ['1w', '2024-08-08T23:54:15.342Z', '2024-08-05T00:00:00.000Z'],
    ['1M', '2024-08-08T23:54:15.342Z', '2024-08-01T00:00:00.000Z'],
  ] as const)('%s of %s opens at %s', (interval, at, opens) => {
    expect(iso(klineOpenUs(interval, us(at)))).toBe(opens);
  });

  it('tiles time: every interval ends one microsecond before the next opens', () => {
    const at = us('2024-02-29T12:34:56.789Z');
    for (const interval of KLINE_INTERVALS) {
      for (const timeZone of [-720, -330, 0, 345, 480, 840]) {
        const opens = klineOpenUs(interval, at, timeZone);
        const closes = klineCloseUs(interval, at, timeZone);
        expect(opens).toBeLessThanOrEqual(at);
        expect(closes).toBeGreaterThanOrEqual(at);
        expect(klineOpenUs(interval, closes, timeZone)).toBe(opens);
        expect(klineOpenUs(interval, closes + 1, timeZone)).toBe(closes + 1);
        expect(klineCloseUs(interval, opens - 1, timeZone)).toBe(opens - 1);
        expect(klineOpenBefore(interval, closes + 1, 1, timeZone)).toBe(opens);
        expect(klineOpenBefore(interval, opens, -1, timeZone)).toBe(closes + 1);
        if (interval !== '1M') expect(closes - opens + 1).toBe(INTERVAL_US[interval]);
      }
    }
  });

  it('opens weeks on Mondays', () => {
    for (let day = 0; day < 14; day++) {
      const opens = klineOpenUs('1w', us('2024-12-25T10:00:00Z') + day * DAY_US);
      expect(new Date(opens / 1000).getUTCDay()).toBe(1);
    }
    expect(iso(klineOpenUs('1w', us('1970-01-01T00:00:00Z')))).toBe('1969-12-29T00:00:00.000Z');
  });

  it('knows the length of every month from 1969 to 2101, leap years and centuries included', () => {
    for (let year = 1969; year <= 2101; year++) {
      for (let month = 0; month < 12; month++) {
        const opens = Date.UTC(year, month, 1) * 1000;
        const next = Date.UTC(year, month + 1, 1) * 1000;
        expect(klineOpenUs('1M', opens)).toBe(opens);
        expect(klineOpenUs('1M', next - 1)).toBe(opens);
        expect(klineCloseUs('1M', opens)).toBe(next - 1);
      }
    }
  });

  it('counts months over years in both directions', () => {
    expect(iso(klineOpenBefore('1M', us('2024-03-31T23:00:00Z'), 1))).toBe('2024-02-01T00:00:00.000Z');
    expect(iso(klineOpenBefore('1M', us('2024-03-31T23:00:00Z'), 27))).toBe('2021-12-01T00:00:00.000Z');
    expect(iso(klineOpenBefore('1M', us('2024-03-31T23:00:00Z'), -11))).toBe('2025-02-01T00:00:00.000Z');
  });

  it('counts three-day klines from their anchor', () => {
    for (let day = 0; day < 9; day++) {
      const opens = klineOpenUs('3d', us('2024-08-08T10:00:00Z') + day * DAY_US);
      expect((opens - THREE_DAY_ANCHOR_US) % (3 * DAY_US)).toBe(0);
    }
  });

  it('moves boundaries with the time zone', () => {
    const at = us('2024-08-08T17:30:00Z');
    expect(iso(klineOpenUs('1d', at, 480))).toBe('2024-08-08T16:00:00.000Z');
    expect(iso(klineOpenUs('1d', at, -60))).toBe('2024-08-08T01:00:00.000Z');
    expect(iso(klineOpenUs('1h', at, 345))).toBe('2024-08-08T17:15:00.000Z');
    expect(iso(klineOpenUs('1w', us('2024-08-04T16:00:00Z'), 480))).toBe('2024-08-04T16:00:00.000Z');
    expect(iso(klineOpenUs('1M', us('2024-07-31T18:00:00Z'), 480))).toBe('2024-07-31T16:00:00.000Z');
    expect(iso(klineCloseUs('1M', us('2024-07-31T18:00:00Z'), 480) + 1)).toBe('2024-08-31T16:00:00.000Z');
  });
});

describe('rollUpBase', () => {
  it('is the interval itself while its boundaries stay', () => {
    expect(rollUpBase('1d', 0)).toBe('1d');
    expect(rollUpBase('4h', 480)).toBe('4h');
    expect(rollUpBase('5m', 345)).toBe('5m');
    expect(rollUpBase('1s', 1)).toBe('1s');
  });

  it('is the longest shorter interval that meets every shifted boundary', () => {
    expect(rollUpBase('1d', 480)).toBe('8h');
    expect(rollUpBase('12h', 480)).toBe('4h');
    expect(rollUpBase('1w', -720)).toBe('12h');
    expect(rollUpBase('1M', 345)).toBe('15m');
    expect(rollUpBase('8h', 60)).toBe('1h');
    expect(rollUpBase('3m', 1)).toBe('1m');
    for (const interval of KLINE_INTERVALS) {
      for (let timeZone = -720; timeZone <= 840; timeZone += 7) {
        const base = rollUpBase(interval, timeZone);
        for (const at of ['2024-02-29T23:59:59Z', '2023-07-07T07:07:07Z']) {
          const opens = klineOpenUs(interval, us(at), timeZone);
          expect(klineOpenUs(base, opens)).toBe(opens);
          const next = klineCloseUs(interval, us(at), timeZone) + 1;
          expect(klineOpenUs(base, next)).toBe(next);
        }
      }
    }
  });
});

describe('parseTimeZone', () => {
  it.each([
    ['0', 0],
    ['8', 480],
    ['4', 240],
    ['-1:00', -60],
    ['05:45', 345],
    ['+08:00', 480],
    ['-12:00', -720],
    ['14', 840],
    ['14:00', 840],
    ['-0:30', -30],
    ['-0', 0],
  ])('reads %s', (text, minutes) => {
    expect(parseTimeZone(text)).toBe(minutes);
  });

  it.each(['', '14:01', '-12:01', '15', '8:60', '8:5', '1:000', 'UTC', '+', '8.5', ' 8', '008', '--8', '8:'])('refuses "%s"', (text) => {
    expect(parseTimeZone(text)).toBeUndefined();
  });
});
