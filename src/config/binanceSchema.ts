// The settings of the Binance-compatible API and how its parts read them: limits as '6000/1m', bounds of assets as 'BTC:10'.

import type { AccountLimits } from '../domain/account/limits.ts';
import type { BinanceApiOptions } from '../http/binance/binanceApi.ts';
import { DEFAULT_RATE_LIMITS, headerSuffix, type RateLimit, type RateLimitInterval } from '../http/binance/rateLimits/rateLimitSettings.ts';
import { DEFAULT_BINANCE_SETTINGS } from '../http/binance/settings.ts';
import { DEFAULT_SOCKET_SETTINGS, type SocketSettings } from '../http/binance/sockets/socketSettings.ts';
import { flag, list, type Section, section, text, whole } from './setting.ts';

export interface BinanceConfig {
  readonly legacyListenKeys: boolean;
  readonly foreignRoutes: boolean;
  readonly rateLimits: {
    readonly enforced: boolean;
    readonly requestWeight: string;
    readonly rawRequests: string;
    readonly orders: readonly string[];
    readonly connections: string;
    readonly takerFillCredit: number;
    readonly makerFillCredit: number;
    readonly refusalsBeforeBan: number;
    readonly firstBanMs: number;
    readonly longestBanMs: number;
    readonly banMemoryMs: number;
  };
  readonly maxAssets: readonly string[];
  readonly sockets: SocketSettings;
}

const INTERVALS: Readonly<Record<string, RateLimitInterval>> = { s: 'SECOND', m: 'MINUTE', h: 'HOUR', d: 'DAY' };
const LIMIT = { pattern: '^[1-9]\\d{0,14}/[1-9]\\d{0,2}[smhd]$', example: '6000/1m' };
const ASSET_BOUND = { pattern: '^[A-Z0-9]{1,20}:(?=.*[1-9])\\d{1,18}(\\.\\d{1,18})?$', example: 'BTC:0.5' };
/** Timers take no longer pause. */
const PAUSE_MS_MAX = 2 ** 31 - 1;

/** '6000/1m'. */
function limitText(limit: RateLimit): string {
  return `${limit.limit}/${headerSuffix(limit).toLowerCase()}`;
}

/** Of a text that matches LIMIT. */
function limitOf(limit: string): RateLimit {
  const [most, window] = limit.split('/') as [string, string];
  return { interval: INTERVALS[window.slice(-1)] as RateLimitInterval, intervalNum: Number(window.slice(0, -1)), limit: Number(most) };
}

const limit = (value: RateLimit, description: string) => text(limitText(value), description, LIMIT);
const rates = DEFAULT_RATE_LIMITS;
const settings = DEFAULT_BINANCE_SETTINGS;
const sockets = DEFAULT_SOCKET_SETTINGS;

export const BINANCE_SECTION: Section = section({
  legacyListenKeys: flag(settings.legacyListenKeys, 'serve the listenKey routes that Binance retired on 2026-02-20'),
  foreignRoutes: flag(settings.foreignRoutes, 'answer the few /sapi, /fapi and /dapi routes that clients call when they load'),
  rateLimits: section({
    enforced: flag(rates.enforced, 'refuse what is above a limit; off: everything is counted and told, nothing is refused'),
    requestWeight: limit(
      rates.requestWeight,
      'request weight of one address, REST and WebSocket API together: most/window, window in s, m, h or d',
    ),
    rawRequests: limit(rates.rawRequests, 'requests of one address, whatever they weigh'),
    orders: list('unfilled orders of one account, one limit per window', rates.orders.map(limitText), LIMIT, 1),
    connections: limit(rates.connections, 'WebSocket connection attempts of one address'),
    takerFillCredit: whole(rates.takerFillCredit, "how far an order's first fill as taker lowers the unfilled orders", 0),
    makerFillCredit: whole(rates.makerFillCredit, "how far an order's first fill as maker lowers the unfilled orders", 0),
    refusalsBeforeBan: whole(rates.refusalsBeforeBan, 'requests of one minute answered 429 before the address is banned (418)', 0),
    firstBanMs: whole(rates.firstBanMs, 'length of the first ban; each further one is twice as long'),
    longestBanMs: whole(rates.longestBanMs, 'length of the longest ban'),
    banMemoryMs: whole(rates.banMemoryMs, 'good behaviour after which the next ban is a first one again'),
  }),
  maxAssets: list('most of an asset one order may be about (MAX_ASSET), as ASSET:amount', [], ASSET_BOUND),
  sockets: section({
    streamMessagesPerSecond: whole(sockets.streamMessagesPerSecond, 'messages, pings and pongs of a client on a stream socket per second'),
    streamsPerConnection: whole(sockets.streamsPerConnection, 'streams of one socket'),
    lifeMs: whole(sockets.lifeMs, 'age at which a socket is closed', 1000),
    pingEveryMs: whole(sockets.pingEveryMs, 'pause between pings', 1000, PAUSE_MS_MAX),
    pongWithinMs: whole(sockets.pongWithinMs, 'time a client has to answer a ping', 1000, PAUSE_MS_MAX),
    bufferedBytesMax: whole(sockets.bufferedBytesMax, 'bytes waiting for a slow reader before it is dropped', 4096),
    coalesceMsMax: whole(sockets.coalesceMsMax, 'longest pause between stream events and their write under load; 0 = none', 0, 1000),
    closeTimeoutMs: whole(sockets.closeTimeoutMs, 'time a client has to take the close frame', 1, PAUSE_MS_MAX),
    requestsInFlightMax: whole(sockets.requestsInFlightMax, 'unanswered requests of one WebSocket API connection; more wait unread', 2),
    subscriptionsMax: whole(sockets.subscriptionsMax, 'user data subscriptions of one WebSocket API connection at once'),
    subscriptionIdsMax: whole(sockets.subscriptionIdsMax, 'user data subscriptions of one WebSocket API connection over its life'),
  }),
});

/** What is wrong with the settings together, as `key: text`; undefined when nothing is. */
export function binanceProblem({ rateLimits, maxAssets }: BinanceConfig): string | undefined {
  if (rateLimits.longestBanMs < rateLimits.firstBanMs) return 'binance.rateLimits.longestBanMs: must not be below firstBanMs';
  const windows = rateLimits.orders.map((order) => order.split('/')[1]);
  if (new Set(windows).size < windows.length) return 'binance.rateLimits.orders: must name each window once';
  const assets = maxAssets.map((bound) => bound.split(':')[0]);
  if (new Set(assets).size < assets.length) return 'binance.maxAssets: must name each asset once';
  return undefined;
}

/** The settings as the API takes them. */
export function binanceOptions(config: BinanceConfig, accountLimits: AccountLimits): BinanceApiOptions {
  const { rateLimits, maxAssets, sockets, ...others } = config;
  return {
    settings: {
      ...others,
      rateLimits: {
        ...rateLimits,
        requestWeight: limitOf(rateLimits.requestWeight),
        rawRequests: limitOf(rateLimits.rawRequests),
        orders: rateLimits.orders.map(limitOf),
        connections: limitOf(rateLimits.connections),
      },
      accountLimits,
      maxAssets: maxAssets.map((bound) => {
        const [asset, most] = bound.split(':') as [string, string];
        return { asset, limit: most };
      }),
    },
    sockets,
  };
}
