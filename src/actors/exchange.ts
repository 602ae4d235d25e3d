// The exchange as its edges see it: the port, put together from the stages of one process.
import { randomBytes } from 'node:crypto';
import { type AccountProfile, type ApiKey, ApiKeyKind, type FeeRates } from '../domain/accountProfile.ts';
import type { Instrument } from '../domain/instrument.ts';
import { checkInstrument } from '../domain/orderChecks.ts';
import { SymbolStatus } from '../domain/orderTerms.ts';
import { type EngineReason, EngineReject } from '../domain/rejectReason.ts';
import type { AccountEvents } from '../ports/accountEvents.ts';
import type { AdminAccess } from '../ports/adminAccess.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  AccountView,
  Admin,
  AssetReconciliation,
  BalanceResult,
  CancelAllResult,
  CancelReplaceResult,
  CommandOf,
  ExchangePort,
  Health,
  ListResult,
  PlaceResult,
  Registry,
  SecretsReport,
} from '../ports/exchangePort.ts';
import type { HistoryQueries } from '../ports/historyQueries.ts';
import type { MarketData } from '../ports/marketData.ts';
import { type SecretBox, SecretBoxError } from '../ports/secretBox.ts';
import { ActionLog } from './admin/actionLog.ts';
import type { AdminChange } from './admin/adminBehaviour.ts';
import { KeySecrets, withOpenSecrets } from './admin/keySecrets.ts';
import { healthOf } from './health.ts';
import type { Pipeline } from './pipeline.ts';

/** An operator's command that cannot be done: `problem` tells the edge which status to answer. */
export class AdminError extends RangeError {
  override name = 'AdminError';
  readonly problem: 'unknown' | 'exists' | 'invalid';
  constructor(problem: 'unknown' | 'exists' | 'invalid', message: string) {
    super(message);
    this.problem = problem;
  }
}

export interface ExchangeOptions {
  readonly defaultRates: FeeRates;
  /** Seals the secrets of HMAC keys. */
  readonly secrets: SecretBox;
}

export class Exchange implements ExchangePort, Admin {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly markets: MarketData;
  readonly accountEvents: AccountEvents;
  readonly access: AdminAccess;
  readonly #pipeline: Pipeline;
  readonly #options: ExchangeOptions;
  readonly #secrets: KeySecrets;

