// New orders and order lists: the account's checks, the reservation, the entries. In: a command (or the second half of a
// cancel-replace). Out: SpotOrder Created (a list's SpotOrderList Created before its legs). A refusal changes nothing.
import { assert } from '../assert.ts';
import { created, EntityType } from '../changeLogEntry.ts';
import type { CommandReply, NewOrder, PlaceOrderList } from '../command.ts';
import { type Instrument, MAX_UNITS } from '../instrument.ts';
import { ContingencyType, ListLeg, ListOrderStatus, ListStatusType, Side } from '../orderTerms.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import type { Holding } from './holding.ts';
import { refuseCounts, refuseNewOrders, refusePosition } from './limits.ts';
import { newRow } from './newRow.ts';
import { isExact, requiredUnits, UNBOUNDED, wantedUnits } from './reservation.ts';
import type { Step } from './step.ts';

const NONE: readonly never[] = Object.freeze([]);

export function refused(reason: EngineReason): CommandReply {
  return { ok: false, reason };
}

export function placeOrder(step: Step, commandId: number, symbol: string, order: NewOrder): CommandReply {
  const { state, context } = step;
  const profile = context.profile(state.accountId);
  if (profile === undefined) return refused(EngineReject.UNKNOWN_ACCOUNT);
  const instrument = context.instrument(symbol);
  if (instrument === undefined) return refused(EngineReject.UNKNOWN_SYMBOL);
  const reason =
    refuseNewOrders(profile, instrument) ??
    (state.orderNamed(symbol, order.clientOrderId) === undefined ? undefined : EngineReject.DUPLICATE_ORDER) ??
    refuseCounts(state, context, instrument, [order], 0) ??
    (order.side === Side.BUY ? refusePosition(state, context, instrument, order.lots) : undefined);
  if (reason !== undefined) return refused(reason);

  const holding = state.payingHolding(instrument, order.side);
  const reserved = reservation(instrument, order, holding?.free ?? 0n);
  if (typeof reserved !== 'bigint') return refused(reserved);
  const row = newRow(step, profile, instrument.symbol, order, {
    commandId,
    orderId: context.nextOrderId(),
    orderListId: -1,
    listLeg: ListLeg.NONE,
    parked: false,
    reservedUnits: reserved,
  });
  lock(step, holding, reserved);
  write(step, row);
  return { ok: true, orders: [row], list: null, requestedOrderIds: NONE };
}

export function placeOrderList(step: Step, command: PlaceOrderList): CommandReply {
  const { state, context } = step;
  const { symbol, orders } = command;
  const profile = context.profile(state.accountId);
  if (profile === undefined) return refused(EngineReject.UNKNOWN_ACCOUNT);
  const instrument = context.instrument(symbol);
  if (instrument === undefined) return refused(EngineReject.UNKNOWN_SYMBOL);
  const reason =
    refuseNewOrders(profile, instrument) ??
    refuseShape(command.contingencyType, orders) ??
    refuseNames(step, command) ??
    refuseCounts(state, context, instrument, orders, 1) ??
    (orders.some(buys) ? refusePosition(state, context, instrument, boughtLots(command.contingencyType, orders)) : undefined);
  if (reason !== undefined) return refused(reason);

  // OCO: one reservation for both legs, carried by the first that needs most. Else only the working leg needs funds now.
  const first = orders[0] as NewOrder;
  const oco = command.contingencyType === ContingencyType.OCO;
  const holding = state.payingHolding(instrument, first.side);
  const free = holding?.free ?? 0n;
  const carrier = oco ? carrierOf(instrument, orders) : 0;
  const reserved = oco ? sharedReservation(instrument, orders, free) : reservation(instrument, first, free);
  if (typeof reserved !== 'bigint') return refused(reserved);

  const orderListId = context.nextOrderId();
  const rows = orders.map((order, i) =>
    newRow(step, profile, instrument.symbol, order, {
      commandId: command.commandId,
      orderId: context.nextOrderId(),
      orderListId,
      listLeg: legOf(command.contingencyType, i),
      parked: !oco && i > 0,
      reservedUnits: i === carrier ? reserved : 0n,
    }),
  );
  const list: SpotOrderList = {
    orderListId,
    accountId: state.accountId,
    symbol: instrument.symbol,
    listClientOrderId: command.listClientOrderId,
    contingencyType: command.contingencyType,
    orderIds: rows.map((row) => row.orderId),
    commandId: command.commandId,
    createdUs: step.nowUs,
    statusType: ListStatusType.EXEC_STARTED,
    orderStatus: ListOrderStatus.EXECUTING,
    updateUs: step.nowUs,
  };
  lock(step, holding, reserved);
  state.openList(list);
  step.out.push(created(EntityType.SpotOrderList, orderListId, list, step.nowUs));
  for (const row of rows) write(step, row);
  return { ok: true, orders: rows, list, requestedOrderIds: NONE };
}

