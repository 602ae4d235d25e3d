// The exchange as its edges see it: HTTP, WebSocket and CLI get this and never a bus or an actor.
import type { AccountProfile, ApiKey, ApiKeyKind, FeeRates } from '../domain/accountProfile.ts';
import type { Balance } from '../domain/balance.ts';
import type { AccountCommand, Deposit, NewOrder, TradingCommand, Withdraw } from '../domain/command.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { SymbolStatus } from '../domain/orderTerms.ts';
import type { EngineReason } from '../domain/rejectReason.ts';
import type { PreventedMatch, SpotOrder } from '../domain/spotOrder.ts';
import type { SpotOrderList } from '../domain/spotOrderList.ts';
import type { SpotTrade } from '../domain/spotTrade.ts';
import type { AccountEvents } from './accountEvents.ts';
import type { AdminAccess } from './adminAccess.ts';
import type { Clock } from './clock.ts';
import type { HistoryQueries } from './historyQueries.ts';
import type { MarketData } from './marketData.ts';
import { RefusalError } from './refusalError.ts';

/** An order right after the command that touched it was carried out, with the executions it caused. */
export interface OrderReport {
  readonly order: Readonly<SpotOrder>;
  /** Its executions in this command's step; empty for cancels. */
  readonly fills: readonly SpotTrade[];
  /** Self-trades prevented in this command's step; absent = at most the order's own `preventedMatch`. */
  readonly preventedMatches?: readonly PreventedMatch[];
  /** Cancel and amend: the id the client gave the request; the order's id before an amend renamed it. */
  readonly requestClientOrderId: string;
  readonly origClientOrderId: string;
  readonly executionId: number;
  readonly timeUs: number;
}

/** `ok: false` = nothing happened. Both are final: they are in the log, or never will be. */
export type PlaceResult = { readonly ok: true; readonly report: OrderReport } | Refused;
export interface Refused {
  readonly ok: false;
  readonly reason: EngineReason;
}
export type ListResult = { readonly ok: true; readonly list: Readonly<SpotOrderList>; readonly reports: readonly OrderReport[] } | Refused;
export type CancelAllResult =
  | { readonly ok: true; readonly reports: readonly OrderReport[]; readonly lists: readonly Readonly<SpotOrderList>[] }
  | Refused;
/** Null = not attempted. */
export interface CancelReplaceResult {
  readonly cancel: PlaceResult;
  readonly place: PlaceResult | null;
}
export type BalanceResult = { readonly ok: true; readonly balance: Readonly<Balance>; readonly duplicate: boolean } | Refused;

export type Without<C, K extends PropertyKey> = C extends unknown ? Omit<C, K> : never;
/** A command as an edge states it; the acquiring stage numbers it. */
export type CommandOf<Kind extends AccountCommand['kind']> = Without<Extract<AccountCommand, { kind: Kind }>, 'commandId' | 'kind'>;

export interface AccountView {
  readonly profile: Readonly<AccountProfile>;
  /** Every asset the account ever held, by asset name. */
  readonly balances: readonly Readonly<Balance>[];
}

export interface Registry {
  instrument(symbol: string): Instrument | undefined;
  /** In the order they were listed. */
  instruments(): readonly Instrument[];
  profile(accountId: number): AccountProfile | undefined;
  apiKey(apiKey: string): ApiKey | undefined;
  apiKeysOf(accountId: number): readonly ApiKey[];
  feeRates(accountId: number, symbol: string): FeeRates;
  /** Decimals of the asset's smallest unit; undefined for an asset no symbol uses. */
  assetScale(asset: string): number | undefined;
  assets(): readonly string[];
}

/** How many symbols and accounts of a stage are well. */
export interface StageHealth {
  readonly stage: string;
  readonly status: 'ok' | 'degraded' | 'failed';
  /** Messages not yet handled, over the stage's inputs. */
  readonly lag: number;
  readonly processed: number;
  readonly restarts: number;
  /** Poisoned children: what halted them and the command that goes on. */
  readonly halted: readonly {
    readonly name: string;
    readonly reason: string;
    readonly since: number;
    readonly resume: string;
  }[];
}
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly uptimeMs: number;
  readonly stages: readonly StageHealth[];
  /** Logs this process writes. */
  readonly streams: readonly { readonly stream: string; readonly lastSequence: number }[];
  /** Past one process: who takes part, and who writes what, as far as this process knows. */
  readonly cluster?: ClusterHealth;
}
export interface ClusterHealth {
  readonly members: readonly { readonly id: string; readonly roles: readonly string[] }[];
  readonly owners: readonly { readonly stream: string; readonly epoch: number; readonly writer: string }[];
  /** What is wrong with the servers of the log or the way to them, as far as this process knows: a line each. */
  readonly problems: readonly string[];
}

