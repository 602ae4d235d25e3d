// Where klines begin and end: pure calendar arithmetic on UTC microseconds, in any of the API's time zones.
import type { KlineInterval } from '../klineEntry.ts';

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;

/** Length of the intervals that have one; months have not. */
export const INTERVAL_US: Readonly<Record<Exclude<KlineInterval, '1M'>, number>> = {
  '1s': 1_000_000,
  '1m': MINUTE_US,
  '3m': 3 * MINUTE_US,
  '5m': 5 * MINUTE_US,
  '15m': 15 * MINUTE_US,
  '30m': 30 * MINUTE_US,
  '1h': HOUR_US,
  '2h': 2 * HOUR_US,
  '4h': 4 * HOUR_US,
  '6h': 6 * HOUR_US,
  '8h': 8 * HOUR_US,
  '12h': 12 * HOUR_US,
  '1d': DAY_US,
  '3d': 3 * DAY_US,
  '1w': 7 * DAY_US,
};

/** Weeks open on Mondays: 1970-01-05 was the first one. */
export const WEEK_ANCHOR_US = 4 * DAY_US;

/**
 * A day on which a 3d kline opens; all others lie a multiple of three days away. Binance documents no phase, and what
 * its dumps show differs per symbol, so ours is the plainest rule there is: three-day multiples of the epoch.
 */
export const THREE_DAY_ANCHOR_US = 0;

export const MIN_TIME_ZONE_MINUTES = -12 * 60;
export const MAX_TIME_ZONE_MINUTES = 14 * 60;

const TIME_ZONE = /^([+-]?)(\d{1,2})(?::(\d{2}))?$/;

/** The API's timeZone ("0", "8", "-1:00", "+05:45") in minutes east of UTC; undefined when malformed or out of range. */
export function parseTimeZone(text: string): number | undefined {
  const match = TIME_ZONE.exec(text);
  if (match === null) return undefined;
  const minutes = Number(match[3] ?? 0);
  if (minutes > 59) return undefined;
  const east = Number(match[2]) * 60 + minutes;
  // `0 -` rather than unary minus: "-0" is plain zero.
  const signed = match[1] === '-' ? 0 - east : east;
  return signed < MIN_TIME_ZONE_MINUTES || signed > MAX_TIME_ZONE_MINUTES ? undefined : signed;
}

function floorTo(us: number, step: number, anchor: number): number {
  const past = (us - anchor) % step;
  return us - (past < 0 ? past + step : past);
}

/** Days since the epoch of the first of a month; months count from 0 and may overflow into other years. */
function monthStartDay(year: number, month: number): number {
  // Years run March to February here, so that the leap day is the last of its year (Hinnant's days_from_civil).
  const y = year + Math.floor((month - 2) / 12);
  const m = (((month - 2) % 12) + 12) % 12;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * m + 2) / 5);
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** [year, month from 0] of a day counted from the epoch. */
function monthOfDay(day: number): readonly [year: number, month: number] {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (marchMonth + 2) % 12;
  return [yearOfEra + era * 400 + (month < 2 ? 1 : 0), month];
}

function monthStartUs(localUs: number, monthsLater: number): number {
  const [year, month] = monthOfDay(Math.floor(localUs / DAY_US));
  return monthStartDay(year, month + monthsLater) * DAY_US;
}

/** First microsecond (UTC) of the interval that holds `us`; its boundaries are those of the time zone's clock. */
export function klineOpenUs(interval: KlineInterval, us: number, timeZoneMinutes = 0): number {
  const shift = timeZoneMinutes * MINUTE_US;
  const local = us + shift;
  switch (interval) {
    case '1M':
      return monthStartUs(local, 0) - shift;
    case '1w':
      return floorTo(local, INTERVAL_US['1w'], WEEK_ANCHOR_US) - shift;
    case '3d':
      return floorTo(local, INTERVAL_US['3d'], THREE_DAY_ANCHOR_US) - shift;
    default:
      return floorTo(local, INTERVAL_US[interval], 0) - shift;
  }
}

/** Last microsecond of the interval that holds `us`. */
export function klineCloseUs(interval: KlineInterval, us: number, timeZoneMinutes = 0): number {
  if (interval !== '1M') return klineOpenUs(interval, us, timeZoneMinutes) + INTERVAL_US[interval] - 1;
  const shift = timeZoneMinutes * MINUTE_US;
  return monthStartUs(us + shift, 1) - shift - 1;
}

/** The opening `count` intervals before the one that holds `us` (after it, when negative). */
export function klineOpenBefore(interval: KlineInterval, us: number, count: number, timeZoneMinutes = 0): number {
  if (interval !== '1M') return klineOpenUs(interval, us, timeZoneMinutes) - count * INTERVAL_US[interval];
  const shift = timeZoneMinutes * MINUTE_US;
  return monthStartUs(us + shift, -count) - shift;
}

/** Intervals to build others from, longest first. */
const ROLL_UP_BASES = ['12h', '8h', '6h', '4h', '2h', '1h', '30m', '15m', '5m', '3m', '1m'] as const;

/**
 * The longest UTC interval whose boundaries include all of `interval`'s in that time zone: `interval` itself when the
 * shift does not move them.
 */
export function rollUpBase(interval: KlineInterval, timeZoneMinutes: number): KlineInterval {
  if (timeZoneMinutes === 0) return interval;
  const shift = Math.abs(timeZoneMinutes) * MINUTE_US;
  const length = interval === '1M' ? DAY_US : INTERVAL_US[interval];
  if (length < DAY_US && shift % length === 0) return interval;
  for (const base of ROLL_UP_BASES) {
    const baseUs = INTERVAL_US[base];
    if (length % baseUs === 0 && shift % baseUs === 0) return base;
  }
  return '1m';
}
