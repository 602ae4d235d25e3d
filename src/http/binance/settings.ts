// What an operator may set of the Binance-compatible API.
import { type AccountLimits, NO_ACCOUNT_LIMITS } from '../../domain/account/limits.ts';
import { DEFAULT_RATE_LIMITS, type RateLimitSettings } from './rateLimits/rateLimitSettings.ts';

export interface BinanceSettings {
  readonly rateLimits: RateLimitSettings;
  /** The listenKey routes that Binance retired on 2026-02-20, for clients older than that. */
  readonly legacyListenKeys: boolean;
  /** Answers the few /sapi, /fapi and /dapi routes that clients call by default when they load. */
  readonly foreignRoutes: boolean;
  /** EXCHANGE_MAX_NUM_*: shown here, enforced by the accounts' writers. */
  readonly accountLimits: AccountLimits;
  /** MAX_ASSET: the most of an asset one order may be about, as a decimal. */
  readonly maxAssets: readonly { readonly asset: string; readonly limit: string }[];
}

export const DEFAULT_BINANCE_SETTINGS: BinanceSettings = Object.freeze<BinanceSettings>({
  rateLimits: DEFAULT_RATE_LIMITS,
  legacyListenKeys: false,
  foreignRoutes: true,
  accountLimits: NO_ACCOUNT_LIMITS,
  maxAssets: [],
});
