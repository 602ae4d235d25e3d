// Balances, klines, order lists and prevented matches as rows.
import type { BalanceCause } from '../../domain/balance.ts';
import { klineCloseUs } from '../../domain/kline/klineInterval.ts';
import { KLINE_INTERVALS, type KLine, type KlineInterval } from '../../domain/klineEntry.ts';
import type { ContingencyType, ListOrderStatus, ListStatusType } from '../../domain/orderTerms.ts';
import type { PreventedMatch } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { BalanceChange, PreventedMatchRow } from '../../ports/historyQueries.ts';
import type { BalanceState } from './accountState.ts';
import { ROW_HEAD_BYTES, rowId, rowTime } from './layout.ts';
import type { Names } from './names.ts';
import { readPreventedMatch, writePreventedMatch } from './orderRow.ts';
import { RowReader, type RowWriter, textRoom } from './rowBytes.ts';

export const KLINE_ROOM = 192;
export const PREVENTED_ROOM = 128;

export function balanceRoom(balance: BalanceState): number {
  return 96 + textRoom(balance.requestId);
}

export function writeBalance(w: RowWriter, balance: BalanceState): void {
  w.varint(balance.account.accountId);
  w.varint(balance.assetId);
  w.amount(balance.freeHigh, balance.freeLow);
  w.amount(balance.lockedHigh, balance.lockedLow);
  w.u8(balance.cause);
  w.text(balance.requestId);
}

export function readBalance(bytes: Buffer, at: number, names: Names): BalanceChange {
  const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
  return {
    accountId: r.varint(),
    asset: names.name(r.varint()),
    free: r.units(),
    locked: r.units(),
    cause: r.u8() as BalanceCause,
    requestId: r.text(),
    updateUs: rowTime(bytes, at),
    entrySequence: rowId(bytes, at),
  };
}

/** Part of a kline list's key: symbol and interval. */
export const klinePart = (symbolId: number, interval: number): number => symbolId * KLINE_INTERVALS.length + interval;

export function writeKline(w: RowWriter, kline: KLine, part: number): void {
  w.varint(part);
  w.varint(kline.openTicks);
  w.varint(kline.highTicks);
  w.varint(kline.lowTicks);
  w.varint(kline.closeTicks);
  w.varint(kline.volumeLots);
  w.units(kline.quoteUnits);
  w.varint(kline.trades);
  w.varint(kline.takerBuyLots);
  w.units(kline.takerBuyQuoteUnits);
  w.signed(kline.firstTradeId);
  w.signed(kline.lastTradeId);
  w.u8(kline.closed ? 1 : 0);
}

export function readKline(bytes: Buffer, at: number, names: Names): KLine {
  const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
  const part = r.varint();
  const interval = KLINE_INTERVALS[part % KLINE_INTERVALS.length] as KlineInterval;
  const openUs = rowId(bytes, at);
  return {
    symbol: names.name(Math.floor(part / KLINE_INTERVALS.length)),
    interval,
    openUs,
    closeUs: klineCloseUs(interval, openUs),
    openTicks: r.varint(),
    highTicks: r.varint(),
    lowTicks: r.varint(),
    closeTicks: r.varint(),
    volumeLots: r.varint(),
    quoteUnits: r.units(),
    trades: r.varint(),
    takerBuyLots: r.varint(),
    takerBuyQuoteUnits: r.units(),
    firstTradeId: r.signed(),
    lastTradeId: r.signed(),
    closed: r.u8() === 1,
  };
}

export function orderListRoom(list: SpotOrderList): number {
  return 96 + textRoom(list.listClientOrderId) + 9 * list.orderIds.length;
}

export function writeOrderList(w: RowWriter, list: SpotOrderList, symbolId: number): void {
  w.varint(list.accountId);
  w.varint(symbolId);
  w.u8(list.statusType);
  w.u8(list.orderStatus);
  w.u8(list.contingencyType);
  w.text(list.listClientOrderId);
  w.varint(list.orderIds.length);
  for (const orderId of list.orderIds) w.varint(orderId);
  w.varint(list.commandId);
  w.signed(list.updateUs - list.createdUs);
}

export function readOrderList(bytes: Buffer, at: number, names: Names): SpotOrderList {
  const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
  const accountId = r.varint();
  const symbol = names.name(r.varint());
  const statusType = r.u8() as ListStatusType;
  const orderStatus = r.u8() as ListOrderStatus;
  const contingencyType = r.u8() as ContingencyType;
  const listClientOrderId = r.text();
  const orderIds: number[] = [];
  for (let count = r.varint(); count > 0; count--) orderIds.push(r.varint());
  const createdUs = rowTime(bytes, at);
  return {
    orderListId: rowId(bytes, at),
    accountId,
    symbol,
    listClientOrderId,
    contingencyType,
    orderIds,
    commandId: r.varint(),
    createdUs,
    statusType,
    orderStatus,
    updateUs: createdUs + r.signed(),
  };
}

/** Accounts as id + 1; 0 for one that is not known (its order came before the history began). */
export function writePrevented(w: RowWriter, match: PreventedMatch, symbolId: number, takerAccount: number, makerAccount: number): void {
  w.varint(symbolId);
  w.varint(takerAccount);
  w.varint(makerAccount);
  writePreventedMatch(w, match);
}

export function readPrevented(bytes: Buffer, at: number, names: Names): PreventedMatchRow {
  const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
  const symbol = names.name(r.varint());
  r.varint();
  r.varint();
  return { ...readPreventedMatch(r), symbol, timeUs: rowTime(bytes, at) };
}
