// Admin: the one writer of accounts, keys and symbols. In: operators' commands. Out: the admin log.

import { streams, subjects } from '../../bus/subjects.ts';
import { AccountField, type AccountProfile, type ApiKey, ApiKeyField, FIRST_ACCOUNT_ID } from '../../domain/accountProfile.ts';
import { type AdminAction, AdminActionField, type AdminToken, AdminTokenField } from '../../domain/adminAccess.ts';
import { type Capture, captureAtOnce } from '../../domain/capture.ts';
import { diff } from '../../domain/changedFields.ts';
import { type ChangeLogEntry, created, type EntityId, EntityType, updated } from '../../domain/changeLogEntry.ts';
import { type Instrument, InstrumentField } from '../../domain/instrument.ts';
import { type RegistrySnapshot, RegistryState } from '../../domain/registryState.ts';
import type { NewAdminAction, NewAdminToken } from '../../ports/adminAccess.ts';
import type { Behaviour, ChildKey, RunContext } from '../behaviour.ts';

export type AdminChange =
  | {
      readonly kind: 'createAccount';
      readonly account: Omit<AccountProfile, 'accountId' | 'createdUs' | 'updateUs'> & { readonly accountId?: number };
    }
  | { readonly kind: 'updateAccount'; readonly accountId: number; readonly change: Partial<AccountProfile> }
  | { readonly kind: 'createApiKey'; readonly key: Omit<ApiKey, 'createdUs' | 'updateUs'> }
  | { readonly kind: 'updateApiKey'; readonly apiKey: string; readonly change: Partial<ApiKey> }
  | { readonly kind: 'createInstrument'; readonly instrument: Instrument }
  | { readonly kind: 'updateInstrument'; readonly symbol: string; readonly change: Partial<Instrument> }
  | { readonly kind: 'createToken'; readonly token: NewAdminToken }
  | { readonly kind: 'updateToken'; readonly tokenId: string; readonly change: Partial<AdminToken> }
  | { readonly kind: 'recordAction'; readonly action: NewAdminAction }
  | { readonly kind: 'concludeAction'; readonly actionId: number; readonly change: Partial<AdminAction> };

/** The id of what was created or changed, or why not (AdminError's message). */
export type AdminAnswer =
  | { readonly ok: true; readonly id: EntityId }
  | { readonly ok: false; readonly problem: 'unknown' | 'exists' | 'invalid'; readonly message: string };

export interface AdminInput {
  readonly change: AdminChange;
  readonly answer: (answer: AdminAnswer) => void;
}

/** The admin log has one partition with one child. */
export const REGISTRY = 'registry';

export class AdminBehaviour implements Behaviour<RegistryState, AdminInput> {
  readonly stage = 'admin';
  readonly partition = 0;
  readonly output = streams.admin;
  readonly inputs = [];

  fresh(): AdminBehaviour {
    return new AdminBehaviour();
  }

  label(): string {
    return REGISTRY;
  }

  create(): RegistryState {
    return new RegistryState();
  }

  route(): void {}

  run(state: RegistryState, { change, answer }: AdminInput, context: RunContext): void {
    const result = decide(state, change, context.nowUs);
    if ('problem' in result) {
      context.afterPersisted({ answered: answer }, result);
      return;
    }
    for (const entry of result) {
      state.apply(entry);
      context.out.push(entry);
    }
    const id = result[0]?.entityId ?? '';
    context.afterPersisted({ answered: answer }, { ok: true, id });
  }

  isCommand(): boolean {
    return true;
  }

  refuse(_key: ChildKey, input: AdminInput): boolean {
    input.answer({ ok: false, problem: 'invalid', message: 'the command made the admin stage fail' });
    return true;
  }

  observe(): void {}

  keyOf(): ChildKey {
    return REGISTRY;
  }

  apply(state: RegistryState, entry: ChangeLogEntry): void {
    state.apply(entry);
  }

  capture(state: RegistryState): Capture {
    return captureAtOnce(state.snapshot(), state.hash());
  }

  restore(_key: ChildKey, snapshot: unknown): RegistryState {
    return RegistryState.restore(snapshot as RegistrySnapshot);
  }

  restoreMore(): void {
    throw new Error('it is captured in one part');
  }

  index(): void {}

  hash(state: RegistryState): string {
    return state.hash();
  }

  subject(entries: readonly ChangeLogEntry[]): string {
    return subjects.admin(SUBJECTS[entries[0]?.entityType as EntityType] ?? 'symbol');
  }

  onPoison(): void {}

  poisonOf(): undefined {
    return undefined;
  }

  beforeRetry(): void {}
}

