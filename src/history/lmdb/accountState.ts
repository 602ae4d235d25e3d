// What is kept in memory per account, symbol and balance: only what is open or not yet in runs. Idle ones are dropped and
// made again when somebody trades.
import { SmallMap } from '../../domain/account/smallMap.ts';
import { type Balance, BalanceCause } from '../../domain/balance.ts';
import { KLINE_INTERVALS } from '../../domain/klineEntry.ts';
import { Table } from './layout.ts';
import type { LiveOrder } from './liveOrder.ts';
import type { LiveKline, LiveOrderList } from './liveRow.ts';
import { klinePart } from './otherRows.ts';
import { RowList } from './rowList.ts';

export class AccountSymbol {
  readonly account: AccountState;
  readonly symbol: string;
  readonly symbolId: number;
  readonly orders: RowList;
  readonly trades: RowList;
  readonly prevented: RowList;
  /** First of the chain of open orders. */
  open: LiveOrder | null = null;

  constructor(account: AccountState, symbol: string, symbolId: number) {
    this.account = account;
    this.symbol = symbol;
    this.symbolId = symbolId;
    this.orders = new RowList(Table.ORDER, account.accountId, symbolId);
    this.trades = new RowList(Table.ACCOUNT_TRADE, account.accountId, symbolId);
    this.prevented = new RowList(Table.PREVENTED, account.accountId, symbolId);
  }

  add(order: LiveOrder): void {
    order.next = this.open;
    if (this.open !== null) this.open.previous = order;
    this.open = order;
  }

  remove(order: LiveOrder): void {
    if (order.previous === null) this.open = order.next;
    else order.previous.next = order.next;
    if (order.next !== null) order.next.previous = order.previous;
    order.previous = null;
    order.next = null;
  }

  /** Open orders by ascending id. */
  openOrders(): LiveOrder[] {
    const orders: LiveOrder[] = [];
    for (let order = this.open; order !== null; order = order.next) orders.push(order);
    return orders.sort((a, b) => a.id - b.id);
  }

  get isIdle(): boolean {
    return this.open === null && this.orders.isEmpty && this.trades.isEmpty && this.prevented.isEmpty;
  }
}

/** A balance as it stands. The amounts are halves of 64 bits (MsgpackReader.amount()): every change makes a row, and no object. */
export class BalanceState {
  readonly account: AccountState;
  readonly asset: string;
  readonly assetId: number;
  readonly list: RowList;
  freeHigh = 0;
  freeLow = 0;
  lockedHigh = 0;
  lockedLow = 0;
  updateUs = 0;
  cause: BalanceCause = BalanceCause.TRADING;
  requestId = '';

  constructor(account: AccountState, asset: string, assetId: number) {
    this.account = account;
    this.asset = asset;
    this.assetId = assetId;
    this.list = new RowList(Table.BALANCE, account.accountId, assetId);
  }

  /** Becomes what a row says. */
  set({ free, locked, updateUs, cause, requestId }: Pick<Balance, 'free' | 'locked' | 'updateUs' | 'cause' | 'requestId'>): void {
    this.freeHigh = Number(BigInt.asIntN(32, free >> 32n));
    this.freeLow = Number(BigInt.asIntN(32, free));
    this.lockedHigh = Number(BigInt.asIntN(32, locked >> 32n));
    this.lockedLow = Number(BigInt.asIntN(32, locked));
    this.updateUs = updateUs;
    this.cause = cause;
    this.requestId = requestId;
  }
}

export class AccountState {
  readonly accountId: number;
  readonly symbols = new SmallMap<string, AccountSymbol>();
  readonly balances = new SmallMap<string, BalanceState>();
  readonly lists: RowList;
  readonly openLists = new SmallMap<number, LiveOrderList>();

  constructor(accountId: number) {
    this.accountId = accountId;
    this.lists = new RowList(Table.ORDER_LIST, accountId, 0);
  }

  get isIdle(): boolean {
    return this.symbols.size === 0 && this.balances.size === 0 && this.openLists.size === 0 && this.lists.isEmpty;
  }
}

/** Symbols are few: theirs stay. */
export class SymbolState {
  readonly symbolId: number;
  readonly trades: RowList;
  readonly klineLists: readonly RowList[];
  readonly klines: (LiveKline | undefined)[] = KLINE_INTERVALS.map(() => undefined);
  /** The last trade's aggregate; looked up when the first trade since the start comes. */
  aggTradeId = -1;
  aggTakerOrderId = 0;
  aggPriceTicks = 0;
  aggTradeUs = 0;
  lastPreventedMatchId = 0;

  constructor(symbolId: number) {
    this.symbolId = symbolId;
    this.trades = new RowList(Table.TRADE, 0, symbolId);
    this.klineLists = KLINE_INTERVALS.map((_, i) => new RowList(Table.KLINE, 0, klinePart(symbolId, i)));
  }
}
