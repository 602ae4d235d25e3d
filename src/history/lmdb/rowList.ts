// The rows of one listing (an account's orders on a symbol, a symbol's trades, ...): those not yet in runs, by their refs.
import type { Journal } from './journal.ts';
import { offsetOf } from './journal.ts';
import { ROW_AT, rowId, type Table } from './layout.ts';

/** Rows a list may hold in memory before most of them go into runs. */
export const LONG_LIST = 8192;

/** What RowList.lastStored is until somebody looked it up. */
export const NOT_LOOKED_UP = -2;

/** No rows: nobody writes to it. There are several lists an account, and most are empty most of the time. */
const NO_ROWS: number[] = [];

export class RowList {
  readonly table: Table;
  readonly owner: number;
  readonly part: number;
  /** Rows that no run holds, in the order they came: refs ascend, ids need not (orders end in any order). */
  refs: number[] = NO_ROWS;
  /** Rows whose run is being committed. */
  spilling: number[] = NO_ROWS;
  /** Id of the last row in a run; -1 = no run. */
  lastStored = NOT_LOOKED_UP;
  /** In the list of its oldest row's segment, or taken from it to be spilled. */
  queued = false;
  #sorted: readonly number[] | undefined;

  constructor(table: Table, owner: number, part: number) {
    this.table = table;
    this.owner = owner;
    this.part = part;
  }

  get isEmpty(): boolean {
    return this.refs.length === 0 && this.spilling.length === 0;
  }

  push(journal: Journal, ref: number): void {
    // With no room to spare at first: most lists never have a second row in memory.
    if (this.refs.length === 0) this.refs = [ref];
    else this.refs.push(ref);
    if (this.#sorted !== undefined) this.#sorted = undefined;
    if (!this.queued) this.queue(journal);
    if (this.refs.length === LONG_LIST) journal.long(this);
  }

  /** Puts the list where it is found when its oldest row has to go. */
  queue(journal: Journal): void {
    this.queued = true;
    journal.segment(this.refs[0] as number).lists.push(this);
  }

  /** Takes `taken` out of refs until spilled() or unspill(); the rest stays. One commit may do so twice. */
  startSpill(taken: number[], rest: number[]): void {
    this.spilling = this.spilling.length === 0 ? taken : this.spilling.concat(taken);
    this.refs = rest;
    this.#sorted = undefined;
  }

  spilled(): void {
    this.spilling = NO_ROWS;
    this.#sorted = undefined;
  }

  unspill(): void {
    this.refs = this.spilling.concat(this.refs).sort((a, b) => a - b);
    this.spilling = NO_ROWS;
    this.#sorted = undefined;
  }

  /** All refs in the order they came; callers must not change it. */
  inOrder(): readonly number[] {
    return this.spilling.length === 0 ? this.refs : this.spilling.concat(this.refs);
  }

  /** All refs by ascending id; callers must not change it. */
  byId(journal: Journal): readonly number[] {
    this.#sorted ??= sortById(journal, this.inOrder());
    return this.#sorted;
  }
}

export function idAt(journal: Journal, ref: number): number {
  return rowId(journal.segment(ref).bytes, offsetOf(ref) + ROW_AT);
}

/** `refs` itself when it ascends by id already. */
export function sortById(journal: Journal, refs: readonly number[]): readonly number[] {
  const ids = new Float64Array(refs.length);
  let ascending = true;
  for (let i = 0; i < refs.length; i++) {
    ids[i] = idAt(journal, refs[i] as number);
    if (i > 0 && (ids[i] as number) < (ids[i - 1] as number)) ascending = false;
  }
  if (ascending) return refs;
  const order = refs.map((_, i) => i).sort((a, b) => (ids[a] as number) - (ids[b] as number));
  return order.map((i) => refs[i] as number);
}
