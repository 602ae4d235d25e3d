// The accounts of one partition as a ledger of plain sums, fed with the partition's log and the trades it has consumed. It
// knows deposits, withdrawals, trades and fees, and shares no code with the account's reducer.
import { type Balance, BalanceCause, BalanceField } from '../../src/domain/balance.ts';
import { applyChanges, namesOf } from '../../src/domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { isTerminal } from '../../src/domain/orderStatus.ts';
import { RequestKind, Side } from '../../src/domain/orderTerms.ts';
import { accountPartition, orderPartition } from '../../src/domain/partitions.ts';
import { OrderField, type OrderRequest, type SpotOrder } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { must } from './invariants.ts';

const orderNames = namesOf<SpotOrder>(OrderField);
const balanceNames = namesOf<Balance>(BalanceField);

/** What the logs say a command did. */
export interface Effect {
  readonly placed: number[];
  readonly requested: number[];
  readonly lists: number[];
  /** The message that placed, and the one that requested. */
  placedAt: number;
  requestedAt: number;
}

export interface AccountsModelDeps {
  readonly partition: number;
  readonly accountPartitions: number;
  readonly instrument: (symbol: string) => Instrument | undefined;
  /** The trades of messages from..to (both included) of a market stream. */
  readonly trades: (stream: string, from: number, to: number) => Iterable<SpotTrade>;
}

interface Held {
  readonly row: Balance;
  /** What deposits, withdrawals and trades make of it. */
  due: bigint;
}

export class AccountsModel {
  readonly #deps: AccountsModelDeps;
  readonly held = new Map<string, Held>();
  /** Every order ever, as its account's log has it. */
  readonly orders = new Map<number, SpotOrder>();
  /** As its account's writer created it: what the symbol's writer was given. */
  readonly created = new Map<number, Readonly<SpotOrder>>();
  readonly lists = new Map<number, Readonly<SpotOrderList>>();
  readonly #open = new Map<number, Set<SpotOrder>>();
  readonly requests = new Map<string, OrderRequest>();
  readonly effects = new Map<number, Effect>();
  /** Deposits and withdrawals by account and request id. */
  readonly transfers = new Map<string, { readonly asset: string; readonly units: bigint }>();
  readonly positions = new Map<string, number>();
  /** The order that was created under an account's client order id, the first one if there are several. */
  readonly named = new Map<string, Readonly<SpotOrder>>();
  /** Each is told the least free funds since it was set. */
  readonly watches = new Set<{ readonly key: string; least: bigint }>();
  readonly outside = new Map<string, bigint>();

  constructor(deps: AccountsModelDeps) {
    this.#deps = deps;
  }

  message(at: number, positions: ReadonlyMap<string, number>, entries: readonly ChangeLogEntry[]): void {
    const touched = new Set<string>();
    for (const [stream, position] of positions) {
      const before = this.positions.get(stream) ?? 0;
      must(
        position >= before,
        'settlement',
        () => `accounts-${this.#deps.partition}@${at}: position of ${stream} falls from ${before} to ${position}`,
      );
      for (const trade of this.#deps.trades(stream, before + 1, position)) this.#settle(trade, touched);
      this.positions.set(stream, position);
    }
    for (const entry of entries) {
      if (entry.entityType === EntityType.Balance) this.#balance(entry, touched);
      else if (entry.entityType === EntityType.SpotOrder) this.#order(at, entry, touched);
      else if (entry.entityType === EntityType.SpotOrderList && entry.changeType.kind === ChangeKind.Created) {
        const list = entry.changeType.fields;
        this.lists.set(list.orderListId, list);
        this.#effect(list.commandId).lists.push(list.orderListId);
      }
    }
    for (const key of touched) this.#check(at, key);
  }

  /** Free funds of an account as its log has them now. */
  free(accountId: number, asset: string): bigint {
    return this.held.get(`${accountId}-${asset}`)?.row.free ?? 0n;
  }

  openOrders(accountId: number): ReadonlySet<SpotOrder> {
    return this.#open.get(accountId) ?? new Set();
  }

  /** Per asset: what the accounts and the house hold, and what came from outside. */
  sums(): Map<string, { held: bigint; outside: bigint }> {
    const sums = new Map<string, { held: bigint; outside: bigint }>();
    for (const { row } of this.held.values()) {
      const sum = sums.get(row.asset) ?? { held: 0n, outside: 0n };
      sums.set(row.asset, sum);
      sum.held += row.free + row.locked;
    }
    for (const [asset, units] of this.outside) {
      const sum = sums.get(asset) ?? { held: 0n, outside: 0n };
      sums.set(asset, sum);
      sum.outside += units;
    }
    return sums;
  }

  #effect(commandId: number): Effect {
    const known = this.effects.get(commandId);
    if (known !== undefined) return known;
    const made: Effect = { placed: [], requested: [], lists: [], placedAt: 0, requestedAt: 0 };
    this.effects.set(commandId, made);
    return made;
  }

