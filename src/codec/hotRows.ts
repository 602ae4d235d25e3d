// Rows of trades, klines and balances, written out by hand like orderRow.ts. Equal to what rows.ts does, by test.
import type { Balance, BalanceCause } from '../domain/balance.ts';
import type { KLine } from '../domain/klineEntry.ts';
import type { SpotTrade } from '../domain/spotTrade.ts';
import type { MsgpackReader } from './msgpackReader.ts';
import type { MsgpackWriter } from './msgpackWriter.ts';
import { checkInterval } from './values.ts';

export function writeTradeRow(w: MsgpackWriter, t: Readonly<SpotTrade>): void {
  w.array(13);
  w.int(t.tradeId);
  w.string(t.symbol);
  w.int(t.priceTicks);
  w.int(t.lots);
  w.big(t.quoteUnits);
  w.boolean(t.buyerIsMaker);
  w.int(t.buyerOrderId);
  w.int(t.sellerOrderId);
  w.int(t.buyerAccountId);
  w.int(t.sellerAccountId);
  w.big(t.buyerFeeUnits);
  w.big(t.sellerFeeUnits);
  w.int(t.tradeUs);
}

export function readTradeRow(r: MsgpackReader): SpotTrade {
  return {
    tradeId: r.int(),
    symbol: r.string(),
    priceTicks: r.int(),
    lots: r.int(),
    quoteUnits: r.big(),
    buyerIsMaker: r.boolean(),
    buyerOrderId: r.int(),
    sellerOrderId: r.int(),
    buyerAccountId: r.int(),
    sellerAccountId: r.int(),
    buyerFeeUnits: r.big(),
    sellerFeeUnits: r.big(),
    tradeUs: r.int(),
  };
}

export function writeKLineRow(w: MsgpackWriter, k: Readonly<KLine>): void {
  w.array(16);
  w.string(k.symbol);
  w.string(checkInterval(k.interval));
  w.int(k.openUs);
  w.int(k.closeUs);
  w.int(k.openTicks);
  w.int(k.highTicks);
  w.int(k.lowTicks);
  w.int(k.closeTicks);
  w.int(k.volumeLots);
  w.big(k.quoteUnits);
  w.int(k.trades);
  w.int(k.takerBuyLots);
  w.big(k.takerBuyQuoteUnits);
  w.int(k.firstTradeId);
  w.int(k.lastTradeId);
  w.boolean(k.closed);
}

export function readKLineRow(r: MsgpackReader): KLine {
  return {
    symbol: r.string(),
    interval: checkInterval(r.string()),
    openUs: r.int(),
    closeUs: r.int(),
    openTicks: r.int(),
    highTicks: r.int(),
    lowTicks: r.int(),
    closeTicks: r.int(),
    volumeLots: r.int(),
    quoteUnits: r.big(),
    trades: r.int(),
    takerBuyLots: r.int(),
    takerBuyQuoteUnits: r.big(),
    firstTradeId: r.int(),
    lastTradeId: r.int(),
    closed: r.boolean(),
  };
}

export function writeBalanceRow(w: MsgpackWriter, b: Readonly<Balance>): void {
  const length = b.requestId !== '' ? 7 : b.cause !== 0 ? 6 : 5;
  w.array(length);
  w.int(b.accountId);
  w.string(b.asset);
  w.big(b.free);
  w.big(b.locked);
  w.int(b.updateUs);
  if (length > 5) w.int(b.cause);
  if (length > 6) w.string(b.requestId);
}

export function readBalanceRow(r: MsgpackReader, length: number): Balance {
  return {
    accountId: r.int(),
    asset: r.string(),
    free: r.big(),
    locked: r.big(),
    updateUs: r.int(),
    cause: (length > 5 ? r.int() : 0) as BalanceCause,
    requestId: length > 6 ? r.string() : '',
  };
}
