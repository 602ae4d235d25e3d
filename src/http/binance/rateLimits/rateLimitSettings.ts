// The rate limits and their defaults: the venue's documented limits where it documents them.

export type RateLimitType = 'REQUEST_WEIGHT' | 'RAW_REQUESTS' | 'ORDERS' | 'CONNECTIONS';
export type RateLimitInterval = 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY';

export interface RateLimit {
  readonly interval: RateLimitInterval;
  readonly intervalNum: number;
  readonly limit: number;
}

export interface RateLimitSettings {
  /** False: everything is counted and reported, nothing is refused. */
  readonly enforced: boolean;
  /** Per IP address, shared by REST and WS-API. */
  readonly requestWeight: RateLimit;
  /** Requests per IP address, whatever they weigh. */
  readonly rawRequests: RateLimit;
  /** Unfilled orders per account, over all keys and APIs. */
  readonly orders: readonly RateLimit[];
  /** WebSocket connection attempts per IP address. */
  readonly connections: RateLimit;
  /** How far the first fill of an order lowers the account's count: taker, and maker. */
  readonly takerFillCredit: number;
  readonly makerFillCredit: number;
  /** Requests refused with 429 in one window before the address is banned. */
  readonly refusalsBeforeBan: number;
  /** The first ban; each further one doubles, up to the longest. */
  readonly firstBanMs: number;
  readonly longestBanMs: number;
  /** An address that behaved for so long starts again at the first ban. */
  readonly banMemoryMs: number;
}

export const DEFAULT_RATE_LIMITS: RateLimitSettings = Object.freeze<RateLimitSettings>({
  enforced: true,
  requestWeight: { interval: 'MINUTE', intervalNum: 1, limit: 6_000 },
  rawRequests: { interval: 'MINUTE', intervalNum: 5, limit: 300_000 },
  orders: [
    { interval: 'SECOND', intervalNum: 10, limit: 100 },
    { interval: 'DAY', intervalNum: 1, limit: 200_000 },
  ],
  connections: { interval: 'MINUTE', intervalNum: 5, limit: 300 },
  takerFillCredit: 1,
  makerFillCredit: 5,
  refusalsBeforeBan: 20,
  firstBanMs: 2 * 60_000,
  longestBanMs: 3 * 86_400_000,
  banMemoryMs: 7 * 86_400_000,
});

const INTERVAL_US: Readonly<Record<RateLimitInterval, number>> = {
  SECOND: 1_000_000,
  MINUTE: 60_000_000,
  HOUR: 3_600_000_000,
  DAY: 86_400_000_000,
};

/** Length of the limit's window; windows are aligned to the epoch (a minute starts at :00, a day at 00:00 UTC). */
export function windowUs(limit: RateLimit): number {
  return INTERVAL_US[limit.interval] * limit.intervalNum;
}

/** '10S', '1M', '1D': the suffix of the headers. */
export function headerSuffix(limit: RateLimit): string {
  return `${limit.intervalNum}${limit.interval.charAt(0)}`;
}

/** '1 MINUTE', as the error texts say it. */
export function intervalText(limit: RateLimit): string {
  return `${limit.intervalNum} ${limit.interval}`;
}
