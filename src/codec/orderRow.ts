// The SpotOrder row, written out by hand: orders are half of the log, and a loop over the schema takes three to four times as long.
// Equal to what rows.ts does from the table, by test.
import type { OrderStatus } from '../domain/orderStatus.ts';
import type { ExpiryReason, ListLeg, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../domain/spotOrder.ts';
import type { MsgpackReader } from './msgpackReader.ts';
import type { MsgpackWriter } from './msgpackWriter.ts';
import { readOutcome, readPreventedMatch, readRequest, writeOutcome, writePreventedMatch, writeRequest } from './values.ts';

const REQUIRED = OrderField.takerRate + 1;

/** Fields up to the last one that differs from its default. */
function rowLength(o: Readonly<SpotOrder>): number {
  if (o.outcome !== null) return 44;
  if (o.request !== null) return 43;
  if (o.amendCount !== 0) return 42;
  if (o.rejectCode !== 0) return 41;
  if (o.expiryReason !== 0) return 40;
  if (o.preventedMatch !== null) return 39;
  if (o.preventedLots !== 0) return 38;
  if (o.peggedPriceTicks !== 0) return 37;
  if (o.pegOffsetValue !== 0) return 36;
  if (o.pegOffsetType !== 0) return 35;
  if (o.pegPriceType !== 0) return 34;
  if (o.strategyType !== null) return 33;
  if (o.strategyId !== null) return 32;
  if (o.listLeg !== 0) return 31;
  if (o.orderListId !== -1) return 30;
  if (o.expireUs !== 0) return 29;
  if (o.icebergLots !== 0) return 28;
  if (o.trailingExtremeTicks !== 0) return 27;
  if (o.trailingUs !== 0) return 26;
  if (o.trailingDelta !== 0) return 25;
  if (o.stopPriceTicks !== 0) return 24;
  if (o.stpMode !== 0) return 23;
  if (o.origQuoteUnits !== 0n) return 22;
  if (o.reservedUnits !== 0n) return 21;
  if (o.workingUs !== 0) return 20;
  if (o.updateUs !== 0) return 19;
  if (o.updateId !== 0) return 18;
  if (o.bookLots !== 0) return 17;
  if (o.cumQuoteUnits !== 0n) return 16;
  if (o.executedLots !== 0) return 15;
  if (o.status !== 0) return 14;
  return REQUIRED;
}

export function writeOrderRow(w: MsgpackWriter, o: Readonly<SpotOrder>): void {
  const length = rowLength(o);
  w.array(length);
  w.int(o.orderId);
  w.int(o.accountId);
  w.string(o.symbol);
  w.string(o.clientOrderId);
  w.int(o.side);
  w.int(o.type);
  w.int(o.timeInForce);
  w.int(o.priceTicks);
  w.int(o.origLots);
  w.int(o.commandId);
  w.int(o.createdUs);
  w.int(o.makerRate);
  w.int(o.takerRate);
  if (length > 13) w.int(o.status);
  if (length > 14) w.int(o.executedLots);
  if (length > 15) w.big(o.cumQuoteUnits);
  if (length > 16) w.int(o.bookLots);
  if (length > 17) w.int(o.updateId);
  if (length > 18) w.int(o.updateUs);
  if (length > 19) w.int(o.workingUs);
  if (length > 20) w.big(o.reservedUnits);
  if (length > 21) w.big(o.origQuoteUnits);
  if (length > 22) w.int(o.stpMode);
  if (length > 23) writeRareFields(w, o, length);
}

function writeRareFields(w: MsgpackWriter, o: Readonly<SpotOrder>, length: number): void {
  w.int(o.stopPriceTicks);
  if (length > 24) w.int(o.trailingDelta);
  if (length > 25) w.int(o.trailingUs);
  if (length > 26) w.int(o.trailingExtremeTicks);
  if (length > 27) w.int(o.icebergLots);
  if (length > 28) w.int(o.expireUs);
  if (length > 29) w.int(o.orderListId);
  if (length > 30) w.int(o.listLeg);
  if (length > 31) writeNullable(w, o.strategyId);
  if (length > 32) writeNullable(w, o.strategyType);
  if (length > 33) w.int(o.pegPriceType);
  if (length > 34) w.int(o.pegOffsetType);
  if (length > 35) w.int(o.pegOffsetValue);
  if (length > 36) w.int(o.peggedPriceTicks);
  if (length > 37) w.int(o.preventedLots);
  if (length > 38) {
    if (o.preventedMatch === null) w.nil();
    else writePreventedMatch(w, o.preventedMatch);
  }
  if (length > 39) w.int(o.expiryReason);
  if (length > 40) w.int(o.rejectCode);
  if (length > 41) w.int(o.amendCount);
  if (length > 42) {
    if (o.request === null) w.nil();
    else writeRequest(w, o.request);
  }
  if (length > 43 && o.outcome !== null) writeOutcome(w, o.outcome);
}

function writeNullable(w: MsgpackWriter, value: number | null): void {
  if (value === null) w.nil();
  else w.int(value);
}

/** The row's array header is read already; `length` is at least `required` of the schema and no more than its fields. */
export function readOrderRow(r: MsgpackReader, length: number): SpotOrder {
  return {
    orderId: r.int(),
    accountId: r.int(),
    symbol: r.string(),
    clientOrderId: r.string(),
    side: r.int() as Side,
    type: r.int() as OrderType,
    timeInForce: r.int() as TimeInForce,
    priceTicks: r.int(),
    origLots: r.int(),
    commandId: r.int(),
    createdUs: r.int(),
    makerRate: r.int(),
    takerRate: r.int(),
    status: (length > 13 ? r.int() : 0) as OrderStatus,
    executedLots: length > 14 ? r.int() : 0,
    cumQuoteUnits: length > 15 ? r.big() : 0n,
    bookLots: length > 16 ? r.int() : 0,
    updateId: length > 17 ? r.int() : 0,
    updateUs: length > 18 ? r.int() : 0,
    workingUs: length > 19 ? r.int() : 0,
    reservedUnits: length > 20 ? r.big() : 0n,
    origQuoteUnits: length > 21 ? r.big() : 0n,
    stpMode: (length > 22 ? r.int() : 0) as StpMode,
    stopPriceTicks: length > 23 ? r.int() : 0,
    trailingDelta: length > 24 ? r.int() : 0,
    trailingUs: length > 25 ? r.int() : 0,
    trailingExtremeTicks: length > 26 ? r.int() : 0,
    icebergLots: length > 27 ? r.int() : 0,
    expireUs: length > 28 ? r.int() : 0,
    orderListId: length > 29 ? r.int() : -1,
    listLeg: (length > 30 ? r.int() : 0) as ListLeg,
    strategyId: length > 31 && !r.nil() ? r.int() : null,
    strategyType: length > 32 && !r.nil() ? r.int() : null,
    pegPriceType: (length > 33 ? r.int() : 0) as PegPriceType,
    pegOffsetType: (length > 34 ? r.int() : 0) as PegOffsetType,
    pegOffsetValue: length > 35 ? r.int() : 0,
    peggedPriceTicks: length > 36 ? r.int() : 0,
    preventedLots: length > 37 ? r.int() : 0,
    preventedMatch: length > 38 && !r.nil() ? readPreventedMatch(r) : null,
    expiryReason: (length > 39 ? r.int() : 0) as ExpiryReason,
    rejectCode: length > 40 ? r.int() : 0,
    amendCount: length > 41 ? r.int() : 0,
    request: length > 42 && !r.nil() ? readRequest(r) : null,
    outcome: length > 43 && !r.nil() ? readOutcome(r) : null,
  };
}
