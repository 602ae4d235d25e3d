// Settlement: the accounts of one partition, the only writers of their balances. In: commands of clients and the market
// logs. Out: accounts-<p>: orders accepted and requested (for Match), balances after every change.
import { MIXED, streams, subjects } from '../../bus/subjects.ts';
import { Account, type AccountContext, type AccountSnapshot, type DeferredReply } from '../../domain/account/account.ts';
import { AccountPrefetch, LOOK_AHEAD } from '../../domain/account/accountPrefetch.ts';
import type { AccountLimits } from '../../domain/account/limits.ts';
import { OrderIndex } from '../../domain/account/orderIndex.ts';
import type { SnapshotOrders } from '../../domain/account/snapshotting.ts';
import { type AccountProfile, houseAccountId } from '../../domain/accountProfile.ts';
import type { Balance } from '../../domain/balance.ts';
import type { Capture } from '../../domain/capture.ts';
import { ChangeKind, type ChangeLogEntry, EntityType, type EntryOf, newValue } from '../../domain/changeLogEntry.ts';
import type { AccountCommand, CommandReply } from '../../domain/command.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { isTerminal } from '../../domain/orderStatus.ts';
import type { PackedReader } from '../../domain/packed/packedReader.ts';
import type { PackedWriter } from '../../domain/packed/packedWriter.ts';
import { accountPartition, orderPartition } from '../../domain/partitions.ts';
import type { EngineReason } from '../../domain/rejectReason.ts';
import { OrderField } from '../../domain/spotOrder.ts';
import type { Registry } from '../../ports/exchangePort.ts';
import type { Asker, Behaviour, ChildKey, RunContext } from '../behaviour.ts';
import { type AccountPart, type PackedAccounts, packAccounts, unpackAccounts } from './accountParts.ts';
import { addFee, type OwnFee, withFee } from './ownFees.ts';
import { Shares } from './shares.ts';

export type AccountAnswer = CommandReply | DeferredReply;

export type AccountInput =
  | { readonly kind: 'command'; readonly command: AccountCommand; readonly asker: Asker<AccountAnswer> }
  | { readonly kind: 'settle'; readonly entries: ChangeLogEntry[] }
  | { readonly kind: 'fees'; readonly fees: OwnFee[] };

export interface AccountBehaviourOptions {
  readonly partition: number;
  readonly accountPartitions: number;
  readonly marketPartitions: number;
  readonly registry: Registry;
  readonly limits: AccountLimits;
  readonly onPoison: (accountId: number, reason: string) => void;
  /** Made here so that tests can plant a child that crashes. */
  readonly newAccount?: (accountId: number) => Account;
}

/** A fraction of what a command's way through the logs takes; a third of all settlement's messages at half load. */
const REST_MS = 4;
/** The longest wait of a client for a deferred answer is far below this many newer sagas. */
const MAX_DEFERRED = 100_000;
const MAX_REFUSED = 10_000;

export class AccountBehaviour implements Behaviour<Account, AccountInput>, AccountContext {
  readonly stage = 'settlement';
  readonly partition: number;
  readonly output: string;
  readonly inputs: readonly { readonly stream: string }[];
  readonly lookAhead = LOOK_AHEAD;
  readonly #options: AccountBehaviourOptions;
  readonly #prefetch = new AccountPrefetch();
  /** Every account's open orders. */
  readonly #orders = new OrderIndex();
  /** Cancel-replaces whose answer waits for the symbol's writer, by command. */
  readonly #deferred = new Map<number, { readonly accountId: number; readonly asker: Asker<AccountAnswer> }>();
  /** Sagas found at recovery: nobody waits here, but their outcome must find the account. */
  readonly #sagaAccounts = new Map<number, number>();
  /** Answers of the last commands that were refused: requests that come twice come to this owner, for they name its epoch. */
  readonly #refused = new Map<number, AccountAnswer>();
  #lastOrderNumber = 0;
  nowUs = 0;

  constructor(options: AccountBehaviourOptions) {
    this.#options = options;
    this.partition = options.partition;
    this.output = streams.accounts(options.partition);
    this.inputs = Array.from({ length: options.marketPartitions }, (_, s) => ({ stream: streams.markets(s) }));
  }

