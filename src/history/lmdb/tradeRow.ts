// A trade as a row. Trades come as bytes of the log and are kept as bytes: only who asks for one gets an object.
import { CodecError } from '../../codec/codecError.ts';
import type { MsgpackReader } from '../../codec/msgpackReader.ts';
import { type SpotTrade, TradeField } from '../../domain/spotTrade.ts';
import { ROW_HEAD_BYTES, rowId, rowTime } from './layout.ts';
import type { Names } from './names.ts';
import { RowReader, type RowWriter } from './rowBytes.ts';

export const TRADE_ROOM = 192;
const FIELDS = Object.keys(TradeField).length;

/** A trade as it is read from the log: one for all, and no object each. Amounts as MsgpackReader.amount() reads them. */
export class TradeFields {
  tradeId = 0;
  symbol = '';
  priceTicks = 0;
  lots = 0;
  quoteHigh = 0;
  quoteLow = 0;
  buyerIsMaker = false;
  buyerOrderId = 0;
  sellerOrderId = 0;
  buyerAccountId = 0;
  sellerAccountId = 0;
  buyerFeeHigh = 0;
  buyerFeeLow = 0;
  sellerFeeHigh = 0;
  sellerFeeLow = 0;
  tradeUs = 0;

  /** The row of a Created, as codec/hotRows.ts writes it. */
  read(r: MsgpackReader): void {
    const length = r.array();
    if (length !== FIELDS) throw new CodecError(`row of ${length} fields, not ${FIELDS}`);
    this.tradeId = r.int();
    this.symbol = r.string();
    this.priceTicks = r.int();
    this.lots = r.int();
    r.amount();
    this.quoteHigh = r.high;
    this.quoteLow = r.low;
    this.buyerIsMaker = r.boolean();
    this.buyerOrderId = r.int();
    this.sellerOrderId = r.int();
    this.buyerAccountId = r.int();
    this.sellerAccountId = r.int();
    r.amount();
    this.buyerFeeHigh = r.high;
    this.buyerFeeLow = r.low;
    r.amount();
    this.sellerFeeHigh = r.high;
    this.sellerFeeLow = r.low;
    this.tradeUs = r.int();
  }

  get takerOrderId(): number {
    return this.buyerIsMaker ? this.sellerOrderId : this.buyerOrderId;
  }
}

export function writeTrade(w: RowWriter, trade: TradeFields, symbolId: number, aggTradeId: number): void {
  w.varint(aggTradeId);
  w.varint(symbolId);
  w.varint(trade.priceTicks);
  w.varint(trade.lots);
  w.amount(trade.quoteHigh, trade.quoteLow);
  w.u8(trade.buyerIsMaker ? 1 : 0);
  w.varint(trade.buyerOrderId);
  w.varint(trade.sellerOrderId);
  w.varint(trade.buyerAccountId);
  w.varint(trade.sellerAccountId);
  w.amount(trade.buyerFeeHigh, trade.buyerFeeLow);
  w.amount(trade.sellerFeeHigh, trade.sellerFeeLow);
}

/** Ascends with the trades: aggregates are found by it as trades are by their id. */
export function rowAggTradeId(bytes: Buffer, at: number): number {
  return new RowReader(bytes, at + ROW_HEAD_BYTES).varint();
}

export function readTrade(bytes: Buffer, at: number, names: Names): SpotTrade {
  const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
  r.varint();
  const symbol = names.name(r.varint());
  return {
    tradeId: rowId(bytes, at),
    symbol,
    priceTicks: r.varint(),
    lots: r.varint(),
    quoteUnits: r.units(),
    buyerIsMaker: r.u8() === 1,
    buyerOrderId: r.varint(),
    sellerOrderId: r.varint(),
    buyerAccountId: r.varint(),
    sellerAccountId: r.varint(),
    buyerFeeUnits: r.units(),
    sellerFeeUnits: r.units(),
    tradeUs: rowTime(bytes, at),
  };
}