/** Invariants 1 and 2 computed from the state: ok when both hold for the asset. */
export interface AssetReconciliation {
  readonly asset: string;
  readonly freeUnits: bigint;
  readonly lockedUnits: bigint;
  readonly feesUnits: bigint;
  readonly depositedUnits: bigint;
  readonly withdrawnUnits: bigint;
  /** Sum of the open reservations in this asset; equals lockedUnits. */
  readonly reservedUnits: bigint;
  readonly ok: boolean;
}

/** How the secrets of HMAC keys are stored. */
export interface SecretsReport {
  /** Id of the key that seals now; null = there is none, and no HMAC key can be made. */
  readonly keyId: string | null;
  /** API keys by the id of the key that sealed their secret. */
  readonly sealedWith: Readonly<Record<string, number>>;
  /** API keys from before secrets were sealed. */
  readonly plain: number;
  /** API keys whose secret no key opens: requests under them are refused. */
  readonly unreadable: number;
}

export interface Admin {
  readonly access: AdminAccess;
  createAccount(account: { readonly name: string; readonly rates?: FeeRates; readonly accountId?: number }): Promise<AccountProfile>;
  updateAccount(
    accountId: number,
    change: Partial<Pick<AccountProfile, 'rates' | 'symbolRates' | 'canTrade' | 'canDeposit' | 'canWithdraw' | 'frozen' | 'tradeGroupId'>>,
  ): Promise<AccountProfile>;
  accounts(): readonly AccountProfile[];
  /** HMAC: makes key and secret. ED25519, RSA: makes the key for the public key given (PEM). */
  createApiKey(key: {
    readonly accountId: number;
    readonly kind: ApiKeyKind;
    readonly publicKey?: string;
    readonly label?: string;
    readonly canTrade?: boolean;
    readonly ipAllowList?: readonly string[];
  }): Promise<ApiKey>;
  revokeApiKey(apiKey: string): Promise<ApiKey>;
  secrets(): SecretsReport;
  /** Seals everything again with the key that seals now, having looked for new keys. */
  rotateSecrets(): Promise<SecretsReport>;
  /** Refused with a RangeError that names the field when the instrument is not sound. */
  createInstrument(instrument: Instrument): Promise<Instrument>;
  setSymbolStatus(symbol: string, status: SymbolStatus, haltReason?: string): Promise<Instrument>;
  /** Goes on after poison: 'retry' runs the input again, 'skip' passes over it (its command is refused). */
  resumePoisoned(name: string, how: 'retry' | 'skip'): Promise<void>;
  deposit(command: CommandOf<'Deposit'>): Promise<BalanceResult>;
  withdraw(command: CommandOf<'Withdraw'>): Promise<BalanceResult>;
  reconcile(): Promise<readonly AssetReconciliation[]>;
}

/** Neither done nor undone as far as this process knows (Binance -1007): ask by client order id. */
export class OutcomeUnknownError extends Error {
  override name = 'OutcomeUnknownError';
}

/** Shed at the door before anything happened (Binance -1008, HTTP 503). */
export class OverloadShedError extends RefusalError {
  override name = 'OverloadShedError';
}

export interface ExchangePort {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly markets: MarketData;
  readonly accountEvents: AccountEvents;
  readonly admin: Admin;

  /** True while a further command would be refused with OverloadShedError: an edge need not look at it first. Counts as one. */
  sheds(): boolean;
  /** Orders are checked against the instrument's filters and the market before they reach the account's writer. */
  placeOrder(command: CommandOf<'PlaceOrder'>): Promise<PlaceResult>;
  /** Every check of placeOrder, nothing placed; undefined = it would have been accepted so far as the door can tell. */
  testOrder(command: CommandOf<'PlaceOrder'>): Promise<EngineReason | undefined>;
  placeOrderList(command: CommandOf<'PlaceOrderList'>): Promise<ListResult>;
  cancelOrder(command: CommandOf<'CancelOrder'>): Promise<PlaceResult>;
  cancelOrderList(command: CommandOf<'CancelOrderList'>): Promise<ListResult>;
  cancelAllOrders(command: CommandOf<'CancelAllOrders'>): Promise<CancelAllResult>;
  cancelReplace(command: CommandOf<'CancelReplace'>): Promise<CancelReplaceResult>;
  amendOrder(command: CommandOf<'AmendOrder'>): Promise<PlaceResult>;

  /** Balances that reflect everything any client was told before the call. */
  account(accountId: number): Promise<AccountView | undefined>;
  /** The queryable past, having taken in everything any client was told before the call. */
  history(): Promise<HistoryQueries>;
  health(): Health;
}

export type { AccountCommand, Deposit, NewOrder, TradingCommand, Withdraw };
