// The accounts of which something is in memory. Those that were found with nothing open and few rows rest as bytes, refs of their rows
// and no more, until somebody asks for one or its rows have to go into runs: most accounts are idle most of the time.
import { IdMap } from '../../domain/idMap.ts';
import { PackedReader } from '../../domain/packed/packedReader.ts';
import { PackedRows } from '../../domain/packed/packedRows.ts';
import { PackedWriter } from '../../domain/packed/packedWriter.ts';
import { AccountState, AccountSymbol, type BalanceState } from './accountState.ts';
import type { Journal, Segment } from './journal.ts';
import { Table } from './layout.ts';
import type { Names } from './names.ts';
import type { RowList } from './rowList.ts';

/** An account with more rows in memory than that has been busy, and will be again. */
const RESTING_ROWS_MAX = 256;

export interface AccountsHome {
  readonly journal: Journal;
  readonly names: Names;
  /** The account's balance as its row says, among its balances from here on. */
  readBalance(account: AccountState, assetId: number, ref: number): BalanceState;
}

export class Accounts {
  readonly #home: AccountsHome;
  #awake = new IdMap<AccountState>();
  readonly #resting = new PackedRows();
  readonly #reader = new PackedReader();

  constructor(home: AccountsHome) {
    this.#home = home;
  }

  /** Awake from here on. */
  get(accountId: number): AccountState | undefined {
    return this.#awake.get(accountId) ?? this.#wake(accountId);
  }

  set(accountId: number, account: AccountState): void {
    this.#awake.set(accountId, account);
  }

  delete(accountId: number): void {
    this.#awake.delete(accountId);
  }

  /** Those that are awake. */
  awake(): AccountState[] {
    return [...this.#awake.values()];
  }

  get restingCount(): number {
    return this.#resting.size;
  }

  /** Everyone who can rests from here on; nothing of theirs may be on its way into a run. */
  restAll(): void {
    const writer = new PackedWriter();
    const packed = new Set<RowList>();
    // A map of its own size: the one before stays as large as it ever was.
    const awake = new IdMap<AccountState>();
    for (const account of this.#awake.values()) {
      const lists = listsOf(account);
      if (mayRest(account, lists)) this.#rest(account, lists, writer, packed);
      else awake.set(account.accountId, account);
    }
    this.#awake = awake;
    for (const segment of this.#home.journal.segments) segment.lists = segment.lists.filter((list) => !packed.has(list));
  }

  /** Lists whose oldest row lies in the segment are among its lists then. */
  wakeOne(segment: Segment): boolean {
    const accountId = segment.resting.pop();
    if (accountId === undefined) return false;
    this.#wake(accountId);
    return true;
  }

  #rest(account: AccountState, lists: readonly RowList[], w: PackedWriter, packed: Set<RowList>): void {
    const { journal } = this.#home;
    w.start();
    const segments = new Set<Segment>();
    for (const list of lists) {
      const { refs } = list;
      packed.add(list);
      segments.add(journal.segment(refs[0] as number));
      w.byte(list.table).count(list.part).number(list.lastStored).count(refs.length);
      for (let i = 0, before = 0; i < refs.length; i++) {
        w.count((refs[i] as number) - before);
        before = refs[i] as number;
      }
    }
    for (const segment of segments) segment.resting.push(account.accountId);
    this.#resting.set(account.accountId, w.bytes);
  }

  #wake(accountId: number): AccountState | undefined {
    const reader = this.#reader;
    if (!this.#resting.read(accountId, reader)) return undefined;
    const account = new AccountState(accountId);
    while (!reader.atEnd) {
      const table = reader.byte() as Table;
      const part = reader.count();
      const lastStored = reader.number();
      const refs: number[] = [];
      for (let left = reader.count(), ref = 0; left > 0; left--) {
        ref += reader.count();
        refs.push(ref);
      }
      const list = this.#listOf(account, table, part, refs);
      list.refs = refs;
      list.lastStored = lastStored;
      list.queue(this.#home.journal);
    }
    this.#resting.delete(accountId);
    this.#awake.set(accountId, account);
    return account;
  }

  #listOf(account: AccountState, table: Table, part: number, refs: readonly number[]): RowList {
    if (table === Table.ORDER_LIST) return account.lists;
    if (table === Table.BALANCE) return this.#home.readBalance(account, part, refs.at(-1) as number).list;
    const symbol = this.#home.names.name(part);
    let home = account.symbols.get(symbol);
    if (home === undefined) {
      home = new AccountSymbol(account, symbol, part);
      account.symbols.set(symbol, home);
    }
    if (table === Table.ORDER) return home.orders;
    return table === Table.ACCOUNT_TRADE ? home.trades : home.prevented;
  }
}

/** Those that have rows. */
function listsOf(account: AccountState): RowList[] {
  const lists = [account.lists];
  for (const { orders, trades, prevented } of account.symbols.values()) lists.push(orders, trades, prevented);
  for (const { list } of account.balances.values()) lists.push(list);
  return lists.filter((list) => !list.isEmpty);
}

function mayRest(account: AccountState, lists: readonly RowList[]): boolean {
  if (account.openLists.size > 0) return false;
  for (const { open } of account.symbols.values()) if (open !== null) return false;
  let rows = 0;
  for (const { refs, spilling } of lists) {
    if (spilling.length > 0) return false;
    rows += refs.length;
  }
  return rows > 0 && rows <= RESTING_ROWS_MAX;
}
