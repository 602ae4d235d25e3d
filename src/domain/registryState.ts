// Accounts, keys and symbols as the admin log says: the fold behind every registry and the state of the admin log's writer.
import { AccountField, type AccountProfile, type ApiKey, ApiKeyField, type FeeRates } from './accountProfile.ts';
import { type AdminAction, AdminActionField, AdminOutcome, type AdminToken, AdminTokenField } from './adminAccess.ts';
import { applyChanges, namesOf } from './changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from './changeLogEntry.ts';
import { type Instrument, InstrumentField } from './instrument.ts';
import { Profiles } from './profiles.ts';
import { StateHash } from './stateHash.ts';

const accountNames = namesOf<AccountProfile>(AccountField);
const apiKeyNames = namesOf<ApiKey>(ApiKeyField);
const instrumentNames = namesOf<Instrument>(InstrumentField);
const tokenNames = namesOf<AdminToken>(AdminTokenField);
const actionNames = namesOf<AdminAction>(AdminActionField);

/** Actions whose outcome is open: as many as requests can be under way, and what crashes left behind. */
const OPEN_ACTIONS_MAX = 1000;

const NO_FEES: FeeRates = { makerRate: 0, takerRate: 0 };

export interface RegistrySnapshot {
  readonly accounts: AccountProfile[];
  readonly apiKeys: ApiKey[];
  readonly instruments: Instrument[];
  /** These three are absent in snapshots from before there were roles. */
  readonly tokens?: AdminToken[];
  readonly openActions?: AdminAction[];
  readonly lastActionId?: number;
}

export class RegistryState {
  readonly #accounts = new Profiles();
  readonly #apiKeys = new Map<string, ApiKey>();
  readonly #keysOf = new Map<number, Set<string>>();
  readonly #instruments = new Map<string, Instrument>();
  #listed: readonly Instrument[] = [];
  readonly #scales = new Map<string, number>();
  readonly #tokens = new Map<string, AdminToken>();
  readonly #openActions = new Map<number, AdminAction>();
  #lastActionId = 0;