const SUBJECTS: Readonly<Partial<Record<EntityType, string>>> = {
  [EntityType.Account]: 'account',
  [EntityType.ApiKey]: 'apikey',
  [EntityType.Symbol]: 'symbol',
  [EntityType.AdminToken]: 'token',
  [EntityType.AdminAction]: 'action',
};
const WORDS: Readonly<Partial<Record<EntityType, string>>> = {
  [EntityType.Account]: 'account',
  [EntityType.ApiKey]: 'api key',
  [EntityType.Symbol]: 'symbol',
  [EntityType.AdminToken]: 'admin token',
  [EntityType.AdminAction]: 'admin action under way',
};

type Refusal = Extract<AdminAnswer, { ok: false }>;
const refusal = (problem: Refusal['problem'], message: string): Refusal => ({ ok: false, problem, message });

function decide(state: RegistryState, change: AdminChange, nowUs: number): ChangeLogEntry[] | Refusal {
  switch (change.kind) {
    case 'createAccount': {
      const accountId = change.account.accountId ?? nextAccountId(state);
      if (!Number.isSafeInteger(accountId) || accountId < FIRST_ACCOUNT_ID)
        return refusal('invalid', `accountId must be ${FIRST_ACCOUNT_ID} or above`);
      if (state.profile(accountId) !== undefined) return refusal('exists', `account ${accountId} exists`);
      return [created(EntityType.Account, accountId, { ...change.account, accountId, createdUs: nowUs, updateUs: nowUs }, nowUs)];
    }
    case 'updateAccount':
      return update(EntityType.Account, change.accountId, AccountField, state.profile(change.accountId), change.change, nowUs);
    case 'createApiKey':
      if (state.profile(change.key.accountId) === undefined) return refusal('unknown', `no account ${change.key.accountId}`);
      if (state.apiKey(change.key.apiKey) !== undefined) return refusal('exists', 'this api key exists');
      return [created(EntityType.ApiKey, change.key.apiKey, { ...change.key, createdUs: nowUs, updateUs: nowUs }, nowUs)];
    case 'updateApiKey':
      return update(EntityType.ApiKey, change.apiKey, ApiKeyField, state.apiKey(change.apiKey), change.change, nowUs);
    case 'createInstrument': {
      const { instrument } = change;
      if (state.instrument(instrument.symbol) !== undefined) return refusal('exists', `symbol ${instrument.symbol} exists`);
      for (const [asset, scale] of [
        [instrument.baseAsset, instrument.baseScale],
        [instrument.quoteAsset, instrument.quoteScale],
      ] as const) {
        const known = state.assetScale(asset);
        if (known !== undefined && known !== scale) return refusal('invalid', `asset ${asset} has ${known} decimals, not ${scale}`);
      }
      return [created(EntityType.Symbol, instrument.symbol, { ...instrument, updateUs: nowUs }, nowUs)];
    }
    case 'createToken': {
      const { token } = change;
      if (state.token(token.tokenId) !== undefined) return refusal('exists', 'this admin token exists');
      if (state.tokens().some(({ name, revoked }) => name === token.name && !revoked))
        return refusal('exists', `an admin token of the name ${token.name} exists`);
      return [created(EntityType.AdminToken, token.tokenId, { ...token, revoked: false, createdUs: nowUs, updateUs: nowUs }, nowUs)];
    }
    case 'updateToken':
      return update(EntityType.AdminToken, change.tokenId, AdminTokenField, state.token(change.tokenId), change.change, nowUs);
    case 'recordAction': {
      const actionId = state.lastActionId + 1;
      return [created(EntityType.AdminAction, actionId, { ...change.action, actionId, timeUs: nowUs, updateUs: nowUs }, nowUs)];
    }
    case 'concludeAction':
      return update(EntityType.AdminAction, change.actionId, AdminActionField, state.openAction(change.actionId), change.change, nowUs);
    case 'updateInstrument':
      return update(EntityType.Symbol, change.symbol, InstrumentField, state.instrument(change.symbol), change.change, nowUs);
  }
}

function update<T extends { updateUs: number }>(
  type: EntityType,
  id: EntityId,
  table: Readonly<Record<keyof T & string, number>>,
  before: T | undefined,
  change: Partial<T>,
  nowUs: number,
): ChangeLogEntry[] | Refusal {
  if (before === undefined) return refusal('unknown', `unknown ${WORDS[type]} ${id}`);
  const changed = diff<T>(table, before, change);
  if (changed.length === 0) return [updated(type, id, [], nowUs)];
  return [updated(type, id, [...changed, table.updateUs, before.updateUs, nowUs], nowUs)];
}

function nextAccountId(state: RegistryState): number {
  return Math.max(state.highestAccountId + 1, FIRST_ACCOUNT_ID);
}
