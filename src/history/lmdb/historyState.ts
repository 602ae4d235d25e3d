// What history holds in memory: the journal's tail, what is open, and per list which rows are not in runs yet.
import { IdMap } from '../../domain/idMap.ts';
import { takerOrderId } from '../../domain/spotTrade.ts';
import { AccountState, AccountSymbol, BalanceState, SymbolState } from './accountState.ts';
import { Accounts } from './accounts.ts';
import { FreshRows } from './freshRows.ts';
import type { HistoryFile } from './historyFile.ts';
import { Journal, offsetOf } from './journal.ts';
import { MAX_ID, ROW_AT, runLastRow, Table } from './layout.ts';
import { LiveOrder } from './liveOrder.ts';
import { LiveChain, type LiveKline, type LiveOrderList, type LiveRow } from './liveRow.ts';
import { Names } from './names.ts';
import { readBalance } from './otherRows.ts';
import { RowList } from './rowList.ts';
import { readTrade, rowAggTradeId } from './tradeRow.ts';

/** Buckets of the client id index: enough that one holds few of an account's ids, few enough to fill runs. */
const CLIENT_ID_BUCKETS = 1024;

const NEAR_ASSET_MAX = 2 ** 16 - 1;
const NEAR_ACCOUNT_MAX = 2 ** 36;

export class HistoryState {
  readonly file: HistoryFile;
  readonly journal: Journal;
  readonly names = new Names();
  readonly accounts = new Accounts(this);
  readonly symbols = new Map<string, SymbolState>();
  readonly orders = new IdMap<LiveOrder>();
  readonly orderLists = new Map<number, LiveOrderList>();
  readonly klines = new Map<string, LiveKline>();
  /** Balances of accounts that are awake, found at once: by account and asset where those make a safe integer. */
  readonly #balances = new IdMap<BalanceState>();
  /** Live rows that the journal has to take with the next commit. */
  readonly #dirty = new LiveChain();
  /** Orders whose row is here are among #dirty. */
  readonly fresh = new FreshRows();
  readonly #clientIds: (RowList | undefined)[] = new Array(CLIENT_ID_BUCKETS).fill(undefined);

  constructor(file: HistoryFile, segmentBytes: number) {
    this.file = file;
    this.journal = new Journal(segmentBytes);
  }

  markDirty(row: LiveRow): void {
    if (row.chain !== this.#dirty) this.#dirty.add(row);
  }

  /** Writes every live row that changed to the journal. */
  writeDirty(): void {
    for (let row = this.#dirty.first; row !== null; row = this.#dirty.first) {
      this.written(row, row.write(this.journal, this.names));
    }
    this.fresh.clear();
  }

  /** The row stands as it was written at `ref`. */
  written(row: LiveRow, ref: number): void {
    this.journal.segment(ref).live.add(row);
  }

  /** An open order whose row was begun in `fresh` and not ended. */
  freshOrder(id: number, time: number, home: AccountSymbol, isPlain: boolean): LiveOrder {
    const order = new LiveOrder(id, time, home, this.fresh.bytes, this.fresh.end(), isPlain);
    home.add(order);
    this.orders.set(id, order);
    this.markDirty(order);
    return order;
  }

  account(accountId: number): AccountState {
    let account = this.accounts.get(accountId);
    if (account === undefined) {
      account = new AccountState(accountId);
      this.accounts.set(accountId, account);
    }
    return account;
  }

  accountSymbol(accountId: number, symbol: string): AccountSymbol {
    const account = this.account(accountId);
    let home = account.symbols.get(symbol);
    if (home === undefined) {
      home = new AccountSymbol(account, symbol, this.names.id(symbol));
      account.symbols.set(symbol, home);
    }
    return home;
  }

  symbol(symbol: string): SymbolState {
    let state = this.symbols.get(symbol);
    if (state === undefined) {
      state = new SymbolState(this.names.id(symbol));
      this.symbols.set(symbol, state);
    }
    return state;
  }

  clientIds(hash: number): RowList {
    const bucket = hash % CLIENT_ID_BUCKETS;
    let list = this.#clientIds[bucket];
    if (list === undefined) {
      list = new RowList(Table.CLIENT_ID, 0, bucket);
      this.#clientIds[bucket] = list;
    }
    return list;
  }

  /** The balance as it stands, looked up when it has been idle. */
  balance(accountId: number, asset: string): BalanceState {
    const assetId = this.names.id(asset);
    const isNear = accountId <= NEAR_ACCOUNT_MAX && assetId <= NEAR_ASSET_MAX;
    const key = accountId * (NEAR_ASSET_MAX + 1) + assetId;
    const near = isNear ? this.#balances.get(key) : undefined;
    if (near !== undefined) return near;
    const account = this.account(accountId);
    const balance = account.balances.get(asset) ?? this.#newBalance(account, asset);
    if (isNear) this.#balances.set(key, balance);
    return balance;
  }

  #forget(account: AccountState, { asset, assetId }: BalanceState): void {
    account.balances.delete(asset);
    this.#balances.delete(account.accountId * (NEAR_ASSET_MAX + 1) + assetId);
  }

