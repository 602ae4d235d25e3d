// An order as a row: what most orders have in fixed order, then a mask of what few have. Besides the order, a row holds
// what listings by order need: the ids of its executions and its amendments.
import type { OrderStatus } from '../../domain/orderStatus.ts';
import type { ExpiryReason, ListLeg, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../../domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../domain/spotOrder.ts';
import type { OrderAmendment } from '../../ports/historyQueries.ts';
import { ROW_HEAD_BYTES, rowId, rowTime } from './layout.ts';
import type { Names } from './names.ts';
import { RowReader, type RowWriter, textRoom, unzigzag, zigzag } from './rowBytes.ts';

/** With more executions than this, those behind are found by scanning the account's trades. */
export const MAX_FILL_IDS = 48;

/** An order's executions: all their ids while they are few, then the first ones and the last. Most have one. */
export class Fills {
  readonly first: number;
  last: number;
  #more: number[] | null = null;

  constructor(first: number) {
    this.first = first;
    this.last = first;
  }

  add(id: number): void {
    this.last = id;
    if (this.count < MAX_FILL_IDS) this.keep(id);
  }

  /** The next of the first ones, from a row. */
  keep(id: number): void {
    this.#more ??= [];
    this.#more.push(id);
  }

  /** How many ids are kept. */
  get count(): number {
    return this.#more === null ? 1 : 1 + this.#more.length;
  }

  get ids(): readonly number[] {
    return this.#more === null ? [this.first] : [this.first, ...this.#more];
  }
}

export interface OrderExtras {
  fills: Fills | null;
  amendments: OrderAmendment[] | null;
}

export const ORIG_QUOTE = 1 << 0;
export const STP = 1 << 1;
const STOP_PRICE = 1 << 2;
const TRAILING = 1 << 3;
const ICEBERG = 1 << 4;
const EXPIRE = 1 << 5;
const LIST = 1 << 6;
const STRATEGY_ID = 1 << 7;
const STRATEGY_TYPE = 1 << 8;
const PEG = 1 << 9;
const PREVENTED_LOTS = 1 << 10;
const PREVENTED_MATCH = 1 << 11;
export const EXPIRY_REASON = 1 << 12;
const REJECT_CODE = 1 << 13;
const AMENDS = 1 << 14;
export const FILLS = 1 << 15;
const AMENDMENTS = 1 << 16;

/** Most bytes of the body. */
export function orderRoom(order: SpotOrder, extras: OrderExtras): number {
  let room = 512 + textRoom(order.clientOrderId);
  if (extras.fills !== null) room += 8 * extras.fills.count;
  if (extras.amendments !== null) {
    for (const amendment of extras.amendments) {
      room += 40 + textRoom(amendment.origClientOrderId) + textRoom(amendment.newClientOrderId);
    }
  }
  return room;
}

export function writeOrder(w: RowWriter, order: SpotOrder, extras: OrderExtras, symbolId: number): void {
  const { fills, amendments } = extras;
  const { createdUs, workingUs } = order;
  w.varint(order.accountId);
  w.varint(symbolId);
  // Six bits hold the status and the side, the type and the time in force share another byte.
  w.u8(order.status | (order.side << 3));
  w.u8(order.type | (order.timeInForce << 4));
  w.text(order.clientOrderId);
  w.varint(order.priceTicks);
  w.varint(order.origLots);
  w.varint(order.commandId);
  w.varint(order.makerRate);
  w.varint(order.takerRate);
  w.varint(order.executedLots);
  w.units(order.cumQuoteUnits);
  w.varint(order.bookLots);
  w.varint(order.updateId);
  w.signed(order.updateUs - createdUs);
  // The market's clock is not the account's: the difference may be negative. 0 stands for "not yet".
  w.varint(workingUs === 0 ? 0 : 1 + zigzag(workingUs - createdUs));
  w.units(order.reservedUnits);
  let mask = 0;
  if (order.origQuoteUnits !== 0n) mask |= ORIG_QUOTE;
  if (order.stpMode !== 0) mask |= STP;
  if (order.stopPriceTicks !== 0) mask |= STOP_PRICE;
  if (order.trailingDelta !== 0 || order.trailingUs !== 0 || order.trailingExtremeTicks !== 0) mask |= TRAILING;
  if (order.icebergLots !== 0) mask |= ICEBERG;
  if (order.expireUs !== 0) mask |= EXPIRE;
  if (order.orderListId !== -1 || order.listLeg !== 0) mask |= LIST;
  if (order.strategyId !== null) mask |= STRATEGY_ID;
  if (order.strategyType !== null) mask |= STRATEGY_TYPE;
  if (order.pegPriceType !== 0 || order.peggedPriceTicks !== 0) mask |= PEG;
  if (order.preventedLots !== 0) mask |= PREVENTED_LOTS;
  if (order.preventedMatch !== null) mask |= PREVENTED_MATCH;
  if (order.expiryReason !== 0) mask |= EXPIRY_REASON;
  if (order.rejectCode !== 0) mask |= REJECT_CODE;
  if (order.amendCount !== 0) mask |= AMENDS;
  if (fills !== null) mask |= FILLS;
  if (amendments !== null) mask |= AMENDMENTS;
  w.varint(mask);
  if (mask !== 0) writeRare(w, order, mask, fills, amendments);
}

function writeRare(w: RowWriter, order: SpotOrder, mask: number, fills: Fills | null, amendments: readonly OrderAmendment[] | null): void {
  if (mask & ORIG_QUOTE) w.units(order.origQuoteUnits);
  if (mask & STP) w.u8(order.stpMode);
  if (mask & STOP_PRICE) w.varint(order.stopPriceTicks);
  if (mask & TRAILING) {
    w.varint(order.trailingDelta);
    w.varint(order.trailingUs);
    w.varint(order.trailingExtremeTicks);
  }
  if (mask & ICEBERG) w.varint(order.icebergLots);
  if (mask & EXPIRE) w.varint(order.expireUs);
  if (mask & LIST) {
    w.signed(order.orderListId);
    w.u8(order.listLeg);
  }
  if (mask & STRATEGY_ID) w.signed(order.strategyId as number);
  if (mask & STRATEGY_TYPE) w.signed(order.strategyType as number);
  if (mask & PEG) {
    w.u8(order.pegPriceType);
    w.u8(order.pegOffsetType);
    w.signed(order.pegOffsetValue);
    w.varint(order.peggedPriceTicks);
  }
  if (mask & PREVENTED_LOTS) w.varint(order.preventedLots);
  if (mask & PREVENTED_MATCH) writePreventedMatch(w, order.preventedMatch as PreventedMatch);
  if (mask & EXPIRY_REASON) w.u8(order.expiryReason);
  if (mask & REJECT_CODE) w.varint(order.rejectCode);
  if (mask & AMENDS) w.varint(order.amendCount);
  if (fills !== null) writeFills(w, fills);
  if (amendments !== null) {
    w.varint(amendments.length);
    for (const amendment of amendments) {
      w.varint(amendment.executionId);
      w.text(amendment.origClientOrderId);
      w.text(amendment.newClientOrderId);
      w.varint(amendment.origLots);
      w.varint(amendment.newLots);
      w.varint(amendment.timeUs);
    }
  }
}

export function writeFills(w: RowWriter, fills: Fills): void {
  if (fills.count === 1) {
    w.varint(1);
    w.varint(fills.first);
    w.varint(fills.last - fills.first);
    return;
  }
  const { ids } = fills;
  let before = 0;
  w.varint(ids.length);
  for (const id of ids) {
    w.varint(id - before);
    before = id;
  }
  w.varint(fills.last - before);
}

export function writePreventedMatch(w: RowWriter, match: PreventedMatch): void {
  w.varint(match.preventedMatchId);
  w.varint(match.takerOrderId);
  w.varint(match.makerOrderId);
  w.varint(match.priceTicks);
  w.varint(match.takerPreventedLots);
  w.varint(match.makerPreventedLots);
  w.u8(match.stpMode);
}

export function readPreventedMatch(r: RowReader): PreventedMatch {
  return {
    preventedMatchId: r.varint(),
    takerOrderId: r.varint(),
    makerOrderId: r.varint(),
    priceTicks: r.varint(),
    takerPreventedLots: r.varint(),
    makerPreventedLots: r.varint(),
    stpMode: r.u8() as StpMode,
  };
}

function readFills(r: RowReader): Fills {
  let count = r.varint();
  let id = r.varint();
  const fills = new Fills(id);
  for (; count > 1; count--) {
    id += r.varint();
    fills.keep(id);
  }
  fills.last = id + r.varint();
  return fills;
}

function readAmendments(r: RowReader, orderId: number): OrderAmendment[] {
  const amendments: OrderAmendment[] = [];
  for (let count = r.varint(); count > 0; count--) {
    amendments.push({
      orderId,
      executionId: r.varint(),
      origClientOrderId: r.text(),
      newClientOrderId: r.text(),
      origLots: r.varint(),
      newLots: r.varint(),
      timeUs: r.varint(),
    });
  }
  return amendments;
}

/** The status alone: what listings decide by. */
export function peekStatus(bytes: Buffer, at: number): OrderStatus {
  const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
  r.varint();
  r.varint();
  return (r.u8() & 7) as OrderStatus;
}

/** The order whose row begins at `at`; what goes with it is written to `extras`. */
export function readOrder(bytes: Buffer, at: number, names: Names, extras?: OrderExtras): SpotOrder {
  const r = new RowReader(bytes, at + ROW_HEAD_BYTES);
  const orderId = rowId(bytes, at);
  const createdUs = rowTime(bytes, at);
  const accountId = r.varint();
  const symbol = names.name(r.varint());
  const statusAndSide = r.u8();
  const typeAndForce = r.u8();
  return {
    orderId,
    accountId,
    symbol,
    clientOrderId: r.text(),
    side: (statusAndSide >> 3) as Side,
    type: (typeAndForce & 15) as OrderType,
    timeInForce: (typeAndForce >> 4) as TimeInForce,
    priceTicks: r.varint(),
    origLots: r.varint(),
    commandId: r.varint(),
    createdUs,
    makerRate: r.varint(),
    takerRate: r.varint(),
    status: (statusAndSide & 7) as OrderStatus,
    executedLots: r.varint(),
    cumQuoteUnits: r.units(),
    bookLots: r.varint(),
    updateId: r.varint(),
    updateUs: createdUs + r.signed(),
    workingUs: readWorkingUs(r, createdUs),
    reservedUnits: r.units(),
    ...readRare(r, orderId, extras),
    request: null,
    outcome: null,
  };
}

function readWorkingUs(r: RowReader, createdUs: number): number {
  const code = r.varint();
  return code === 0 ? 0 : createdUs + unzigzag(code - 1);
}

function readRare(r: RowReader, orderId: number, extras: OrderExtras | undefined) {
  const mask = r.varint();
  const origQuoteUnits = mask & ORIG_QUOTE ? r.units() : 0n;
  const stpMode = (mask & STP ? r.u8() : 0) as StpMode;
  const stopPriceTicks = mask & STOP_PRICE ? r.varint() : 0;
  const trailingDelta = mask & TRAILING ? r.varint() : 0;
  const trailingUs = mask & TRAILING ? r.varint() : 0;
  const trailingExtremeTicks = mask & TRAILING ? r.varint() : 0;
  const icebergLots = mask & ICEBERG ? r.varint() : 0;
  const expireUs = mask & EXPIRE ? r.varint() : 0;
  const orderListId = mask & LIST ? r.signed() : -1;
  const listLeg = (mask & LIST ? r.u8() : 0) as ListLeg;
  const strategyId = mask & STRATEGY_ID ? r.signed() : null;
  const strategyType = mask & STRATEGY_TYPE ? r.signed() : null;
  const pegPriceType = (mask & PEG ? r.u8() : 0) as PegPriceType;
  const pegOffsetType = (mask & PEG ? r.u8() : 0) as PegOffsetType;
  const pegOffsetValue = mask & PEG ? r.signed() : 0;
  const peggedPriceTicks = mask & PEG ? r.varint() : 0;
  const preventedLots = mask & PREVENTED_LOTS ? r.varint() : 0;
  const preventedMatch = mask & PREVENTED_MATCH ? readPreventedMatch(r) : null;
  const expiryReason = (mask & EXPIRY_REASON ? r.u8() : 0) as ExpiryReason;
  const rejectCode = mask & REJECT_CODE ? r.varint() : 0;
  const amendCount = mask & AMENDS ? r.varint() : 0;
  if (extras !== undefined) {
    extras.fills = mask & FILLS ? readFills(r) : null;
    extras.amendments = mask & AMENDMENTS ? readAmendments(r, orderId) : null;
  }
  return {
    origQuoteUnits,
    stpMode,
    stopPriceTicks,
    trailingDelta,
    trailingUs,
    trailingExtremeTicks,
    icebergLots,
    expireUs,
    orderListId,
    listLeg,
    strategyId,
    strategyType,
    pegPriceType,
    pegOffsetType,
    pegOffsetValue,
    peggedPriceTicks,
    preventedLots,
    preventedMatch,
    expiryReason,
    rejectCode,
    amendCount,
  };
}
