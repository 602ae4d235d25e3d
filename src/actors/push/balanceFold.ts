// Balances as the account logs say, and the events their changes make.
// In: Balance entries of one accounts-p message. Out: per account at most one 'positions' event for all that trading
// changed, and one 'balanceUpdate' per deposit or withdrawal.
// Balances of accounts that nothing happened to since the restore are bytes, an account a row.
import { applyBalanceChanges, type Balance, BalanceCause, BalanceField } from '../../domain/balance.ts';
import { namesOf } from '../../domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, type EntityId, EntityType, entityIds } from '../../domain/changeLogEntry.ts';
import { interned, sharedAmount } from '../../domain/interned.ts';
import { PackedReader } from '../../domain/packed/packedReader.ts';
import { PackedRows } from '../../domain/packed/packedRows.ts';
import { PackedWriter } from '../../domain/packed/packedWriter.ts';
import type { StateHash } from '../../domain/stateHash.ts';
import type { AccountEvent } from '../../ports/accountEvents.ts';
import type { Listeners } from './listeners.ts';

const FIELDS = namesOf<Balance>(BalanceField);

export class BalanceFold {
  /** Of the accounts that something happened to. */
  readonly #byId = new Map<EntityId, Balance>();
  /** Of the others, by account. */
  readonly #resting = new PackedRows();
  #restingCount = 0;
  readonly #reader = new PackedReader();
  readonly #listeners: Listeners<number, readonly AccountEvent[]>;
  readonly #touched = new Map<number, { moved: Set<Balance>; events: AccountEvent[] }>();

  constructor(listeners: Listeners<number, readonly AccountEvent[]>) {
    this.#listeners = listeners;
  }

  get count(): number {
    return this.#byId.size + this.#restingCount;
  }

  apply(entry: ChangeLogEntry): void {
    if (entry.entityType !== EntityType.Balance) return;
    const change = entry.changeType;
    let balance = this.#byId.get(entry.entityId) ?? this.#wake(entry.entityId);
    const freeBefore = balance?.free ?? 0n;
    if (change.kind === ChangeKind.Created) {
      balance = compact(change.fields);
      this.#byId.set(entry.entityId, balance);
    } else if (change.kind === ChangeKind.Updated && balance !== undefined) {
      applyBalanceChanges(balance, change.changedFields);
    } else {
      return;
    }
    if (this.#listeners.wants(balance.accountId)) this.#note(balance, balance.free - freeBefore, entry.timestamp);
  }

  /** The balance, of an account that rested until now; undefined when there is none. */
  #wake(id: EntityId): Balance | undefined {
    if (this.#restingCount === 0) return undefined;
    const accountId = accountOf(id);
    const balances = this.#restingOf(accountId);
    if (balances.length === 0) return undefined;
    this.#resting.delete(accountId);
    this.#restingCount -= balances.length;
    for (const balance of balances) this.#byId.set(entityIds.balance(accountId, balance.asset), balance);
    return this.#byId.get(id);
  }

  #restingOf(accountId: number): Balance[] {
    const reader = this.#reader;
    const balances: Balance[] = [];
    if (this.#resting.read(accountId, reader)) while (!reader.atEnd) balances.push(unpackBalance(accountId, reader));
    return balances;
  }

  #note(balance: Balance, deltaUnits: bigint, timeUs: number): void {
    let touched = this.#touched.get(balance.accountId);
    if (touched === undefined) {
      touched = { moved: new Set(), events: [] };
      this.#touched.set(balance.accountId, touched);
    }
    if (balance.cause === BalanceCause.DEPOSIT || balance.cause === BalanceCause.WITHDRAWAL) {
      const { asset } = balance;
      touched.events.push({ kind: 'balanceUpdate', timeUs, asset, deltaUnits, balance: { ...balance } });
    } else {
      touched.moved.add(balance);
    }
  }

  /** Ends the message: hands out what it did to each account that listens. */
  flush(timeUs: number): void {
    if (this.#touched.size === 0) return;
    for (const [accountId, { moved, events }] of this.#touched) {
      if (moved.size > 0) {
        const balances = [...moved].map((balance) => ({ ...balance }));
        const newest = balances.reduce((latest, balance) => Math.max(latest, balance.updateUs), 0);
        events.push({ kind: 'positions', timeUs: newest || timeUs, balances });
      }
      this.#listeners.emit(accountId, events);
    }
    this.#touched.clear();
  }

  clear(): void {
    this.#byId.clear();
    this.#resting.clear();
    this.#restingCount = 0;
    this.#touched.clear();
  }

  snapshot(): Balance[] {
    const balances: Balance[] = [];
    for (const accountId of this.#resting.ids()) balances.push(...this.#restingOf(accountId));
    for (const balance of this.#byId.values()) balances.push({ ...balance });
    return balances;
  }

  /** Into a fold that has folded nothing yet. */
  restore(balances: readonly Balance[]): void {
    const byAccount = new Map<number, Balance[]>();
    for (const balance of balances) {
      const known = byAccount.get(balance.accountId);
      if (known === undefined) byAccount.set(balance.accountId, [balance]);
      else known.push(balance);
    }
    const writer = new PackedWriter();
    for (const [accountId, own] of byAccount) {
      writer.start();
      for (const balance of own) packBalance(balance, writer);
      this.#resting.set(accountId, writer.bytes);
    }
    this.#restingCount = balances.length;
  }

  addTo(hash: StateHash): void {
    hash.number(this.count);
    const ids = [...this.#byId.keys()];
    for (const accountId of this.#resting.ids())
      for (const { asset } of this.#restingOf(accountId)) ids.push(entityIds.balance(accountId, asset));
    for (const id of ids.sort()) {
      const balance = this.#byId.get(id) ?? this.#restingBalance(id);
      for (const field of FIELDS) hash.string(String(balance[field]));
    }
  }

  #restingBalance(id: EntityId): Balance {
    const accountId = accountOf(id);
    return this.#restingOf(accountId).find(({ asset }) => entityIds.balance(accountId, asset) === id) as Balance;
  }
}

function accountOf(id: EntityId): number {
  const text = id as string;
  return Number(text.slice(0, text.indexOf('-')));
}

function packBalance({ asset, free, locked, updateUs, cause, requestId }: Readonly<Balance>, w: PackedWriter): void {
  w.name(asset).amount(free).amount(locked).number(updateUs).byte(cause).text(requestId);
}

function unpackBalance(accountId: number, r: PackedReader): Balance {
  return {
    accountId,
    asset: r.name(),
    free: r.amount(),
    locked: r.amount(),
    updateUs: r.number(),
    cause: r.byte() as BalanceCause,
    requestId: r.text(),
  };
}

/** A copy that shares what very many balances have alike. */
function compact(balance: Readonly<Balance>): Balance {
  return { ...balance, asset: interned(balance.asset), locked: sharedAmount(balance.locked, 0n) };
}