  #settle(trade: SpotTrade, touched: Set<string>): void {
    const { partition, accountPartitions, instrument: lookup } = this.#deps;
    const instrument = lookup(trade.symbol) as Instrument;
    const base = BigInt(trade.lots) * BigInt(instrument.lotUnits);
    const pay = (accountId: number, asset: string, units: bigint): void => {
      const key = `${accountId}-${asset}`;
      this.#held(accountId, asset).due += units;
      touched.add(key);
    };
    if (accountPartition(trade.buyerAccountId, accountPartitions) === partition) {
      pay(trade.buyerAccountId, instrument.baseAsset, base - trade.buyerFeeUnits);
      pay(trade.buyerAccountId, instrument.quoteAsset, -trade.quoteUnits);
      pay(partition, instrument.baseAsset, trade.buyerFeeUnits);
    }
    if (accountPartition(trade.sellerAccountId, accountPartitions) === partition) {
      pay(trade.sellerAccountId, instrument.baseAsset, -base);
      pay(trade.sellerAccountId, instrument.quoteAsset, trade.quoteUnits - trade.sellerFeeUnits);
      pay(partition, instrument.quoteAsset, trade.sellerFeeUnits);
    }
  }

  #held(accountId: number, asset: string): Held {
    const key = `${accountId}-${asset}`;
    const known = this.held.get(key);
    if (known !== undefined) return known;
    const row: Balance = { accountId, asset, free: 0n, locked: 0n, updateUs: 0, cause: BalanceCause.TRADING, requestId: '' };
    const made: Held = { row, due: 0n };
    this.held.set(key, made);
    return made;
  }

  #balance(entry: ChangeLogEntry, touched: Set<string>): void {
    const key = entry.entityId as string;
    const at = key.indexOf('-');
    const held = this.#held(Number(key.slice(0, at)), key.slice(at + 1));
    const { row } = held;
    const before = row.free + row.locked;
    const requestId = row.requestId;
    if (entry.changeType.kind === ChangeKind.Created) Object.assign(row, entry.changeType.fields);
    else if (entry.changeType.kind === ChangeKind.Updated) {
      const { changedFields } = entry.changeType;
      for (let i = 0; i < changedFields.length; i += 3) {
        const name = balanceNames[changedFields[i] as number] as keyof Balance;
        must(
          row[name] === changedFields[i + 1],
          'durability',
          () => `balance ${key}: ${name} was ${row[name]}, the entry says ${changedFields[i + 1]}`,
        );
      }
      applyChanges(row, balanceNames, changedFields);
    }
    touched.add(key);
    for (const watch of this.watches) if (watch.key === key && row.free < watch.least) watch.least = row.free;
    if (row.requestId === '' || row.requestId === requestId) return;
    const units = row.free + row.locked - before;
    const name = `${row.accountId}/${row.requestId}`;
    must(!this.transfers.has(name), 'once', () => `request ${name} moves funds a second time`);
    this.transfers.set(name, { asset: row.asset, units });
    this.outside.set(row.asset, (this.outside.get(row.asset) ?? 0n) + units);
    held.due += units;
  }

  #order(at: number, entry: ChangeLogEntry, touched: Set<string>): void {
    const change = entry.changeType;
    const orderId = entry.entityId as number;
    if (change.kind === ChangeKind.Created) {
      const row = { ...(change.fields as SpotOrder) };
      must(!this.orders.has(orderId), 'once', () => `accounts-${this.#deps.partition}@${at}: order ${orderId} is created a second time`);
      must(
        orderPartition(orderId, this.#deps.accountPartitions) === this.#deps.partition,
        'writer',
        () => `order ${orderId} has an id of another partition`,
      );
      this.orders.set(orderId, row);
      this.created.set(orderId, change.fields as SpotOrder);
      const name = `${row.accountId}/${row.clientOrderId}`;
      must(!this.named.has(name), 'once', () => `accounts-${this.#deps.partition}@${at}: ${name} is placed a second time`);
      this.named.set(name, change.fields as SpotOrder);
      const open = this.#open.get(row.accountId) ?? new Set();
      this.#open.set(row.accountId, open.add(row));
      const effect = this.#effect(row.commandId);
      must(
        effect.placed.length === 0 || effect.placedAt === at,
        'once',
        () => `command ${row.commandId} places order ${orderId} in message ${at}, and placed ${effect.placed} in ${effect.placedAt}`,
      );
      effect.placedAt = at;
      effect.placed.push(orderId);
      this.#touch(row, touched);
    } else if (change.kind === ChangeKind.Updated) {
      const row = this.orders.get(orderId);
      must(row !== undefined, 'durability', () => `accounts-${this.#deps.partition}@${at}: order ${orderId} changes and was never created`);
      if (row === undefined) return;
      for (let i = 0; i < change.changedFields.length; i += 3) {
        const name = orderNames[change.changedFields[i] as number] as keyof SpotOrder;
        const old = change.changedFields[i + 1];
        if (typeof old === 'number' || typeof old === 'bigint' || typeof old === 'string')
          must(
            row[name] === old,
            'durability',
            () => `order ${orderId}: ${name} was ${String(row[name])}, the account's entry says ${String(old)}`,
          );
      }
      applyChanges(row, orderNames, change.changedFields);
      for (let i = 0; i < change.changedFields.length; i += 3) {
        if (change.changedFields[i] === OrderField.request && change.changedFields[i + 2] !== null)
          this.#request(at, orderId, change.changedFields[i + 2] as OrderRequest);
      }
      this.#touch(row, touched);
      if (isTerminal(row.status)) this.#open.get(row.accountId)?.delete(row);
    }
  }

  #request(at: number, orderId: number, request: OrderRequest): void {
    const key = `${request.commandId}:${orderId}:${request.kind}`;
    must(!this.requests.has(key), 'once', () => `command ${request.commandId} asks twice for the same of order ${orderId}`);
    this.requests.set(key, request);
    if (request.kind !== RequestKind.CANCEL && request.kind !== RequestKind.AMEND) return;
    const effect = this.#effect(request.commandId);
    must(
      effect.requested.length === 0 || effect.requestedAt === at,
      'once',
      () => `command ${request.commandId} sends requests in messages ${effect.requestedAt} and ${at}`,
    );
    effect.requestedAt = at;
    effect.requested.push(orderId);
  }

  #touch(row: SpotOrder, touched: Set<string>): void {
    const instrument = this.#deps.instrument(row.symbol) as Instrument;
    touched.add(`${row.accountId}-${row.side === Side.BUY ? instrument.quoteAsset : instrument.baseAsset}`);
  }

  #check(at: number, key: string): void {
    const held = this.held.get(key);
    const where = `accounts-${this.#deps.partition}@${at}: ${key}`;
    const { row, due } = held ?? { row: undefined, due: 0n };
    const free = row?.free ?? 0n;
    const locked = row?.locked ?? 0n;
    must(free >= 0n && locked >= 0n, 'reservations', () => `${where} has free ${free}, locked ${locked}`);
    must(free + locked === due, 'conservation', () => `${where} holds ${free + locked}, its transfers and trades make ${due}`);
    const [accountId = '', asset = ''] = [key.slice(0, key.indexOf('-')), key.slice(key.indexOf('-') + 1)];
    let reserved = 0n;
    for (const order of this.openOrders(Number(accountId))) {
      const instrument = this.#deps.instrument(order.symbol) as Instrument;
      if ((order.side === Side.BUY ? instrument.quoteAsset : instrument.baseAsset) === asset) reserved += order.reservedUnits;
    }
    must(locked === reserved, 'reservations', () => `${where} has ${locked} locked and ${reserved} reserved`);
  }
}
