// The account's reducer: the only writer of its balances. In: commands, and the market-log entries that concern the account.
// Out: the entries of its own log, from which `apply` rebuilds the very same state. No clock, no I/O; one call is one atomic
// step. A refusal changes nothing and writes nothing.
import type { AccountProfile } from '../accountProfile.ts';
import { assertNever } from '../assert.ts';
import { type Balance, BalanceCause } from '../balance.ts';
import type { ChangeLogEntry } from '../changeLogEntry.ts';
import type { AccountCommand, CommandReply, TradingCommand } from '../command.ts';
import type { Instrument } from '../instrument.ts';
import type { PackedReader } from '../packed/packedReader.ts';
import type { PackedWriter } from '../packed/packedWriter.ts';
import type { RequestOutcome, SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { AccountState } from './accountState.ts';
import { fold } from './folding.ts';
import { checkInvariants, reservationsOf } from './invariants.ts';
import type { AccountLimits } from './limits.ts';
import type { OrderIndex } from './orderIndex.ts';
import { packState, unpackSnapshot } from './packing.ts';
import { placeOrder, placeOrderList } from './placing.ts';
import { amendOrder, cancelAllOrders, cancelOrder, cancelOrderList, cancelReplace } from './requests.ts';
import { Settling } from './settling.ts';
import {
  AccountCapture,
  type AccountSnapshot,
  adoptAll,
  hashOf,
  restoreState,
  type SnapshotOrders,
  snapshotOf,
  type WholeAccount,
} from './snapshotting.ts';
import { Step } from './step.ts';
import { transfer } from './transfers.ts';

export type { AccountSnapshot } from './snapshotting.ts';

/** What an account asks of its surroundings while it decides. */
export interface AccountContext {
  readonly nowUs: number;
  /** The same for every account. */
  readonly limits: AccountLimits;
  instrument(symbol: string): Instrument | undefined;
  profile(accountId: number): AccountProfile | undefined;
  knowsAsset(asset: string): boolean;
  /** Ascending; list ids come from it too. */
  nextOrderId(): number;
}

export type InstrumentLookup = Pick<AccountContext, 'instrument'>;

/** A commission that the venue takes in. */
export interface Fee {
  readonly asset: string;
  readonly units: bigint;
}

/** The answer to a cancel-replace. */
export interface DeferredReply {
  readonly commandId: number;
  readonly cancel: RequestOutcome;
  /** null = not attempted. */
  readonly place: CommandReply | null;
}

/** For accountPrefetch.ts. */
export let stateOf: (account: Account) => AccountState;

/** An account's step is over when the call is: all of them share one. */
const oneStep = new Step();

export class Account {
  readonly accountId: number;
  #state: AccountState;

  constructor(accountId: number) {
    this.accountId = accountId;
    this.#state = new AccountState(accountId);
  }

  /**
   * Appends the entries the command causes, or nothing when it is refused. A CancelReplace whose cancel went to the symbol's
   * writer is 'deferred': settle() answers it. One whose cancel failed at once is answered by a DeferredReply.
   */
  execute(command: AccountCommand, context: AccountContext, out: ChangeLogEntry[]): CommandReply | DeferredReply | 'deferred' {
    const step = oneStep.begin(this.#state, context, out);
    const reply = this.#execute(step, command);
    step.closeOrders();
    step.closeHoldings();
    return reply;
  }

  /**
   * The market-log entries of one message that concern this account, in order. Returns the answers to cancel-replaces whose
   * cancel had its outcome in it.
   */
  settle(entries: readonly ChangeLogEntry[], context: AccountContext, out: ChangeLogEntry[]): readonly DeferredReply[] {
    return new Settling(oneStep.begin(this.#state, context, out)).run(entries);
  }

  /** House accounts only: fees of the partition. */
  collectFees(fees: readonly Fee[], context: AccountContext, out: ChangeLogEntry[]): void {
    const step = oneStep.begin(this.#state, context, out);
    for (const { asset, units } of fees) if (units > 0n) step.holding(asset).free += units;
    step.closeHoldings(BalanceCause.FEES);
  }

  /** Folds one entry of the account's own log. */
  apply(entry: ChangeLogEntry): void {
    fold(this.#state, entry);
  }

  /** Its open orders are found in this index, too, which it shares with others. */
  shareIndex(index: OrderIndex): void {
    this.#state.shareIndex(index);
  }

  /** Nobody finds its orders any more: another object stands for the account. */
  leaveIndex(): void {
    this.#state.leaveIndex();
  }

  static {
    stateOf = (account) => account.#state;
  }

  snapshot(): WholeAccount {
    return snapshotOf(this.#state);
  }

  /** As of now, to be read off in parts while the account goes on. */
  capture(): AccountCapture {
    return new AccountCapture(this.snapshot());
  }

  /** Further open orders, behind those it was restored with. */
  restoreMore(orders: SnapshotOrders): void {
    adoptAll(this.#state, orders);
  }

  /** With an index: its orders are found there from the beginning, see shareIndex. */
  static restore(snapshot: AccountSnapshot, index?: OrderIndex): Account {
    const account = new Account(snapshot.accountId);
    account.#state = restoreState(snapshot, index);
    return account;
  }

  /** As bytes from which unpack makes it again, exactly; false when something is open. */
  pack(w: PackedWriter): boolean {
    return packState(this.#state, w);
  }

  static unpack(accountId: number, r: PackedReader, index?: OrderIndex): Account {
    return Account.restore(unpackSnapshot(accountId, r), index);
  }

  hash(): string {
    return hashOf(this.#state);
  }

  /** Throws InvariantError when locked is not the sum of the reservations, or anything is negative or out of step. */
  checkInvariants(context: InstrumentLookup): void {
    checkInvariants(this.#state, context);
  }

  balance(asset: string): Readonly<Balance> | undefined {
    return this.#state.holding(asset)?.toBalance(this.accountId);
  }

  /** Every asset the account ever held. */
  balances(): readonly Readonly<Balance>[] {
    return [...this.#state.holdings()].map((holding) => holding.toBalance(this.accountId));
  }

  /** As they stand in the account's log: executions included, book state not. Ascending ids. */
  *openOrders(): Generator<Readonly<SpotOrder>> {
    for (const order of this.#state.orders.values()) yield order.toRow();
  }

  *openLists(): Generator<Readonly<SpotOrderList>> {
    for (const list of this.#state.lists.values()) yield list.row;
  }

  openOrder(orderId: number): Readonly<SpotOrder> | undefined {
    return this.#state.orders.get(orderId)?.toRow();
  }

  hasOpenOrder(orderId: number): boolean {
    return this.#state.orders.has(orderId);
  }

  get openOrderCount(): number {
    return this.#state.orders.size;
  }

  /** Ids of everything open, orders and lists: what leads from the market log to this account. */
  *openIds(): Generator<number> {
    yield* this.#state.orders.keys();
    yield* this.#state.lists.keys();
  }

  /** Cancel-replaces that settle() has yet to answer, by command. */
  *pendingReplaceIds(): Generator<number> {
    for (const { request } of this.#state.inFlight.values()) if (request.replacement !== undefined) yield request.commandId;
  }

  /** Sum of the open reservations by asset. */
  reservations(context: InstrumentLookup): ReadonlyMap<string, bigint> {
    return reservationsOf(this.#state, context);
  }

  /** Everything ever deposited, by asset. */
  deposited(): ReadonlyMap<string, bigint> {
    return new Map([...this.#state.holdings()].map((holding) => [holding.asset, holding.deposited]));
  }

  withdrawn(): ReadonlyMap<string, bigint> {
    return new Map([...this.#state.holdings()].map((holding) => [holding.asset, holding.withdrawn]));
  }

  #execute(step: Step, command: AccountCommand): CommandReply | DeferredReply | 'deferred' {
    if (command.kind === 'Deposit' || command.kind === 'Withdraw') return transfer(step, command);
    if (this.#state.recent.has(command.commandId)) return this.#repeat(command);
    switch (command.kind) {
      case 'PlaceOrder':
        return placeOrder(step, command.commandId, command.symbol, command.order);
      case 'CancelOrder':
        return cancelOrder(step, command);
      case 'CancelReplace':
        return cancelReplace(step, command);
      case 'AmendOrder':
        return amendOrder(step, command);
      case 'PlaceOrderList':
        return placeOrderList(step, command);
      case 'CancelOrderList':
        return cancelOrderList(step, command);
      case 'CancelAllOrders':
        return cancelAllOrders(step, command);
      default:
        return assertNever(command);
    }
  }

  /** The command took effect before: says what it did, and does nothing. */
  #repeat(command: TradingCommand): CommandReply | 'deferred' {
    const { recent, inFlight, orders } = this.#state;
    const { commandId } = command;
    if (inFlight.get(commandId)?.request.replacement !== undefined) return 'deferred';
    const open: SpotOrder[] = [];
    const closedOrderIds: number[] = [];
    const requestedOrderIds: number[] = [];
    let list: Readonly<SpotOrderList> | null = null;
    for (const reference of recent.referencesOf(commandId)) {
      const order = orders.get(Math.abs(reference));
      if (reference < 0) requestedOrderIds.push(-reference);
      else if (order === undefined) closedOrderIds.push(reference);
      else open.push(order.toRow());
      if (reference > 0 || command.kind === 'CancelOrderList') list = order?.list?.row ?? list;
    }
    return { ok: true, orders: open, list, requestedOrderIds, duplicate: true, closedOrderIds };
  }
}
