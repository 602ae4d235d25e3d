// Frames a native WebSocket client sends. In: text. Out: one of four operations, or an ApiError for the client.
import { KLINE_INTERVALS, type KlineInterval } from '../../../domain/klineEntry.ts';
import type { Registry } from '../../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../../errors.ts';

/** Echoed in the answer, so that a client can tell which request it answers. */
export type FrameId = string | number | undefined;

export type ClientFrame =
  | { readonly op: 'subscribe' | 'unsubscribe'; readonly id: FrameId; readonly channels: readonly string[] }
  | {
      readonly op: 'auth';
      readonly id: FrameId;
      readonly apiKey: string;
      readonly timestamp: string;
      readonly signature: string;
    }
  | { readonly op: 'ping'; readonly id: FrameId };

/** Keys of each operation besides `op` and `id`. */
const KEYS = { subscribe: ['channels'], unsubscribe: ['channels'], auth: ['apiKey', 'timestamp', 'signature'], ping: [] } as const;
type Op = keyof typeof KEYS;
const CHANNELS_PER_FRAME_MAX = 200;
const ID_LENGTH_MAX = 64;

/** What JSON holds when it is an object; undefined for anything else. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The id of a frame that may be wrong in every other way. */
export function frameId(json: Readonly<Record<string, unknown>> | undefined): FrameId {
  const id = json !== undefined && Object.hasOwn(json, 'id') ? json.id : undefined;
  if (typeof id === 'string' && id.length <= ID_LENGTH_MAX) return id;
  return Number.isSafeInteger(id) ? (id as number) : undefined;
}

/** Throws ApiError. */
export function parseFrame(json: Readonly<Record<string, unknown>> | undefined): ClientFrame {
  if (json === undefined) throw new ApiError(EdgeReject.INVALID_JSON);
  const { op } = json;
  if (typeof op !== 'string' || !Object.hasOwn(KEYS, op)) throw new ApiError(EdgeReject.MANDATORY, { name: 'op' });
  const id = frameId(json);
  if (json.id !== undefined && id === undefined) throw new ApiError(EdgeReject.INVALID_PARAM, { name: 'id' });
  const allowed: readonly string[] = KEYS[op as Op];
  for (const key of Object.keys(json)) {
    if (key !== 'op' && key !== 'id' && !allowed.includes(key)) throw new ApiError(EdgeReject.UNKNOWN_PARAM, { name: key.slice(0, 40) });
  }
  switch (op as Op) {
    case 'subscribe':
    case 'unsubscribe':
      return { op: op as 'subscribe' | 'unsubscribe', id, channels: channelsOf(json.channels) };
    case 'auth':
      return {
        op: 'auth',
        id,
        apiKey: textOf(json.apiKey, 'apiKey'),
        timestamp: textOf(json.timestamp, 'timestamp'),
        signature: textOf(json.signature, 'signature'),
      };
    case 'ping':
      return { op: 'ping', id };
  }
}

function textOf(value: unknown, name: string): string {
  // A timestamp is a number to most clients.
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string' || value === '') throw new ApiError(EdgeReject.MANDATORY, { name });
  return value;
}

function channelsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw new ApiError(EdgeReject.MANDATORY, { name: 'channels' });
  if (value.length > CHANNELS_PER_FRAME_MAX) throw new ApiError(EdgeReject.OVERFLOW, { name: 'channels' });
  if (!value.every((name) => typeof name === 'string')) throw new ApiError(EdgeReject.INVALID_PARAM, { name: 'channels' });
  return [...new Set(value as string[])];
}

export type MarketChannel =
  | { readonly kind: 'trades' | 'depth' | 'ticker'; readonly name: string; readonly symbol: string }
  | { readonly kind: 'kline'; readonly name: string; readonly symbol: string; readonly interval: KlineInterval };
export interface OwnChannel {
  readonly kind: 'orders' | 'balances';
  readonly name: string;
}
export type Channel = MarketChannel | OwnChannel;

/** True for the channels of an account, which need an authenticated connection. */
export function isOwn(channel: Channel): channel is OwnChannel {
  return channel.kind === 'orders' || channel.kind === 'balances';
}

/** `trades:BTCUSDT`, `depth:BTCUSDT`, `ticker:BTCUSDT`, `kline:BTCUSDT:1m`, `orders`, `balances`. Throws ApiError. */
export function parseChannel(name: string, registry: Registry): Channel {
  const [kind, symbol, interval, ...more] = name.split(':');
  if (name === 'orders' || name === 'balances') return { kind: name, name };
  const isMarket = kind === 'trades' || kind === 'depth' || kind === 'ticker';
  if ((!isMarket && kind !== 'kline') || symbol === undefined || more.length > 0) throw unknownChannel(name);
  if (registry.instrument(symbol) === undefined) throw new ApiError(EdgeReject.BAD_SYMBOL);
  if (isMarket) {
    if (interval !== undefined) throw unknownChannel(name);
    return { kind, name, symbol };
  }
  if (!(KLINE_INTERVALS as readonly string[]).includes(interval ?? '')) throw new ApiError(EdgeReject.BAD_INTERVAL);
  return { kind: 'kline', name, symbol, interval: interval as KlineInterval };
}

function unknownChannel(name: string): ApiError {
  return new ApiError(EdgeReject.WS_UNKNOWN_CHANNEL, { channel: name.slice(0, 60) });
}
