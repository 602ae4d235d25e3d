// One asset of one account, as the account's reducer keeps it. `free` and `locked` move while a command or a settlement
// runs; the step that runs knows the amounts as they stand in the log until it is closed (see step.ts).
import { InvariantError } from '../assert.ts';
import { type Balance, BalanceCause, BalanceField } from '../balance.ts';
import { type ChangedFields, type ChangeLogEntry, created, EntityType, entityIds, updated } from '../changeLogEntry.ts';

export class Holding {
  readonly asset: string;
  /** The asset that the account first held after this one, see holdings.ts. */
  next: Holding | undefined = undefined;
  /** The running step may have changed it: it is looked at when the step is closed. */
  touched = false;
  free = 0n;
  locked = 0n;
  /** -1 until its Created entry is in the log. */
  updateUs = -1;
  cause: BalanceCause = BalanceCause.TRADING;
  requestId = '';
  deposited = 0n;
  withdrawn = 0n;
  /** Its entity id, once it traded: an idle account need not keep it. */
  #id = '';

  constructor(asset: string) {
    this.asset = asset;
  }

  /** A copy: what the caller gets does not change under it. */
  toBalance(accountId: number): Balance {
    return {
      accountId,
      asset: this.asset,
      free: this.free,
      locked: this.locked,
      updateUs: this.updateUs,
      cause: this.cause,
      requestId: this.requestId,
    };
  }

  /** The entry that brings the log up to date, or undefined when nothing changed; `logged` is what stands there. */
  close(
    accountId: number,
    { free: loggedFree, locked: loggedLocked }: { readonly free: bigint; readonly locked: bigint },
    nowUs: number,
    cause: BalanceCause,
    requestId: string,
  ): ChangeLogEntry | undefined {
    const { free, locked, updateUs } = this;
    // A transfer is always written: its requestId is what a retry is recognised by.
    if (free === loggedFree && locked === loggedLocked && updateUs >= 0 && requestId === '') return undefined;
    if (free < 0n || locked < 0n) throw new InvariantError(`account ${accountId} ${this.asset}: free ${free}, locked ${locked}`);
    const id = this.#id === '' ? entityIds.balance(accountId, this.asset) : this.#id;
    if (requestId === '') this.#id = id;
    const causeBefore = this.cause;
    const requestIdBefore = this.requestId;
    this.updateUs = nowUs;
    this.cause = cause;
    this.requestId = requestId;
    if (updateUs < 0) return created(EntityType.Balance, id, this.toBalance(accountId), nowUs);
    let changed: unknown[];
    if (locked === loggedLocked) {
      changed = [BalanceField.free, loggedFree, free, BalanceField.updateUs, updateUs, nowUs];
    } else if (free === loggedFree) {
      changed = [BalanceField.locked, loggedLocked, locked, BalanceField.updateUs, updateUs, nowUs];
    } else {
      changed = [BalanceField.free, loggedFree, free, BalanceField.locked, loggedLocked, locked, BalanceField.updateUs, updateUs, nowUs];
    }
    if (requestId !== '' || cause !== causeBefore || requestIdBefore !== '') {
      changed.push(BalanceField.cause, causeBefore, cause, BalanceField.requestId, requestIdBefore, requestId);
    }
    return updated(EntityType.Balance, id, changed, nowUs);
  }

  /** The same from the log's side. */
  applyCreated(fields: Readonly<Balance>): void {
    this.free = fields.free;
    this.locked = fields.locked;
    this.updateUs = fields.updateUs;
    this.cause = fields.cause;
    this.requestId = fields.requestId;
  }

  applyChanged(changed: ChangedFields): void {
    for (let i = 0; i < changed.length; i += 3) {
      const value = changed[i + 2];
      switch (changed[i]) {
        case BalanceField.free:
          this.free = value as bigint;
          break;
        case BalanceField.locked:
          this.locked = value as bigint;
          break;
        case BalanceField.updateUs:
          this.updateUs = value as number;
          break;
        case BalanceField.cause:
          this.cause = value as BalanceCause;
          break;
        case BalanceField.requestId:
          this.requestId = value as string;
      }
    }
  }
}
