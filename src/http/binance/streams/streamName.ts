// Stream names as clients write them ("btcusdt@depth5@100ms") to what they stand for. A name that means nothing is no
// error: Binance acknowledges it and never sends anything.
import { KLINE_INTERVALS, type KlineInterval } from '../../../domain/klineEntry.ts';

/** Longest name looked at; it stays in memory for as long as somebody is subscribed to it. */
export const MAX_STREAM_NAME_LENGTH = 128;

export const TICKER_WINDOWS = ['1h', '4h', '1d'] as const;
export type TickerWindow = (typeof TICKER_WINDOWS)[number];
export const TICKER_WINDOW_MS: Readonly<Record<TickerWindow, number>> = {
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
};

export const PARTIAL_DEPTHS = [5, 10, 20] as const;
export type PartialDepth = (typeof PARTIAL_DEPTHS)[number];

/** Minutes east of UTC of the one time zone that klines are offered in besides UTC. */
export const KLINE_ZONE_MINUTES = 480;

export type SymbolStream =
  | { readonly kind: 'aggTrade' | 'trade' | 'blockTrade' | 'miniTicker' | 'ticker' | 'bookTicker' | 'avgPrice' }
  | { readonly kind: 'referencePrice' }
  | { readonly kind: 'kline'; readonly interval: KlineInterval; readonly zoneMinutes: 0 | typeof KLINE_ZONE_MINUTES }
  | { readonly kind: 'windowTicker'; readonly window: TickerWindow }
  | { readonly kind: 'partialDepth'; readonly levels: PartialDepth; readonly everyMs: 100 | 1000 }
  | { readonly kind: 'depth'; readonly everyMs: 100 | 1000 };
export type MarketStream = { readonly kind: 'allMiniTickers' } | { readonly kind: 'allWindowTickers'; readonly window: TickerWindow };
export type StreamSpec = (SymbolStream & { /** Upper case. */ readonly symbol: string }) | MarketStream;

const SIMPLE = new Set(['aggTrade', 'trade', 'blockTrade', 'miniTicker', 'ticker', 'bookTicker', 'avgPrice']);

function isOneOf<T extends string>(values: readonly T[], text: string): text is T {
  return (values as readonly string[]).includes(text);
}

/** What follows "<symbol>@". */
function parseSymbolStream(text: string): SymbolStream | undefined {
  if (SIMPLE.has(text)) return { kind: text } as SymbolStream;
  if (text === 'referencePrice') return { kind: 'referencePrice' };
  const at = text.indexOf('@');
  const head = at < 0 ? text : text.slice(0, at);
  const tail = at < 0 ? '' : text.slice(at + 1);
  if (head.startsWith('kline_')) {
    const interval = head.slice('kline_'.length);
    if (!isOneOf(KLINE_INTERVALS, interval)) return undefined;
    if (at < 0) return { kind: 'kline', interval, zoneMinutes: 0 };
    return tail === '+08:00' ? { kind: 'kline', interval, zoneMinutes: KLINE_ZONE_MINUTES } : undefined;
  }
  if (head.startsWith('ticker_')) {
    const window = head.slice('ticker_'.length);
    return at < 0 && isOneOf(TICKER_WINDOWS, window) ? { kind: 'windowTicker', window } : undefined;
  }
  if (!head.startsWith('depth') || (at >= 0 && tail !== '100ms' && tail !== '1000ms')) return undefined;
  const everyMs = tail === '100ms' ? 100 : 1000;
  const count = head.slice('depth'.length);
  if (count === '') return { kind: 'depth', everyMs };
  const levels = PARTIAL_DEPTHS.find((depth) => String(depth) === count);
  return levels === undefined ? undefined : { kind: 'partialDepth', levels, everyMs };
}

/** Undefined when no stream has that name. Symbols are lower case here, as documented; whether it exists is not looked at. */
export function parseStreamName(name: string): StreamSpec | undefined {
  if (name.length > MAX_STREAM_NAME_LENGTH) return undefined;
  if (name.startsWith('!')) {
    if (name === '!miniTicker@arr') return { kind: 'allMiniTickers' };
    const window = /^!ticker_(\w+)@arr$/.exec(name)?.[1];
    return window !== undefined && isOneOf(TICKER_WINDOWS, window) ? { kind: 'allWindowTickers', window } : undefined;
  }
  const at = name.indexOf('@');
  if (at <= 0) return undefined;
  const symbol = name.slice(0, at);
  if (symbol !== symbol.toLowerCase()) return undefined;
  const stream = parseSymbolStream(name.slice(at + 1));
  return stream === undefined ? undefined : { ...stream, symbol: symbol.toUpperCase() };
}