  /** Entities are replaced, never changed in place: who holds one keeps what it read. */
  apply(entry: ChangeLogEntry): void {
    switch (entry.entityType) {
      case EntityType.Account:
        replace(this.#accounts, entry.entityId as number, entry, accountNames);
        return;
      case EntityType.ApiKey: {
        const key = replace(this.#apiKeys, entry.entityId as string, entry, apiKeyNames);
        if (key === undefined) return;
        const keys = this.#keysOf.get(key.accountId) ?? new Set();
        this.#keysOf.set(key.accountId, keys.add(key.apiKey));
        return;
      }
      case EntityType.Symbol: {
        const instrument = replace(this.#instruments, entry.entityId as string, entry, instrumentNames);
        this.#listed = [...this.#instruments.values()];
        if (instrument === undefined) return;
        this.#scales.set(instrument.baseAsset, instrument.baseScale);
        this.#scales.set(instrument.quoteAsset, instrument.quoteScale);
        return;
      }
      case EntityType.AdminToken:
        replace(this.#tokens, entry.entityId as string, entry, tokenNames);
        return;
      case EntityType.AdminAction:
        this.#applyAction(entry.entityId as number, entry);
        return;
      default:
    }
  }

  /** Only what is under way is kept: the log has the rest, and it grows without end. */
  #applyAction(actionId: number, entry: ChangeLogEntry): void {
    if (entry.changeType.kind === ChangeKind.Created) this.#lastActionId = actionId;
    else if (!this.#openActions.has(actionId)) return;
    const action = replace(this.#openActions, actionId, entry, actionNames);
    if (action?.outcome !== AdminOutcome.STARTED) this.#openActions.delete(actionId);
    else if (this.#openActions.size > OPEN_ACTIONS_MAX) this.#openActions.delete(this.#openActions.keys().next().value as number);
  }

  token(tokenId: string): AdminToken | undefined {
    return this.#tokens.get(tokenId);
  }

  tokens(): readonly AdminToken[] {
    return [...this.#tokens.values()];
  }

  openAction(actionId: number): AdminAction | undefined {
    return this.#openActions.get(actionId);
  }

  /** 0 = there was none. */
  get lastActionId(): number {
    return this.#lastActionId;
  }

  instrument(symbol: string): Instrument | undefined {
    return this.#instruments.get(symbol);
  }

  instruments(): readonly Instrument[] {
    return this.#listed;
  }

  profile(accountId: number): AccountProfile | undefined {
    return this.#accounts.get(accountId);
  }

  get profileCount(): number {
    return this.#accounts.size;
  }

  /** Of all profiles there ever were; -1 = there was none. */
  get highestAccountId(): number {
    return this.#accounts.highestId;
  }

  profiles(): readonly AccountProfile[] {
    return [...this.#accounts.values()];
  }

  apiKey(apiKey: string): ApiKey | undefined {
    return this.#apiKeys.get(apiKey);
  }

  apiKeys(): readonly ApiKey[] {
    return [...this.#apiKeys.values()];
  }

  apiKeysOf(accountId: number): readonly ApiKey[] {
    return [...(this.#keysOf.get(accountId) ?? [])].map((key) => this.#apiKeys.get(key) as ApiKey);
  }

  feeRates(accountId: number, symbol: string): FeeRates {
    const profile = this.#accounts.get(accountId);
    return profile?.symbolRates[symbol] ?? profile?.rates ?? NO_FEES;
  }

  assetScale(asset: string): number | undefined {
    return this.#scales.get(asset);
  }

  assets(): readonly string[] {
    return [...this.#scales.keys()];
  }

  snapshot(): RegistrySnapshot {
    return {
      accounts: [...this.#accounts.values()],
      apiKeys: [...this.#apiKeys.values()],
      instruments: [...this.#instruments.values()],
      tokens: [...this.#tokens.values()],
      openActions: [...this.#openActions.values()],
      lastActionId: this.#lastActionId,
    };
  }

  static restore(snapshot: RegistrySnapshot): RegistryState {
    const state = new RegistryState();
    for (const account of snapshot.accounts) state.#accounts.set(account.accountId, account);
    for (const key of snapshot.apiKeys) {
      state.#apiKeys.set(key.apiKey, key);
      state.#keysOf.set(key.accountId, (state.#keysOf.get(key.accountId) ?? new Set()).add(key.apiKey));
    }
    for (const instrument of snapshot.instruments) {
      state.#instruments.set(instrument.symbol, instrument);
      state.#scales.set(instrument.baseAsset, instrument.baseScale);
      state.#scales.set(instrument.quoteAsset, instrument.quoteScale);
    }
    state.#listed = [...state.#instruments.values()];
    for (const token of snapshot.tokens ?? []) state.#tokens.set(token.tokenId, token);
    for (const action of snapshot.openActions ?? []) state.#openActions.set(action.actionId, action);
    state.#lastActionId = snapshot.lastActionId ?? 0;
    return state;
  }

  hash(): string {
    const hash = new StateHash();
    for (const a of this.#accounts.ascending()) {
      hash
        .number(a.accountId)
        .string(a.name)
        .number(a.rates.makerRate)
        .number(a.rates.takerRate)
        .number(a.canTrade ? 1 : 0)
        .number(a.frozen ? 1 : 0);
    }
    for (const k of [...this.#apiKeys.values()].sort((x, y) => (x.apiKey < y.apiKey ? -1 : 1)))
      hash
        .string(k.apiKey)
        .number(k.accountId)
        .string(k.secret)
        .number(k.revoked ? 1 : 0);
    for (const i of [...this.#instruments.values()].sort((x, y) => (x.symbol < y.symbol ? -1 : 1)))
      hash.string(i.symbol).number(i.status).string(i.haltReason);
    for (const t of [...this.#tokens.values()].sort((x, y) => (x.tokenId < y.tokenId ? -1 : 1)))
      hash
        .string(t.tokenId)
        .string(t.hash)
        .number(t.role)
        .number(t.revoked ? 1 : 0);
    return hash.number(this.#lastActionId).number(this.#openActions.size).digest();
  }
}

function replace<K, T extends object>(
  map: Pick<Map<K, T>, 'get' | 'delete'> & { set(id: K, row: T): void },
  id: K,
  entry: ChangeLogEntry,
  names: readonly (keyof T & string)[],
): T | undefined {
  const change = entry.changeType;
  if (change.kind === ChangeKind.Deleted) {
    map.delete(id);
    return undefined;
  }
  const next = change.kind === ChangeKind.Created ? (change.fields as unknown as T) : { ...(map.get(id) as T) };
  if (change.kind === ChangeKind.Updated) applyChanges(next, names, change.changedFields);
  map.set(id, next);
  return next;
}