  constructor(pipeline: Pipeline, options: ExchangeOptions) {
    this.#pipeline = pipeline;
    this.#options = options;
    this.clock = pipeline.clock;
    this.#secrets = new KeySecrets(options.secrets, this.clock);
    this.registry = withOpenSecrets(pipeline.registry, this.#secrets);
    this.markets = pipeline.hub.markets;
    this.accountEvents = pipeline.hub.accountEvents;
    this.access = new ActionLog({ bus: pipeline.bus, registry: pipeline.registry, change: (change) => this.#change(change) });
  }

  get admin(): Admin {
    return this;
  }

  sheds(): boolean {
    return this.#pipeline.acquiring.sheds();
  }

  placeOrder(command: CommandOf<'PlaceOrder'>): Promise<PlaceResult> {
    return this.#pipeline.acquiring.placeOrder(command);
  }

  testOrder(command: CommandOf<'PlaceOrder'>): Promise<EngineReason | undefined> {
    return Promise.resolve(this.#pipeline.acquiring.check(command.symbol, command.order));
  }

  placeOrderList(command: CommandOf<'PlaceOrderList'>): Promise<ListResult> {
    return this.#pipeline.acquiring.placeOrderList(command);
  }

  cancelOrder(command: CommandOf<'CancelOrder'>): Promise<PlaceResult> {
    return this.#pipeline.acquiring.cancelOrder(command);
  }

  cancelOrderList(command: CommandOf<'CancelOrderList'>): Promise<ListResult> {
    return this.#pipeline.acquiring.cancelOrderList(command);
  }

  cancelAllOrders(command: CommandOf<'CancelAllOrders'>): Promise<CancelAllResult> {
    return this.#pipeline.acquiring.cancelAllOrders(command);
  }

  cancelReplace(command: CommandOf<'CancelReplace'>): Promise<CancelReplaceResult> {
    return this.#pipeline.acquiring.cancelReplace(command);
  }

  amendOrder(command: CommandOf<'AmendOrder'>): Promise<PlaceResult> {
    return this.#pipeline.acquiring.amendOrder(command);
  }

  async account(accountId: number): Promise<AccountView | undefined> {
    const profile = this.registry.profile(accountId) ?? this.#houseProfile(accountId);
    if (profile === undefined) return undefined;
    const balances = await this.#pipeline.writers.balances(accountId);
    return { profile: this.registry.profile(accountId) ?? profile, balances };
  }

  history(): Promise<HistoryQueries> {
    return this.#pipeline.writers.history();
  }

  health(): Health {
    return healthOf(this.#pipeline);
  }

  async createAccount(account: { readonly name: string; readonly rates?: FeeRates; readonly accountId?: number }): Promise<AccountProfile> {
    const { name, rates = this.#options.defaultRates } = account;
    const id = await this.#change({
      kind: 'createAccount',
      account: {
        name,
        rates,
        symbolRates: {},
        canTrade: true,
        canDeposit: true,
        canWithdraw: true,
        frozen: false,
        tradeGroupId: -1,
        ...(account.accountId === undefined ? {} : { accountId: account.accountId }),
      },
    });
    return this.registry.profile(id as number) as AccountProfile;
  }

  async updateAccount(accountId: number, change: Partial<AccountProfile>): Promise<AccountProfile> {
    await this.#change({ kind: 'updateAccount', accountId, change });
    return this.registry.profile(accountId) as AccountProfile;
  }

  accounts(): readonly AccountProfile[] {
    return this.#pipeline.registry.profiles();
  }

  async createApiKey(key: Parameters<Admin['createApiKey']>[0]): Promise<ApiKey> {
    const apiKey = randomBytes(32).toString('hex');
    if (key.kind !== ApiKeyKind.HMAC && key.publicKey === undefined)
      throw new AdminError('invalid', 'publicKey is needed for ED25519 and RSA keys');
    const secret =
      key.kind === ApiKeyKind.HMAC ? sealing(() => this.#secrets.seal(randomBytes(32).toString('hex'), apiKey)) : (key.publicKey as string);
    const { accountId, kind, label = '', canTrade = true, ipAllowList = [] } = key;
    await this.#change({
      kind: 'createApiKey',
      key: { apiKey, accountId, kind, secret, label, canTrade, ipAllowList, revoked: false },
    });
    return this.registry.apiKey(apiKey) as ApiKey;
  }

  async revokeApiKey(apiKey: string): Promise<ApiKey> {
    await this.#change({ kind: 'updateApiKey', apiKey, change: { revoked: true } });
    return this.registry.apiKey(apiKey) as ApiKey;
  }

  secrets(): SecretsReport {
    return this.#secrets.report(this.#pipeline.registry.apiKeys());
  }

  async rotateSecrets(): Promise<SecretsReport> {
    const store = (apiKey: string, secret: string) => this.#change({ kind: 'updateApiKey', apiKey, change: { secret } });
    await sealing(() => this.#secrets.rotate(this.#pipeline.registry.apiKeys(), store));
    return this.secrets();
  }

  async createInstrument(instrument: Instrument): Promise<Instrument> {
    const problem = checkInstrument(instrument);
    if (problem !== undefined) throw new AdminError('invalid', problem);
    await this.#change({ kind: 'createInstrument', instrument });
    return this.registry.instrument(instrument.symbol) as Instrument;
  }

  async setSymbolStatus(symbol: string, status: SymbolStatus, haltReason = ''): Promise<Instrument> {
    await this.#change({ kind: 'updateInstrument', symbol, change: { status, haltReason } });
    return this.registry.instrument(symbol) as Instrument;
  }

  async resumePoisoned(name: string, how: 'retry' | 'skip'): Promise<void> {
    const { writers } = this.#pipeline;
    const stage = await writers.haltedIn(name);
    // The door that poison closed opens again first: what waits behind it is to be taken, not refused.
    if (stage === 'match') await this.setSymbolStatus(name, SymbolStatus.TRADING);
    if (stage === 'settlement') await this.updateAccount(Number(name.slice(name.indexOf('-') + 1)), { frozen: false });
    if (stage === undefined || !(await writers.resume(stage, name, how))) {
      throw new AdminError('unknown', `nothing of the name ${name} is halted`);
    }
  }

  deposit(command: CommandOf<'Deposit'>): Promise<BalanceResult> {
    return this.#transfer(command, 'Deposit');
  }

  withdraw(command: CommandOf<'Withdraw'>): Promise<BalanceResult> {
    return this.#transfer(command, 'Withdraw');
  }

  reconcile(): Promise<readonly AssetReconciliation[]> {
    return this.#pipeline.writers.reconciliation();
  }

  #transfer(command: CommandOf<'Deposit'> | CommandOf<'Withdraw'>, kind: 'Deposit' | 'Withdraw'): Promise<BalanceResult> {
    if (this.registry.assetScale(command.asset) === undefined) return Promise.resolve({ ok: false, reason: EngineReject.UNKNOWN_ASSET });
    return this.#pipeline.acquiring.moveFunds(command, kind);
  }

  /** Resolves when the change is in the log and this process's registry shows it. */
  async #change(change: AdminChange): Promise<string | number> {
    const { writers, registry, bus } = this.#pipeline;
    const answer = await writers.change(change);
    if (!answer.ok) throw new AdminError(answer.problem, answer.message);
    await registry.reached((await bus.streamInfo('admin')).lastSequence);
    return answer.id;
  }

  #houseProfile(accountId: number): AccountProfile | undefined {
    if (accountId < 0 || accountId >= this.#pipeline.config.accountPartitions) return undefined;
    const rates = { makerRate: 0, takerRate: 0 };
    return {
      accountId,
      name: 'house',
      createdUs: 0,
      rates,
      symbolRates: {},
      canTrade: false,
      canDeposit: false,
      canWithdraw: true,
      frozen: false,
      updateUs: 0,
      tradeGroupId: -1,
    };
  }
}

/** What has to do with the secrets key is the operator's to mend, and is told. */
function sealing<T>(work: () => T): T {
  const told = (error: unknown): never => {
    throw error instanceof SecretBoxError ? new AdminError('invalid', error.message) : error;
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(told) as T) : result;
  } catch (error) {
    return told(error);
  }
}