  /** Idle accounts are no objects from here on. */
  rest(): void {
    this.#balances.clear();
    this.accounts.restAll();
  }

  #newBalance(account: AccountState, asset: string): BalanceState {
    const assetId = this.names.id(asset);
    const state = new BalanceState(account, asset, assetId);
    const run = this.file.runBefore(Table.BALANCE, account.accountId, assetId, MAX_ID);
    if (run !== undefined) state.set(readBalance(run.bytes, runLastRow(run.bytes), this.names));
    account.balances.set(asset, state);
    return state;
  }

  /** As its newest row in the journal says, for an account that rested. */
  readBalance(account: AccountState, assetId: number, ref: number): BalanceState {
    const row = readBalance(this.journal.segment(ref).bytes, offsetOf(ref) + ROW_AT, this.names);
    const state = new BalanceState(account, row.asset, assetId);
    state.set(row);
    account.balances.set(row.asset, state);
    return state;
  }

  /** The aggregate the trade belongs to: its predecessor's when taker order, price and time are the same. */
  aggTradeId(state: SymbolState, takerOrderId: number, priceTicks: number, tradeUs: number): number {
    if (state.aggTradeId < 0) this.#findLastAggregate(state);
    if (
      takerOrderId !== state.aggTakerOrderId ||
      priceTicks !== state.aggPriceTicks ||
      tradeUs !== state.aggTradeUs ||
      state.aggTradeId === 0
    ) {
      state.aggTradeId++;
      state.aggTakerOrderId = takerOrderId;
      state.aggPriceTicks = priceTicks;
      state.aggTradeUs = tradeUs;
    }
    return state.aggTradeId;
  }

  #findLastAggregate(state: SymbolState): void {
    state.aggTradeId = 0;
    const { refs, spilling } = state.trades;
    const ref = refs.at(-1) ?? spilling.at(-1);
    const run = this.file.runBefore(Table.TRADE, 0, state.symbolId, MAX_ID);
    const [bytes, at] =
      ref !== undefined
        ? [this.journal.segment(ref).bytes, offsetOf(ref) + ROW_AT]
        : run !== undefined
          ? [run.bytes, runLastRow(run.bytes)]
          : [];
    if (bytes === undefined || at === undefined) return;
    const trade = readTrade(bytes, at, this.names);
    state.aggTradeId = rowAggTradeId(bytes, at);
    state.aggTakerOrderId = takerOrderId(trade);
    state.aggPriceTicks = trade.priceTicks;
    state.aggTradeUs = trade.tradeUs;
  }

  /** Forgets what the list belongs to when nothing of it is in memory any more. */
  release(list: RowList): void {
    const account = this.accounts.get(list.owner);
    if (account === undefined) return;
    switch (list.table) {
      case Table.BALANCE: {
        const asset = this.names.name(list.part);
        const state = account.balances.get(asset);
        if (state?.list.isEmpty) this.#forget(account, state);
        break;
      }
      case Table.ORDER:
      case Table.ACCOUNT_TRADE:
      case Table.PREVENTED: {
        const symbol = this.names.name(list.part);
        if (account.symbols.get(symbol)?.isIdle) account.symbols.delete(symbol);
        break;
      }
      case Table.ORDER_LIST:
        break;
      default:
        return;
    }
    if (account.isIdle) this.accounts.delete(account.accountId);
  }
}

/** The same of a client id's bytes. */
export function clientIdHashOf(accountId: number, symbolId: number, bytes: Buffer, from: number, length: number): number {
  for (let at = from; at < from + length; at++) {
    if ((bytes[at] as number) >= 0x80) return clientIdHash(accountId, symbolId, bytes.toString('utf8', from, from + length));
  }
  let hash = hashOwner(accountId, symbolId);
  for (let at = from; at < from + length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return spread(hash);
}

/** 32 bits of who was given which client id; symbolId 0 for the ids of order lists. Whoever finds one looks closer. */
export function clientIdHash(accountId: number, symbolId: number, clientId: string): number {
  let hash = hashOwner(accountId, symbolId);
  for (let i = 0; i < clientId.length; i++) hash = Math.imul(hash ^ clientId.charCodeAt(i), 0x01000193);
  return spread(hash);
}

function hashOwner(accountId: number, symbolId: number): number {
  const hash = Math.imul(0x811c9dc5 ^ symbolId, 0x01000193) ^ (accountId | 0);
  return Math.imul(hash ^ (accountId / 2 ** 32), 0x85ebca6b);
}

/** The last characters differ most: spread them over all bits. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0xcc9e2d51);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