/** What to lock for the order, or why it is refused. */
export function reservation(instrument: Instrument, order: NewOrder, free: bigint): bigint | EngineReason {
  // The door has checked all terms; these are the ones that a reservation must never be wrong about.
  if (order.lots < 0 || order.priceTicks < 0 || order.stopPriceTicks < 0) return EngineReject.PRICE_QTY_ZERO;
  if (order.quoteUnits < 0n || order.estimateUnits < 0n) return EngineReject.PRICE_QTY_ZERO;
  if ((order.lots === 0) !== order.quoteUnits > 0n) return EngineReject.PRICE_QTY_ZERO;
  const required = requiredUnits(instrument, order, order.lots, order.quoteUnits, order.estimateUnits);
  const exact = isExact(order, order.lots, order.quoteUnits);
  if (exact && required <= 0n) return EngineReject.PRICE_QTY_ZERO;
  return affordable(required, wantedUnits(required, exact), free);
}

/** As much of `wanted` as there is free, and no less than `required`. */
export function affordable(required: bigint, wanted: bigint, free: bigint): bigint | EngineReason {
  if (required >= MAX_UNITS) return EngineReject.OVERFLOW;
  if (free < required || free === 0n) return EngineReject.INSUFFICIENT_BALANCE;
  return wanted === UNBOUNDED || wanted > free ? free : wanted;
}

function wantedOf(instrument: Instrument, order: NewOrder): bigint {
  const required = requiredUnits(instrument, order, order.lots, order.quoteUnits, order.estimateUnits);
  return wantedUnits(required, isExact(order, order.lots, order.quoteUnits));
}

/** The first of the two legs that wants most. */
function carrierOf(instrument: Instrument, legs: readonly NewOrder[]): number {
  return wantsMore(wantedOf(instrument, legs[1] as NewOrder), wantedOf(instrument, legs[0] as NewOrder)) ? 1 : 0;
}

export function wantsMore(wanted: bigint, than: bigint): boolean {
  if (than === UNBOUNDED) return false;
  return wanted === UNBOUNDED || wanted > than;
}

function sharedReservation(instrument: Instrument, legs: readonly NewOrder[], free: bigint): bigint | EngineReason {
  let most = 0n;
  for (const leg of legs) {
    const reserved = reservation(instrument, leg, free);
    if (typeof reserved !== 'bigint') return reserved;
    if (reserved > most) most = reserved;
  }
  return most;
}

/** What the reservation of a list rests on; the door has checked the rest. */
function refuseShape(contingency: ContingencyType, orders: readonly NewOrder[]): EngineReason | undefined {
  const pair = contingency === ContingencyType.OTOCO || contingency === ContingencyType.OPOCO;
  if (orders.length !== (pair ? 3 : 2)) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  const [first, second, third] = orders as readonly [NewOrder, NewOrder, NewOrder | undefined];
  for (const order of orders) if (order.quoteUnits !== 0n) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  const left = contingency === ContingencyType.OCO ? first : second;
  const right = contingency === ContingencyType.OCO ? second : third;
  if (right !== undefined && (left.side !== right.side || left.lots !== right.lots)) return EngineReject.UNSUPPORTED_ORDER_TYPE;
  if (contingency === ContingencyType.OPO || contingency === ContingencyType.OPOCO) {
    if (first.side !== Side.BUY) return EngineReject.OPO_WORKING_MUST_BE_BUY;
    if (second.side !== Side.SELL) return EngineReject.OPO_PENDING_MUST_BE_SELL;
    return second.lots === 0 ? undefined : EngineReject.UNSUPPORTED_ORDER_TYPE;
  }
  return second.lots > 0 ? undefined : EngineReject.PRICE_QTY_ZERO;
}

function refuseNames(step: Step, command: PlaceOrderList): EngineReason | undefined {
  const { symbol, orders } = command;
  if (step.state.listNamed(symbol, command.listClientOrderId) !== undefined) return EngineReject.DUPLICATE_ORDER;
  for (let i = 0; i < orders.length; i++) {
    const name = (orders[i] as NewOrder).clientOrderId;
    if (step.state.orderNamed(symbol, name) !== undefined) return EngineReject.DUPLICATE_ORDER;
    for (let j = 0; j < i; j++) if (orders[j]?.clientOrderId === name) return EngineReject.DUPLICATE_ORDER;
  }
  return undefined;
}

function boughtLots(contingency: ContingencyType, orders: readonly NewOrder[]): number {
  let lots = 0;
  for (let i = 0; i < orders.length; i++) {
    const order = orders[i] as NewOrder;
    if (order.side === Side.BUY && legOf(contingency, i) !== ListLeg.BELOW) lots += order.lots;
  }
  return lots;
}

function buys(order: NewOrder): boolean {
  return order.side === Side.BUY;
}

function legOf(contingency: ContingencyType, index: number): ListLeg {
  if (contingency === ContingencyType.OCO) return index === 0 ? ListLeg.ABOVE : ListLeg.BELOW;
  if (index === 0) return ListLeg.WORKING;
  if (contingency === ContingencyType.OTO || contingency === ContingencyType.OPO) return ListLeg.PENDING;
  return index === 1 ? ListLeg.ABOVE : ListLeg.BELOW;
}

function lock(step: Step, holding: Holding | undefined, units: bigint): void {
  assert(holding !== undefined, 'nothing is reserved from what was never held');
  step.touch(holding);
  holding.free -= units;
  holding.locked += units;
}

function write(step: Step, row: SpotOrder): void {
  step.state.openOrder(row);
  step.out.push(created(EntityType.SpotOrder, row.orderId, row, step.nowUs));
}
