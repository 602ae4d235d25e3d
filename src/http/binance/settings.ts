// What an operator may set of the Binance-compatible API.
import { DEFAULT_RATE_LIMITS, type RateLimitSettings } from './rateLimits/rateLimitSettings.ts';

export interface BinanceSettings {
  readonly rateLimits: RateLimitSettings;
  /** The listenKey routes that Binance retired on 2026-02-20, for clients older than that. */
  readonly legacyListenKeys: boolean;
  /** Answers the few /sapi, /fapi and /dapi routes that clients call by default when they load. */
  readonly foreignRoutes: boolean;
  /** Account-wide filters; 0 = none. */
  readonly exchangeMaxNumOrders: number;
  readonly exchangeMaxNumAlgoOrders: number;
  readonly exchangeMaxNumIcebergOrders: number;
  readonly exchangeMaxNumOrderLists: number;
  /** MAX_ASSET: the most of an asset one order may be about, as a decimal. */
  readonly maxAssets: readonly { readonly asset: string; readonly limit: string }[];
}

export const DEFAULT_BINANCE_SETTINGS: BinanceSettings = Object.freeze<BinanceSettings>({
  rateLimits: DEFAULT_RATE_LIMITS,
  legacyListenKeys: false,
  foreignRoutes: true,
  exchangeMaxNumOrders: 0,
  exchangeMaxNumAlgoOrders: 0,
  exchangeMaxNumIcebergOrders: 0,
  exchangeMaxNumOrderLists: 0,
  maxAssets: [],
});
