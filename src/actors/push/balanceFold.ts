// Balances as the account logs say, and the events their changes make.
// In: Balance entries of one accounts-p message. Out: per account at most one 'positions' event for all that trading
// changed, and one 'balanceUpdate' per deposit or withdrawal.
import { applyBalanceChanges, type Balance, BalanceCause, BalanceField } from '../../domain/balance.ts';
import { namesOf } from '../../domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, type EntityId, EntityType } from '../../domain/changeLogEntry.ts';
import { interned, sharedAmount } from '../../domain/interned.ts';
import type { StateHash } from '../../domain/stateHash.ts';
import type { AccountEvent } from '../../ports/accountEvents.ts';
import type { Listeners } from './listeners.ts';

const FIELDS = namesOf<Balance>(BalanceField);

export class BalanceFold {
  readonly #byId = new Map<EntityId, Balance>();
  readonly #listeners: Listeners<number, readonly AccountEvent[]>;
  readonly #touched = new Map<number, { moved: Set<Balance>; events: AccountEvent[] }>();

  constructor(listeners: Listeners<number, readonly AccountEvent[]>) {
    this.#listeners = listeners;
  }

  get count(): number {
    return this.#byId.size;
  }

  apply(entry: ChangeLogEntry): void {
    if (entry.entityType !== EntityType.Balance) return;
    const change = entry.changeType;
    let balance = this.#byId.get(entry.entityId);
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
    this.#touched.clear();
  }

  snapshot(): Balance[] {
    return [...this.#byId.values()].map((balance) => ({ ...balance }));
  }

  restore(balances: readonly Balance[], idOf: (balance: Balance) => EntityId): void {
    for (const balance of balances) {
      this.#byId.set(idOf(balance), compact(balance));
    }
  }

  addTo(hash: StateHash): void {
    hash.number(this.#byId.size);
    for (const id of [...this.#byId.keys()].sort()) {
      const balance = this.#byId.get(id) as Balance;
      for (const field of FIELDS) hash.string(String(balance[field]));
    }
  }
}

/** A copy that shares what very many balances have alike. */
function compact(balance: Readonly<Balance>): Balance {
  return { ...balance, asset: interned(balance.asset), locked: sharedAmount(balance.locked, 0n) };
}