  get limits(): AccountLimits {
    return this.#options.limits;
  }

  /** Whoever traded was told by the market's log. What settles it is a part of the next commands' step, unless a client waits for it. */
  get restMs(): number {
    return this.#deferred.size > 0 ? 0 : REST_MS;
  }

  fresh(): AccountBehaviour {
    return new AccountBehaviour(this.#options);
  }

  instrument(symbol: string): Instrument | undefined {
    return this.#options.registry.instrument(symbol);
  }

  profile(accountId: number): AccountProfile | undefined {
    return this.#options.registry.profile(accountId);
  }

  knowsAsset(asset: string): boolean {
    return this.#options.registry.assetScale(asset) !== undefined;
  }

  /** Ascending, and this partition's by remainder. */
  nextOrderId(): number {
    return ++this.#lastOrderNumber * this.#options.accountPartitions + this.partition;
  }

  label(key: ChildKey): string {
    return `account-${key}`;
  }

  create(key: ChildKey): Account | undefined {
    const accountId = key as number;
    if (accountId !== houseAccountId(this.partition) && this.profile(accountId) === undefined) return undefined;
    const account = this.#options.newAccount?.(accountId) ?? new Account(accountId);
    account.shareIndex(this.#orders);
    return account;
  }

  route(_stream: string, entries: readonly ChangeLogEntry[], assign: (key: ChildKey, input: AccountInput) => void): void {
    const shares = new Shares();
    for (const entry of entries) {
      if (entry.entityType === EntityType.SpotTrade) {
        if (entry.changeType.kind !== ChangeKind.Created) continue;
        const { buyerAccountId, sellerAccountId } = entry.changeType.fields;
        if (this.#owns(buyerAccountId)) shares.give(buyerAccountId, entry);
        if (sellerAccountId !== buyerAccountId && this.#owns(sellerAccountId)) shares.give(sellerAccountId, entry);
      } else if (entry.entityType === EntityType.SpotOrder) {
        const id = entry.entityId as number;
        if (orderPartition(id, this.#options.accountPartitions) !== this.partition) continue;
        const accountId = this.#concerns(id, entry.changeType);
        if (accountId !== undefined) shares.give(accountId, entry);
      }
    }
    shares.each((accountId, entries) => assign(accountId, { kind: 'settle', entries }));
  }

  #owns(accountId: number): boolean {
    return accountPartition(accountId, this.#options.accountPartitions) === this.partition;
  }

  /** The account an order entry of the market log matters to; undefined when it tells the account nothing new. */
  #concerns(id: number, change: EntryOf<typeof EntityType.SpotOrder>['changeType']): number | undefined {
    if (change.kind === ChangeKind.Updated) {
      const known = this.#accountOf(id);
      if (known !== undefined) return known;
      // The order has ended, but a cancel-replace may still wait for the outcome of its cancel.
      const outcome = newValue(change.changedFields, OrderField.outcome) as { readonly commandId: number } | null | undefined;
      if (outcome === undefined || outcome === null) return undefined;
      return this.#deferred.get(outcome.commandId)?.accountId ?? this.#sagaAccounts.get(outcome.commandId);
    }
    if (change.kind !== ChangeKind.Created) return undefined;
    // A Created that is live tells nothing that the account did not ask for itself.
    return isTerminal(change.fields.status) ? this.#accountOf(id) : undefined;
  }

  #accountOf(orderId: number): number | undefined {
    return this.#orders.get(orderId)?.owner?.accountId;
  }

  run(account: Account, input: AccountInput, context: RunContext): void {
    this.nowUs = context.nowUs;
    switch (input.kind) {
      case 'command': {
        const { commandId } = input.command;
        const written = context.out.length;
        const reply = this.#refused.get(commandId) ?? account.execute(input.command, this, context.out);
        if (reply === 'deferred') this.#defer(commandId, account.accountId, input.asker);
        else {
          if (context.out.length === written) this.#noteRefused(commandId, reply);
          context.afterPersisted(input.asker, reply);
        }
        return;
      }
      case 'settle': {
        const replies = account.settle(input.entries, this, context.out);
        for (const reply of replies) {
          this.#sagaAccounts.delete(reply.commandId);
          const waiting = this.#deferred.get(reply.commandId);
          if (waiting === undefined) continue;
          const answered = (settled: DeferredReply): void => {
            this.#deferred.delete(settled.commandId);
            waiting.asker.answered(settled);
          };
          context.afterPersisted({ answered }, reply);
        }
        this.#forwardFees(account.accountId, input.entries, context);
        return;
      }
      case 'fees':
        account.collectFees(input.fees, this, context.out);
    }
  }

  announce(account: Account, input: AccountInput): void {
    this.#prefetch.add(account, input.kind === 'command' ? this.profile(account.accountId) : undefined);
  }

  fetch(): void {
    this.#prefetch.fetch();
  }

  /** What left no trace in the log must not come true when the command arrives a second time. */
  #noteRefused(commandId: number, reply: AccountAnswer): void {
    if ('ok' in reply && reply.ok) return;
    this.#refused.set(commandId, reply);
    if (this.#refused.size <= MAX_REFUSED) return;
    for (const oldest of this.#refused.keys()) {
      this.#refused.delete(oldest);
      return;
    }
  }

  #defer(commandId: number, accountId: number, asker: Asker<AccountAnswer>): void {
    this.#deferred.set(commandId, { accountId, asker });
    if (this.#deferred.size <= MAX_DEFERRED) return;
    for (const oldest of this.#deferred.keys()) {
      this.#deferred.delete(oldest);
      return;
    }
  }

  #forwardFees(accountId: number, entries: readonly ChangeLogEntry[], context: RunContext): void {
    let fees: OwnFee[] | undefined;
    for (const entry of entries) {
      if (entry.entityType !== EntityType.SpotTrade || entry.changeType.kind !== ChangeKind.Created) continue;
      const trade = entry.changeType.fields;
      const instrument = this.instrument(trade.symbol) as Instrument;
      if (trade.buyerAccountId === accountId) fees = withFee(fees, instrument.baseAsset, trade.buyerFeeUnits);
      if (trade.sellerAccountId === accountId) fees = withFee(fees, instrument.quoteAsset, trade.sellerFeeUnits);
    }
    if (fees !== undefined) context.forward(houseAccountId(this.partition), { kind: 'fees', fees } satisfies AccountInput);
  }

  merge(first: AccountInput, second: AccountInput): AccountInput {
    if (first.kind !== 'fees' || second.kind !== 'fees') return second;
    // Into the first one's: it was made to be forwarded, and a step over a thousand symbols would copy it a thousand times.
    for (const { asset, units } of second.fees) addFee(first.fees, asset, units);
    return first;
  }

  isCommand(input: AccountInput): boolean {
    return input.kind === 'command';
  }

  refuse(_key: ChildKey, input: AccountInput, reason: EngineReason, context: RunContext): boolean {
    if (input.kind !== 'command') return false;
    context.afterPersisted(input.asker, { ok: false, reason });
    return true;
  }

  observe(_key: ChildKey, { entityType, entityId, changeType }: ChangeLogEntry): void {
    const numbered = entityType === EntityType.SpotOrder || entityType === EntityType.SpotOrderList;
    if (numbered && changeType.kind === ChangeKind.Created) this.#noteOrderId(entityId as number);
  }

  #noteOrderId(id: number): void {
    const number = Math.floor(id / this.#options.accountPartitions);
    if (number > this.#lastOrderNumber) this.#lastOrderNumber = number;
  }

  keyOf(entry: ChangeLogEntry): ChildKey | undefined {
    switch (entry.entityType) {
      case EntityType.Balance: {
        const id = entry.entityId as string;
        return Number(id.slice(0, id.indexOf('-')));
      }
      case EntityType.SpotOrder:
      case EntityType.SpotOrderList:
        if (entry.changeType.kind === ChangeKind.Created) return entry.changeType.fields.accountId;
        // What a list's end changes follows from its last order's: nothing is folded from it.
        return this.#accountOf(entry.entityId as number);
      default:
        return undefined;
    }
  }

  apply(account: Account, entry: ChangeLogEntry): void {
    account.apply(entry);
  }

  capture(account: Account): Capture {
    return account.capture();
  }

  pack(parts: readonly (readonly [ChildKey, unknown])[]): PackedAccounts {
    return packAccounts(parts, this.#lastOrderNumber);
  }

  unpack(packed: unknown): Iterable<readonly [ChildKey, AccountPart]> {
    const part = packed as PackedAccounts;
    this.#lastOrderNumber = Math.max(this.#lastOrderNumber, part.lastOrderNumber);
    return unpackAccounts(part);
  }

  restore(_key: ChildKey, part: unknown): Account {
    if (!Array.isArray(part)) return Account.restore(part as AccountSnapshot, this.#orders);
    // Before version 3 the last order number stood with every account.
    const [account, lastOrderNumber] = part as [AccountSnapshot, number];
    this.#lastOrderNumber = Math.max(this.#lastOrderNumber, lastOrderNumber);
    return Account.restore(account, this.#orders);
  }

  restoreMore(account: Account, part: unknown): void {
    account.restoreMore(part as SnapshotOrders);
  }

  packResting(account: Account, w: PackedWriter): boolean {
    // What a test planted stays as it is.
    return this.#options.newAccount === undefined && account.pack(w);
  }

  unpackResting(key: ChildKey, r: PackedReader): Account {
    return Account.unpack(key as number, r, this.#orders);
  }

  index(key: ChildKey, account: Account): void {
    account.shareIndex(this.#orders);
    for (const id of account.openIds()) this.#noteOrderId(id);
    for (const commandId of account.pendingReplaceIds()) this.#sagaAccounts.set(commandId, key as number);
  }

  replace(account: Account, rebuilt: Account): void {
    account.leaveIndex();
    rebuilt.shareIndex(this.#orders);
  }

  hash(account: Account): string {
    return account.hash();
  }

  subject(entries: readonly ChangeLogEntry[], writer: ChildKey | undefined): string {
    let symbol: string | undefined;
    for (const entry of entries) {
      if (entry.entityType === EntityType.Balance) continue;
      const of = symbolForMatch(entry);
      if (of === undefined || of === symbol) continue;
      if (symbol !== undefined) return subjects.orderAcquiring(this.partition, MIXED);
      symbol = of;
    }
    if (symbol !== undefined) return subjects.orderAcquiring(this.partition, symbol);
    return subjects.balanceSettlement(this.partition, writer === undefined ? MIXED : String(writer));
  }

  onPoison(key: ChildKey, reason: string): void {
    this.#options.onPoison(key as number, reason);
  }

  poisonOf(key: ChildKey): string | undefined {
    return this.profile(key as number)?.frozen === true ? 'the account is frozen' : undefined;
  }

  beforeRetry(): void {}
}

/** The symbol whose writer has to see the entry; undefined when none has to. */
function symbolForMatch(entry: ChangeLogEntry): string | undefined {
  const change = entry.changeType;
  if (entry.entityType === EntityType.SpotOrder) {
    if (change.kind === ChangeKind.Created) return (change.fields as { readonly symbol: string }).symbol;
    if (change.kind === ChangeKind.Updated)
      return (newValue(change.changedFields, OrderField.request) as { readonly symbol: string } | null | undefined)?.symbol;
  } else if (entry.entityType === EntityType.SpotOrderList && change.kind === ChangeKind.Created) {
    return (change.fields as { readonly symbol: string }).symbol;
  }
  return undefined;
}

/** Tells the partitions' own accounts, which collect the fees, from the clients'. */
export function isHouseOf(accountPartitions: number): (accountId: number) => boolean {
  const houses = new Set<number>();
  for (let partition = 0; partition < accountPartitions; partition++) houses.add(houseAccountId(partition));
  return (accountId) => houses.has(accountId);
}

/** All balances of an account, for display. */
export function balancesOf(account: Account | undefined): readonly Readonly<Balance>[] {
  return account?.balances().map((balance) => ({ ...balance })) ?? [];
}
